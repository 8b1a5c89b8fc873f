"""Looks are counted so that Unknown adds nothing and takes nothing away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.mitigation.signals import FORGOTTEN, GAP, Count, count, signal, unseen
from fireline.mitigation.verdicts import Verdict

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATES = st.sampled_from(["True", "False", "Unknown"])
GAPS = st.floats(0.1, 1.5 * FORGOTTEN)


def counted(told: str, *, every: float = 5.0, most: int = 3) -> Count:
    """Looks five seconds apart: T, F and U."""
    words = {"T": "True", "F": "False", "U": "Unknown"}
    return follow([(every, words[one]) for one in told], most=most)


def follow(looks, *, most=3, jumps=()):
    """Looks as (seconds since the last one, state); ``jumps``: by how much the wall clock is off at each."""
    found, steady = None, 1000.0
    jumps = [*jumps, *[0.0] * len(looks)]
    for (gap, state), jump in zip(looks, jumps, strict=False):
        steady += gap
        wall = NOON + timedelta(seconds=steady + jump)
        found = count(found, state, steady=steady, wall=wall, most=most)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("looks", "ticks"),
    [
        ("T", 1),
        ("TT", 2),
        ("TTTTT", 3),
        ("TTF", 0),
        ("TFT", 1),
        ("TUT", 2),
        ("TUUUU", 1),
        ("U", 0),
        ("TT" + "U" * 61, 0),
        ("TT" + "U" * 59, 2),
    ],
)
def test_true_looks_in_a_row_are_ticks_and_unknown_freezes_them(looks, ticks):
    assert counted(looks).ticks == ticks


@pytest.mark.parametrize(
    ("looks", "healthy"),
    [
        ("F", 0),
        ("FF", 5),
        ("FFF", 10),
        ("FFFT", 0),
        ("FFTFF", 5),
        ("FFUFF", 10),
        ("FFUUUUF", 5),
        ("UF", 0),
        ("FF" + "U" * 61 + "FF", 5),
        ("FF" + "U" * 59 + "FF", 10),
    ],
)
def test_only_time_between_two_looks_that_said_false_is_healthy(looks, healthy):
    assert counted(looks).healthy == pytest.approx(healthy)


def test_false_since_moves_forward_by_the_time_that_does_not_count():
    before = counted("FFF")
    after = counted("FFFUUF")
    assert after.false_since - before.false_since == timedelta(seconds=15)


def test_false_since_stands_still_while_every_look_says_false():
    assert {counted("F" * looks).false_since for looks in range(1, 60)} == {counted("F").false_since}


def test_true_has_no_false_since():
    assert counted("FFT").false_since is None


def test_a_loop_that_could_not_look_for_long_counts_no_more_than_a_pause():
    assert follow([(5, "False"), (200, "False")]).healthy == GAP


def test_a_loop_that_did_not_look_at_all_for_five_minutes_counts_afresh():
    assert follow([(5, "True"), (5, "True"), (FORGOTTEN + 1, "True")]).ticks == 1
    assert follow([(5, "False"), (5, "False"), (FORGOTTEN + 1, "False")]).healthy == 0


@given(st.lists(st.tuples(GAPS, STATES), min_size=1, max_size=40), st.integers(1, 5))
def test_ticks_are_true_looks_since_the_last_that_said_false(looks, most):
    found = follow(looks, most=most)
    states = [state for _, state in looks]
    known = [state for state in states if state != "Unknown"]
    since_false = known[len(known) - known[::-1].index("False") :] if "False" in known else known
    assert 0 <= found.ticks <= min(most, len(since_false))
    if looks[-1][1] == "True":
        assert found.ticks >= 1
    if all(gap < FORGOTTEN / len(looks) for gap, _ in looks):
        assert found.ticks == min(most, len(since_false))


@given(st.lists(st.tuples(GAPS, STATES), min_size=1, max_size=40))
def test_healthy_time_is_never_more_than_was_seen_to_be_false_since_the_last_true(looks):
    found = follow(looks)
    states = [state for _, state in looks]
    last_true = len(states) - states[::-1].index("True") if "True" in states else 0
    rest = looks[last_true:]
    seen = sum(gap for (_, one), (gap, other) in pairwise(rest) if one == other == "False")
    assert found.healthy <= seen + 1e-6
    if not rest:
        assert found.healthy == 0


@given(st.lists(st.tuples(GAPS, STATES), min_size=1, max_size=40))
def test_one_more_unknown_look_changes_no_counter_unless_it_is_forgotten(looks):
    before, after = follow(looks), follow([*looks, (5.0, "Unknown")])
    forgotten = before.known is None or after.known is None
    assert forgotten or (after.ticks, after.healthy) == (before.ticks, before.healthy)


@given(
    st.lists(st.tuples(GAPS, STATES), min_size=1, max_size=30),
    st.lists(st.floats(-86_400, 86_400), max_size=30),
)
def test_a_wall_clock_that_jumps_changes_no_counter_and_shows_the_same_length(looks, jumps):
    calm, jumpy = follow(looks), follow(looks, jumps=jumps)
    assert (jumpy.ticks, jumpy.healthy, jumpy.state) == (calm.ticks, calm.healthy, calm.state)
    if jumpy.false_since is not None:
        off = [*jumps, *[0.0] * len(looks)][len(looks) - 1]
        wall = NOON + timedelta(seconds=jumpy.looked + off)
        assert (wall - jumpy.false_since).total_seconds() == pytest.approx(jumpy.healthy, abs=2.1)


def test_a_signal_tells_what_was_found_and_what_was_counted():
    verdict = Verdict("True", "Firing", "it fires", "21.3", 1_700_000_000.0, {"alertname": "High"})
    told = signal(verdict, counted("TT"), at=NOON)
    assert (told.state, told.message, told.value, told.ticks) == ("True", "it fires", "21.3", 2)
    assert told.since == datetime.fromtimestamp(1_700_000_000, UTC)
    assert told.details == {"alertname": "High", "reason": "Firing"}
    assert told.at == NOON


def test_what_was_not_looked_at_is_unknown_and_has_counted_nothing():
    told = unseen("not yet", at=NOON)
    assert (told.state, told.ticks, told.false_since) == ("Unknown", 0, None)
