"""Cron expressions exactly as the CronJob controller reads them, in UTC.

The controller parses with robfig/cron's standard parser (``cron.ParseStandard``). It differs from
Debian's cron, and so from the ``cronsim`` that maintenance uses: Sunday is only 0, and ``*/2`` is no
star, so that ``0 0 */2 * MON`` means every second day *or* Monday. Slots that the controller does not
make would be counted as runs that never started, so the rules are written out here; the tests compare
them with slots that robfig/cron itself printed. What robfig takes without sense (``*-5``, ``1,,2``) is
refused. Used by ``fireline.synthetic.schedule``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from fireline.errors import SpecError

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_PART = re.compile(r"(?:(?P<star>[*?])|(?P<low>[0-9A-Z]+)(?:-(?P<high>[0-9A-Z]+))?)(?:/(?P<step>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        if text in self.words:
            return self.least + self.words.index(text)
        number = int(text) if text.isdigit() and len(text) < 4 else -1
        if not self.least <= number <= self.most:
            raise self.wrong(text)
        return number

    def wrong(self, found: str) -> SpecError:
        words = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
        return SpecError(
            f"{self.name}: found {found!r}; allowed: {self.least} to {self.most}{words}, "
            f"ranges like {self.least}-{self.most}, steps like */2, lists with commas"
        )


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS)),
    _Field("day of week", 0, 6, tuple(_WEEKDAYS)),
)


@dataclass(frozen=True, slots=True)
class Days:
    """Which days of UTC have slots.

    ``both``: a day must be in ``days`` and in ``weekdays``; otherwise one of them is enough. That is so
    when neither of the two fields of the expression was a star.
    """

    months: frozenset[int]
    days: frozenset[int]
    weekdays: frozenset[int]
    both: bool

    def __contains__(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        found = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return all(found) if self.both else any(found)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression: on which days, and at which seconds of them."""

    days: Days
    times: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Raises SpecError, naming the field, what was found and what is allowed."""
        parts = text.upper().split()
        if len(parts) != len(_FIELDS):
            raise SpecError(f"found {len(parts)} fields; write five, such as */10 6-22 * * *")
        (minutes, _), (hours, _), (days, any_day), (months, _), (weekdays, any_weekday) = (
            _numbers(field, part) for field, part in zip(_FIELDS, parts, strict=True)
        )
        return cls(
            days=Days(months, days, weekdays, both=any_day or any_weekday),
            times=tuple(3600 * hour + 60 * minute for hour in sorted(hours) for minute in sorted(minutes)),
        )


def _numbers(field: _Field, text: str) -> tuple[frozenset[int], bool]:
    """The numbers a field matches, and whether it counts as a star."""
    found: set[int] = set()
    star = False
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None or match["step"] == "0":
            raise field.wrong(part)
        step = int(match["step"] or 1)
        if match["star"]:
            low, high = field.least, field.most
            star = star or step == 1
        else:
            low = field.number(match["low"])
            # "5/15" means "5-59/15".
            high = field.most if match["step"] else low
            high = field.number(match["high"]) if match["high"] else high
        if low > high:
            raise field.wrong(part)
        found.update(range(low, high + 1, step))
    return frozenset(found), star
