"""Wrong alert rules, and the words for their authors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.alerting.rules.objects import ABSENT, ALL, TYPES


@dataclass(frozen=True)
class Bad:
    """A rule of a type with edits, and the beginning of what is said of it first."""

    type: str
    edits: Mapping[str, Any]
    said: str
    reason: str = "InvalidSpec"
    note: bool = field(default=False, kw_only=True)

    @property
    def title(self) -> str:
        return f"{self.type}-{'-'.join(self.edits)}-{self.said[-24:]}"


BAD_RULES = (
    Bad(
        "ratio",
        {"name": "checkoutFailures"},
        "name: 'checkoutFailures' is not a CamelCase name, such as CheckoutFailures",
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"name": "SLOBurns"},
        (
            "name: must not begin with SLO, AlertPolicy, Fireline nor be Watchdog or InfoInhibitor: "
            "other alerts have these names; choose one like CheckoutFailures"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"name": "Watchdog"},
        (
            "name: must not begin with SLO, AlertPolicy, Fireline nor be Watchdog or InfoInhibitor: "
            "other alerts have these names; choose one like CheckoutFailures"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"threshold": TYPES["threshold"]},
        (
            "exactly one of threshold, ratio, quantile, rateDrop, absent, freshness, cardinality, "
            "forecast, queueSLA, anomaly, expression must be set"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"ratio": ABSENT},
        (
            "exactly one of threshold, ratio, quantile, rateDrop, absent, freshness, cardinality, "
            "forecast, queueSLA, anomaly, expression must be set"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"severity": "sev3"},
        ("severity: 'sev3' is not allowed; write sev0, sev1, sev2, P1, P2, P3, critical, high or medium"),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"severity": "P1"},
        (
            "severity: is 'P1', which pages in this policy. A non-SLO rule pages only with an explicit "
            "page: true and a pageReason; add both, or choose a severity that does not page, such as "
            "sev2"
        ),
        "PagesWithoutReason",
    ),
    Bad(
        "ratio",
        {"severity": "sev1", "page": True},
        "page: true and pageReason belong together: say why a person is woken up without an SLO",
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"page": True, "pageReason": "money"},
        ("page: is true, but severity 'sev2' wakes nobody up in this policy; paging severities: sev0, sev1"),
        "DoesNotPage",
    ),
    Bad(
        "ratio",
        {"pageReason": "money"},
        "page: true and pageReason belong together: say why a person is woken up without an SLO",
        "InvalidSpec",
    ),
    Bad(
        "anomaly",
        {"severity": "sev0"},
        "an anomaly never pages and has severity sev2: it is a hint, not a proof",
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"groupBy": ["namespace"]},
        (
            "groupBy[0]: these labels are set by Fireline and cannot be used: namespace, slo, sli, "
            "severity, sev, slo_tier, alert_policy, window, le, alertname, "
            "alertstate, rule_type, fireline_week, escalation_level…"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"groupBy": ["escalation_level_1"]},
        (
            "groupBy[0]: these labels are set by Fireline and cannot be used: namespace, slo, sli, "
            "severity, sev, slo_tier, alert_policy, window, le, alertname, "
            "alertstate, rule_type, fireline_week, escalation_level…"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"groupBy": ["__name__"]},
        (
            "groupBy[0]: labels that begin with __ are internal to Prometheus; group by another one, "
            "such as region"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"labels": {"sev": "sev0"}},
        (
            "labels: these labels are set by Fireline and cannot be used: namespace, slo, sli, "
            "severity, sev, slo_tier, alert_policy, window, le, alertname, "
            "alertstate, rule_type, fireline_week, service, "
            "escalation_level…"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"labels": {"escalation_level_1": "off"}},
        (
            "labels: these labels are set by Fireline and cannot be used: namespace, slo, sli, "
            "severity, sev, slo_tier, alert_policy, window, le, alertname, "
            "alertstate, rule_type, fireline_week, service, "
            "escalation_level…"
        ),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"service": "a", "groupBy": ["service"]},
        ("service is a groupBy label here, so that alerts have it from their group; remove one of the two"),
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"labels": {"region": "eu"}, "groupBy": ["region"]},
        (
            "labels.region: is a label that alerts have from their group: with one value for all, "
            "Prometheus could not tell the groups apart; remove it"
        ),
        "InvalidSpec",
    ),
    Bad("ratio", {"for": "0s"}, "for: must be longer than zero", "InvalidSpec"),
    Bad("ratio", {"for": "8d"}, "for: 8d is longer than 7d; write it like 5m", "InvalidSpec"),
    Bad(
        "ratio",
        {"ratio.above": "100"},
        'ratio.above: must be below 100, in quotes, for example "5"',
        "InvalidSpec",
    ),
    Bad(
        "ratio",
        {"ratio.above": 5},
        'ratio.above: must be text, found the number 5; put it in quotes: "5"',
        "InvalidSpec",
    ),
    Bad("ratio", {"ratio.good": ALL}, "ratio: exactly one of bad, good must be set", "InvalidSpec"),
    Bad(
        "ratio",
        {"ratio.bad": ALL},
        (
            "ratio.bad: counts the same events as total, so that every event would be bad; narrow it, "
            'for example by code=~"5.."'
        ),
        "SameSeries",
    ),
    Bad(
        "ratio",
        {"ratio.bad": {"metric": 'http_requests_total{service="cart"}'}},
        (
            'ratio.bad.metric: asks for service="cart" where total asks for service="checkout": no '
            "event is counted by both"
        ),
        "NotASubset",
    ),
    Bad(
        "ratio",
        {"ratio.bad": {"metric": "job:http_requests:rate5m"}},
        (
            "ratio.bad.metric: takes a rate over job:http_requests:rate5m, which its name says is a "
            "recorded aggregate: when one of the summed counters restarts, the rate counts a jump that "
            "never happened; use the counter itself, such as http_requests"
        ),
        "RateOfAggregate",
    ),
    Bad(
        "ratio",
        {"ratio.bad": {"metric": "sum(x)"}},
        (
            "ratio.bad.metric: 'sum(x)' is not a plain selector; write it like "
            'http_requests_total{code=~"5.."}'
        ),
        "InvalidPromQL",
    ),
    Bad(
        "ratio",
        {"ratio.bad": {"query": "sum(rate(x[5m]))"}},
        "ratio.bad.query: does not read [$window]; write it like sum(rate(x[$window]))",
        "InvalidPromQL",
    ),
    Bad(
        "ratio",
        {"ratio.bad": {"query": "sum(rate(x[$window]))"}, "groupBy": ["region"]},
        "ratio.bad.query: drops the groupBy label region; keep it: sum by (region) (…)",
        "GroupLost",
    ),
    Bad(
        "ratio",
        {"ratio.window": "30s"},
        "ratio.window: 30s holds less than two scrapes of the usual 30s; at least 1m, better 5m",
        "InvalidWindow",
    ),
    Bad(
        "ratio",
        {"ratio.window": "1m"},
        ("ratio.window: 1m holds two scrapes of the usual 30s: one that fails leaves nothing; better 5m"),
        "ShortWindow",
        note=True,
    ),
    Bad(
        "ratio",
        {"ratio.window": "2d"},
        (
            "ratio.window: 2d would be read whole at every evaluation; at most 1d here; over days an "
            "SLO counts for less"
        ),
        "InvalidWindow",
    ),
    Bad(
        "ratio",
        {"summary": '{{ query "up" }}'},
        (
            "summary: has a template Fireline does not pass on; allowed are {{ $value }}, also with | "
            "humanize or | humanizePercentage, and {{ $labels.name }}"
        ),
        "InvalidTemplate",
    ),
    Bad(
        "ratio",
        {"description": "{{ $labels.region }}"},
        (
            "description: shows the label region, which series of this rule do not have (they have "
            "none); add it to groupBy"
        ),
        "InvalidTemplate",
    ),
    Bad(
        "ratio",
        {"annotations": {"note": "{{"}},
        (
            "annotations.note: has a template Fireline does not pass on; allowed are {{ $value }}, also"
            " with | humanize or | humanizePercentage, and {{ $labels.name }}"
        ),
        "InvalidTemplate",
    ),
    Bad(
        "ratio",
        {"minTraffic": {"perSecond": "1", "events": "3"}},
        "minTraffic: exactly one of perSecond, events must be set",
        "InvalidSpec",
    ),
    Bad(
        "threshold",
        {"minTraffic": {"perSecond": "1"}},
        "minTraffic needs metric or query here: only ratio, quantile and rateDrop know all events",
        "InvalidSpec",
    ),
    Bad(
        "threshold",
        {"threshold.below": "3"},
        "threshold: exactly one of above, below must be set",
        "InvalidSpec",
    ),
    Bad(
        "threshold",
        {"threshold.resolve": "1001"},
        "threshold.resolve: is 1001, which is more than above (1000)",
        "InvalidSpec",
    ),
    Bad(
        "threshold",
        {"threshold": {"query": "x", "below": "3", "resolve": "2"}},
        "threshold.resolve: is 2, which is less than below (3)",
        "InvalidSpec",
    ),
    Bad(
        "threshold",
        {"threshold.query": "x["},
        "threshold.query: is not PromQL: unexpected end of input inside brackets",
        "InvalidPromQL",
    ),
    Bad(
        "threshold",
        {"threshold.query": "rate(x[$window])"},
        ("threshold.query: is about one moment and must not read $window; write it like max(queue_depth)"),
        "InvalidPromQL",
    ),
    Bad(
        "threshold",
        {"threshold.query": "max_over_time(x[30d])"},
        (
            "threshold.query: reads 30d at every evaluation; at most 7d: record the long part by a rule"
            " of its own, or compare with an offset"
        ),
        "InvalidWindow",
    ),
    Bad(
        "threshold",
        {"threshold.query": "1"},
        "threshold.query: yields a scalar, not an instant vector; write it like max(queue_depth)",
        "InvalidPromQL",
    ),
    Bad(
        "quantile",
        {"quantile.quantile": "0"},
        "quantile.quantile: '0' is not a quantile between 0 and 1; write it like \"0.95\"",
        "InvalidSpec",
    ),
    Bad(
        "quantile",
        {"quantile.quantile": "0.0"},
        'quantile.quantile: must be above 0, for example "0.95"',
        "InvalidSpec",
    ),
    Bad(
        "quantile",
        {"quantile.histogram": "x_bucket"},
        "quantile.histogram: names a part of the histogram; write x without _bucket",
        "InvalidPromQL",
    ),
    Bad(
        "quantile",
        {"quantile.histogram": 'x{le="1"}'},
        "quantile.histogram: must not match le: a quantile needs all buckets; remove le",
        "InvalidPromQL",
    ),
    Bad(
        "rateDrop",
        {"rateDrop.weeks": 5},
        "rateDrop.weeks: the number 5 is not allowed; write 1, 2, 3 or 4",
        "InvalidSpec",
    ),
    Bad("rateDrop", {"rateDrop.minimum": "0"}, "rateDrop.minimum: must be above zero", "InvalidSpec"),
    Bad(
        "absent",
        {"absent.series": "up == 0"},
        (
            "absent.series: 'up == 0' is not a plain selector; write it like "
            'http_requests_total{code=~"5.."}'
        ),
        "InvalidPromQL",
    ),
    Bad(
        "absent",
        {"absent.series": 'up{job="$window"}'},
        "absent.series: contains $window, which stands for nothing here; remove it",
        "InvalidPromQL",
    ),
    Bad(
        "absent",
        {"absent.remember": "4m", "groupBy": ["job"]},
        (
            "absent.remember: 4m is over before a group was missed for 5m: it would never fire; choose "
            "more, such as 1d"
        ),
        "NeverFires",
    ),
    Bad(
        "freshness",
        {"freshness.series": "x"},
        "freshness: exactly one of query, series must be set",
        "InvalidSpec",
    ),
    Bad(
        "freshness",
        {"freshness.query": ABSENT, "freshness.series": "x", "freshness.olderThan": "4d"},
        (
            "freshness.olderThan: 4d would be read whole at every evaluation; at most 3d with series; a"
            " query that yields the time may be of any age"
        ),
        "InvalidWindow",
    ),
    Bad(
        "cardinality",
        {"cardinality.by": "Metric"},
        (
            "cardinality: counting by metric reads every series; narrow it, for example matching: "
            '{job="checkout"}'
        ),
        "InvalidSpec",
    ),
    Bad(
        "cardinality",
        {"groupBy": ["pod"]},
        "cardinality groups by job or metric itself; remove groupBy",
        "InvalidSpec",
    ),
    Bad(
        "cardinality",
        {"cardinality.matching": '{job="x"} or vector(1)'},
        (
            "cardinality.matching: '{job=\"x\"} or vector(1)' is not label matchers in braces, such as "
            '{job="checkout"}'
        ),
        "InvalidSpec",
    ),
    Bad(
        "cardinality",
        {"cardinality.matching": '{job="x"'},
        'cardinality.matching: \'{job="x"\' is not label matchers in braces, such as {job="checkout"}',
        "InvalidSpec",
    ),
    Bad(
        "cardinality",
        {"labels": {"job": "x"}},
        (
            "labels.job: is a label that alerts have from their group: with one value for all, "
            "Prometheus could not tell the groups apart; remove it"
        ),
        "InvalidSpec",
    ),
    Bad(
        "forecast",
        {"forecast.capacity": ABSENT, "forecast.above": "10"},
        (
            "forecast: gate is needed with above and below: far from the limit, every slope reaches it "
            "some day"
        ),
        "InvalidSpec",
    ),
    Bad(
        "forecast",
        {"forecast.gate": "101"},
        "forecast.gate: is 101, which is beyond the limit (100)",
        "InvalidSpec",
    ),
    Bad(
        "forecast",
        {"forecast.capacity": ABSENT, "forecast.below": "10", "forecast.gate": "5"},
        "forecast.gate: is 5, which is beyond below (10)",
        "InvalidSpec",
    ),
    Bad(
        "forecast",
        {"forecast.history": "30d"},
        "forecast.history: 30d would be read whole at every evaluation; at most 7d here",
        "InvalidWindow",
    ),
    Bad(
        "queueSLA",
        {"queueSLA.drainRate": {"query": "sum(increase(x[$window]))"}},
        (
            "queueSLA.drainRate.query: uses increase, which is not per second; use rate over a counter,"
            " as in sum(rate(x[$window]))"
        ),
        "InvalidPromQL",
    ),
    Bad(
        "anomaly",
        {"groupBy": ["direction"], "anomaly.query": "sum by (direction) (rate(x[$window]))"},
        (
            "groupBy[0]: 'direction' is a label the series of an anomaly have themselves; rename it in "
            "the query by label_replace"
        ),
        "InvalidSpec",
    ),
    Bad(
        "expression",
        {"expression.query": "sum(rate(x[5m]))"},
        (
            "expression.query: yields something all the time, so that it would always fire; end it in a"
            " comparison without bool, as in sum(rate(errors_total[5m])) > 10"
        ),
        "NoComparison",
    ),
    Bad(
        "expression",
        {"expression.query": "sum(x) > bool 1"},
        (
            "expression.query: yields something all the time, so that it would always fire; end it in a"
            " comparison without bool, as in sum(rate(errors_total[5m])) > 10"
        ),
        "NoComparison",
    ),
    Bad(
        "expression",
        {"expression.query": "x != 1"},
        (
            "expression.query: compares with !=, which NaN passes: a division by zero would fire; > and"
            " < do not take it"
        ),
        "FiresForNaN",
        note=True,
    ),
    Bad(
        "expression",
        {"expression.query": "up == 1 or vector(1)"},
        (
            "expression.query: yields something all the time, so that it would always fire; end it in a"
            " comparison without bool, as in sum(rate(errors_total[5m])) > 10"
        ),
        "NoComparison",
    ),
    Bad(
        "cardinality",
        {"cardinality.by": "Metric", "cardinality.matching": '{job!="x"}'},
        (
            "cardinality.matching: '{job!=\"x\"}' is not label matchers of which one asks for a value; "
            'write it like {job="checkout"}'
        ),
        "InvalidPromQL",
    ),
    Bad(
        "cardinality",
        {"cardinality.matching": '{__name__="y"}'},
        (
            "cardinality.matching: '{__name__=\"y\"}' is not label matchers of which one asks for a "
            'value; write it like {job="checkout"}'
        ),
        "InvalidPromQL",
    ),
    Bad(
        "expression",
        {"expression.query": "sum(rate(x_total[5m])) / 2 > 10", "groupBy": ["region"]},
        "expression.query: drops the groupBy label region; keep it: sum by (region) (…)",
        "GroupLost",
    ),
    Bad(
        "threshold",
        {"threshold.query": "x / on (zone) y", "groupBy": ["region", "zone"]},
        "threshold.query: drops the groupBy label region; keep it: sum by (region, zone) (…)",
        "GroupLost",
    ),
    Bad(
        "threshold",
        {"threshold.query": "sum without (region) (x) or sum(y)", "groupBy": ["region"]},
        "threshold.query: drops the groupBy label region; keep it: sum by (region) (…)",
        "GroupLost",
    ),
    Bad(
        "threshold",
        {"threshold.query": "http_requests_total"},
        (
            "threshold.query: http_requests_total looks like a counter, which only grows; compare its pace: "
            "sum(rate(http_requests_total[5m]))"
        ),
        "NotAGauge",
        note=True,
    ),
)
