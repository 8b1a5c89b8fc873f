"""Hypothesis strategies for ServiceLevelObjectives: every field of the schema that is carried out.

Mostly valid by construction; text is as unpleasant as the schema allows.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from fireline.api.slo_alerting import RESERVED_LABELS
from fireline.promql.expr import quote

Manifest = dict[str, Any]

_NASTY = (
    "{{",
    "}}",
    "{{ $value }}",
    "{{define `x`}}",
    '{{ query "up" }}',
    '"',
    "'",
    "`",
    "\\",
    '\\"',
    "\n",
    "\r\n",
    "\t",
    "{",
    "}",
    "[5m]",
    "$window",
    "$labels.slo",
    "%s",
    "# no comment",
    "--- !!python/object",
    ": - ? & * !",
    "\u2028\u0085\ufeff",
    "\u202egnirts",
    "\U0001f525é日本",
    "\x7f\x1b[31m",
    '"} or vector(1) #',
    "null",
    "~",
)
_TEXT = st.characters(exclude_characters="\x00", exclude_categories=("Cs",))


def nasty_text(longest: int) -> st.SearchStrategy[str]:
    """Text of pieces that mean something to some parser on the way, and of anything else."""
    piece = st.one_of(st.sampled_from(_NASTY), st.text(_TEXT, max_size=12), st.sampled_from(("a", " ", "Ä")))
    return (
        st.lists(piece, min_size=1, max_size=6)
        .map("".join)
        .map(lambda text: text[:longest])
        .filter(lambda text: text.strip() != "")
    )


def _plain_template(text: str) -> str:
    """Annotations may hold simple templates only: any other opening is spelled apart."""
    return text.replace("{{", "{ {")


_names = st.from_regex(r"[a-z]([-a-z0-9]{0,14}[a-z0-9])?", fullmatch=True)
_label_names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,9}", fullmatch=True).filter(
    lambda name: name not in {"le", "__name__"}
)
_metrics = st.from_regex(r"[a-z_:][a-z0-9_:]{0,12}", fullmatch=True)
_spaces = st.sampled_from(("", "", " ", "  ", "\n", "\t"))


@st.composite
def matchers(draw: st.DrawFn) -> str:
    """One label matcher with any operator; its value is any text, quoted."""
    op = draw(st.sampled_from(("=", "!=", "=~", "!~")))
    value = draw(st.one_of(st.sampled_from(("5..", "shop", "a|b")), nasty_text(40)))
    if "~" in op and value not in {"5..", "a|b"}:
        value = re.sub(r"([^\w\s])", r"\\\1", value, flags=re.ASCII) if value.isascii() else "x.*"
    name, before, after = draw(_label_names), draw(_spaces), draw(_spaces)
    return f"{before}{name}{after}{op}{before}{quote(value)}{after}"


@st.composite
def selectors(draw: st.DrawFn, *, ending: str) -> str:
    """A selector of one metric, however it is spelled."""
    metric = draw(_metrics) + ending
    inside = draw(st.lists(matchers(), max_size=4, unique_by=lambda text: text.split("=")[0].strip(" \n\t!")))
    spelled = draw(st.sampled_from(("plain", "braces", "name")))
    if spelled == "name":
        return "{" + ",".join([f"__name__={quote(metric)}", *inside]) + "}"
    if not inside and spelled == "plain":
        return metric
    return f"{metric}{draw(_spaces)}{{{','.join(inside)}{',' if inside and spelled == 'braces' else ''}}}"


@st.composite
def queries(draw: st.DrawFn) -> str:
    """PromQL per second over ``[$window]``."""
    one, other = draw(selectors(ending="_total")), draw(selectors(ending="_count"))
    by = draw(_label_names)
    return draw(
        st.sampled_from(
            (
                f"sum(rate({one}[$window]))",
                f"rate({one}[ $window ]) # by hand",
                f"sum by ({by}) (rate({one}[$window]))\n  + sum by ({by}) (rate({other}[$window]))",
                f"sum(rate({one}[$window])) or vector(0)",
                f"clamp_min(sum(rate({one}[$window])) - sum(rate({other}[$window])), 0)",
                f"sum(avg_over_time({one}[$window])) # }} or vector(1) )",
            )
        )
    )


def _events() -> st.SearchStrategy[Manifest]:
    return st.one_of(
        st.fixed_dictionaries({"metric": selectors(ending="_total")}),
        st.fixed_dictionaries({"query": queries()}),
    )


def ratios() -> st.SearchStrategy[Manifest]:
    """Bad or good out of total."""
    return st.sampled_from(("bad", "good")).flatmap(
        lambda part: st.fixed_dictionaries({part: _events(), "total": _events()})
    )


def latencies() -> st.SearchStrategy[Manifest]:
    """Fast enough, by classic or native histogram."""
    return st.fixed_dictionaries(
        {
            "histogram": selectors(ending="_seconds"),
            "below": st.sampled_from(
                ("300ms", "1s", "2500ms", "10s", "1m30s", "1ms", "1h", "100y", "1s500ms")
            ),
        },
        optional={"type": st.sampled_from(("Classic", "Native"))},
    )


_numbers = st.sampled_from(("1000", "-1.5", "0", "0.25", "+3", "999999999999999.999999999"))
_weights = st.sampled_from(("1", "3", "0.25", "100000.5"))


def thresholds() -> st.SearchStrategy[Manifest]:
    """A gauge, or anything else about one moment, against a limit."""
    one = selectors(ending="_depth")
    query = st.one_of(
        one,
        one.map(lambda text: f"max by (region, zone) ({text}) # the worst"),
        one.map(lambda text: f"avg_over_time({text}[5m]) / 2"),
    )
    operator = st.sampled_from(("LessThan", "LessOrEqual", "GreaterThan", "GreaterOrEqual"))
    return st.fixed_dictionaries({"query": query, "operator": operator, "value": _numbers})


def free_ratios() -> st.SearchStrategy[Manifest]:
    """A share of bad events whose events nobody knows."""
    both = st.tuples(selectors(ending="_total"), selectors(ending="_total"))
    return both.map(
        lambda two: {"query": f"sum(increase({two[0]}[$window])) / sum(increase({two[1]}[$window])) # share"}
    )


def composites() -> st.SearchStrategy[Manifest]:
    """Some SLOs of the namespace, weighted or the worst of them."""
    members = st.lists(_names, min_size=1, max_size=4, unique=True)
    worst = members.map(lambda names: {"method": "Worst", "objectives": [{"name": name} for name in names]})
    weighted = st.tuples(members, _weights).map(
        lambda given: {
            "method": "Weighted",
            "objectives": [{"name": name, "weight": given[1]} for name in given[0]],
        }
    )
    return st.one_of(worst, weighted, weighted)


def indicators() -> st.SearchStrategy[Manifest]:
    """Exactly one kind; those with most to go wrong most often."""
    checks = st.fixed_dictionaries(
        {"check": _names}, optional={"measure": st.sampled_from(("Availability", "Latency"))}
    )
    kinds = {
        "ratio": ratios(),
        "latency": latencies(),
        "threshold": thresholds(),
        "availability": st.fixed_dictionaries({"metric": selectors(ending="_up")}),
        "errorRatio": free_ratios(),
        "synthetic": checks,
        "composite": composites(),
    }
    return st.sampled_from((*kinds, "ratio", "ratio", "latency")).flatmap(
        lambda kind: st.fixed_dictionaries({kind: kinds[kind]})
    )


_percents = st.one_of(
    st.sampled_from(("99.9", "99.99", "99.9999", "95", "50", "0.0001", "1", "99.90", "007.5")),
    st.decimals(min_value="0.0001", max_value="99.9999", places=4).map(str),
)
_windows = st.one_of(
    st.integers(1, 90).map(lambda days: f"{days}d"), st.integers(1, 12).map(lambda weeks: f"{weeks}w")
)
_alert_names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: name not in RESERVED_LABELS
)
_templates = st.sampled_from(("{{ $value }}", "{{ $value | humanize }}", "{{$labels.slo | toUpper}}", ""))


def alertings() -> st.SearchStrategy[Manifest]:
    """Everything under alerting."""
    consumed = st.one_of(st.integers(1, 100).map(str), st.sampled_from(("0.5", "33.3333", "100.0", "5.50")))
    windows = st.sampled_from((("1h", "5m"), ("45m", "15m"), ("4h", "20m"), ("1d", "2h"), ("20h5m", "90m")))
    reach = st.sampled_from(({"factor": "1.5"}, {"factor": "1"}, {"consumed": "5"}, {"consumed": "0.5"}))
    own = st.tuples(
        windows, reach, st.sampled_from(("Page", "Ticket")), st.sampled_from(("Mine", "PageFast"))
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "disabled": st.booleans(),
            "ineffective": st.sampled_from(("Alert", "Ignore")),
            "minEvents": st.sampled_from(("0", "10", "999999999999")),
            "minBadEvents": st.sampled_from(("0", "1", "3")),
            "dashboardURL": st.sampled_from(("https://grafana.example/d/slo?var-slo=x&y=%20", "http://x/'é")),
            "burnRates": st.lists(own, max_size=2, unique_by=lambda given: given[3]).map(
                lambda all_: [
                    {"long": long, "short": short, **reached, "severity": severity, "name": name}
                    for (long, short), reached, severity, name in all_
                ]
            ),
            "budget": st.lists(
                st.fixed_dictionaries({"consumed": consumed}),
                max_size=8,
                unique_by=lambda entry: float(entry["consumed"]),
            ),
            "noData": st.fixed_dictionaries(
                {},
                optional={
                    "after": st.sampled_from(("5m", "7m30s", "20m", "1h", "3600s")),
                    "action": st.sampled_from(("Alert", "Ignore")),
                },
            ),
            "runbookURL": st.sampled_from(
                ("https://wiki.example/slo?a=b&c=%20#top", "http://x/'$(id)`|é", "https://x/y;z!*~")
            ),
            "labels": st.dictionaries(
                _alert_names,
                nasty_text(200).map(lambda text: text.replace("{", "(").replace("}", ")")),
                max_size=4,
            ),
            "annotations": st.dictionaries(
                _alert_names,
                st.builds(lambda text, end: _plain_template(text) + end, nasty_text(400), _templates),
                max_size=4,
            ),
        },
    )


def specs() -> st.SearchStrategy[Manifest]:
    """A whole spec."""
    return st.fixed_dictionaries(
        {
            "service": st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,20}[A-Za-z0-9])?", fullmatch=True),
            "objective": _percents,
            "indicator": indicators(),
        },
        optional={
            "description": nasty_text(1024),
            "window": st.one_of(st.fixed_dictionaries({"rolling": _windows}), _calendars),
            "alerting": alertings(),
            "prometheus": st.just("default"),
            "tier": st.sampled_from(("Api", "Job", "Frontend")),
            "maintenance": st.lists(_repairs, min_size=1, max_size=3),
        },
    ).flatmap(
        lambda spec: st.tuples(_groups, _slices).map(lambda more: _with_groups({**spec, **more[1]}, more[0]))
    )


_calendars = st.fixed_dictionaries(
    {"calendar": st.sampled_from(("Week", "Month", "Quarter", "Year"))},
    optional={"timeZone": st.sampled_from(("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"))},
)
_repairs = st.one_of(
    st.just({"from": "2026-12-24T00:00:00Z", "to": "2026-12-26T12:00:00+01:00"}),
    st.fixed_dictionaries(
        {"cron": st.sampled_from(("0 3 * * SUN", "30 2 1 * *")), "duration": st.sampled_from(("30m", "2h"))},
        optional={"timeZone": st.sampled_from(("Europe/Berlin", "UTC"))},
    ),
)
_slices = st.one_of(
    st.just({}),
    st.just({"budgeting": "Occurrences"}),
    st.fixed_dictionaries(
        {"length": st.sampled_from(("5m", "15m", "1h")), "objective": st.sampled_from(("99", "50.5"))}
    ).map(lambda slices: {"budgeting": "Timeslices", "timeslice": slices}),
)
_groups = st.one_of(
    st.none(),
    st.none(),
    st.lists(_label_names, min_size=1, max_size=4, unique=True),
    st.just(["region", "zone"]),
)


def _with_groups(spec: Manifest, groups: list[str] | None) -> Manifest:
    """Groups, with which alerts may be for the total, and which a composite and summing queries refuse."""
    if "composite" in spec["indicator"]:
        alerting = {k: v for k, v in spec.get("alerting", {}).items() if not k.startswith("min")}
        events = ("maintenance", "timeslice", "budgeting")
        return {k: v for k, v in spec.items() if k not in events} | {"alerting": alerting}
    if groups is None:
        return spec
    alerting = {**spec.get("alerting", {}), "per": "Total" if len(groups) % 2 else "Group"}
    return {**spec, "groupBy": groups, "alerting": alerting}


def manifests() -> st.SearchStrategy[Manifest]:
    """A whole object, with labels of which some are copied to its rules."""
    labels = st.dictionaries(
        st.sampled_from(("team", "release", "role", "prometheus", "app.kubernetes.io/name", "other")),
        st.from_regex(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,10})?[A-Za-z0-9]", fullmatch=True),
    )
    metadata = st.fixed_dictionaries({"name": _names, "namespace": _names, "labels": labels})
    return st.fixed_dictionaries(
        {
            "apiVersion": st.just("fireline.dev/v1alpha1"),
            "kind": st.just("ServiceLevelObjective"),
            "metadata": metadata,
            "spec": specs(),
        }
    )
