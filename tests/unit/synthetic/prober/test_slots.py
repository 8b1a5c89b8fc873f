"""When the prober starts what: each slot once, at its time, whatever happens to files and clocks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.prober_entries import Entry
from fireline.synthetic.engine.prober_slots import Slots
from fireline.synthetic.schedule import Timing

NOON = 1_795_348_800
"""2026-11-22T12:00:00Z."""


def an_entry(uid: str = "a", schedule: str = "10s+3s") -> Entry:
    return Entry(uid, Timing.parse(schedule), Journey(steps=(), check=uid))


class Told:
    """Slots, and what they said."""

    def __init__(self, *entries: Entry, now: float = NOON) -> None:
        self.late: list[tuple[str, int]] = []
        self.slots = Slots(late=lambda entry, slot: self.late.append((entry.uid, slot - NOON)))
        self.have(*entries, now=now)

    def have(self, *entries: Entry, now: float) -> None:
        self.slots.replace({entry.uid: entry for entry in entries}, now)

    def due(self, now: float) -> list[tuple[str, int]]:
        return [(entry.uid, slot - NOON) for entry, slot in self.slots.due(NOON + now)]


def test_the_first_slot_is_the_next_one():
    told = Told(an_entry())
    assert told.due(2.9) == []
    assert told.due(3.0) == [("a", 3)]
    assert told.slots.next() == NOON + 13


def test_a_slot_that_was_noticed_late_runs_while_there_is_time():
    told = Told(an_entry())
    assert told.due(3 + 5) == [("a", 3)]
    assert told.late == []


def test_a_slot_that_was_noticed_too_late_is_left_out_and_the_next_comes_at_its_time():
    told = Told(an_entry())
    assert told.due(3 + 5.1) == []
    assert told.late == [("a", 3)]
    assert told.due(13) == [("a", 13)]


def test_a_clock_that_was_set_back_repeats_nothing():
    told = Told(an_entry())
    assert told.due(3) == [("a", 3)]
    assert told.due(-60) == []
    told.have(an_entry(schedule="5s+3s"), now=NOON - 60)
    assert told.due(7) == []
    assert told.due(8) == [("a", 8)]


def test_a_clock_that_was_set_forward_skips_what_lies_between():
    told = Told(an_entry())
    assert told.due(86_403) == [("a", 86_403)]


def test_a_changed_journey_keeps_the_next_slot():
    told = Told(an_entry())
    told.have(an_entry(), now=NOON + 3.5)  # the slot at 3 is due, and was not handed out yet
    assert told.due(3.6) == [("a", 3)]


def test_what_was_taken_away_does_not_run_and_begins_anew_when_it_is_back():
    told = Told(an_entry(), an_entry("b"))
    told.have(an_entry("b"), now=NOON)
    assert told.due(3) == [("b", 3)]
    told.have(an_entry(), an_entry("b"), now=NOON + 20)
    assert told.slots.since == {"a": NOON + 20, "b": NOON}
    assert told.due(23) == [("a", 23), ("b", 23)]


def test_its_version_changes_with_the_checks_and_with_nothing_else():
    told = Told(an_entry())
    before = told.slots.version
    told.have(an_entry(schedule="5s+1s"), now=NOON + 1)
    assert told.slots.version == before
    told.have(an_entry(), an_entry("b"), now=NOON + 1)
    assert told.slots.version != before


@given(
    schedules=st.lists(st.sampled_from(["5s+0s", "5s+4s", "10s+3s", "60s+59s", "3600s+7s"]), min_size=1),
    steps=st.lists(st.floats(0.01, 2.0), min_size=1, max_size=400),
)
def test_looked_at_often_enough_every_slot_comes_once_and_in_time(schedules, steps):
    told = Told(*(an_entry(f"e{i}", text) for i, text in enumerate(schedules)))
    came: dict[str, list[int]] = {f"e{i}": [] for i in range(len(schedules))}
    now = 0.0
    for step in steps:
        # To the microsecond: beside the seconds since 1970 a float knows no finer ones.
        now = round(now + step, 6)
        for uid, slot in told.due(now):
            assert slot <= now <= slot + 2.0
            came[uid].append(slot)
    assert told.late == []
    for i, text in enumerate(schedules):
        expected = [int(slot.timestamp()) - NOON for slot in _between(text, now)]
        assert came[f"e{i}"] == expected


def _between(text: str, now: float):
    from fireline.synthetic.schedule import at

    return Timing.parse(text).slots(at(NOON), at(NOON + now))
