"""The same thing happens in each phase: what is safe in one is safe in all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.mitigation.moments import (
    NO_COOLDOWN,
    change_spec,
    crashed_before_the_write,
    paused_and_approved,
)
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import MINUTE, applied, later, mode, proposed, result, well

LONG: dict[str, Any] = {"verify": {"within": "9h"}, "limits": NO_COOLDOWN}


def active() -> Simulated:
    sim = applied(verify={"query": "up > bool 0", "within": "9h"}, limits=NO_COOLDOWN)
    sim.told.verified = "True"
    sim.settle()
    return sim


def crashed_after_the_write() -> Simulated:
    sim = proposed(**LONG)
    sim.annotate(approve=sim.status["planHash"], approved_by="ann")

    def die() -> None:
        sim.die_at, sim.die_after = 1, True

    sim.before_write = die
    sim.reconcile()
    return sim


def reverting() -> Simulated:
    sim = applied(**LONG)
    sim.annotate(revert="1")
    sim.refuse = 4
    sim.reconcile()
    sim.refuse = 0
    return sim


def over() -> Simulated:
    sim = applied(**LONG)
    sim.annotate(revert="1")
    sim.settle()
    return sim


PHASES: dict[str, tuple[Callable[[], Simulated], str]] = {
    "proposed": (lambda: proposed(**LONG), "Proposed"),
    "approved": (lambda: paused_and_approved(**LONG), "Approved"),
    "not made yet": (crashed_before_the_write, "Applying"),
    "made and not recorded": (crashed_after_the_write, "Applying"),
    "verifying": (lambda: applied(**LONG), "Verifying"),
    "active": (active, "Active"),
    "reverting": (reverting, "Reverting"),
    "ended": (over, "Ended"),
}


@pytest.fixture(params=list(PHASES))
def sim(request: pytest.FixtureRequest) -> Simulated:
    make, phase = PHASES[request.param]
    found = make()
    assert found.phase == phase
    return found


def test_suspended_nothing_is_written_whatever_anybody_wants(sim: Simulated):
    change_spec(sim, suspend=True)
    before, phase = len(sim.writes), sim.phase
    sim.told.pausing = None
    sim.annotate(revert="9", approve=sim.status["planHash"], approved_by="ann")
    well(sim)
    later(sim, 30 * MINUTE)
    assert (len(sim.writes), sim.phase, sim.status["reason"]) == (before, phase, "Suspended")


def test_deleted_it_goes_and_leaves_what_was_there_before_and_no_lease(sim: Simulated):
    sim.delete()
    later(sim, MINUTE)
    assert (sim.parent, mode(sim)) == (None, "fast")
    assert {kind for kind, _ in sim.objects} == {"ConfigMap"}
    assert sim.target is not None
    assert not sim.target["metadata"].get("annotations")


@pytest.mark.parametrize("value", ["fast", "safe"])
def test_another_object_of_the_name_is_never_taken_for_the_one_that_was_changed(sim: Simulated, value: str):
    before, under_way = len(sim.writes), sim.phase not in {"Proposed", "Approved", "Ended"}
    sim.make_target(mode=value)
    sim.told.pausing = None
    later(sim, MINUTE)
    assert (len(sim.writes), mode(sim)) == (before, value)
    if under_way:
        assert result(sim) == ("Ended", "Superseded")


def test_a_spec_that_is_changed_makes_nothing_that_nobody_approved(sim: Simulated):
    change_spec(sim, action={"configMapKey": {"key": "mode", "value": "slow"}})
    sim.told.pausing = None
    later(sim, MINUTE)
    assert "slow" not in [one.after for one in sim.writes]
    assert mode(sim) in {"fast", "safe"}


def test_released_it_is_over_and_nothing_more_is_written(sim: Simulated):
    before = len(sim.writes)
    change_spec(sim, release=True)
    sim.told.pausing = None
    later(sim, MINUTE)
    assert (len(sim.writes), sim.phase) == (before, "Ended")
    assert {kind for kind, _ in sim.objects} == {"ConfigMap"}
    assert sim.parent is not None
    assert sim.parent["metadata"]["finalizers"] == []


def test_while_nobody_can_ask_prometheus_nothing_is_begun_or_taken_back_by_itself(sim: Simulated):
    before = len(sim.writes)
    decided = sim.phase == "Reverting" or (sim.phase == "Applying" and mode(sim) == "fast")
    sim.told.state = sim.told.verified = "Unknown"
    later(sim, 80 * MINUTE)
    assert len(sim.writes) - before == (1 if decided else 0)
