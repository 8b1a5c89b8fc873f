"""What hours are: a weekly window of the clock on a wall somewhere, and the days it does not hold.

``checks`` builds one from each item of a policy's ``spec.hours``; ``hours`` writes it for Alertmanager;
``report`` asks ``within`` which pages came outside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 1440
"""Minutes of a day on the wall, whatever the clock does in the night it is changed."""


Ranges = tuple[tuple[int, int], ...]
"""Minutes of one day, ``(first, first one after)``, in order, apart from each other."""

Kind = tuple[bool, bool]
"""Of a local day: whether a window begins on it, and whether it is a holiday."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One named window. Minutes count from local midnight, ``end_minute`` itself is outside.

    ``end_minute <= start_minute`` runs over midnight, and it is the weekday on which it begins that
    counts. The same minute twice is a whole day. A holiday is outside from midnight to midnight: of a
    window over midnight only the part on the other day is left. Seven whole days are always.
    """

    name: str
    zone: str
    weekdays: frozenset[int]
    start_minute: int
    end_minute: int
    holidays: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError(f"hours {self.name}: weekdays are 0 (Monday) to 6 (Sunday), at least one")
        if not 0 <= self.start_minute < DAY or not 0 <= self.end_minute <= DAY:
            raise ValueError(f"hours {self.name}: from 00:00 to before 24:00, until 24:00 at the latest")

    @property
    def length(self) -> int:
        """Minutes on the wall from the beginning to the end, 1 to 1440."""
        over_midnight = DAY if self.end_minute <= self.start_minute else 0
        return self.end_minute + over_midnight - self.start_minute

    @property
    def always(self) -> bool:
        """Whether no minute is outside, whatever the clock does."""
        return self.length == DAY and len(self.weekdays) == 7 and not self.holidays

    def kind_of(self, day: date) -> Kind:
        """Whether a window begins on this local day, and whether the day is a holiday."""
        return day.weekday() in self.weekdays, day in self.holidays


def within(hours: Hours, at: datetime) -> bool:
    """Whether the clock on the wall of ``hours.zone`` shows a minute inside the window at this instant.

    An hour that the clock shows twice is inside twice, one that it leaves out is never. ``at`` knows
    its own zone. Raises ZoneInfoNotFoundError for a zone that does not exist: ``checks`` refuses it.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    wall = at.astimezone(ZoneInfo(hours.zone))
    return wall_within(hours, wall.date(), wall.hour * 60 + wall.minute)


def wall_within(hours: Hours, day: date, minute: int) -> bool:
    """The same for what the wall shows: a local day and the minute of it."""
    return day not in hours.holidays and any(
        (day - timedelta(days=back)).weekday() in hours.weekdays
        and hours.start_minute <= minute + back * DAY < hours.start_minute + hours.length
        for back in (0, 1)
    )


def wall_ranges(kinds: Mapping[int, Kind], hours: Hours, first: int, last: int) -> list[tuple[int, int]]:
    """Minutes inside on a line of local minutes, clipped to ``first <= minute < last``.

    Minute 0 is the midnight that begins day 0; ``kinds`` has the days from the one before ``first`` to
    the one of ``last``.
    """
    end = hours.start_minute + hours.length
    parts = [(0, hours.start_minute, min(end, DAY)), (1, 0, end - DAY)]
    found = []
    for begins, (begins_a_window, _) in kinds.items():
        for ahead, start, stop in parts:
            day = begins + ahead
            if begins_a_window and day in kinds and not kinds[day][1]:
                found.append((max(day * DAY + start, first), min(day * DAY + stop, last)))
    return [(start, stop) for start, stop in found if start < stop]
