"""Wrong specs and the exact words their authors read.

``layer`` says who refuses first: ``Schema`` is the API server (and, with the words below, the CLI);
``Checks`` is what no schema can say, reported in the object's conditions. tests/cluster asks the real
API server about every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.unit.api.objects import ABSENT, RATIO, an_slo, latency

RESERVED = (
    "these labels are set by Fireline and cannot be used: namespace, slo, sli, service, severity, sev, "
    "slo_tier, alert_policy, window, le, alertname"
)
WHOLE_DAYS = "must be whole days from 1d to 90d or whole weeks from 1w to 12w, for example 30d"
TEMPLATES = (
    "has a template Fireline does not pass on; allowed are {{ $value }}, also with | humanize or "
    "| humanizePercentage, and {{ $labels.name }}"
)
LONG = "x" * 65_536


@dataclass(frozen=True)
class Bad:
    """One wrong spec. ``said`` is the first issue as people see it: path and message."""

    title: str
    layer: Literal["Schema", "Checks"]
    edits: Mapping[str, Any]
    said: str
    reason: str = "InvalidSpec"

    @property
    def manifest(self) -> dict[str, Any]:
        """The object."""
        return an_slo(self.edits)


def _metric(text: str) -> dict[str, Any]:
    return {"spec.indicator.ratio.bad": {"metric": text}}


def _query(text: str) -> dict[str, Any]:
    return {"spec.indicator.ratio.bad": {"query": text}}


def _promql(title: str, edits: Mapping[str, Any], said: str) -> Bad:
    return Bad(title, "Checks", edits, said, "InvalidPromQL")


def _selector(title: str, text: str, said: str) -> Bad:
    return _promql(title, _metric(text), f"spec.indicator.ratio.bad.metric: {said}")


def _asked(title: str, text: str, said: str) -> Bad:
    return _promql(title, _query(text), f"spec.indicator.ratio.bad.query: {said}")


SHAPE = (
    Bad(
        "no objective",
        "Schema",
        {"spec.objective": ABSENT},
        'spec: objective must be set, for example "99.9"; only with a tier it may be left to the settings',
    ),
    Bad(
        "objective without quotes",
        "Schema",
        {"spec.objective": 99.9},
        'spec.objective: must be text, found the number 99.9; put it in quotes: "99.9"',
    ),
    Bad(
        "objective with a percent sign",
        "Schema",
        {"spec.objective": "99.9%"},
        "spec.objective: '99.9%' is not a percentage with at most four decimals; write it like \"99.9\"",
    ),
    Bad(
        "objective of 100",
        "Schema",
        {"spec.objective": "100"},
        'spec.objective: must be above 0 and below 100, in quotes, for example "99.9"',
    ),
    Bad(
        "objective too precise to be measured",
        "Schema",
        {"spec.objective": "99.99999"},
        "spec.objective: '99.99999' is not a percentage with at most four decimals; write it like \"99.9\"",
    ),
    Bad(
        "misspelt field",
        "Schema",
        {"spec.objectve": "99.9"},
        "spec.objectve: unknown field, did you mean objective? (allowed here: alerting, budgeting, "
        "description, groupBy, indicator, maintenance, objective, prometheus, service, tier, timeslice, "
        "window)",
    ),
    Bad(
        "snake case",
        "Schema",
        {"spec.alerting": {"no_data": {"after": "5m"}}},
        "spec.alerting.no_data: unknown field, did you mean noData? (allowed here: annotations, budget, "
        "burnRates, dashboardURL, disabled, ineffective, labels, minBadEvents, minEvents, noData, per, "
        "runbookURL)",
    ),
    Bad(
        "no indicator",
        "Schema",
        {"spec.indicator": {}},
        "spec.indicator: exactly one of ratio, latency, threshold, availability, synthetic, composite, "
        "errorRatio must be set",
    ),
    Bad(
        "both bad and good",
        "Schema",
        {"spec.indicator.ratio.good": {"metric": "ok_total"}},
        "spec.indicator.ratio: exactly one of bad, good must be set",
    ),
    Bad(
        "neither bad nor good",
        "Schema",
        {"spec.indicator.ratio.bad": ABSENT},
        "spec.indicator.ratio: exactly one of bad, good must be set",
    ),
    Bad(
        "no total",
        "Schema",
        {"spec.indicator.ratio.total": ABSENT},
        "spec.indicator.ratio.total: is missing. All events.",
    ),
    Bad(
        "metric and query",
        "Schema",
        {"spec.indicator.ratio.total": {"metric": "x_total", "query": "sum(rate(x_total[$window]))"}},
        "spec.indicator.ratio.total: exactly one of metric, query must be set",
    ),
    Bad(
        "window that is no duration",
        "Schema",
        {"spec.window.rolling": "a month"},
        "spec.window.rolling: 'a month' is not a Prometheus duration; write it like 30d, 5m or 1h30m",
    ),
    Bad(
        "window of 36 hours",
        "Schema",
        {"spec.window.rolling": "36h"},
        f"spec.window.rolling: {WHOLE_DAYS}",
    ),
    Bad(
        "window of a year",
        "Schema",
        {"spec.window.rolling": "365d"},
        f"spec.window.rolling: {WHOLE_DAYS}",
    ),
    Bad(
        "two windows",
        "Schema",
        {"spec.window": {"rolling": "30d", "calendar": "Month"}},
        "spec.window: exactly one of rolling, calendar must be set",
    ),
    Bad(
        "latency without unit",
        "Schema",
        latency(below="300"),
        "spec.indicator.latency.below: '300' is not a Prometheus duration; write it like 30d, 5m or 1h30m",
    ),
    Bad(
        "latency of zero",
        "Schema",
        latency(below="0ms"),
        "spec.indicator.latency.below: must be longer than zero",
    ),
    Bad(
        "unknown histogram type",
        "Schema",
        latency(type="native"),
        "spec.indicator.latency.type: 'native' is not allowed; write Classic or Native",
    ),
    Bad(
        "text for a boolean",
        "Schema",
        {"spec.alerting": {"disabled": "yes"}},
        "spec.alerting.disabled: must be true or false, found 'yes'",
    ),
    Bad(
        "unknown action",
        "Schema",
        {"spec.alerting": {"noData": {"action": "Page"}}},
        "spec.alerting.noData.action: 'Page' is not allowed; write Alert or Ignore",
    ),
    Bad(
        "budget as a mapping",
        "Schema",
        {"spec.alerting": {"budget": {"consumed": "50"}}},
        "spec.alerting.budget: must be a list, found a mapping",
    ),
    Bad(
        "budget threshold twice",
        "Schema",
        {"spec.alerting": {"budget": [{"consumed": "50"}, {"consumed": "50"}]}},
        "spec.alerting.budget: names '50' twice",
    ),
    Bad(
        "budget threshold of 150",
        "Schema",
        {"spec.alerting": {"budget": [{"consumed": "150"}]}},
        'spec.alerting.budget[0].consumed: must be above 0 and at most 100, in quotes, for example "50"',
    ),
    Bad(
        "too many thresholds",
        "Schema",
        {"spec.alerting": {"budget": [{"consumed": str(n)} for n in range(1, 10)]}},
        "spec.alerting.budget: has 9 entries, at most 8 are allowed",
    ),
    Bad(
        "reserved label",
        "Schema",
        {"spec.alerting": {"labels": {"severity": "info"}}},
        f"spec.alerting.labels: {RESERVED}",
    ),
    Bad(
        "label name with a dash",
        "Schema",
        {"spec.alerting": {"labels": {"the-team": "shop"}}},
        "spec.alerting.labels: names must consist of letters, digits and _ and begin with a letter, "
        "for example team",
    ),
    Bad(
        "runbook that is no URL",
        "Schema",
        {"spec.alerting": {"runbookURL": "wiki/checkout"}},
        "spec.alerting.runbookURL: 'wiki/checkout' is not an http or https URL without spaces or braces",
    ),
    Bad(
        "per without groups",
        "Schema",
        {"spec.alerting": {"per": "Group"}},
        "spec: alerting.per has a meaning only together with groupBy",
    ),
)

INJECTION = (
    Bad(
        "template in service",
        "Schema",
        {"spec.service": '{{ query "up" }}'},
        "spec.service: '{{ query \"up\" }}' is not a service name (letters, digits, and . _ / - inside), "
        "such as checkout",
    ),
    Bad(
        "YAML in service",
        "Schema",
        {"spec.service": "a\n- record: evil"},
        "spec.service: 'a\\n- record: evil' is not a service name (letters, digits, and . _ / - inside), "
        "such as checkout",
    ),
    Bad(
        "template in an alert label",
        "Schema",
        {"spec.alerting": {"labels": {"team": "{{ $value }}"}}},
        "spec.alerting.labels.team: '{{ $value }}' is not a label value without { or }",
    ),
    Bad(
        "template in the runbook",
        "Schema",
        {"spec.alerting": {"runbookURL": "https://x/{{ $labels.slo }}"}},
        "spec.alerting.runbookURL: 'https://x/{{ $labels.slo }}' is not an http or https URL without spaces "
        "or braces",
    ),
    Bad(
        "quotes in the source",
        "Schema",
        {"spec.prometheus": '"} or up{a="'},
        "spec.prometheus: '\"} or up{a=\"' is not the name of a source, such as default",
    ),
    Bad(
        "64 KiB selector",
        "Schema",
        _metric(LONG),
        "spec.indicator.ratio.bad.metric: has 65536 characters, at most 2048 are allowed",
    ),
    Bad(
        "64 KiB query",
        "Schema",
        _query(LONG),
        "spec.indicator.ratio.bad.query: has 65536 characters, at most 8192 are allowed",
    ),
    Bad(
        "64 KiB description",
        "Schema",
        {"spec.description": LONG},
        "spec.description: has 65536 characters, at most 1024 are allowed",
    ),
    Bad(
        "64 KiB annotation",
        "Schema",
        {"spec.alerting": {"annotations": {"note": LONG}}},
        "spec.alerting.annotations.note: has 65536 characters, at most 2048 are allowed",
    ),
    Bad(
        "NUL in a selector",
        "Schema",
        _metric("x_total\x00"),
        "spec.indicator.ratio.bad.metric: 'x_total\\x00' is not a metric selector, such as "
        'http_requests_total{job="checkout"}',
    ),
    Bad(
        "unclosed template in an annotation",
        "Checks",
        {"spec.alerting": {"annotations": {"note": "now {{ $value"}}},
        f"spec.alerting.annotations.note: {TEMPLATES}",
        "InvalidTemplate",
    ),
    Bad(
        "query in an annotation",
        "Checks",
        {"spec.alerting": {"annotations": {"note": '{{ range query "secrets" }}{{ . }}{{ end }}'}}},
        f"spec.alerting.annotations.note: {TEMPLATES}",
        "InvalidTemplate",
    ),
    Bad(
        "brace before an allowed template",
        "Checks",
        {"spec.alerting": {"annotations": {"note": "{{{ $value }}"}}},
        f"spec.alerting.annotations.note: {TEMPLATES}",
        "InvalidTemplate",
    ),
    Bad(
        "template put together from two allowed ones",
        "Checks",
        {"spec.alerting": {"annotations": {"note": "{{{ $value }}{ end }}"}}},
        f"spec.alerting.annotations.note: {TEMPLATES}",
        "InvalidTemplate",
    ),
    _selector(
        "selector that closes a parenthesis",
        'x_total{a="b"}[5m])) or up #',
        "'x_total{a=\"b\"}[5m])) or up #' is not PromQL: unexpected right parenthesis ')'",
    ),
    _selector(
        "second expression behind a line break",
        "x_total\nor up",
        "'x_total\\nor up' is not a plain selector; write it like http_requests_total{code=~\"5..\"}",
    ),
    _asked(
        "query that closes a parenthesis",
        "sum(rate(x_total[$window]))) or (up",
        "is not PromQL: unexpected right parenthesis ')'",
    ),
    _asked(
        "query with a YAML rule behind it",
        "sum(rate(x_total[$window]))\n- record: evil\n  expr: '1'",
        "is not PromQL: invalid promql query",
    ),
)

PROMQL = (
    _selector(
        "unfinished selector", "x_total{", "'x_total{' is not PromQL: unexpected end of input inside braces"
    ),
    _selector(
        "range in a selector",
        "x_total[5m]",
        "'x_total[5m]' is not a plain selector; write it like http_requests_total{code=~\"5..\"}",
    ),
    _selector(
        "function in a selector",
        "rate(x_total[5m])",
        "'rate(x_total[5m])' is not a plain selector; write it like http_requests_total{code=~\"5..\"}",
    ),
    _selector(
        "offset in a selector",
        "x_total offset 5m",
        "'x_total offset 5m' has an offset or @; Fireline chooses the time itself",
    ),
    _selector(
        "alternatives in a selector",
        'x_total{a="b" or c="d"}',
        '\'x_total{a="b" or c="d"}\' has alternatives (or); write a regular expression instead',
    ),
    _selector(
        "no metric name",
        '{code="500"}',
        "'{code=\"500\"}' has no fixed metric name; name exactly one metric",
    ),
    _selector(
        "metric name by pattern",
        '{__name__=~"http_.*"}',
        "'{__name__=~\"http_.*\"}' has no fixed metric name; name exactly one metric",
    ),
    _selector(
        "broken regular expression",
        'x_total{code=~"5(."}',
        "'x_total{code=~\"5(.\"}' is not PromQL: illegal regex for 5(.",
    ),
    _asked(
        "fixed range",
        "sum(rate(x_total[5m]))",
        "does not read [$window]; write it like sum(rate(x[$window]))",
    ),
    _asked(
        "fixed range beside the window",
        "sum(rate(x_total[$window])) - sum(rate(y_total[5m]))",
        "reads the fixed range [5m]; every range must be [$window]",
    ),
    _asked(
        "placeholder as a value",
        'sum(rate(x_total{a="$window"}[$window]))',
        "has $window inside a string; it may only stand as a range: [$window]",
    ),
    _asked(
        "another tool's variable",
        "sum(rate(x_total[$__rate_interval]))",
        "may use $window only as a whole range, [$window], and no other variable",
    ),
    _asked(
        "rate over an aggregate",
        "max(rate(x_total[$window])) + max_over_time(sum(x_total)[5m:])",
        "has a subquery: a rate over an aggregate misses counter resets; take the rate first, as in "
        "sum(rate(x[$window]))",
    ),
    _asked(
        "rate of a sum",
        "rate(sum(x_total[$window]))",
        "is not PromQL: expected type vector in aggregation expression, got matrix",
    ),
    _asked(
        "rate without a range",
        "sum(rate(x_total[$window])) + sum(rate(y_total))",
        "is not PromQL: expected type matrix in call to function 'rate', got vector",
    ),
    _asked(
        "increase",
        "sum(increase(x_total[$window]))",
        "uses increase, which is not per second; use rate over a counter, as in sum(rate(x[$window]))",
    ),
    _asked(
        "bare range",
        "x_total[$window]",
        "yields a matrix, not an instant vector; write it like sum(rate(x[$window]))",
    ),
    _asked(
        "scalar",
        "scalar(sum(rate(x_total[$window])))",
        "yields a scalar, not an instant vector; write it like sum(rate(x[$window]))",
    ),
    _asked(
        "offset in a query",
        "sum(rate(x_total[$window] offset 1h))",
        "has an offset or @; Fireline chooses the time itself",
    ),
    _asked(
        "experimental function",
        "sum(limitk(3, rate(x_total[$window])))",
        "uses limitk, which Prometheus runs only behind an experimental flag",
    ),
    _asked(
        "alternatives, which only the parser reads",
        'sum(rate(x_total{a="b" or c="d"}[$window]))',
        "has alternatives (or) in a selector; write a regular expression instead",
    ),
    _asked(
        "unknown function",
        "sum(ratio(x_total[$window]))",
        "is not PromQL: unknown function with name 'ratio'",
    ),
    _promql(
        "bucket instead of the histogram",
        latency(histogram="http_request_duration_seconds_bucket"),
        "spec.indicator.latency.histogram: names a part of the histogram; write "
        "http_request_duration_seconds without _bucket",
    ),
    _promql(
        "le in a latency selector",
        latency(histogram='http_request_duration_seconds{le="0.3"}'),
        "spec.indicator.latency.histogram: must not match le: the bucket is chosen by below; remove le",
    ),
)

MEANING = (
    Bad(
        "everything bad",
        "Checks",
        {"spec.indicator.ratio": {"bad": {"metric": "x_total{ }"}, "total": {"metric": "x_total"}}},
        "spec.indicator.ratio.bad: counts the same events as total, so that every event would be bad; narrow "
        'it, for example by code=~"5.."',
        "SameSeries",
    ),
    Bad(
        "everything good",
        "Checks",
        {"spec.indicator.ratio": {"good": RATIO["total"], "total": RATIO["total"]}},
        "spec.indicator.ratio.good: counts the same events as total, so that every event would be good; "
        'narrow it, for example by code=~"5.."',
        "SameSeries",
    ),
    Bad(
        "no data noticed after a day",
        "Checks",
        {"spec.alerting": {"noData": {"after": "1d"}}},
        "spec.alerting.noData.after: '1d' is not between 5m and 1h; write it like 10m",
    ),
    Bad(
        "one threshold spelt twice",
        "Checks",
        {"spec.alerting": {"budget": [{"consumed": "50"}, {"consumed": "50.0"}]}},
        "spec.alerting.budget[1].consumed: '50.0' is listed twice; keep one of them",
    ),
    Bad(
        "unknown source",
        "Checks",
        {"spec.prometheus": "longterm"},
        "spec.prometheus: 'longterm' is no source of this operator; known: default",
        "UnknownSource",
    ),
)

BAD_SPECS = (*SHAPE, *INJECTION, *PROMQL, *MEANING)
