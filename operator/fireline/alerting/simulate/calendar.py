"""Time intervals as Alertmanager knows them: whether an instant lies within.

The minute at which a range of times ends is not part of it, the last day, month and year are. Days of a
month count from its end when they are negative.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fireline.alerting.effective.intervals import MONTHS, WEEKDAYS, number
from fireline.api.plan import Manifest
from fireline.errors import SpecError

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Interval:
    """One item of a named interval; what is empty restricts nothing."""

    times: tuple[Range, ...] = ()
    """Minutes of the day, the second one excluded."""
    weekdays: tuple[Range, ...] = ()
    """From 0 for Sunday."""
    days_of_month: tuple[Range, ...] = ()
    months: tuple[Range, ...] = ()
    years: tuple[Range, ...] = ()
    zone: tzinfo = UTC

    def holds(self, instant: datetime) -> bool:
        """Whether an instant (with any time zone) lies within."""
        local = instant.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return (
            (not self.times or any(begin <= minute < end for begin, end in self.times))
            and (not self.days_of_month or _within_month(self.days_of_month, local))
            and _within(self.months, local.month)
            and _within(self.weekdays, local.isoweekday() % 7)
            and _within(self.years, local.year)
        )


def intervals(configuration: Manifest) -> dict[str, tuple[Interval, ...]]:
    """The named intervals of an alertmanager.yaml. Raises SpecError for what Alertmanager would refuse."""
    return {
        str(one.get("name")): tuple(_interval(item) for item in one.get("time_intervals") or ())
        for key in ("mute_time_intervals", "time_intervals")
        for one in configuration.get(key) or ()
    }


def _within(ranges: Sequence[Range], value: int) -> bool:
    return not ranges or any(begin <= value <= end for begin, end in ranges)


def _within_month(ranges: Sequence[Range], local: datetime) -> bool:
    length = calendar.monthrange(local.year, local.month)[1]
    for first, last in ranges:
        begin, end = (length + day + 1 if day < 0 else day for day in (first, last))
        # A range that begins after the month's end is not in it; others are cut to the month.
        if begin <= length and begin <= local.day <= min(end, length):
            return True
    return False


def _interval(given: Manifest) -> Interval:
    return Interval(
        times=tuple(
            (_minute(one.get("start_time")), _minute(one.get("end_time"))) for one in given.get("times") or ()
        ),
        weekdays=_ranges(given.get("weekdays"), WEEKDAYS, 0),
        days_of_month=_ranges(given.get("days_of_month"), (), 0),
        months=_ranges(given.get("months"), MONTHS, 1),
        years=_ranges(given.get("years"), (), 0),
        zone=_zone(given.get("location")),
    )


def _minute(text: Any) -> int:
    hours, colon, minutes = str(text).partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal()):
        raise SpecError(f"{text!r} is no time of day; write it like 09:00")
    return int(hours) * 60 + int(minutes)


def _ranges(given: Any, names: Sequence[str], first: int) -> tuple[Range, ...]:
    return tuple(_range(str(one), names, first) for one in given or ())


def _range(text: str, names: Sequence[str], first: int) -> Range:
    begin, _, end = text.lower().partition(":")
    low, high = number(begin, names, first), number(end or begin, names, first)
    if low is None or high is None:
        raise SpecError(f"{text!r} is no range; write it like {names[1] if names else '1'} or 1:5")
    return low, high


def _zone(name: Any) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SpecError(f"{name!r} is no time zone; write it like Europe/Berlin") from None
