"""Moments in which tests let things happen: allowed and held up by a pause, killed before the write."""

from __future__ import annotations

from typing import Any

from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import a_spec, approve, burning, mode, proposed

NO_COOLDOWN = {"cooldown": "0m", "maxPerDay": 100}


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
