"""Somebody else puts back what was there while we are about to: the record says that it was not us."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import applied, human


def taken_back(sim: Simulated) -> None:
    """A person wants it back."""
    sim.annotate(revert="1")
    sim.settle()


def marks(sim: Simulated) -> dict[str, str]:
    """Annotations of the target."""
    assert sim.target is not None
    return sim.target["metadata"].get("annotations") or {}


def between_the_wish_and_the_look(sim: Simulated) -> None:
    # The target is looked at once while it is in place, and once more to take it back.
    sim.meanwhile += [lambda: None, lambda: None, lambda: sim.edit(mode="fast")]


def right_before_our_write(sim: Simulated) -> None:
    sim.before_write = lambda: sim.edit(mode="fast")


@pytest.mark.parametrize("when", [between_the_wish_and_the_look, right_before_our_write])
@pytest.mark.parametrize("lost", [0, 1])
def test_only_our_mark_is_taken_off_and_the_record_says_who_it_was_not(when, lost: int):
    sim = applied()
    when(sim)
    sim.lose_answers = lost if when is between_the_wish_and_the_look else 0
    taken_back(sim)
    assert (sim.status["result"], human(sim), marks(sim)) == ("RevertedByOther", None, {})
    assert [one.after for one in sim.writes] == ["safe", "fast"]


def test_an_operator_that_is_killed_after_it_took_its_mark_off_still_knows_who_it_was_not():
    sim = applied()
    between_the_wish_and_the_look(sim)
    sim.annotate(revert="1")
    sim.die_at, sim.die_after = 4, True
    sim.settle()
    assert (sim.status["result"], marks(sim)) == ("RevertedByOther", {})
    assert len(sim.writes) == 2


def test_what_is_made_again_before_our_write_is_ours_again():
    """Whoever put it back thinks better of it, with our mark still there."""
    sim = applied()
    between_the_wish_and_the_look(sim)
    sim.before_write = lambda: sim.edit(mode="safe")
    taken_back(sim)
    sim.now = sim.now.replace(minute=30)
    sim.settle()
    assert (sim.status["result"], marks(sim)) == ("Reverted", {})


def test_what_we_put_back_ourselves_is_ours_though_the_answer_was_lost():
    sim = applied()
    sim.lose_answers = 1
    taken_back(sim)
    assert (sim.status["result"], marks(sim), len(sim.writes)) == ("Reverted", {}, 2)
