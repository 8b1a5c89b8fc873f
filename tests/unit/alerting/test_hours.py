"""Hours written for Alertmanager against the clock on the wall, minute by minute around every edge."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bed.toolchain import Tools
from tests.unit.alerting.intervals import Active, merged

from fireline.alerting.hours import (
    Hours,
    native_complement,
    native_intervals,
    renew_at,
    utc_complement,
    utc_intervals,
    valid_years,
    within,
)

YEARS = range(2027, 2029)
"""2028 has a 29th of February."""

WORKDAYS, WEEKEND, ALL = frozenset(range(5)), frozenset({5, 6}), frozenset(range(7))

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
)
MORE_ZONES = ("Pacific/Chatham", "America/St_Johns", "America/Santiago", "Africa/Cairo", "Antarctica/Troll")

HOLIDAYS = frozenset(
    {
        date(2027, 1, 1),
        date(2027, 3, 26),
        date(2027, 12, 24),
        date(2027, 12, 31),
        date(2028, 2, 29),
        date(2028, 10, 30),
        date(2028, 12, 31),
        date(2031, 5, 1),
    }
)


def clock(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def hours(zone: str, start: str, end: str, days: frozenset[int], holidays: frozenset[date]) -> Hours:
    return Hours("some", zone, days, clock(start), clock(end), holidays)


WINDOWS: dict[str, tuple[str, str, frozenset[int]]] = {
    "office": ("09:00", "17:00", WORKDAYS),
    "night shift over midnight": ("22:00", "06:00", WORKDAYS),
    "last hours of the day": ("20:00", "24:00", ALL),
    "whole days": ("00:00", "24:00", WORKDAYS),
    "from Sunday into Monday": ("18:00", "08:30", WEEKEND),
    "the hour that is changed": ("02:00", "03:00", ALL),
    "a day and a night": ("12:00", "12:00", frozenset({0, 3, 6})),
    "one minute": ("23:59", "24:00", frozenset({6})),
}


def changes(zone: str) -> Iterator[datetime]:
    """UTC midnights of the days on which the zone changes its clock."""
    at = datetime(YEARS.start, 1, 1, tzinfo=UTC)
    while at.year in YEARS:
        after = at + timedelta(days=1)
        if at.astimezone(ZoneInfo(zone)).utcoffset() != after.astimezone(ZoneInfo(zone)).utcoffset():
            yield at
        at = after


def edges(zone: str) -> list[datetime]:
    """Midnights of the days on which something could go wrong: changes, holidays, turns, a leap day."""
    special = set(changes(zone)) | {
        datetime(day.year, day.month, day.day, tzinfo=UTC) for day in HOLIDAYS if day.year in YEARS
    }
    special |= {datetime(2028, 1, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)}
    near = {at + timedelta(days=n) for at in special for n in (-2, -1, 0, 1, 2)}
    return sorted(at for at in near if at.year in YEARS)


def both(some: Hours, years: range = YEARS) -> tuple[Active, Active]:
    """Inside and outside, as Alertmanager reads them."""
    return Active(merged(utc_intervals(some, years))), Active(merged(utc_complement(some, years)))


def truth_of(some: Hours, midnight: datetime, step: int = 1) -> set[int]:
    """Minutes of a UTC day within the hours, by the clock on the wall."""
    return {m for m in range(0, 1440, step) if within(some, midnight + timedelta(minutes=m))}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("zone", ZONES)
def test_around_every_edge_each_minute_is_inside_or_outside_as_the_wall_says(zone: str, window: str) -> None:
    some = hours(zone, *WINDOWS[window], HOLIDAYS)
    inside, outside = both(some)
    for midnight in edges(zone):
        truth = truth_of(some, midnight)
        assert inside.minutes(midnight) == truth, midnight
        assert outside.minutes(midnight) == set(range(1440)) - truth, midnight


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize("window", ["office", "night shift over midnight", "the hour that is changed"])
def test_items_with_a_location_say_the_same_around_every_edge(zone: str, window: str) -> None:
    some = hours(zone, *WINDOWS[window], HOLIDAYS)
    items = native_intervals(some), native_complement(some)
    assert all(item["location"] == zone for listed in items for item in listed)
    inside, outside = map(Active, items)
    for midnight in edges(zone):
        for minute in range(0, 1440, 5):
            at = midnight + timedelta(minutes=minute)
            assert inside.at(at) == within(some, at), at
            assert outside.at(at) != within(some, at), at


def test_the_day_that_samoa_left_out_has_no_hours() -> None:
    """At the end of 29 December 2011 Apia crossed the date line: its 30th never was."""
    some = hours("Pacific/Apia", "09:00", "17:00", ALL, frozenset())
    inside, _ = both(some, range(2011, 2013))
    for day in (29, 30, 31):
        midnight = datetime(2011, 12, day, tzinfo=UTC)
        assert inside.minutes(midnight) == truth_of(some, midnight)
    at_nine = [datetime(2011, 12, 29, 19, tzinfo=UTC), datetime(2011, 12, 30, 19, tzinfo=UTC)]
    assert [within(some, at) for at in at_nine] == [True, True]
    assert [at.astimezone(ZoneInfo("Pacific/Apia")).day for at in at_nine] == [29, 31]


some_hours = st.builds(
    Hours,
    st.just("some"),
    st.sampled_from([*ZONES, *MORE_ZONES]),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.frozensets(st.dates(date(2026, 12, 25), date(2029, 1, 5)), max_size=12),
)


@settings(max_examples=40, deadline=None)
@given(some=some_hours)
def test_any_hours_are_right_at_every_hour_of_two_years_inside_and_outside(some: Hours) -> None:
    inside, outside = both(some)
    midnight = datetime(YEARS.start, 1, 1, tzinfo=UTC)
    while midnight.year in YEARS:
        truth, whole = truth_of(some, midnight, 60), set(range(0, 1440, 60))
        assert inside.minutes(midnight) & whole == truth, midnight
        assert outside.minutes(midnight) & whole == whole - truth, midnight
        midnight += timedelta(days=1)


def test_a_zone_that_keeps_its_offset_needs_no_dates_and_is_never_renewed() -> None:
    office = hours("Asia/Kolkata", *WINDOWS["office"], frozenset())
    assert utc_intervals(office, YEARS) == [
        {"times": [{"startTime": "03:30", "endTime": "11:30"}], "weekdays": ["monday:friday"]}
    ]
    assert utc_complement(office, YEARS) == utc_complement(office, range(2040, 2042))


def test_a_holiday_far_ahead_is_there_already_where_nothing_else_is_dated() -> None:
    office = hours("Asia/Kolkata", *WINDOWS["office"], frozenset({date(2035, 8, 15)}))
    items = utc_intervals(office, YEARS)
    assert items == utc_intervals(office, range(2035, 2037))
    inside = Active(merged(items))
    assert not inside.at(datetime(2035, 8, 15, 6, tzinfo=UTC))
    assert inside.at(datetime(2035, 8, 16, 6, tzinfo=UTC))
    assert inside.at(datetime(2034, 8, 15, 6, tzinfo=UTC))


def test_a_zone_with_summer_time_is_written_for_this_year_and_the_next_in_few_items() -> None:
    office = hours("Europe/Berlin", *WINDOWS["office"], frozenset())
    items = utc_intervals(office, valid_years(datetime(2026, 11, 22, tzinfo=UTC)))
    assert len(items) <= 10
    assert {year for item in items for year in item["years"]} <= {"2026", "2027", "2026:2027"}


def test_the_bytes_change_with_the_year_and_not_before() -> None:
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert valid_years(first) == valid_years(last) == range(2026, 2028)
    assert renew_at(first) == renew_at(last) == datetime(2027, 1, 1, tzinfo=UTC)
    assert valid_years(renew_at(last)) == range(2027, 2029)


def test_a_holiday_is_outside_from_midnight_to_midnight_whatever_begins_or_ends_on_it() -> None:
    nights = hours("UTC", "22:00", "06:00", ALL, frozenset({date(2027, 12, 24)}))
    before, eve, after = (datetime(2027, 12, day, tzinfo=UTC) for day in (23, 24, 25))
    assert within(nights, before.replace(hour=23, minute=59))
    assert not within(nights, eve)
    assert not within(nights, eve.replace(hour=23, minute=59))
    assert within(nights, after)
    assert not within(nights, after.replace(hour=6))


@pytest.mark.parametrize("of", [utc_intervals, utc_complement])
def test_hours_that_are_always_have_an_outside_that_is_never_but_not_empty(of: Callable[..., Any]) -> None:
    always = hours("Europe/Berlin", "00:00", "24:00", ALL, frozenset())
    items = of(always, YEARS)
    assert items
    at = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert Active(merged(items)).at(at) is (of is utc_intervals)


def test_an_instant_without_a_zone_is_refused() -> None:
    office = hours("Asia/Kolkata", *WINDOWS["office"], frozenset())
    with pytest.raises(ValueError, match="zone"):
        within(office, datetime(2027, 1, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [(frozenset(), 0, 60), (frozenset({7}), 0, 60), (ALL, 1440, 60), (ALL, -1, 60), (ALL, 0, 1441)],
)
def test_hours_that_no_clock_shows_cannot_be_made(days: frozenset[int], start: int, end: int) -> None:
    with pytest.raises(ValueError, match="hours some"):
        Hours("some", "UTC", days, start, end)


def test_amtool_takes_every_kind_of_hours(tmp_path: Path) -> None:
    kinds = [
        (zone, name, hours(zone, *WINDOWS[name], holidays))
        for zone in ZONES
        for name in WINDOWS
        for holidays in (frozenset[date](), HOLIDAYS)
    ]
    always = hours("Europe/Berlin", "00:00", "24:00", ALL, frozenset())
    lists = [
        items
        for some in [always, *(some for _, _, some in kinds)]
        for items in (
            merged(utc_intervals(some, YEARS)),
            merged(utc_complement(some, YEARS)),
            native_intervals(some),
            native_complement(some),
        )
    ]
    assert all(lists)
    config = {
        "route": {"receiver": "null"},
        "receivers": [{"name": "null"}],
        "time_intervals": [{"name": f"hours-{n}", "time_intervals": items} for n, items in enumerate(lists)],
    }
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    done = subprocess.run(
        [Tools().path("amtool"), "check-config", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "SUCCESS" in done.stdout
