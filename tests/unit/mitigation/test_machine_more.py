"""The state machine as somebody would break it: old wishes, bad moments, broken records, words that stay."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    AUTO,
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

from fireline.api.conditions import found as condition
from fireline.api.plan import Answer, Call
from fireline.mitigation.locks import lock_name
from fireline.mitigation.model import Ref
from fireline.mitigation.sight import Book

NO_COOLDOWN = {"cooldown": "0m", "maxPerDay": 100}
WEBHOOK = {
    "serviceAccountName": "aid",
    "trigger": {"slo": "checkout", "forTicks": 3},
    "action": {"webhook": {"url": "https://aid.example/on", "revertURL": "https://aid.example/off"}},
}


def change_spec(sim: Simulated, **more: Any) -> None:
    assert sim.parent is not None
    sim.spec |= more
    sim.parent["metadata"]["generation"] += 1


def paused_and_approved(**more: Any) -> Simulated:
    sim = proposed(**more)
    sim.told.pausing = "holidays"
    if sim.phase != "Approved":
        approve(sim)
    assert sim.phase == "Approved"
    return sim


def auto_and_paused() -> Simulated:
    sim = Simulated(a_spec(mode="Auto", limits=NO_COOLDOWN))
    sim.told.pausing = "holidays"
    burning(sim)
    sim.settle()
    assert sim.phase == "Approved"
    return sim


class Service:
    """Answers webhooks as it is told, and counts them."""

    def __init__(self, sim: Simulated, *answers: Answer) -> None:
        self.sent: list[str] = []
        self._answers = list(answers)
        self._others = sim._carried_out
        sim._carried_out = self._answered  # type: ignore[method-assign]

    def _answered(self, call: Call) -> Answer:
        if call.verb != "post":
            return self._others(call)
        self.sent.append(str(call.url))
        return self._answers.pop(0) if self._answers else Answer(200, {})


NOT_SENT = Answer(0, message="connection refused", sent=False)


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


def crashed_before_the_write() -> Simulated:
    """The intent is persisted, and the operator ended before the target was touched."""
    sim = proposed(verify={"within": "9h"})
    sim.annotate(approve=sim.status["planHash"], approved_by="ann")

    def die() -> None:
        sim.die_at = 1

    sim.before_write = die
    sim.reconcile()
    assert (sim.phase, mode(sim)) == ("Applying", "fast")
    return sim


class TestApplying:
    def test_what_was_not_made_is_not_made_any_more_once_its_trigger_is_false(self):
        sim = crashed_before_the_write()
        well(sim)
        sim.settle()
        assert result(sim) == ("Ended", "Withdrawn") or sim.phase == "Idle"
        assert (mode(sim), sim.writes) == ("fast", [])

    def test_a_pause_holds_it_too(self):
        sim = crashed_before_the_write()
        sim.told.pausing = "holidays"
        sim.settle()
        assert (sim.phase, mode(sim), sim.status["reason"]) == ("Applying", "fast", "Paused")
        sim.told.pausing = None
        sim.settle()
        assert mode(sim) == "safe"

    def test_what_could_not_be_begun_in_time_asks_for_a_person(self):
        sim = crashed_before_the_write()
        sim.now += 10 * MINUTE
        sim.settle()
        assert (mode(sim), human(sim)) == ("fast", "NotBegun")
        well(sim)
        sim.settle()
        assert human(sim) is None

    def test_a_target_that_cannot_be_read_any_more_asks_for_a_person(self):
        sim = crashed_before_the_write()
        sim.refuse = 10_000
        later(sim, 5 * MINUTE)
        assert (sim.phase, human(sim)) == ("Applying", "TargetUnknown")
        sim.refuse = 0
        sim.settle()
        assert human(sim) == "NotBegun"

    def test_a_target_that_is_read_again_and_was_changed_needs_nobody(self):
        sim = proposed(verify={"within": "9h"})
        sim.annotate(approve=sim.status["planHash"], approved_by="ann")

        def die() -> None:
            sim.die_at, sim.die_after = 1, True

        sim.before_write = die
        sim.reconcile()
        assert (sim.phase, mode(sim)) == ("Applying", "safe")
        sim.refuse = 10_000
        later(sim, 5 * MINUTE)
        assert human(sim) == "TargetUnknown"
        sim.refuse = 0
        sim.settle()
        assert (sim.phase, human(sim)) == ("Verifying", None)

    def test_what_a_person_stopped_needs_no_other_however_late_it_is_seen(self):
        sim = crashed_before_the_write()
        sim.annotate(reject=sim.status["planHash"])
        sim.now += 10 * MINUTE
        sim.settle()
        assert (mode(sim), human(sim)) == ("fast", None)


class TestWebhooks:
    def waiting_to_be_sent_again(self) -> tuple[Simulated, Service]:
        sim = Simulated(json.loads(json.dumps(WEBHOOK)))
        service = Service(sim, NOT_SENT, NOT_SENT, NOT_SENT)
        burning(sim)
        sim.settle()
        approve(sim)
        assert (sim.phase, len(service.sent)) == ("Applying", 1)
        return sim, service

    def test_one_that_reached_nobody_is_not_sent_again_when_it_is_deleted(self):
        sim, service = self.waiting_to_be_sent_again()
        sim.delete()
        later(sim, MINUTE)
        assert len(service.sent) == 1
        assert sim.parent is None

    def test_one_that_reached_nobody_is_not_sent_hours_later(self):
        sim, service = self.waiting_to_be_sent_again()
        sim.start()
        sim.now += 180 * MINUTE
        sim.settle()
        assert len(service.sent) == 1
        assert (sim.phase, human(sim)) == ("Ended", "NotBegun")

    def test_one_that_reached_nobody_is_not_sent_again_when_it_is_rejected(self):
        sim, service = self.waiting_to_be_sent_again()
        sim.annotate(reject=sim.status["planHash"])
        later(sim, MINUTE)
        assert len(service.sent) == 1

    def test_one_that_may_have_been_done_is_not_sent_hours_later_and_ends_unknown(self):
        spec = json.loads(json.dumps(WEBHOOK))
        spec["action"]["webhook"]["idempotent"] = True
        sim = Simulated(spec)
        service = Service(sim, Answer(503, message="busy"))
        burning(sim)
        sim.settle()
        approve(sim)
        sim.start()
        sim.now += 180 * MINUTE
        sim.settle()
        assert len(service.sent) == 1
        assert (*result(sim), human(sim)) == ("Ended", "Unknown", "WebhookUnknown")


class TestBrokenRecords:
    @pytest.mark.parametrize("spec", ["not json", "{}", '{"action": 1}'])
    def test_an_intent_that_cannot_be_read_is_given_to_a_person(self, spec: str):
        sim = applied()
        sim.status["intent"]["spec"] = spec
        sim.settle()
        assert (*result(sim), human(sim)) == ("Ended", "Unknown", "IntentLost")
        assert len(sim.writes) == 1

    def test_a_deletion_does_not_hang_on_it(self):
        sim = applied()
        del sim.status["intent"]["planHash"]
        sim.delete()
        sim.settle()
        assert sim.parent is None

    def test_a_long_history_of_long_values_fits_into_an_object(self):
        sim = Simulated(a_spec())
        book = Book({}, sim.now)
        path = {"path": "/" + "p" * 1000, "before": "b" * 2048, "after": "a" * 2048}
        for _ in range(60):
            book.record("Proposed", "Proposed", "x" * 4096, paths=[path] * 32)
        history = book["history"]
        assert len(json.dumps(history)) < 400_000
        assert [one["seq"] for one in history] == list(range(11, 61))
        assert history[-1]["paths"]

    def test_a_value_that_is_too_long_for_the_record_is_not_even_proposed(self):
        sim = Simulated(a_spec())
        sim.make_target(mode="x" * 600_000)
        burning(sim)
        sim.settle()
        assert (sim.phase, sim.status["reason"]) == ("Idle", "TooLong")

    def test_whoever_approves_may_have_a_long_name(self):
        sim = proposed()
        sim.annotate(approve=sim.status["planHash"], approved_by="a" * 300)
        sim.settle()
        assert len(sim.status["approvedBy"]) == 256


class TestLettingGo:
    def test_what_is_being_taken_back_is_taken_back_though_it_is_deleted_and_says_nothing_of_that(self):
        sim = applied(revert={"when": ["TTL"]}, verify={"within": "9h"})
        sim.refuse = 2
        sim.annotate(revert="1")
        sim.reconcile()
        sim.refuse = 1
        sim.reconcile()
        assert sim.phase == "Reverting"
        sim.delete()
        later(sim, MINUTE)
        assert (mode(sim), sim.parent) == ("fast", None)

    def test_tries_of_before_a_deletion_do_not_keep_it_from_being_taken_back(self):
        sim = applied(verify={"within": "9h"})
        sim.annotate(revert="1")
        sim.refuse = 10_000
        later(sim, 10 * MINUTE)
        assert human(sim) == "RevertFailed"
        sim.delete()
        sim.refuse = 0
        sim.settle()
        assert (mode(sim), sim.parent) == ("fast", None)

    def test_the_lease_of_a_mitigation_of_the_same_name_that_is_gone_holds_nobody_up(self):
        sim = proposed()
        ours = lock_name(Ref("v1", "ConfigMap", "shop", "shop"))
        holder = "shop/aid/another-uid"
        lease = {"metadata": {"name": ours, "uid": "old"}, "spec": {"holderIdentity": holder}}
        sim.objects["Lease", ours] = lease
        approve(sim)
        assert mode(sim) == "safe"
        assert sim.objects["Lease", ours]["spec"]["holderIdentity"] != holder

    def test_a_marker_that_was_left_behind_hinders_no_later_episode(self):
        sim = applied(limits=NO_COOLDOWN, verify={"within": "9h"})
        sim.edit(mode="slow")
        sim.settle()
        assert result(sim) == ("Ended", "Contested")
        assert sim.target is not None
        assert sim.target["metadata"]["annotations"]
        well(sim)
        sim.settle()
        burning(sim)
        sim.settle()
        approve(sim)
        assert (sim.phase, mode(sim)) == ("Verifying", "safe")
        sim.annotate(revert="2")
        sim.settle()
        assert mode(sim) == "slow"


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


class TestBeingWoken:
    def test_one_that_expired_while_it_waited_is_ready_for_the_next_time(self):
        sim = paused_and_approved()
        well(sim)
        sim.now += timedelta(hours=1)
        sim.reconcile()
        assert sim.phase == "Idle"

    def test_a_right_that_is_missing_is_asked_for_again(self):
        sim = Simulated(a_spec())
        others = sim._carried_out

        def refused(call: Call) -> Answer:
            if call.kind == "SelfSubjectAccessReview":
                return Answer(201, {"status": {"allowed": False}})
            return others(call)

        sim._carried_out = refused  # type: ignore[method-assign]
        assert sim.reconcile() is not None


def reviews(sim: Simulated) -> list[bool]:
    """What the ServiceAccount may do from now on is the last of these; one more for each time it is asked."""
    others, asked = sim._carried_out, [True]

    def answered(call: Call) -> Answer:
        if call.kind != "SelfSubjectAccessReview":
            return others(call)
        asked.append(asked[-1])
        return Answer(201, {"status": {"allowed": asked[-1]}})

    sim._carried_out = answered  # type: ignore[method-assign]
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
