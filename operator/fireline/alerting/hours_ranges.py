"""The minutes of every UTC day in which hours hold, and the boxes that say so.

Called by ``hours``. A day of the calendar is either like its weekday, at the offset the zone has then,
or it is not: a holiday, the day after one, the day the clock is changed. The former become few boxes
with weekdays, the latter boxes with their dates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from fireline.alerting.hours_boxes import Box, regular_boxes, single_boxes
from fireline.alerting.hours_model import DAY, Hours, Kind, Ranges, wall_ranges
from fireline.alerting.hours_offsets import Stretches

AROUND = (-2, -1, 0, 1)
"""A UTC day has minutes of these local days' windows: no offset reaches 24 hours, no window is longer."""

Span = tuple[int, int]
"""Minutes of a UTC day, ``(first, first one after)``."""

Weekly = tuple[Span, frozenset[int]]
"""A span and the weekdays that have it in a usual week. Where two offsets agree on it they are one."""

Item = tuple[Box, Ranges]
"""The minutes of the days of a box."""


def ranges_of(hours: Hours, kinds: Iterable[Kind], stretches: Stretches, *, outside: bool) -> Ranges:
    """UTC minutes of a day inside the hours (or outside); ``kinds`` of the local days AROUND it."""
    known = dict(zip(AROUND, kinds, strict=True))
    found = [
        (start - offset, end - offset)
        for first, last, offset in stretches
        for start, end in wall_ranges(known, hours, first + offset, last + offset)
    ]
    inside = _joined(found)
    return _gaps(inside) if outside else inside


def items(
    hours: Hours, calendar: dict[date, Stretches], *, outside: bool, others: int | None = None
) -> list[Item]:
    """Boxes with their minutes, for the whole years of ``calendar``; in a stable order.

    ``others``: the offset in all years that are not in ``calendar``; None: nothing in them.
    """
    usual = _Usual(hours, outside)
    offsets = {offset for stretches in calendar.values() for _, _, offset in stretches}
    offsets |= set() if others is None else {others}
    regular: dict[Weekly, set[date]] = {week: set() for offset in offsets for week in usual.weeks(offset)}
    single: dict[Span, set[date]] = defaultdict(set)
    for day, stretches in calendar.items():
        weeks = {week for _, _, offset in stretches for week in usual.weeks(offset)}
        for span in _ranges_on(hours, day, stretches, outside):
            like = [week for week in weeks if week[0] == span and day.weekday() in week[1]]
            for week in like:
                regular[week].add(day)
            if not like:
                single[span].add(day)
    return _merged(regular, single, tuple(sorted({day.year for day in calendar})), others is not None)


def _ranges_on(hours: Hours, day: date, stretches: Stretches, outside: bool) -> Ranges:
    kinds = (hours.kind_of(day + timedelta(days=n)) for n in AROUND)
    return ranges_of(hours, kinds, stretches, outside=outside)


def _merged(
    regular: dict[Weekly, set[date]], single: dict[Span, set[date]], years: tuple[int, ...], others: bool
) -> list[Item]:
    boxes: dict[Box, set[Span]] = defaultdict(set)
    for (span, weekdays), days in regular.items():
        for box in regular_boxes(weekdays, days, years, others=others):
            boxes[box].add(span)
    for span, days in single.items():
        for box in single_boxes(days):
            boxes[box].add(span)
    return sorted((box, tuple(sorted(spans))) for box, spans in boxes.items())


class _Usual:
    """The minutes of each weekday in a week without holidays and changes, by offset."""

    def __init__(self, hours: Hours, outside: bool) -> None:
        self._hours = hours
        self._outside = outside
        self._found: dict[int, frozenset[Weekly]] = {}

    def weeks(self, offset: int) -> frozenset[Weekly]:
        """Every range of minutes with the weekdays that have it."""
        if offset not in self._found:
            found: dict[Span, set[int]] = defaultdict(set)
            for weekday in range(7):
                kinds = (((weekday + n) % 7 in self._hours.weekdays, False) for n in AROUND)
                constant = ((0, DAY, offset),)
                for span in ranges_of(self._hours, kinds, constant, outside=self._outside):
                    found[span].add(weekday)
            self._found[offset] = frozenset((span, frozenset(days)) for span, days in found.items())
        return self._found[offset]


def _joined(found: Iterable[tuple[int, int]]) -> Ranges:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _gaps(inside: Ranges) -> Ranges:
    edges = [0, *(minute for span in inside for minute in span), DAY]
    return tuple((start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end)
