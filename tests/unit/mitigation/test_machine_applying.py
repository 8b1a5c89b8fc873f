"""Bad moments while a change is made or taken back."""

from __future__ import annotations

from tests.unit.mitigation.moments import NO_COOLDOWN, crashed_before_the_write
from tests.unit.mitigation.test_machine import (
    MINUTE,
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

from fireline.mitigation.locks import lock_name
from fireline.mitigation.model import Ref


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
