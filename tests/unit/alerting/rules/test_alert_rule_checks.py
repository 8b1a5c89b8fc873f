"""Wrong alert rules are refused with the words their authors need; right ones are not bothered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.alerting.rules.bad_rules import BAD_RULES, Bad
from tests.unit.alerting.rules.objects import SEVERITIES, TYPES, a_rule, issues_of

from fireline.alerting.rules.context import SeverityLabels

PAGE = {"severity": "P2", "page": True, "pageReason": "Nobody can pay while it lasts."}


@pytest.mark.parametrize("bad", BAD_RULES, ids=lambda bad: bad.title)
def test_a_wrong_rule_gets_these_words(bad: Bad) -> None:
    first = issues_of(a_rule(bad.type, bad.edits))[0]

    path, _, words = str(first).partition("[0]")
    assert path in {"", "spec.rules"}
    assert words.removeprefix(".").removeprefix(": ") == bad.said
    assert (first.reason, first.note) == (bad.reason, bad.note)


def test_no_mistake_is_there_twice() -> None:
    assert len({(bad.type, repr(bad.edits)) for bad in BAD_RULES}) == len(BAD_RULES) > 60


@pytest.mark.parametrize("type_", TYPES)
def test_the_smallest_rule_of_a_type_is_fine(type_: str) -> None:
    assert not issues_of(a_rule(type_))


@pytest.mark.parametrize(
    ("type_", "edits"),
    [
        ("ratio", PAGE),
        ("ratio", {"summary": "{{ $value | humanize }} in {{ $labels.zone }}", "groupBy": ["zone"]}),
        ("ratio", {"ratio.bad": {"query": "sum by (a) (rate(x_total[$window]))"}, "groupBy": ["a"]}),
        ("ratio", {"labels": {"team": "shop"}, "service": "checkout"}),
        ("ratio", {"groupBy": ["service"]}),
        ("ratio", {"minTraffic": {"events": "30"}}),
        ("threshold", {"threshold.resolve": "800", "minTraffic": {"metric": "x_total", "perSecond": "1"}}),
        ("threshold", {"threshold.query": "max_over_time(x[7d])"}),
        ("quantile", {"quantile.type": "Native", "quantile.quantile": "0.999"}),
        ("absent", {"groupBy": ["job"], "absent.remember": "1d"}),
        ("freshness", {"freshness": {"series": "beat", "olderThan": "3d"}}),
        ("cardinality", {"cardinality": {"by": "Metric", "matching": '{job="x"}', "growthPercent": "20"}}),
        ("cardinality", {"summary": "{{ $labels.job }} is large"}),
        ("forecast", {"forecast": {"query": "x", "below": "0", "within": "4d", "gate": "10"}}),
        ("expression", {"expression.query": "up == 0 and on (job) x"}),
        ("expression", {"expression.query": "x > 1 unless on () y"}),
        ("expression", {"expression.query": "x * on (a) group_left (b) y > 1", "groupBy": ["b"]}),
        ("expression", {"expression.query": "sum by (a) (x) / ignoring (b) y > 1", "groupBy": ["a"]}),
        ("threshold", {"threshold.query": "sum(x) or sum by (a) (y)", "groupBy": ["a"]}),
        ("expression", {"expression.query": "a > 1 or absent(b)"}),
        ("expression", {"expression.query": "count by (job) (up == 0)", "groupBy": ["job"]}),
    ],
)  # fmt: skip
def test_a_right_rule_is_not_bothered(type_: str, edits: dict[str, Any]) -> None:
    assert not issues_of(a_rule(type_, edits))


def test_a_page_without_a_runbook_is_a_note_for_a_condition() -> None:
    (issue,) = issues_of(a_rule("ratio", PAGE), runbook=False)

    assert (issue.reason, issue.note, issue.path) == ("RunbookMissing", True, "spec.rules[0].runbookURL")


@pytest.mark.parametrize("given", [{"runbook": True}, {"own": "https://runbooks.example/x"}])
def test_a_runbook_may_be_the_rules_or_the_policys(given: dict[str, Any]) -> None:
    rule = a_rule("ratio", {**PAGE, **({"runbookURL": given["own"]} if "own" in given else {})})

    assert not issues_of(rule, runbook=given.get("runbook", False))


def test_a_rule_that_pages_nobody_needs_no_runbook() -> None:
    assert not issues_of(a_rule("ratio"), runbook=False)


def test_an_anomaly_is_refused_where_every_severity_pages() -> None:
    paging = {**SEVERITIES, "sev2": SeverityLabels("sev2", "critical", page=True)}

    (issue,) = issues_of(a_rule("anomaly"), severities=paging)

    assert issue.reason == "PagesWithoutReason"
    assert "an anomaly never pages" in str(issue)


def test_a_severity_the_policy_does_not_have_wakes_nobody_up() -> None:
    (issue,) = issues_of(a_rule("ratio", PAGE), severities={})

    assert str(issue) == (
        "spec.rules[0].page: is true, but severity 'P2' wakes nobody up in this policy; paging severities: "
        "none"
    )


def test_each_rule_is_named_by_its_place() -> None:
    wrong = a_rule("ratio", {"name": "Other", "ratio.window": "30s"})

    assert [issue.path for issue in issues_of(a_rule(), wrong)] == ["spec.rules[1].ratio.window"]


def test_rules_prometheus_operator_would_refuse_as_too_large_are_refused() -> None:
    many = [a_rule("anomaly", {"name": f"Anomaly{number}"}) for number in range(64)]

    (issue,) = issues_of(*many)
    assert (issue.reason, issue.path) == ("TooLarge", "spec.rules")
    assert "of which prometheus-operator takes 480 KiB from one policy" in str(issue)
    assert not issues_of(*many[:20])


def test_line_breaks_count_as_much_as_they_take() -> None:
    text = {"description": "\n x" * 680, "annotations": {f"a{i}": "\n x" * 680 for i in range(16)}}

    assert (
        issues_of(*(a_rule("absent", {"name": f"Gone{i}", **text}) for i in range(24)))[0].reason
        == "TooLarge"
    )
