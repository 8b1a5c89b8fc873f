"""How far a zone's clock is from UTC on each day: what ``hours`` needs to write local hours in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from fireline.alerting.hours_model import DAY

Stretch = tuple[int, int, int]
"""Minutes of a UTC day ``(first, first one after)`` and the offset in them, in minutes."""

Stretches = tuple[Stretch, ...]


@lru_cache(maxsize=128)
def stretches(zone: str, first_year: int, years: int) -> dict[date, Stretches]:
    """The offsets of every UTC day of these years: one stretch a day, more where the clock is changed.

    Two changes within a day that undo each other would not be seen; no zone has ever done that.
    """
    place = ZoneInfo(zone)
    day, end = date(first_year, 1, 1), date(first_year + years, 1, 1)
    found: dict[date, Stretches] = {}
    before = _offset(place, day, 0)
    while day < end:
        after = _offset(place, day, DAY)
        found[day] = ((0, DAY, before),) if before == after else _changes(place, day)
        before = after
        day += timedelta(days=1)
    return found


def _changes(place: ZoneInfo, day: date) -> Stretches:
    offsets = [_offset(place, day, minute) for minute in range(DAY)]
    edges = [0, *(m for m in range(1, DAY) if offsets[m] != offsets[m - 1]), DAY]
    return tuple((first, last, offsets[first]) for first, last in pairwise(edges))


def _offset(place: ZoneInfo, day: date, minute: int) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    # What the wall shows, read as UTC, is ahead of UTC by the offset.
    wall = at.astimezone(place).replace(tzinfo=UTC)
    return int((wall - at).total_seconds()) // 60
