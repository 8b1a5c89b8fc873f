"""Numbers as people read them, and when a number moved enough to be news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.slo.rounding import bucket, duration, events, whole_events


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.4, "0"),
        (7.6, "8"),
        (99.4, "99"),
        (104, "100"),
        (12_182.4, "12000"),
        (25_920_000, "26000000"),
        (-0.3, "0"),
        (-42.2, "-42"),
        (-1_850, "-1800"),
    ],
)
def test_events_have_two_significant_digits(number, text):
    assert events(number) == text


@given(st.floats(-1e12, 1e12))
def test_events_are_within_half_of_their_second_digit(number):
    assert abs(float(events(number)) - number) <= max(0.5, 0.0501 * abs(number))


@pytest.mark.parametrize(
    ("before", "number", "text"),
    [
        ("12000", 12_590, "12000"),
        ("12000", 12_610, "13000"),
        ("12000", 11_450, "12000"),
        ("12000", 11_350, "11000"),
        ("7", 7.55, "7"),
        ("7", 7.65, "8"),
        ("99", 99.55, "99"),
        ("0", 0.55, "0"),
    ],
)
def test_traffic_at_the_edge_of_a_digit_is_no_news(before, number, text):
    assert events(number, before) == text


def test_less_than_one_event_left_allows_none():
    assert whole_events(0.7) == "0"
    assert whole_events(3.9) == "3"
    assert whole_events(-0.2) == "-1"
    assert whole_events(1260) == "1300"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2592, "43m12s"), (2678.4, "44m38s"), (0.4, "0s"), (-324, "-5m24s"), (90_061, "1d1h1m1s")],
)
def test_seconds_read_as_a_duration(seconds, text):
    assert duration(seconds) == text


def test_a_bucket_tells_values_apart_that_differ_by_its_share():
    assert bucket(0.0, 0.01) is None
    assert bucket(2.0, 0.01) == bucket(2.0001, 0.01)
    assert bucket(2.0, 0.01) != bucket(2.05, 0.01)
