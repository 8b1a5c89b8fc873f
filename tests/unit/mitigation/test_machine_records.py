"""Records in the status that nobody could have written."""

from __future__ import annotations

import json

import pytest
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    a_spec,
    applied,
    burning,
    human,
    proposed,
    result,
)

from fireline.mitigation.sight import Book


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
