"""The time an objective is measured over: the last so many days, or a calendar period in a time zone.

Used wherever a window becomes numbers: tiers (by its nominal length), rules (by its span), exact
figures and status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from fireline.calendar.span import UTC_NAME, Span
from fireline.promql.durations import Duration

Calendar = Literal["Week", "Month", "Quarter", "Year"]

_NOMINAL_DAYS: dict[Calendar, int] = {"Week": 7, "Month": 30, "Quarter": 90, "Year": 365}


@dataclass(frozen=True, slots=True, order=True)
class SLOWindow:
    """A rolling window (``rolling``) or a calendar period (``calendar`` in ``zone``)."""

    rolling: Duration | None = None
    calendar: Calendar | None = None
    zone: str = UTC_NAME

    @classmethod
    def parse(cls, text: str) -> SLOWindow:
        """The window behind :meth:`__str__`. Raises PromQLError when it is neither form."""
        kind, _, zone = text.partition(" ")
        if kind in _NOMINAL_DAYS:
            return cls(calendar=kind, zone=zone or UTC_NAME)
        return cls(rolling=Duration.parse(text))

    @property
    def nominal(self) -> Duration:
        """The length burn-rate tiers are scaled to: 7, 30, 90 and 365 days for calendar periods.

        A tier's factor stays the same all year, so that no alert changes at the end of a month; the
        share of a 28-day month that 14.4 x 1h spends is 2.1 % instead of 2 %.
        """
        if self.rolling is not None:
            return self.rolling
        assert self.calendar is not None  # noqa: S101 - one of the two is set
        return Duration.of(days=_NOMINAL_DAYS[self.calendar])

    def span(self, at: float) -> Span:
        """The window as of a Unix time: up to it when rolling, the whole running period otherwise.

        Raises ZoneInfoNotFoundError for a zone that ``checks`` would have refused.
        """
        if self.calendar is None:
            assert self.rolling is not None  # noqa: S101 - one of the two is set
            return Span(int(at) - self.rolling.milliseconds // 1000, int(at))
        # Whole seconds: a fraction would be rounded, and with it the last moment of a month into the next.
        day = datetime.fromtimestamp(int(at), ZoneInfo(self.zone)).date()
        span = _period(self.calendar, self.zone, _first_day(self.calendar, day))
        # Clocks set back across midnight, as in St. John's until 2011, show the last day once more.
        return span if at < span.end else self.span(span.end)

    def __str__(self) -> str:
        """``30d``, ``Month UTC``, ``Week Europe/Berlin``."""
        return str(self.rolling) if self.calendar is None else f"{self.calendar} {self.zone}"


def _first_day(calendar: Calendar, day: date) -> date:
    match calendar:
        case "Week":
            return day - timedelta(days=day.weekday())
        case "Month":
            return day.replace(day=1)
        case "Quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "Year":
            return day.replace(month=1, day=1)


@lru_cache(maxsize=512)
def _period(calendar: Calendar, zone: str, first: date) -> Span:
    """From local midnight of the first day to that of the next period's."""
    match calendar:
        case "Week":
            following = first + timedelta(days=7)
        case "Month":
            following = _first_day("Month", first + timedelta(days=31))
        case "Quarter":
            following = _first_day("Quarter", first + timedelta(days=92))
        case "Year":
            following = first.replace(year=first.year + 1)
    return Span(_midnight(first, zone), _midnight(following, zone))


def _midnight(day: date, zone: str) -> int:
    """The first moment of a local day; where clocks skip midnight, the moment they skip to.

    Where midnight comes twice it is the first: ``fold`` is 0, which also gives a time that is skipped
    the offset that held before it.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(local.timestamp())
