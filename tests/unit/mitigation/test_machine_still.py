"""A mitigation whose spec is wrong, suspended or released: nothing begins, and nobody is asked to say yes."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.moments import change_spec, paused_and_approved
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import a_spec, applied, approve, mode, proposed, result

from fireline.api.conditions import found
from fireline.api.plan import Manifest

WRONG = {"prometheus": "nowhere"}


def condition(sim: Simulated, type_: str) -> Manifest:
    one = found(sim.status, type_)
    assert one is not None
    return one


@pytest.mark.parametrize(("more", "reason"), [(WRONG, "SpecInvalid"), ({"suspend": True}, "Suspended")])
def test_a_proposal_that_cannot_be_carried_out_is_not_called_one_that_waits_for_approval(
    more: Manifest, reason: str
):
    sim = proposed()
    before = dict(sim.spec)
    change_spec(sim, **more)
    sim.settle()
    told = condition(sim, "Proposed")
    assert (told["status"], told["reason"], sim.status["reason"]) == ("False", reason, reason)
    approve(sim)
    assert mode(sim) == "fast"
    sim.spec.clear()
    change_spec(sim, **before)
    sim.settle()
    assert (sim.phase, mode(sim)) == ("Verifying", "safe")


def test_a_proposal_that_waits_again_says_so():
    sim = proposed()
    change_spec(sim, suspend=True)
    sim.settle()
    change_spec(sim, suspend=False)
    sim.settle()
    assert condition(sim, "Proposed")["status"] == "True"


def test_what_is_proposed_and_released_is_over():
    sim = proposed()
    change_spec(sim, release=True)
    sim.settle()
    assert result(sim) == ("Ended", "Released")
    assert condition(sim, "Proposed")["status"] == "False"
    assert sim.writes == []


def test_what_is_approved_and_released_is_over():
    sim = paused_and_approved()
    change_spec(sim, release=True)
    sim.told.pausing = None
    sim.settle()
    assert (*result(sim), sim.writes) == ("Ended", "Released", [])


def test_what_is_approved_waits_while_its_spec_is_wrong():
    sim = paused_and_approved()
    change_spec(sim, **WRONG)
    sim.told.pausing = None
    sim.settle()
    assert (sim.phase, sim.status["reason"], sim.writes) == ("Approved", "SpecInvalid", [])


def test_a_spec_that_is_wrong_elsewhere_releases_all_the_same():
    sim = applied()
    change_spec(sim, **WRONG, release=True)
    sim.settle()
    assert (*result(sim), mode(sim)) == ("Ended", "Released", "safe")


def test_a_spec_that_is_wrong_elsewhere_suspends_all_the_same():
    sim = applied(verify={"within": "9h"})
    change_spec(sim, **WRONG, suspend=True)
    sim.annotate(revert="1")
    sim.settle()
    assert (sim.status["reason"], mode(sim)) == ("Suspended", "safe")


def test_what_is_in_place_is_looked_after_though_its_spec_is_wrong():
    sim = applied(verify={"within": "9h"})
    change_spec(sim, **WRONG)
    sim.annotate(revert="1")
    sim.settle()
    assert mode(sim) == "fast"


def test_a_spec_that_is_wrong_is_no_proposal():
    sim = Simulated(a_spec(**WRONG))
    sim.settle()
    assert (sim.phase, condition(sim, "Proposed")["status"]) == ("Idle", "False")
