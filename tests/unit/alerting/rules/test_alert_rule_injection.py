"""Hostile text in every string field of an alert rule is refused, or changes nothing but its own place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import promql_parser
import pytest
from tests import promtool
from tests.unit.alerting.rules.objects import CONTEXT, TYPES, Manifest, a_rule, issues_of, parsed
from tests.unit.slo.test_injection import HOSTILE

from fireline.alerting.rules.render import rule_groups
from fireline.promql.expr import quote

TEXTS = (*HOSTILE, "{{ $labels.namespace }}", 'x{sev="sev0"}', "shop/other", "off", "1) or vector(1", "[5m]")
STATIC = {"namespace": "shop", "alert_policy": "shop/checkout", "sev": "sev2"}
ROOT = (
    "name",
    "severity",
    "pageReason",
    "for",
    "keepFiringFor",
    "summary",
    "description",
    "runbookURL",
    "dashboardURL",
    "service",
    "labels.team",
    "annotations.note",
    "minTraffic.query",
    "minTraffic.metric",
)
PARTS = {
    "threshold": ("query", "above", "resolve", "unit"),
    "ratio": ("bad.metric", "bad.query", "total.metric", "window", "above"),
    "quantile": ("histogram", "quantile", "above", "type"),
    "rateDrop": ("total.metric", "total.query", "byPercent", "minimum"),
    "absent": ("series", "remember"),
    "freshness": ("query", "series", "olderThan"),
    "cardinality": ("matching", "above", "minimum"),
    "forecast": ("query", "capacity", "gate", "history", "within"),
    "queueSLA": ("backlog", "drainRate.metric", "drainRate.query", "within"),
    "anomaly": ("query", "window", "direction", "noiseFloor"),
    "expression": ("query",),
}
NAMES = {"ALERTS", "scrape_samples_post_metric_relabeling", "x", "a", "b", "up"}


def _edits(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The text in every field, as it is and where a careful author would quote it."""
    for path in ROOT:
        yield "ratio", {path: text}
    yield "ratio", {"labels": {text: "value"}}
    yield "ratio", {"annotations": {text: "value"}}
    yield "ratio", {"groupBy": [text]}
    yield "ratio", {"runbookURL": f"https://wiki/{text}"}
    yield "ratio", {"minTraffic": {"metric": f"x{{a={quote(text)}}}", "perSecond": "1"}}
    for type_, fields in PARTS.items():
        for field in fields:
            quoted = f"x{{a={quote(text)}}}"
            bare = field.endswith(("query", "backlog", "capacity"))
            window = type_ == "anomaly" or "." in field
            rate = f"sum(rate({quoted}[$window]))" if window else f"max({quoted}) > 1"
            for value in (text, f"{{a={quote(text)}}}" if field == "matching" else rate if bare else quoted):
                edits: dict[str, Any] = {f"{type_}.{field}": value}
                if field in {"bad.query", "total.query", "drainRate.query"}:
                    parent = field.partition(".")[0]
                    edits = {f"{type_}.{parent}": {"query": value}}
                if (type_, field) == ("freshness", "series"):
                    edits = {"freshness": {"series": value, "olderThan": "1h"}}
                yield type_, edits


def _rendered(rule: Manifest) -> list[Manifest] | None:
    if any(not issue.note for issue in issues_of(rule)):
        return None
    return rule_groups(parsed(rule), CONTEXT)


def _read(expr: str) -> set[str]:
    found: set[str] = set()

    def visit(node: promql_parser.Expr) -> None:
        vector = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(vector, promql_parser.VectorSelector) and vector.name:
            found.add(vector.name)

    promql_parser.walk(promql_parser.parse(expr), pre_visit=visit)
    return {name for name in found if not name.startswith("anomaly:")}


@cache
def _plain(type_: str) -> tuple[int, set[str]]:
    """Number of rules and names read by the smallest rule of a type."""
    groups = _rendered(a_rule(type_))
    assert groups is not None
    rules = [one for group in groups for one in group["rules"]]
    return len(rules), {name for one in rules for name in _read(one["expr"])}


def _own(text: str) -> set[str]:
    """What a text reads that is a query itself: its author may read what he likes."""
    try:
        return _read(text)
    except ValueError:
        return set()


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:24]))
def test_a_hostile_text_stays_in_its_place(text: str) -> None:
    own = {f"{name}{end}" for name in (*NAMES, text) for end in ("", "_bucket", "_count")} | _own(text)
    for type_, edits in _edits(text):
        groups = _rendered(a_rule(type_, edits))
        if groups is None:
            continue
        count, names = _plain(type_)
        rules = [one for group in groups for one in group["rules"]]
        assert len(rules) == count, edits
        for one in rules:
            static = {key: one["labels"].get(key) for key in STATIC if "alert" in one or key != "sev"}
            assert static == {key: STATIC[key] for key in static}, edits
            assert _read(one["expr"]) <= names | own, edits


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("label", ["namespace", "alert_policy", "sev", "severity", "escalation_level_2"])
def test_nobody_names_a_label_that_routes(type_: str, label: str) -> None:
    for edits in ({"labels": {label: "x"}}, {"groupBy": [label]}):
        assert issues_of(a_rule(type_, edits)), edits


@pytest.mark.bed
def test_prometheus_loads_everything_that_was_not_refused() -> None:
    """All at once: a single broken template or expression would refuse the whole file."""
    accepted: list[Manifest] = []
    for number, (type_, edits) in enumerate(edit for text in TEXTS for edit in _edits(text)):
        if "name" not in edits:
            accepted.append(a_rule(type_, {**edits, "name": f"Hostile{number}"}))
    accepted = [rule for rule in accepted if _rendered(rule) is not None]

    assert len(accepted) > 300
    assert promtool.check({"groups": rule_groups(parsed(*accepted), CONTEXT)}) == ""
