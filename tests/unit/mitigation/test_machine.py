"""The state machine as a person knows it: each way a mitigation can go, from the trigger to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.mitigation.simulated import NOON, Simulated

from fireline.api.plan import Manifest
from fireline.settings import MitigationSettings

MINUTE = timedelta(minutes=1)


def a_spec(**more: Any) -> Manifest:
    """Sets ``mode`` to ``safe`` when the SLO burns, if a person says yes."""
    return {
        "serviceAccountName": "aid",
        "trigger": {"slo": "checkout", "forTicks": 3},
        "target": {"apiVersion": "v1", "kind": "ConfigMap", "name": "shop"},
        "action": {"configMapKey": {"key": "mode", "value": "safe"}},
        **more,
    }


AUTO = a_spec(mode="Auto")


def burning(sim: Simulated) -> None:
    """The trigger is true for long enough."""
    sim.told.state, sim.told.ticks, sim.told.since = "True", 3, sim.now
    sim.told.false_since = None


def well(sim: Simulated) -> None:
    """The trigger is false, from now on."""
    if sim.told.state != "False":
        sim.told.state, sim.told.ticks, sim.told.false_since = "False", 0, sim.now


def later(sim: Simulated, time: timedelta) -> None:
    """Time goes by, and the operator looks every few seconds."""
    end = sim.now + time
    while sim.now < end:
        sim.now = min(end, sim.now + timedelta(seconds=20))
        sim.settle()


def proposed(**more: Any) -> Simulated:
    sim = Simulated(a_spec(**more))
    burning(sim)
    sim.settle()
    assert sim.phase == "Proposed"
    return sim


def approve(sim: Simulated) -> None:
    sim.annotate(approve=sim.status["planHash"], approved_by="ann")
    sim.settle()


def applied(**more: Any) -> Simulated:
    sim = proposed(**more)
    approve(sim)
    assert sim.phase == "Verifying"
    assert mode(sim) == "safe"
    return sim


def mode(sim: Simulated) -> str | None:
    assert sim.target is not None
    found: str | None = sim.target["data"].get("mode")
    return found


def human(sim: Simulated) -> str | None:
    return (sim.status.get("needsHuman") or {}).get("reason")


def result(sim: Simulated) -> tuple[str, str | None]:
    return sim.phase, sim.status.get("result")


class TestProposing:
    def test_a_trigger_that_is_not_true_often_enough_proposes_nothing(self):
        sim = Simulated(a_spec())
        burning(sim)
        sim.told.ticks = 2
        sim.settle()
        assert sim.phase == "Idle"

    def test_an_unknown_trigger_proposes_nothing_however_often(self):
        sim = Simulated(a_spec())
        burning(sim)
        sim.told.state = "Unknown"
        later(sim, 10 * MINUTE)
        assert sim.phase == "Idle"
        assert sim.status["reason"] == "TriggerUnknown"

    def test_a_proposal_shows_the_change_and_touches_nothing(self):
        sim = proposed()
        assert sim.status["plan"]["paths"] == [{"path": "/data/mode", "before": '"fast"', "after": '"safe"'}]
        assert sim.writes == []

    def test_a_proposal_that_nobody_needs_any_more_is_withdrawn(self):
        sim = proposed()
        well(sim)
        sim.settle()
        assert sim.status["result"] == "Withdrawn"
        assert human(sim) is None

    def test_an_unknown_trigger_withdraws_nothing(self):
        sim = proposed()
        sim.told.state = "Unknown"
        later(sim, 5 * MINUTE)
        assert sim.phase == "Proposed"

    def test_a_proposal_that_nobody_answers_expires_and_asks_for_a_person(self):
        sim = proposed()
        later(sim, 31 * MINUTE)
        assert result(sim) == ("Ended", "Expired")
        assert human(sim) == "ApprovalExpired"
        well(sim)
        sim.settle()
        assert human(sim) is None

    def test_a_rejected_one_comes_back_only_after_the_trigger_was_false(self):
        sim = proposed()
        sim.annotate(reject=sim.status["planHash"])
        sim.settle()
        assert result(sim) == ("Ended", "Rejected")
        later(sim, 60 * MINUTE)
        assert sim.phase == "Ended"
        well(sim)
        sim.settle()
        burning(sim)
        sim.settle()
        assert sim.phase == "Proposed"

    def test_a_target_that_changes_meanwhile_makes_another_plan(self):
        sim = proposed()
        first = sim.status["planHash"]
        sim.edit(mode="slow")
        sim.settle()
        assert sim.status["planHash"] != first
        sim.annotate(approve=first, approved_by="ann")
        sim.settle()
        assert sim.phase == "Proposed"
        assert mode(sim) == "slow"

    def test_a_target_on_hold_is_not_even_proposed(self):
        sim = Simulated(a_spec())
        assert sim.target is not None
        sim.target["metadata"]["annotations"] = {"mitigations.fireline.dev/hold": "migration"}
        burning(sim)
        sim.settle()
        assert (sim.phase, sim.status["reason"]) == ("Idle", "OnHold")

    def test_a_missing_target_is_told(self):
        sim = Simulated(a_spec())
        sim.objects.clear()
        burning(sim)
        sim.settle()
        assert sim.status["reason"] == "TargetMissing"


class TestAuto:
    def test_it_goes_on_by_itself_and_comes_back_when_all_has_been_well(self):
        sim = Simulated(AUTO)
        burning(sim)
        sim.settle()
        assert (sim.phase, mode(sim)) == ("Verifying", "safe")
        well(sim)
        later(sim, MINUTE)
        assert sim.phase == "Active"
        later(sim, 8 * MINUTE)
        assert mode(sim) == "safe"
        later(sim, 2 * MINUTE)
        assert (sim.status["result"], mode(sim)) == ("Reverted", "fast")

    def test_where_it_is_not_allowed_it_only_proposes(self):
        sim = Simulated(AUTO, settings=MitigationSettings(require_approval_guard=False))
        burning(sim)
        sim.settle()
        assert (sim.phase, sim.status["reason"]) == ("Proposed", "AutoNotAllowed")

    @pytest.mark.parametrize("storm", [True, None])
    def test_in_a_storm_and_when_nobody_knows_it_only_proposes(self, storm: bool | None):
        sim = Simulated(AUTO)
        sim.told.stormy = storm
        burning(sim)
        sim.settle()
        assert sim.phase == "Proposed"
        assert human(sim) == ("BreakerOpen" if storm else None)

    def test_a_pause_stops_the_beginning_and_not_the_end(self):
        sim = Simulated(AUTO)
        sim.told.pausing = "holidays"
        burning(sim)
        sim.settle()
        assert (sim.phase, sim.status["reason"]) == ("Approved", "Paused")
        sim.told.pausing = None
        sim.settle()
        assert mode(sim) == "safe"
        sim.told.pausing = "holidays"
        well(sim)
        later(sim, 15 * MINUTE)
        assert mode(sim) == "fast"


class TestVerifying:
    def test_what_does_not_help_is_taken_back_and_asks_for_a_person(self):
        sim = applied()
        later(sim, 11 * MINUTE)
        assert result(sim) == ("Ended", "Reverted")
        assert mode(sim) == "fast"
        assert human(sim) == "VerificationFailed"

    def test_what_nobody_can_tell_is_no_failure_but_asks_for_a_person(self):
        sim = applied()
        sim.told.state = "Unknown"
        later(sim, 11 * MINUTE)
        assert (sim.phase, mode(sim)) == ("Active", "safe")
        assert human(sim) == "VerificationUnknown"

    @pytest.mark.parametrize("by", [{"query": "up > bool 0"}, {}], ids=["by a query", "by its trigger"])
    def test_an_operator_that_was_away_at_the_deadline_asks_before_it_says_that_nobody_can_tell(self, by):
        sim = applied(verify={**by, "within": "2m"})
        sim.told.blind = True
        later(sim, 2.5 * MINUTE)
        assert (sim.phase, human(sim)) == ("Verifying", None)
        later(sim, MINUTE)
        assert (sim.phase, human(sim)) == ("Active", "VerificationUnknown")

    def test_a_query_of_its_own_decides(self):
        sim = applied(verify={"query": "up > bool 0", "within": "2m"})
        well(sim)
        later(sim, MINUTE)
        assert sim.phase == "Verifying"
        sim.told.verified = "True"
        sim.settle()
        assert sim.status["verifiedAt"]


class TestTakingBack:
    def test_at_the_end_of_its_time_it_stays_while_the_trigger_is_true_or_unknown(self):
        sim = applied(revert={"ttl": "10m", "healthyFor": "1h", "maxHold": "1h"}, verify={"within": "9h"})
        for state in ("True", "Unknown"):
            sim.told.state = state
            later(sim, 20 * MINUTE)
            assert mode(sim) == "safe"
        assert sim.status["heldSince"]
        assert human(sim) is None
        later(sim, 60 * MINUTE)
        assert (mode(sim), human(sim)) == ("safe", "Held")
        well(sim)
        sim.settle()
        assert mode(sim) == "fast"

    def test_always_means_always(self):
        sim = applied(revert={"ttl": "10m", "ttlPolicy": "Always"}, verify={"within": "9h"})
        sim.told.state = "Unknown"
        later(sim, 11 * MINUTE)
        assert mode(sim) == "fast"

    def test_unknown_is_no_recovery(self):
        sim = applied(verify={"within": "9h"})
        well(sim)
        later(sim, 5 * MINUTE)
        sim.told.state = "Unknown"
        later(sim, 30 * MINUTE)
        assert mode(sim) == "safe"

    def test_a_person_takes_it_back_at_once(self):
        sim = applied()
        sim.annotate(revert="1")
        sim.settle()
        assert (mode(sim), sim.status["result"]) == ("fast", "Reverted")
        asked, back = sim.status["history"][-2:]
        assert (asked["actor"], back["actor"]) == ("a person (not recorded)", "operator")
        assert back["message"] == "what was there is back: a person asked for it (fireline.dev/revert: 1)"

    def test_what_a_person_changed_is_theirs(self):
        sim = applied()
        sim.edit(mode="slow")
        sim.settle()
        assert result(sim) == ("Ended", "Contested")
        assert (mode(sim), human(sim)) == ("slow", "Contested")
        assert len(sim.writes) == 1

    def test_what_a_person_changed_elsewhere_stays(self):
        sim = applied()
        sim.edit(other="y")
        sim.annotate(revert="1")
        sim.settle()
        assert sim.target is not None
        assert sim.target["data"] == {"mode": "fast", "other": "y"}

    def test_a_target_made_anew_is_another(self):
        sim = applied()
        sim.make_target(mode="safe")
        sim.settle()
        assert result(sim) == ("Ended", "Superseded")
        assert len(sim.writes) == 1

    def test_the_spec_that_was_approved_rules(self):
        sim = applied(verify={"within": "9h"})
        sim.spec["revert"] = {"ttl": "1m", "ttlPolicy": "Always"}
        assert sim.parent is not None
        sim.parent["metadata"]["generation"] = 2
        later(sim, 5 * MINUTE)
        assert mode(sim) == "safe"


class TestBeingSeen:
    def test_who_has_looked_says_so_and_the_alert_ends(self):
        sim = applied()
        sim.edit(mode="slow")
        sim.settle()
        assert human(sim) == "Contested"
        sim.annotate(seen="1")
        sim.settle()
        assert human(sim) is None
        assert result(sim) == ("Ended", "Contested")

    def test_what_was_said_before_is_no_answer_to_what_comes_later(self):
        sim = applied()
        sim.annotate(seen="1")
        sim.settle()
        sim.edit(mode="slow")
        sim.settle()
        assert human(sim) == "Contested"


class TestEnding:
    def test_deleting_it_takes_it_back_first(self):
        sim = applied()
        sim.delete()
        assert sim.parent is not None
        sim.settle()
        assert (mode(sim), sim.parent) == ("fast", None)
        assert ("Lease", "x") not in sim.objects
        assert {kind for kind, _ in sim.objects} == {"ConfigMap"}

    def test_deleting_it_does_not_hang_when_it_cannot_be_taken_back(self):
        sim = applied()
        sim.delete()
        sim.refuse = 10_000
        later(sim, 11 * MINUTE)
        assert sim.parent is None

    def test_releasing_it_leaves_the_change(self):
        sim = applied()
        sim.spec["release"] = True
        assert sim.parent is not None
        sim.parent["metadata"]["generation"] = 2
        sim.settle()
        assert (mode(sim), sim.status["result"]) == ("safe", "Released")
        assert "finalizers" not in sim.parent["metadata"] or not sim.parent["metadata"]["finalizers"]

    def test_suspending_freezes_it_both_ways(self):
        sim = applied(revert={"ttl": "10m", "ttlPolicy": "Always"})
        sim.spec["suspend"] = True
        assert sim.parent is not None
        sim.parent["metadata"]["generation"] = 2
        later(sim, 30 * MINUTE)
        assert mode(sim) == "safe"
        sim.spec["suspend"] = False
        sim.parent["metadata"]["generation"] = 3
        sim.settle()
        assert mode(sim) == "fast"

    def test_a_cooldown_survives_a_restart(self):
        sim = Simulated(AUTO)
        burning(sim)
        sim.settle()
        well(sim)
        later(sim, 12 * MINUTE)
        assert sim.status["result"] == "Reverted"
        burning(sim)
        sim.start()
        later(sim, 20 * MINUTE)
        assert (sim.phase, sim.status["reason"]) == ("Idle", "Cooldown")
        later(sim, 12 * MINUTE)
        assert mode(sim) == "safe"

    def test_three_times_a_day_is_enough(self):
        sim = Simulated(a_spec(mode="Auto", limits={"cooldown": "0m", "maxPerDay": 2}))
        for _ in range(3):
            burning(sim)
            sim.settle()
            well(sim)
            later(sim, 12 * MINUTE)
        burning(sim)
        sim.settle()
        assert sim.status["reason"] == "MaxPerDay"
        assert len(sim.writes) == 4
        sim.now = NOON + timedelta(hours=24, minutes=13)
        burning(sim)
        sim.settle()
        assert mode(sim) == "safe"


class TestNothingHappens:
    def test_at_rest_nothing_is_written(self):
        sim = Simulated(a_spec())
        sim.settle()
        assert sim.parent is not None
        version = sim.parent["metadata"]["resourceVersion"]
        later(sim, 60 * MINUTE)
        assert sim.parent["metadata"]["resourceVersion"] == version

    def test_a_proposal_that_waits_costs_no_write(self):
        sim = proposed()
        assert sim.parent is not None
        version = sim.parent["metadata"]["resourceVersion"]
        later(sim, 20 * MINUTE)
        assert sim.parent["metadata"]["resourceVersion"] == version

    def test_while_it_is_in_place_nothing_is_written(self):
        sim = applied(verify={"within": "9h"}, revert={"ttl": "9h"})
        assert sim.parent is not None
        version = sim.parent["metadata"]["resourceVersion"]
        later(sim, 60 * MINUTE)
        assert sim.parent["metadata"]["resourceVersion"] == version
