"""Hours as time intervals of Alertmanager.

Called by ``amc`` (AlertmanagerConfig: everything in UTC, there are no time zones) and by ``raw`` (the
merged configuration: items with ``location``). Both want lists of what is active, never of what is
muted, so there are two: inside the hours, and outside.

A zone that changes its clock would need other UTC items after each change, and a rewrite at two in the
morning by an operator that may be down then. So the items are dated instead: they hold for a calendar
year and the next, the days of the change and the holidays among them spelled out. The bytes depend on
the calendar year only. A zone that stays at its offset gets items without dates, but for holidays.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from fireline.alerting.hours_boxes import Box, Runs, runs_of
from fireline.alerting.hours_model import DAY, Hours, within
from fireline.alerting.hours_offsets import Stretches, stretches
from fireline.alerting.hours_ranges import Item, items

__all__ = [
    "Hours",
    "native_complement",
    "native_intervals",
    "renew_at",
    "utc_complement",
    "utc_intervals",
    "valid_years",
    "within",
]

NEVER: dict[str, Any] = {"years": ["2000"]}
"""The outside of hours that are always. An empty list would break Alertmanager's whole configuration."""


def valid_years(now: datetime) -> range:
    """The calendar years (UTC) that items written now are for: this and the next."""
    year = now.astimezone(UTC).year
    return range(year, year + 2)


def renew_at(now: datetime) -> datetime:
    """When ``valid_years`` changes next: the year's turn. Old items hold for a year from then."""
    return datetime(now.astimezone(UTC).year + 1, 1, 1, tzinfo=UTC)


def utc_intervals(hours: Hours, years: range) -> list[dict[str, Any]]:
    """Items of ``timeIntervals`` of an AlertmanagerConfig for inside the hours, never empty."""
    return [_amc(item) for item in _utc_items(hours, years, outside=False)] or [dict(NEVER)]


def utc_complement(hours: Hours, years: range) -> list[dict[str, Any]]:
    """The same for outside the hours: one of the two lists is active at any minute of these years."""
    return [_amc(item) for item in _utc_items(hours, years, outside=True)] or [dict(NEVER)]


def native_intervals(hours: Hours) -> list[dict[str, Any]]:
    """Items of ``time_intervals`` of Alertmanager's own configuration, with ``location``: inside.

    They hold for ever and change with ``hours`` only.
    """
    return [_native(item, hours.zone) for item in _wall_items(hours, outside=False)] or [dict(NEVER)]


def native_complement(hours: Hours) -> list[dict[str, Any]]:
    """The same for outside the hours."""
    return [_native(item, hours.zone) for item in _wall_items(hours, outside=True)] or [dict(NEVER)]


def _utc_items(hours: Hours, years: range, *, outside: bool) -> tuple[Item, ...]:
    # Most policies keep the same hours under different names, and ask for them at every turn.
    return _dated(replace(hours, name=""), years, outside=outside)


@lru_cache(maxsize=512)
def _dated(hours: Hours, years: range, *, outside: bool) -> tuple[Item, ...]:
    found = stretches(hours.zone, years.start, len(years))
    offsets = {offset for day in found.values() for _, _, offset in day}
    if len(offsets) > 1 and not hours.always:
        return tuple(items(hours, found, outside=outside))
    return _constant(hours, offsets.pop(), outside=outside)


def _wall_items(hours: Hours, *, outside: bool) -> tuple[Item, ...]:
    return _constant(replace(hours, name=""), 0, outside=outside)


@lru_cache(maxsize=512)
def _constant(hours: Hours, offset: int, *, outside: bool) -> tuple[Item, ...]:
    """At one offset for ever: only the years with holidays are named."""
    days: dict[date, Stretches] = {}
    around = {day + timedelta(days=n) for day in hours.holidays for n in (-1, 0, 1, 2)}
    for year in sorted({day.year for day in around}):
        for month in range(1, 13):
            for number in range(1, calendar.monthrange(year, month)[1] + 1):
                days[date(year, month, number)] = ((0, DAY, offset),)
    return tuple(items(hours, days, outside=outside, others=offset))


def _amc(item: Item) -> dict[str, Any]:
    box, ranges = item
    return _without_empty(
        {
            "times": [{"startTime": _clock(start), "endTime": _clock(end)} for start, end in ranges],
            "weekdays": _weekdays(box),
            "daysOfMonth": [{"start": first, "end": last} for first, last in box.days],
            "months": _numbers(box.months),
            "years": _numbers(box.years),
        }
    )


def _native(item: Item, zone: str) -> dict[str, Any]:
    box, ranges = item
    return _without_empty(
        {
            "times": [{"start_time": _clock(start), "end_time": _clock(end)} for start, end in ranges],
            "weekdays": _weekdays(box),
            "days_of_month": _numbers(box.days),
            "months": _numbers(box.months),
            "years": _numbers(box.years),
            "location": zone,
        }
    )


def _without_empty(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _weekdays(box: Box) -> list[str]:
    """Ranges in Alertmanager's week, which begins on Sunday: ``saturday:sunday`` does not exist."""
    names = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    runs = runs_of((day + 1) % 7 for day in box.weekdays)
    return [_span(names[first], names[last]) for first, last in runs]


def _numbers(runs: Runs) -> list[str]:
    return [_span(str(first), str(last)) for first, last in runs]


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}:{last}"
