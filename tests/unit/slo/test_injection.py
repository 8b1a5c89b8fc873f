"""Hostile text in every string field either is refused or changes nothing but its own place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
from tests import promtool
from tests.unit.api.objects import an_slo

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import quote
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.period import SLOWindow
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows

HOSTILE = (
    '"} or up{a="',
    '"}[5m])) or vector(1) #',
    "'} or up{a='",
    "`} or up{a=`",
    "\\",
    '\\"',
    "}}",
    "{",
    "{{",
    "{{ $value",
    "{{ $value }}",
    "{{{ $value }}",
    '{{ query "up" }}',
    '{{ template "x" }}',
    "{{/* */}}",
    "a\nb",
    "a\n- record: evil\n  expr: up",
    "a\r\nb",
    "- a: !!python/object:os.system",
    "*anchor &x",
    "&anchor x",
    "!!binary aGk=",
    "# comment",
    "$window",
    "${1}$1\\1",
    "$labels",
    "\u202e\u2066 right to left",
    "\u2028\u2029\x85",
    "\ufeff\u200b",
    "\U0001f525 fire",
    "e\u0301\u0300",
    "\x01\x1b[31m",
    "null",
    "~",
    "1e999",
    "NaN",
    "%s%n{0}",
    "<script>",
    "../../etc/passwd",
    " ",
    "x" * 200,
    "x" * 65_536,
)


def _matcher(value: str, op: str = "=") -> str:
    return f"x_total{{a{op}{quote(value)}}}"


def _edits(text: str) -> Iterator[dict[str, Any]]:
    """The text in every string field, once as it is and once where a careful author would quote it."""
    for path in (
        "spec.service",
        "spec.description",
        "spec.objective",
        "spec.prometheus",
        "spec.window.rolling",
        "spec.budgeting",
        "spec.alerting.runbookURL",
        "spec.alerting.labels.team_name",
        "spec.alerting.annotations.note",
        "spec.alerting.noData.after",
        "metadata.name",
        "metadata.namespace",
        "metadata.labels.team",
    ):
        yield {path: text}
    yield {"spec.alerting.runbookURL": f"https://wiki/{text}"}
    yield {"spec.alerting.labels": {text: "value"}}
    yield {"spec.alerting.annotations": {text: "value"}}
    yield {"spec.alerting.budget": [{"consumed": text}]}
    for metric in (text, _matcher(text), _matcher(text, "=~"), f'x_total{{a="{text}"}}'):
        yield {"spec.indicator.ratio.bad": {"metric": metric}}
        yield {"spec.indicator": {"latency": {"histogram": metric, "below": "300ms"}}}
        yield {"spec.indicator.ratio.bad": {"query": f"sum(rate({metric}[$window]))"}}
    yield {"spec.indicator.ratio.bad": {"query": text}}
    yield {"spec.indicator.ratio.bad": {"query": f"sum(rate(x_total[$window])) {text}"}}


def _rendered(manifest: Manifest) -> Manifest | None:
    slo, _ = read(manifest, sources=("default",))
    return None if slo is None else render_rule(compile_slo(slo, settings=Settings()))


def _shape(rule: Manifest) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups, and what each rule records or alerts: what no text may change."""
    return [
        (group["interval"], [(next(iter(one)), next(iter(one.values()))) for one in group["rules"]])
        for group in rule["spec"]["groups"]
    ]


def _names(expr: str) -> set[str]:
    """Metric names an expression reads."""
    found: set[str] = set()

    def visit(node: promql_parser.Expr) -> None:
        vector = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(vector, promql_parser.VectorSelector) and vector.name:
            found.add(vector.name)

    promql_parser.walk(promql_parser.parse(expr), pre_visit=visit)
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_a_hostile_text_changes_no_rule_but_its_own(text: str) -> None:
    plain = _rendered(an_slo())
    assert plain is not None
    allowed = {"http_requests_total", "ALERTS"}
    allowed |= {f"{name}{end}" for name in ("x_total", text) for end in ("", "_bucket", "_count")}
    for edits in _edits(text):
        rule = _rendered(an_slo(edits))
        if rule is None:
            continue
        if "spec.indicator" not in edits and "spec.alerting.budget" not in edits:
            assert _shape(rule) == _shape(plain), edits
        for group in rule["spec"]["groups"]:
            for one in group["rules"]:
                read_names = {name for name in _names(one["expr"]) if not name.startswith("slo:")}
                assert read_names <= allowed, edits
                assert one["labels"].get("slo") == rule["metadata"]["name"].removeprefix("slo-")


@pytest.mark.bed
def test_prometheus_loads_everything_that_was_not_refused() -> None:
    """All at once: a single broken template or expression would refuse the whole file."""
    accepted = []
    for number, edits in enumerate(edit for text in HOSTILE for edit in _edits(text)):
        if not any(path.startswith("metadata.name") for path in edits):
            rule = _rendered(an_slo(edits, name=f"hostile-{number}"))
            accepted += [rule] if rule is not None else []
    windows = render_windows("default", "default", [SLOWindow(rolling=Duration.of(days=30))])

    assert len(accepted) > 100
    assert promtool.check(plain_rules([*accepted, windows])) == ""
