"""Auto is for what nobody has doubts of: everything else is proposed."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.moments import auto_and_paused, change_spec
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    AUTO,
    MINUTE,
    a_spec,
    approve,
    burning,
    human,
    later,
    mode,
)


class TestAutoIsNotSure:
    def test_it_does_not_go_on_by_itself_while_its_trigger_is_unknown(self):
        sim = Simulated(AUTO)
        sim.told.stormy = True
        burning(sim)
        sim.settle()
        sim.told.stormy, sim.told.state = False, "Unknown"
        later(sim, 5 * MINUTE)
        assert (sim.phase, sim.status["reason"]) == ("Proposed", "TriggerUnknown")
        burning(sim)
        later(sim, MINUTE)
        assert mode(sim) == "safe"

    def test_what_waited_is_not_begun_when_its_trigger_has_become_unknown(self):
        sim = auto_and_paused()
        sim.told.state = "Unknown"
        later(sim, MINUTE)
        sim.told.pausing = None
        later(sim, MINUTE)
        assert (sim.phase, mode(sim)) == ("Approved", "fast")

    def test_a_storm_that_comes_while_it_waits_leaves_it_to_a_person(self):
        sim = auto_and_paused()
        sim.told.stormy = True
        sim.settle()
        assert (sim.phase, human(sim)) == ("Proposed", "BreakerOpen")
        sim.told.pausing = None
        approve(sim)
        assert mode(sim) == "safe"

    def test_a_mode_that_is_changed_while_it_waits_counts(self):
        sim = auto_and_paused()
        change_spec(sim, mode="Propose")
        sim.told.pausing = None
        sim.settle()
        assert (sim.phase, mode(sim)) == ("Proposed", "fast")

    @pytest.mark.parametrize("answer", ["approve", "reject"])
    def test_a_person_who_answers_in_a_storm_ends_the_alert(self, answer: str):
        sim = Simulated(a_spec(mode="Auto", verify={"within": "9h"}))
        sim.told.stormy = True
        burning(sim)
        sim.settle()
        assert human(sim) == "BreakerOpen"
        sim.annotate(**{answer: sim.status["planHash"]}, approved_by="ann")
        sim.settle()
        assert sim.phase in {"Verifying", "Ended"}
        assert human(sim) is None

    def test_a_storm_that_is_over_asks_nobody_though_it_still_waits(self):
        sim = Simulated(AUTO)
        sim.told.stormy = True
        burning(sim)
        sim.settle()
        assert human(sim) == "BreakerOpen"
        sim.told.stormy, sim.told.state = False, "Unknown"
        sim.settle()
        assert (sim.phase, human(sim)) == ("Proposed", None)

    def test_a_clock_that_was_set_back_makes_no_old_trigger_a_fresh_one(self):
        sim = auto_and_paused()
        sim.told.state, sim.told.pausing = "Unknown", None
        sim.now -= 60 * MINUTE
        sim.settle()
        assert (sim.phase, mode(sim)) == ("Approved", "fast")

    def test_a_storm_whose_figures_change_costs_no_write(self):
        sim = Simulated(AUTO)
        figures = iter(range(10_000))
        sim.told.storm = lambda: (True, f"{next(figures)} of 9 SLOs page")  # type: ignore[method-assign]
        burning(sim)
        sim.settle()
        assert sim.parent is not None
        version = sim.parent["metadata"]["resourceVersion"]
        later(sim, 20 * MINUTE)
        assert sim.parent["metadata"]["resourceVersion"] == version
