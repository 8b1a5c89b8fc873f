"""Shares of whole numbers: rounded down, and unknown where there is nothing to divide by."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.synthetic.coverage import availability, coverage, first_day, measured, over, percent

COUNTS = st.fixed_dictionaries(
    {name: st.integers(0, 10**6) for name in ("success", "failure", "error", "infra", "skipped")}
)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, None),
        (0, 7, "0"),
        (7, 7, "100"),
        (1, 3, "33.333"),
        (2, 3, "66.666"),
        (998, 1000, "99.8"),
        (43_199, 43_200, "99.997"),
        (999_999, 1_000_000, "99.999"),
        (99_999_999, 100_000_000, "99.999"),
    ],
)
def test_a_share_is_rounded_down_and_absent_where_there_is_no_whole(part, whole, text):
    assert percent(part, whole) == text


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_hundred_is_all_and_nothing_less(part, whole):
    part = min(part, whole)
    assert (percent(part, whole) == "100") == (part == whole)
    assert 0 <= 100 * part / whole - float(percent(part, whole)) < 0.001 + 1e-9


def test_coverage_is_what_was_measured_of_what_was_expected():
    counts = {"success": 90, "failure": 4, "error": 1, "infra": 4, "skipped": 61, "expected": 100}
    assert measured(counts) == 95
    assert coverage(counts) == "95"


def test_coverage_is_unknown_while_nothing_was_expected():
    assert coverage({"skipped": 60}) is None


def test_nothing_measured_of_what_was_expected_is_no_coverage():
    assert coverage({"infra": 60, "expected": 60}) == "0"


def test_availability_is_unknown_while_nothing_was_measured():
    counts = {"infra": 60, "expected": 60}
    assert availability(counts, window_days=30, target="99.9") == {"window": "30d", "target": "99.9"}


@pytest.mark.parametrize(
    ("failed", "value", "met"), [(0, "100", True), (1, "99.9", True), (2, "99.8", False)]
)
def test_a_target_is_met_exactly_at_its_value(failed, value, met):
    counts = {"success": 1000 - failed, "failure": failed}
    found = availability(counts, window_days=7, target="99.9")
    assert found == {"window": "7d", "target": "99.9", "value": value, "met": met}


@given(COUNTS, st.decimals("0.001", "99.999", places=3))
def test_what_is_shown_as_met_is_not_below_the_target(counts, target):
    found = availability(counts, window_days=30, target=str(target))
    if found.get("met"):
        assert Decimal(found["value"]) >= target
    elif "value" in found:
        assert Decimal(found["value"]) < target


def test_a_window_of_days_includes_today():
    now = datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC)
    assert first_day(now, 1) == "2026-11-22"
    assert first_day(now, 30) == "2026-10-24"


def test_days_before_the_window_do_not_count():
    days = {
        "2026-11-20": {"success": 5},
        "2026-11-21": {"success": 2, "failure": 1},
        "2026-11-22": {"error": 1},
    }
    assert over(days, "2026-11-21") == {"success": 2, "failure": 1, "error": 1}


@pytest.mark.parametrize(
    ("success", "failure", "expected", "met"),
    [
        (90, 0, 100, True),
        (89, 0, 100, None),
        (6, 0, 4330, None),
        (80, 1, 100, None),
        (80, 2, 100, False),
        (0, 1, 1000, None),
        (0, 0, 1000, None),
    ],
)
def test_a_target_is_met_only_where_enough_was_measured_to_know(success, failure, expected, met):
    counts = {"success": success, "failure": failure, "expected": expected}
    found = availability(counts, window_days=30, target="99", coverage_below="90")
    assert found.get("met") is met
    assert ("value" in found) == bool(success + failure)
