"""What people were asked and said before things changed: wishes of another time, words that stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.mitigation.moments import NO_COOLDOWN, change_spec, paused_and_approved
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    MINUTE,
    a_spec,
    applied,
    approve,
    burning,
    human,
    later,
    mode,
    proposed,
    result,
    well,
)


class TestOldWishes:
    def test_a_yes_to_an_episode_is_none_to_the_next_though_its_alert_began_at_the_same_time(self):
        sim = applied(limits=NO_COOLDOWN)
        sim.annotate(revert="1")
        sim.settle()
        assert mode(sim) == "fast"
        began = sim.told.since
        well(sim)
        sim.settle()
        burning(sim)
        sim.told.since = began
        sim.settle()
        assert (sim.phase, mode(sim)) == ("Proposed", "fast")

    def test_a_wish_to_take_it_back_from_before_an_episode_takes_nothing_back(self):
        sim = Simulated(a_spec())
        sim.annotate(revert="1")
        sim.settle()
        burning(sim)
        sim.settle()
        approve(sim)
        assert (sim.phase, mode(sim)) == ("Verifying", "safe")

    def test_a_wish_to_take_it_back_before_it_is_made_keeps_it_from_being_made(self):
        sim = paused_and_approved()
        sim.annotate(revert="1")
        sim.told.pausing = None
        sim.settle()
        assert (sim.phase, mode(sim), sim.writes) == ("Ended", "fast", [])

    def test_an_approved_one_can_still_be_rejected(self):
        sim = paused_and_approved()
        sim.annotate(reject=sim.status["planHash"])
        sim.settle()
        assert result(sim) == ("Ended", "Rejected")


class TestAskingPeople:
    def test_a_failed_verification_is_not_forgotten_because_taking_back_was_hard(self):
        sim = applied()
        sim.before_write = lambda: setattr(sim, "refuse", 40)
        later(sim, 30 * MINUTE)
        assert (*result(sim), mode(sim)) == ("Ended", "Reverted", "fast")
        assert (human(sim), sim.refuse) == ("VerificationFailed", 0)
        assert "did not help" in sim.status["message"]

    def test_what_could_not_be_taken_back_and_is_gone_needs_nobody(self):
        sim = applied(verify={"within": "9h"})
        sim.annotate(revert="1")
        sim.refuse = 10_000
        later(sim, 3 * MINUTE)
        assert human(sim) == "RevertFailed"
        sim.objects.pop(("ConfigMap", "shop"))
        sim.refuse = 0
        later(sim, 10 * MINUTE)
        assert (*result(sim), human(sim)) == ("Ended", "Superseded", None)

    def test_whoever_has_seen_that_it_is_held_is_not_asked_again(self):
        sim = applied(revert={"ttl": "10m", "ttlPolicy": "Hold", "when": ["TTL"]}, verify={"within": "9h"})
        later(sim, 12 * MINUTE)
        assert human(sim) == "Held"
        sim.annotate(seen="1")
        later(sim, 12 * MINUTE)
        assert (sim.phase, human(sim)) == ("Verifying", None)

    def test_what_is_held_costs_no_write_however_the_figures_change(self):
        sim = applied(revert={"ttl": "10m", "maxHold": "10m"}, verify={"within": "9h"})
        later(sim, 30 * MINUTE)
        assert human(sim) == "Held"
        assert sim.parent is not None
        version = sim.parent["metadata"]["resourceVersion"]
        told, figures = sim.told.signal, iter(range(10_000))

        def changing(key: Any) -> Any:
            found = told(key)
            assert found is not None
            return replace(found, message=f"at {next(figures)} requests per second")

        sim.told.signal = changing  # type: ignore[method-assign]
        later(sim, 10 * MINUTE)
        assert sim.parent["metadata"]["resourceVersion"] == version


class TestWordsThatStay:
    def test_after_a_suspension_it_does_not_say_that_it_is_suspended(self):
        sim = applied(verify={"within": "9h"})
        change_spec(sim, suspend=True)
        sim.settle()
        assert sim.status["reason"] == "Suspended"
        change_spec(sim, suspend=False)
        sim.settle()
        assert sim.status["reason"] == "Applied"

    def test_a_target_that_can_be_read_again_is_not_called_unknown(self):
        sim = applied(verify={"within": "9h"})
        sim.refuse = 1
        sim.reconcile()
        assert sim.status["reason"] == "TargetUnknown"
        sim.settle()
        assert sim.status["reason"] == "Applied"

    def test_a_target_that_is_back_is_not_called_missing(self):
        sim = proposed()
        gone = sim.objects.pop(("ConfigMap", "shop"))
        sim.settle()
        assert sim.status["reason"] == "TargetMissing"
        sim.objects["ConfigMap", "shop"] = gone
        sim.settle()
        assert sim.status["reason"] == "Proposed"
