"""What is never taken back by itself: a newer rollout is what is hoped for, going back on it is not."""

from __future__ import annotations

from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import MINUTE, applied, human, later, mode, result, well


def sticky() -> Simulated:
    """In place, as a rollback is: the machine knows no more of it than that its intent says so."""
    sim = applied()
    sim.status["intent"]["reversible"] = "Sticky"
    return sim


def test_something_newer_is_what_was_hoped_for():
    sim = sticky()
    sim.edit(mode="newer")
    sim.settle()
    assert (result(sim), sim.status["reason"]) == (("Ended", "Superseded"), "NewerRollout")
    assert (human(sim), mode(sim)) == (None, "newer")


def test_what_is_put_back_to_what_was_bad_is_told():
    sim = sticky()
    sim.edit(mode="fast")
    sim.settle()
    assert (result(sim), human(sim), mode(sim)) == (("Ended", "Contested"), "Contested", "fast")


def test_it_stays_when_all_is_well_and_is_done():
    sim = sticky()
    well(sim)
    later(sim, 3 * MINUTE)
    assert (sim.status["result"], mode(sim), len(sim.writes)) == ("Done", "safe", 1)


def test_nobody_takes_it_back_not_even_who_asks_or_deletes_it():
    sim = sticky()
    sim.annotate(revert="1")
    sim.settle()
    sim.delete()
    sim.settle()
    assert sim.parent is None
    assert (mode(sim), len(sim.writes)) == ("safe", 1)
