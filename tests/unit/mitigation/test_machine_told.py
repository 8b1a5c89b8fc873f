"""What went wrong stays told until a person has looked, whatever episode comes next."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.moments import NO_COOLDOWN, change_spec
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
    result,
    well,
)

OFTEN = {"limits": NO_COOLDOWN}


def contested(**more: object) -> Simulated:
    """Somebody took over what was changed, and nobody has looked at that yet."""
    sim = applied(**OFTEN, **more)
    sim.edit(mode="slow")
    sim.settle()
    assert human(sim) == "Contested"
    return sim


def the_next_time(sim: Simulated) -> None:
    well(sim)
    sim.settle()
    burning(sim)
    sim.settle()


def test_the_next_episode_forgets_nothing_that_nobody_has_looked_at():
    sim = contested()
    since = sim.status["needsHuman"]
    the_next_time(sim)
    assert (sim.phase, sim.status["needsHuman"]) == ("Proposed", since)


def test_mode_auto_does_not_go_on_by_itself_before_somebody_has_looked():
    sim = Simulated(a_spec(mode="Auto", verify={"within": "9h"}, **OFTEN))
    burning(sim)
    sim.settle()
    sim.edit(mode="slow")
    sim.settle()
    the_next_time(sim)
    assert (sim.phase, sim.status["reason"], human(sim)) == ("Proposed", "NotSeen", "Contested")
    assert "fireline mitigations seen aid -n shop" in sim.status["message"]
    sim.annotate(seen="1")
    sim.settle()
    assert (sim.phase, human(sim), mode(sim)) == ("Verifying", None, "safe")


def test_what_was_looked_at_before_the_next_episode_holds_nothing_back():
    sim = contested()
    sim.annotate(seen="1")
    change_spec(sim, mode="Auto")
    the_next_time(sim)
    assert (sim.phase, human(sim)) == ("Verifying", None)


def test_whoever_approves_the_next_one_has_looked():
    sim = contested()
    the_next_time(sim)
    approve(sim)
    assert (sim.phase, human(sim)) == ("Verifying", None)


@pytest.mark.parametrize("ending", ["withdrawn", "rejected", "expired"])
def test_a_proposal_that_came_to_nothing_leaves_told_what_was(ending: str):
    sim = contested()
    the_next_time(sim)
    match ending:
        case "withdrawn":
            well(sim)
        case "rejected":
            sim.annotate(reject=sim.status["planHash"])
        case _:
            sim.now += 31 * MINUTE
    sim.settle()
    assert sim.status["result"] == ending.capitalize()
    assert human(sim) == "Contested"
    well(sim)
    sim.settle()
    assert human(sim) == "Contested"


def test_a_storm_hides_nothing_that_nobody_has_looked_at():
    sim = contested()
    change_spec(sim, mode="Auto")
    sim.told.stormy = True
    the_next_time(sim)
    assert (sim.phase, human(sim)) == ("Proposed", "Contested")
    sim.annotate(seen="1")
    sim.settle()
    assert human(sim) == "BreakerOpen"


def test_a_wish_for_another_proposal_forgets_nothing_either():
    sim = contested()
    sim.annotate(propose="1")
    sim.settle()
    assert (sim.phase, human(sim)) == ("Proposed", "Contested")


def test_what_did_not_help_is_not_tried_again_by_itself():
    sim = Simulated(a_spec(mode="Auto", **OFTEN))
    burning(sim)
    sim.settle()
    later(sim, 11 * MINUTE)
    assert (*result(sim), human(sim)) == ("Ended", "Reverted", "VerificationFailed")
    the_next_time(sim)
    assert (sim.phase, mode(sim), human(sim)) == ("Proposed", "fast", "VerificationFailed")


def test_what_nobody_approved_in_time_is_forgotten_with_its_episode():
    sim = Simulated(a_spec(**OFTEN))
    burning(sim)
    later(sim, 31 * MINUTE)
    assert human(sim) == "ApprovalExpired"
    the_next_time(sim)
    assert (sim.phase, human(sim)) == ("Proposed", None)
