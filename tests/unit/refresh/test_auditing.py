"""Recorded budgets are compared with exact ones, in turn, for ever, and at a low price."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from tests.builders import an_objective
from tests.unit.refresh.world import CHECKOUT, World

from fireline.api.metrics import Sample
from fireline.errors import MetricsTooHeavy
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.counting import AUDIT_ROUNDS, Counting
from fireline.refresh.observer import Readings, key_of
from fireline.refresh.turns import Turns
from fireline.slo.readings import Reading

CONSUMED = "slo:error_budget_consumed:ratio"
EVERY = 300.0
NOW = 1_800_000_000.0


def audit_of(world):
    world.run_until(lambda: world.seen().audit is not None)
    return world.seen().audit


def test_a_recorded_budget_that_is_true_agrees():
    world = World(an_objective())
    world.figures[CONSUMED] = 1.01
    found = audit_of(world)
    assert found.agrees
    assert found.consumed == pytest.approx(1, abs=0.001)
    assert found.drift == pytest.approx(0.01, abs=0.001)


def test_one_that_missed_errors_does_not():
    world = World(an_objective())
    found = audit_of(world)
    assert found.agrees is False
    assert found.drift == pytest.approx(-0.75, abs=0.001)
    assert world.seen().source == "Recorded"


def test_the_exact_figure_is_of_the_time_that_the_recorded_one_knows():
    world = World(an_objective())
    found = audit_of(world)
    assert world.counting().turns.resting(("shop", "checkout")).ledger.as_of == found.at


def test_an_slo_whose_recorded_history_is_too_short_is_counted_and_not_audited():
    world = World(an_objective())
    world.figures["slo:coverage:ratio"] = 0.5
    world.run_until(lambda: world.seen().source == "Exact")
    assert world.seen().audit is None


def test_a_composite_is_never_asked_for():
    """It has no events of its own."""
    composite = an_objective(name="all", counted=None)
    world = World(composite, an_objective())
    world.run_until(lambda: world.seen(world.objectives[1]).audit is not None)
    assert world.seen(composite).source == "Recorded"
    assert not world.counting().turns.offer(world.objectives[1], NOW)
    assert world.counting().turns.resting(("shop", "all")) is None


def test_a_changed_objective_forgets_the_audit_of_the_old_one():
    world = World(an_objective(spec_hash="old"))
    world.hashes = ["old"]
    audit_of(world)
    assert world.seen(an_objective("99")).audit is None


def test_the_next_audit_is_news_only_when_a_figure_is_another():
    world = World(an_objective())
    audit_of(world)
    world.refresh()
    world.enqueued.clear()
    turn = world.counting().turns.resting(("shop", "checkout"))
    again = audits(world, turn)
    assert again.at >= world.seen().audit.at
    assert world.enqueued == []
    world.exact["part"] = 2.0
    turn.ledger.kept.clear()
    audits(world, turn)
    assert world.enqueued == [CHECKOUT]


def audits(world, turn):
    """One more audit, out of turn."""
    before = world.counts()

    async def all_of_it():
        while True:
            asked = len(world.source.asked)
            await world.counting().step(turn)
            if len(world.source.asked) == asked:
                return

    asyncio.run(all_of_it())
    assert world.counts() > before
    return world.seen().audit


class Fleet:
    """Many SLOs with recorded history, and a source each of whose answers takes its time."""

    def __init__(self, number, *, seconds, share=0.1, audit_share=0.01, heavy=False):
        self.now, self.steady = NOW, 0.0
        self.seconds, self.heavy = seconds, heavy
        self.busy = 0.0
        self.audited = []
        self.readings = Readings(frozenset({"default"}))
        self.objectives = [an_objective(name=f"slo{n:03}") for n in range(number)]
        self.counting = Counting(
            InMemorySource(self.answer),
            self.readings,
            every=EVERY,
            share=share,
            audit_share=audit_share,
            drift=0.05,
            changed=lambda one: self.audited.append(one.name),
            clock=lambda: self.now,
            steady=lambda: self.steady,
        )
        self.counting.turns = Turns(random.Random(7))
        for one in self.objectives:
            self.read(one)
            self.counting.offer(one)

    def read(self, objective, coverage=1.0):
        reading = Reading(at=None, consumed=0.5, window=0.9995, coverage=coverage)
        self.readings.read(objective, reading, load_error=None)

    def pass_(self, seconds):
        self.now += seconds
        self.steady += seconds

    def answer(self, query, at):
        self.busy += self.seconds
        self.pass_(self.seconds)
        if "computed" in query:
            parts = {"consumed": 0.5, "computed": self.now, "slice": self.now}
        elif self.heavy:
            raise MetricsTooHeavy("query processing would load too many samples")
        else:
            parts = {"total": 1000.0, "part": 0.5, "points": 288.0}
        when = self.now if at is None else at.timestamp()
        return [Sample({"fireline": name}, value, when) for name, value in parts.items()]

    def run(self, until):
        async def loop():
            while not until():
                wait = await self.counting.once()
                self.pass_(max(0.001, wait) if wait else 0.0)

        asyncio.run(loop())


def test_after_a_restart_everyone_is_audited_once_before_anyone_is_twice():
    fleet = Fleet(40, seconds=0.01)
    fleet.run(lambda: len(fleet.audited) >= 80)
    assert set(fleet.audited[:40]) == set(fleet.audited[40:80]) == {one.name for one in fleet.objectives}


def test_the_order_of_a_restart_is_left_to_chance():
    """An operator that restarts every hour, before all have had their turn, would starve the last ones."""
    fleet = Fleet(40, seconds=0.01)
    fleet.run(lambda: len(fleet.audited) >= 40)
    assert fleet.audited != sorted(fleet.audited)
    assert fleet.audited != sorted(fleet.audited, reverse=True)


def test_a_few_slos_are_not_audited_all_the_time():
    fleet = Fleet(3, seconds=0.001)
    fleet.run(lambda: fleet.now >= NOW + 10 * AUDIT_ROUNDS * EVERY)
    assert max(Counter(fleet.audited).values()) <= 11


def test_audits_take_their_small_share_once_all_were_counted():
    fleet = Fleet(20, seconds=2.0)
    fleet.run(lambda: len(fleet.audited) >= 20)
    caught_up, spent = fleet.now - NOW, fleet.busy
    assert spent == pytest.approx(0.1 * caught_up, rel=0.2)
    began, before = fleet.now, fleet.busy
    fleet.run(lambda: fleet.now >= began + 100_000)
    assert fleet.busy - before == pytest.approx(0.01 * 100_000, rel=0.1)


def test_who_lacks_figures_goes_before_any_audit():
    fleet = Fleet(20, seconds=2.0)
    fleet.run(lambda: len(fleet.audited) >= 20)
    newcomer = an_objective(name="newcomer")
    fleet.read(newcomer, coverage=0.1)
    fleet.counting.offer(newcomer)
    fleet.run(lambda: len(fleet.audited) >= 21)
    assert fleet.audited[-1] == "newcomer"


def test_one_that_loses_its_recorded_history_goes_before_any_audit():
    fleet = Fleet(20, seconds=2.0)
    fleet.run(lambda: len(fleet.audited) >= 20)
    lost = fleet.objectives[3]
    fleet.read(lost, coverage=0.5)
    fleet.counting.offer(lost)
    fleet.run(lambda: len(fleet.audited) >= 21)
    assert fleet.audited[-1] == lost.name
    assert fleet.readings.peek(lost).source == "Exact"


def test_raw_history_that_is_too_heavy_to_count_is_no_verdict():
    fleet = Fleet(1, seconds=0.01, heavy=True)
    fleet.run(lambda: len(fleet.audited) >= 1)
    seen = fleet.readings.peek(fleet.objectives[0])
    assert seen.audit.agrees is None
    assert seen.source == "Recorded"


def test_an_audit_whose_figure_is_gone_is_tried_again_later():
    fleet = Fleet(1, seconds=0.01)
    fleet.counting._auditor._source.answer = lambda query, at: (
        [] if "computed" in query else fleet.answer(query, at)
    )
    fleet.run(lambda: len(fleet.audited) >= 1)
    turn = fleet.counting.turns.resting(key_of(fleet.objectives[0]))
    assert turn.due == pytest.approx(fleet.now + AUDIT_ROUNDS * EVERY, abs=1)
    assert fleet.readings.peek(fleet.objectives[0]).audit is None
