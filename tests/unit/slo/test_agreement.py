"""Condition FiguresAgree and status.budget.audit: what people read of an audit, and when it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import an_slo
from tests.planning import GOOD, NOW, Told, condition, planned, settled

from fireline.slo.audit import Audit

AT = int(NOW.timestamp()) - 170
AGREED = Audit(AT, 0.468, 0.002, agrees=True)
LOW = Audit(AT, 0.93, -0.46, agrees=False)
HIGH = Audit(AT, 0.21, 0.26, agrees=False)
UNCOUNTED = Audit(AT)
COMPOSITE = {"composite": {"method": "Worst", "objectives": [{"name": "pay"}, {"name": "cart"}]}}


def audited(audit, *, old=None, now=NOW, **changes):
    parent = an_slo(**changes) if old is None else settled(an_slo(**changes), old)
    return planned(parent, told=Told(replace(GOOD, audit=audit)), now=now)


def test_at_first_sight_nobody_knows():
    plan = audited(None)
    assert condition(plan, "FiguresAgree")["status"] == "Unknown"
    assert condition(plan, "FiguresAgree")["reason"] == "NotCompared"
    assert "audit" not in plan.status["budget"]


def test_figures_that_agree_are_shown_with_what_little_they_differ():
    plan = audited(AGREED)
    assert condition(plan, "FiguresAgree")["status"] == "True"
    assert plan.status["budget"]["audit"] == {
        "consumed": "46.8",
        "drift": "0.2",
        "at": "2026-11-22T11:57:10Z",
    }


@pytest.mark.parametrize(
    ("audit", "said", "advice"),
    [
        (LOW, "recorded history says that 47 % of the budget is consumed, raw history says 93 %", "gaps"),
        (
            HIGH,
            "recorded history says that 47 % of the budget is consumed, raw history says 21 %",
            "other rules",
        ),
    ],
)
def test_figures_that_do_not_are_a_condition_with_advice_and_an_event(audit, said, advice):
    plan = audited(audit, old=audited(AGREED))
    told = condition(plan, "FiguresAgree")
    assert (told["status"], told["reason"]) == ("False", "Drift")
    assert told["message"].startswith(said)
    assert advice in told["message"]
    assert [(event.type, event.reason) for event in plan.events] == [("Warning", "Drift")]


def test_an_slo_whose_figures_differ_stays_ready_and_shows_the_recorded_ones():
    plan = audited(LOW)
    assert condition(plan, "Ready")["status"] == "True"
    assert plan.status["budget"]["consumed"] == "47.0"
    assert plan.status["budget"]["audit"]["drift"] == "-46.0"


def test_the_same_disagreement_again_is_no_event():
    first = audited(LOW)
    assert audited(replace(LOW, at=AT + 3600), old=first).events == ()


def test_an_audit_that_found_the_same_again_writes_nothing():
    first = audited(AGREED)
    later = audited(replace(AGREED, at=AT + 3600), old=first, now=NOW + timedelta(hours=1))
    assert later.status == first.status


def test_its_time_goes_along_with_the_next_figure_that_moves():
    first = audited(AGREED)
    moved = replace(GOOD, consumed=0.5, at=NOW + timedelta(hours=1), audit=replace(AGREED, at=AT + 3600))
    later = planned(settled(an_slo(), first), told=Told(moved), now=NOW + timedelta(hours=1))
    assert later.status["budget"]["audit"]["at"] == "2026-11-22T12:57:10Z"


def test_after_a_restart_the_last_audit_stays():
    first = audited(LOW)
    assert audited(None, old=first).status == first.status


def test_for_another_spec_the_verdict_is_open_again():
    first = audited(LOW)
    changed = {**an_slo(generation=2), "status": first.status}
    assert condition(planned(changed), "FiguresAgree")["reason"] == "NotCompared"


def test_raw_history_that_cannot_be_counted_is_no_verdict():
    plan = audited(UNCOUNTED, old=audited(LOW))
    assert condition(plan, "FiguresAgree")["status"] == "Unknown"
    assert condition(plan, "FiguresAgree")["reason"] == "NotComparable"
    assert "audit" not in plan.status["budget"]


def test_a_composite_has_one_figure_only_and_nothing_to_agree_with():
    plan = planned(an_slo(indicator=COMPOSITE))
    assert "FiguresAgree" not in {one["type"] for one in plan.status["conditions"]}
