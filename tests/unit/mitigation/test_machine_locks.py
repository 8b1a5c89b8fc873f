"""The Lease of a target: taken before the intent, given back whatever happens in between, and never two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.mitigation.moments import change_spec
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    MINUTE,
    a_spec,
    applied,
    approve,
    burning,
    later,
    mode,
    proposed,
    result,
)

from fireline.api.plan import Answer, Call
from fireline.api.resources import MITIGATION
from fireline.mitigation.locks import lock_name
from fireline.mitigation.model import Ref

LEASE = lock_name(Ref("v1", "ConfigMap", "shop", "shop"))


def leases(sim: Simulated) -> list[str]:
    return [name for kind, name in sim.objects if kind == "Lease"]


def somebody_elses(sim: Simulated, holder: str = "shop/another/its-uid") -> None:
    sim.objects["Lease", LEASE] = {
        "metadata": {"name": LEASE, "uid": "theirs"},
        "spec": {"holderIdentity": holder},
    }


def ended_right_after_taking_it() -> Simulated:
    """The operator made the Lease, and was killed before it could write anything down."""
    sim = proposed()
    others = sim.server

    def killed(call: Call) -> Answer:
        answer = others(call)
        if (call.kind, call.verb) == ("Lease", "create"):
            sim.server = others
            sim.die_at, sim.die_after = 1, True
        return answer

    sim.server = killed
    sim.annotate(approve=sim.status["planHash"], approved_by="ann")
    sim.reconcile()
    assert (sim.phase, leases(sim)) == ("Approved", [LEASE])
    return sim


def changed(sim: Simulated) -> None:
    sim.edit(mode="slow")


def rejected(sim: Simulated) -> None:
    sim.annotate(reject=sim.status["planHash"])


def released(sim: Simulated) -> None:
    change_spec(sim, release=True)


def wrong(sim: Simulated) -> None:
    change_spec(sim, prometheus="nowhere")


def deleted(sim: Simulated) -> None:
    sim.delete()


@pytest.mark.parametrize("happens", [changed, rejected, released, wrong, deleted])
def test_a_lease_that_was_taken_right_before_a_crash_is_given_back_when_it_does_not_begin(
    happens: Callable[[Simulated], None],
):
    sim = ended_right_after_taking_it()
    happens(sim)
    sim.settle()
    assert leases(sim) == []
    assert mode(sim) in {"fast", "slow"}


def test_a_lease_that_was_taken_right_before_a_crash_is_used_when_it_goes_on():
    sim = ended_right_after_taking_it()
    sim.settle()
    assert (sim.phase, mode(sim), leases(sim)) == ("Verifying", "safe", [LEASE])


def test_a_plan_that_changes_while_the_lease_is_taken_is_not_made_without_it():
    sim = Simulated(a_spec(mode="Auto"))
    others = sim.server

    def changing(call: Call) -> Answer:
        answer = others(call)
        if (call.kind, call.verb) == ("Lease", "create"):
            sim.server = others
            sim.edit(mode="slow")
        return answer

    sim.server = changing
    burning(sim)
    sim.settle()
    assert (sim.phase, mode(sim), leases(sim)) == ("Verifying", "safe", [LEASE])


def test_a_lease_is_given_back_though_one_of_somebody_who_is_gone_was_removed_in_the_same_look():
    sim = proposed()
    somebody_elses(sim)

    def contested() -> None:
        sim.edit(mode="slow")

    sim.before_write = contested
    approve(sim)
    assert result(sim) == ("Ended", "Contested")
    assert leases(sim) == []


def test_a_lease_of_somebody_who_is_gone_that_cannot_be_removed_is_told_and_tried_again():
    sim = proposed()
    somebody_elses(sim)
    others = sim.server

    def refused(call: Call) -> Answer:
        if (call.kind, call.verb) == ("Lease", "delete"):
            return Answer(403, message="leases is forbidden")
        return others(call)

    sim.server = refused
    approve(sim)
    assert (sim.phase, sim.status["reason"]) == ("Approved", "LockFailed")
    assert "forbidden" in sim.status["message"]
    sim.server = others
    sim.settle()
    assert mode(sim) == "safe"


def refuses_to_remove_leases(sim: Simulated, times: int) -> None:
    others, left = sim.server, [times]

    def refused(call: Call) -> Answer:
        if (call.kind, call.verb) == ("Lease", "delete") and left[0] > 0:
            left[0] -= 1
            return Answer(503, message="the test says so")
        return others(call)

    sim.server = refused


def test_a_deletion_gives_the_lease_back_though_that_fails_at_first():
    sim = applied()
    refuses_to_remove_leases(sim, 2)
    sim.delete()
    later(sim, MINUTE)
    assert (sim.parent, leases(sim), mode(sim)) == (None, [], "fast")


def test_a_deletion_does_not_wait_for_ever_for_a_lease_that_cannot_be_removed():
    sim = applied()
    refuses_to_remove_leases(sim, 10_000)
    sim.delete()
    later(sim, 9 * MINUTE)
    assert sim.parent is not None
    later(sim, 2 * MINUTE)
    assert (sim.parent, mode(sim)) == (None, "fast")


def test_what_waits_for_a_target_that_is_busy_claims_no_lease():
    sim = proposed()
    somebody_elses(sim)
    busy = {
        "metadata": {"namespace": "shop", "name": "another", "uid": "its-uid"},
        "spec": {},
        "status": {"phase": "Approved", "lease": LEASE},
    }
    sim.beside.append((MITIGATION, busy))
    approve(sim)
    assert (sim.phase, sim.status["reason"]) == ("Approved", "TargetBusy")
    assert "lease" not in sim.status
    sim.beside.clear()
    sim.settle()
    assert mode(sim) == "safe"
