"""A wall clock that jumps: recovery is reckoned by what was looked at, not by what the clock says."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import AUTO, MINUTE, burning, later, well

HALF_AN_HOUR = timedelta(minutes=30)


def active() -> Simulated:
    """Made by itself, and well for a minute; healthyFor is ten."""
    sim = Simulated(AUTO)
    burning(sim)
    sim.settle()
    well(sim)
    later(sim, MINUTE)
    assert sim.phase == "Active"
    return sim


def test_a_clock_that_jumps_between_a_look_and_the_plan_recovers_nothing():
    sim = active()
    looked = sim.now
    sim.told.now = lambda: looked
    sim.now += HALF_AN_HOUR
    sim.settle()
    assert sim.phase == "Active"


def test_ten_minutes_that_were_looked_at_do():
    sim = active()
    later(sim, 10 * MINUTE)
    assert sim.status["result"] == "Reverted"


def test_a_clock_that_was_set_back_only_delays_it():
    sim = active()
    sim.now -= HALF_AN_HOUR
    assert sim.told.false_since is not None
    sim.told.false_since -= HALF_AN_HOUR
    sim.settle()
    assert sim.phase == "Active"
    later(sim, HALF_AN_HOUR + 11 * MINUTE)
    assert sim.status["result"] == "Reverted"
