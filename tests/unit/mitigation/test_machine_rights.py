"""What is looked at again though nothing happens: rights, and what waited too long."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.mitigation.moments import paused_and_approved
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    MINUTE,
    a_spec,
    later,
    well,
)

from fireline.api.conditions import found as condition
from fireline.api.plan import Answer, Call


class TestBeingWoken:
    def test_one_that_expired_while_it_waited_is_ready_for_the_next_time(self):
        sim = paused_and_approved()
        well(sim)
        sim.now += timedelta(hours=1)
        sim.reconcile()
        assert sim.phase == "Idle"

    def test_a_right_that_is_missing_is_asked_for_again(self):
        sim = Simulated(a_spec())
        others = sim.server

        def refused(call: Call) -> Answer:
            if call.kind == "SelfSubjectAccessReview":
                return Answer(201, {"status": {"allowed": False}})
            return others(call)

        sim.server = refused
        assert sim.reconcile() is not None


def reviews(sim: Simulated) -> list[bool]:
    """What the ServiceAccount may do from now on is the last of these; one more for each time it is asked."""
    others, asked = sim.server, [True]

    def answered(call: Call) -> Answer:
        if call.kind != "SelfSubjectAccessReview":
            return others(call)
        asked.append(asked[-1])
        return Answer(201, {"status": {"allowed": asked[-1]}})

    sim.server = answered
    return asked


class TestRights:
    def test_a_right_that_is_taken_away_is_seen_though_nothing_else_happens(self):
        sim = Simulated(a_spec())
        may = reviews(sim)
        wait = sim.reconcile()
        assert wait is not None
        may.append(False)
        sim.now += wait
        sim.reconcile()
        assert permitted(sim) == "False"

    def test_a_right_that_is_there_is_not_asked_for_at_every_look(self):
        sim = Simulated(a_spec())
        asked = reviews(sim)
        sim.settle()
        before = len(asked)
        later(sim, 9 * MINUTE)
        assert len(asked) == before

    def test_a_clock_that_was_set_back_makes_no_answer_last_longer(self):
        sim = Simulated(a_spec())
        may = reviews(sim)
        sim.settle()
        may.append(False)
        sim.now -= timedelta(days=1)
        sim.reconcile()
        assert permitted(sim) == "False"


def permitted(sim: Simulated) -> str:
    found = condition(sim.status, "Permitted")
    assert found is not None
    return str(found["status"])
