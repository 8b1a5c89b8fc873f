"""Hypothesis strategies for ServiceLevelObjectives: every field of the schema that is carried out.

Mostly valid by construction; text is as unpleasant as the schema allows. What the schema has ahead
of the engine is listed in ``NOT_YET`` and leaves that list with its first release.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from fireline.api.slo_alerting import RESERVED_LABELS
from fireline.promql.expr import quote

Manifest = dict[str, Any]

NOT_YET = (
    "spec.window.calendar",
    "spec.window.timeZone",
    "spec.timeslice",
    "spec.indicator.threshold",
    "spec.indicator.availability",
    "spec.indicator.synthetic",
    "spec.indicator.composite",
    "spec.indicator.errorRatio",
    "spec.groupBy",
    "spec.alerting.per",
    "spec.alerting.burnRates",
    "spec.alerting.minEvents",
    "spec.alerting.minBadEvents",
    "spec.maintenance",
)

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


def indicators() -> st.SearchStrategy[Manifest]:
    """Exactly one kind that is carried out."""
    return st.one_of(
        st.fixed_dictionaries({"ratio": ratios()}), st.fixed_dictionaries({"latency": latencies()})
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
    return st.fixed_dictionaries(
        {},
        optional={
            "disabled": st.booleans(),
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
            "window": st.fixed_dictionaries({"rolling": _windows}),
            "budgeting": st.just("Occurrences"),
            "alerting": alertings(),
            "prometheus": st.just("default"),
        },
    )


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
