"""Wrong specs are refused with the words their authors need; right ones are not bothered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.api.objects import an_slo, latency
from tests.unit.slo.bad_kinds import BAD_KINDS
from tests.unit.slo.bad_specs import BAD_SPECS, Bad

from fireline.slo.checks import read

SOURCES = ("default",)
ALL = (*BAD_SPECS, *BAD_KINDS)


def _notes(edits: dict[str, Any]) -> list[str]:
    slo, issues = read(an_slo(edits), sources=SOURCES)
    assert slo is not None, issues
    return [str(issue) for issue in issues]


def test_there_are_more_than_forty_wrong_specs_and_none_twice() -> None:
    assert len({bad.title for bad in ALL}) == len(ALL) > 40


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.title)
def test_a_wrong_spec_is_refused_with_these_words(bad: Bad) -> None:
    slo, issues = read(bad.manifest, sources=SOURCES)

    assert slo is None
    assert str(issues[0]) == bad.said
    assert issues[0].reason == bad.reason


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.title)
def test_no_message_is_longer_than_a_condition_should_be(bad: Bad) -> None:
    _, issues = read(bad.manifest, sources=SOURCES)

    assert all(len(str(issue)) < 4096 for issue in issues)


@pytest.mark.parametrize(
    "edits",
    [
        {},
        latency(),
        latency(type="Native", below="1s500ms"),
        {"spec.indicator.ratio": {"good": {"metric": "ok_total"}, "total": {"metric": "all_total"}}},
        {
            "spec.indicator.ratio": {
                "bad": {"query": "sum(rate(errors_total[$window])) # of all regions"},
                "total": {"query": 'sum by (region) (rate(requests_total{path="/#"}[$window])) > 0'},
            }
        },
        {"spec.alerting": {"disabled": True, "budget": [], "noData": {"after": "1h", "action": "Ignore"}}},
        {"spec.window": {"rolling": "90d"}, "spec.objective": "0.0001"},
        {"spec.alerting": {"annotations": {"note": "{{ $value | humanize }} at {{ $labels.region }}"}}},
        {"spec.description": "Customers can pay {{ even with braces }} - ünïcode \u202e too"},
        {"spec.alerting": {"burnRates": [], "labels": {"team": "naïve: \"quoted\" \\ 'text' [x]"}}},
    ],
)
def test_a_good_spec_has_no_issues(edits: dict[str, Any]) -> None:
    assert _notes(edits) == []


def test_a_null_is_an_absent_field_as_on_the_api_server() -> None:
    assert _notes({"spec.window": None, "spec.alerting": None}) == []


def test_a_metric_that_does_not_look_like_a_counter_is_only_noted() -> None:
    parts = {"bad": {"metric": 'requests{code="500"}'}, "total": {"metric": "requests"}}

    assert _notes({"spec.indicator.ratio": parts}) == [
        f"spec.indicator.ratio.{part}.metric: requests does not end in _total or _count: make sure that it "
        f"is a counter"
        for part in ("bad", "total")
    ]


def test_bad_events_that_total_may_not_count_are_only_noted() -> None:
    parts = {"bad": {"metric": 'x_total{code="500"}'}, "total": {"metric": 'x_total{job="a"}'}}
    said = 'does not repeat job="a" of total: it may count events that total does not'

    assert _notes({"spec.indicator.ratio": parts}) == [f"spec.indicator.ratio.bad.metric: {said}"]


def test_errors_come_before_notes() -> None:
    parts = {"bad": {"metric": "bad"}, "total": {"metric": "all"}}
    _, issues = read(an_slo({"spec.indicator.ratio": parts, "spec.prometheus": "other"}), sources=SOURCES)

    assert [issue.note for issue in issues] == [False, True, True]


def test_sources_are_named_when_one_is_unknown() -> None:
    _, issues = read(an_slo({"spec.prometheus": "c"}), sources=("b", "a"))

    assert issues[0].message == "'c' is no source of this operator; known: a, b"
