"""Runs of checks as facts: the first failing one of a streak, and the first good one after it."""

from __future__ import annotations

import pytest
from tests.unit.incident.story import a_check, sight, text, told, types


def facts_of(*runs, seen_at=30.0, **more):
    """(type, minute) of what these runs add to an incident that began at minute 0."""
    (incident,) = told(sight(seen_at, "PageFast", checks=(a_check(*runs, **more),)))
    return [
        (fact["type"].removeprefix("check."), fact["eventTime"])
        for fact in incident["facts"]
        if fact["type"].startswith("check.")
    ]


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([(1, "failure"), (2, "failure")], [("failed", 1)]),
        ([(-3, "failure"), (-2, "failure"), (1, "failure")], [("failed", -3)]),
        ([(-3, "failure"), (-2, "success"), (1, "failure")], [("failed", 1)]),
        ([(-70, "failure"), (-65, "failure"), (2, "failure")], [("failed", 2)]),
        ([(1, "failure"), (5, "success"), (6, "success")], [("failed", 1), ("recovered", 5)]),
        ([(1, "error"), (5, "success"), (7, "error")], [("failed", 1), ("recovered", 5), ("failed", 7)]),
        ([(1, "infra"), (2, "skipped")], []),
        ([(1, "failure"), (2, "infra"), (3, "success")], [("failed", 1), ("recovered", 3)]),
        ([(-1, "success"), (1, "success")], []),
    ],
)
def test_a_streak_is_two_facts(runs, found):
    assert facts_of(*runs) == [(type_, text(minute)) for type_, minute in found]


def test_runs_that_come_later_are_added_and_earlier_ones_not_again():
    first = told(sight(2, "PageFast", checks=(a_check((1, "failure")),)))
    ring = a_check((1, "failure"), (2.5, "success"), (3, "failure"))
    (incident,) = told(sight(4, "PageFast", checks=(ring,)), old=first)
    assert types(incident)[2:] == ["check.failed", "check.recovered", "check.failed"]


def test_a_ring_that_has_lost_its_beginning_does_not_recover_before_it_failed():
    first = told(sight(8, "PageFast", checks=(a_check((5, "failure")),)))
    (incident,) = told(sight(9, "PageFast", checks=(a_check((3, "success"), (5, "failure")),)), old=first)
    assert types(incident).count("check.recovered") == 0


def test_the_step_and_the_words_are_told():
    check = a_check((1, "failure"), step="pay", message="expected status 200,\n found 500", reason="Status")
    (incident,) = told(sight(2, "PageFast", checks=(check,)))
    fact = incident["facts"][-1]
    assert fact["summary"] == "check checkout-flow fails at step pay: expected status 200, found 500"
    assert fact["data"] == {"outcome": "failure", "step": "pay", "reason": "Status", "run": "run-1"}
    assert fact["evidence"] == ["SyntheticCheck/shop/checkout-flow/run/run-1"]


def test_words_of_a_server_have_a_length():
    (incident,) = told(sight(2, "PageFast", checks=(a_check((1, "failure"), message="x" * 5000),)))
    assert len(incident["facts"][-1]["summary"]) == 512
