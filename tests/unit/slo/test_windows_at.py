"""The numbers of a calendar period in the shared rules: its start, its length, and how many slices it has."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.period import SLOWindow
from fireline.slo.windows import render_windows


def local(text, zone):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def numbers(window, at):
    """(starts, time looked back at, slices, seconds of the age) as rendered at a Unix time."""
    groups = render_windows("shop", "default", [window], at=at)["spec"]["groups"]
    rules = {rule["record"]: rule["expr"] for group in groups for rule in group["rules"]}
    total, consumed = rules[names.rate(names.TOTAL, window)], rules[names.CONSUMED]
    coverage = rules[names.COVERAGE]
    starts = {
        *re.findall(r"vector\(time\(\)\) > (\d+) > ", total + coverage),
        *re.findall(r"\(time\(\) - (\d+)\)", coverage),
        *re.findall(r"clamp_min\([^,]+, (\d+)\)", consumed),
        *_first_days(total + coverage),
    }
    back = set(re.findall(r"\[(\w+):1d\]", total))
    return starts, back, total.rpartition("/ ")[2], set(re.findall(r"\) / (\d+), 1\)", consumed))


def _first_days(expr):
    """Where the first of the whole days begins: they are looked at from midnight in UTC, by an offset."""
    for offset, after in re.findall(
        r"\[1d\](?: offset -(\w+))? and on \(\) \(vector\(time\(\)\) > (\d+) <=", expr
    ):
        assert int(after) % 86_400 == 0
        yield str(int(after) + (Duration.parse(offset).milliseconds // 1000 if offset else 0))


@pytest.mark.parametrize(
    ("window", "at", "first", "hours", "back"),
    [
        ("Month UTC", "2027-02-28 23:59:59", "2027-02-01", 672, "28d"),
        ("Month UTC", "2027-03-01 00:00:00", "2027-03-01", 744, "31d"),
        ("Month UTC", "2028-02-29 12:00:00", "2028-02-01", 696, "29d"),
        ("Month UTC", "2100-02-28 12:00:00", "2100-02-01", 672, "28d"),
        ("Month Europe/Berlin", "2027-03-31 23:59:59", "2027-03-01", 743, "30d23h"),
        ("Month Europe/Berlin", "2027-10-31 23:59:59", "2027-10-01", 745, "31d1h"),
        ("Month Europe/Berlin", "2027-11-01 00:00:00", "2027-11-01", 720, "30d"),
        ("Week Europe/Berlin", "2027-03-28 12:00:00", "2027-03-22", 167, "6d23h"),
        ("Week Europe/Berlin", "2027-10-31 02:30:00", "2027-10-25", 169, "7d1h"),
        ("Week America/New_York", "2027-03-14 03:30:00", "2027-03-08", 167, "6d23h"),
        ("Week Australia/Lord_Howe", "2027-04-04 12:00:00", "2027-03-29", 168.5, "7d30m"),
        ("Month Asia/Kolkata", "2027-06-01 00:00:00", "2027-06-01", 720, "30d"),
        ("Quarter Asia/Kathmandu", "2027-12-31 23:59:59", "2027-10-01", 2208, "92d"),
        ("Quarter Europe/Berlin", "2027-01-01 00:00:00", "2027-01-01", 2159, "89d23h"),
        ("Year UTC", "2028-12-31 23:59:59", "2028-01-01", 8784, "366d"),
        ("Year Europe/Berlin", "2027-07-01 00:00:00", "2027-01-01", 8760, "365d"),
    ],
)
def test_rules_hold_the_start_and_the_length_of_the_running_period(window, at, first, hours, back):
    parsed = SLOWindow.parse(window)
    found = numbers(parsed, local(at, parsed.zone))
    start, seconds = local(first, parsed.zone), round(hours * 3600)
    assert found == ({str(start)}, {back}, str(seconds // 300), {str(seconds)})


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)


@given(
    at=st.integers(1_700_000_000, 2_200_000_000),
    calendar=st.sampled_from(["Week", "Month", "Quarter", "Year"]),
    zone=st.sampled_from(ZONES),
)
def test_at_its_end_rules_are_written_for_the_period_that_begins_there(at, calendar, zone):
    window = SLOWindow(calendar=calendar, zone=zone)
    (start,), _, slices, (seconds,) = numbers(window, at)
    end = int(start) + int(seconds)
    assert int(start) <= at < end
    assert int(slices) * 300 == int(seconds)
    assert numbers(window, end - 1)[0] == {start}
    assert numbers(window, end)[0] == {str(end)}
    assert numbers(window, int(start)) == numbers(window, at)


def test_rolling_windows_are_the_same_at_any_time():
    window = SLOWindow.parse("30d")
    assert render_windows("shop", "default", [window], at=0) == render_windows(
        "shop", "default", [window], at=2e9
    )
