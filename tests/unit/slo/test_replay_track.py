"""Series on a grid: what selectors and range functions find in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.slo.replay.track import Sums, Track, sampled, summed, times

values = st.lists(st.one_of(st.none(), st.integers(0, 1000).map(float)), max_size=60)


@given(values, st.integers(-20, 80), st.integers(0, 80))
def test_a_sum_over_time_is_that_of_its_points_without_the_left_end(points, after, length):
    track = Track(600, 30, points)
    low, high = 600 + after * 30, 600 + (after + length) * 30

    inside = [value for at, value in track.samples() if low < at <= high]

    sums = Sums(track)
    assert sums.count(low, high) == len(inside)
    assert sums.sum(low, high) == (sum(inside) if inside else None)


@given(values, st.integers(-100, 3000))
def test_an_instant_selector_finds_the_latest_evaluation_or_nothing(points, seconds):
    track = Track(600, 30, points)
    index = seconds // 30
    expected = points[index] if 0 <= index < len(points) else None
    assert track.at(600 + seconds) == expected


def test_a_missing_point_weighs_nothing_in_a_sum_of_groups():
    eu, us = Track(0, 30, [1.0, None, None]), Track(0, 30, [2.0, 3.0, None])
    assert summed([eu, us]).values == [3.0, 3.0, None]


@pytest.mark.parametrize(("start", "expected"), [(0, [0, 60, 120]), (1, [60, 120]), (60, [60, 120])])
def test_evaluations_are_whole_multiples_of_their_interval(start, expected):
    assert list(times(start, 150, 60)) == expected
    assert sampled(start, 150, 60, float).start == expected[0]


def test_errors_of_a_large_past_do_not_disturb_what_follows():
    track = Track(0, 30, [1e9] * 100 + [0.0] * 100)
    assert Sums(track).sum(100 * 30, 199 * 30) == 0.0
