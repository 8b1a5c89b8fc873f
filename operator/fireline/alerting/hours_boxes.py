"""Days of the calendar as the boxes Alertmanager knows: years x months x days of the month x weekdays.

``hours`` says which days of which years have a range of minutes; this says so in few boxes. A box is
the product of its four lists, and an empty list means any, so one month with a holiday in it is a box
of its own and all months without one, of all years, are a single box.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

Runs = tuple[tuple[int, int], ...]
"""``(first, last)``, both inside, in order."""

FIRST_YEAR, LAST_YEAR = 2000, 2999
"""prometheus-operator takes years of this millennium only."""

OTHER_YEARS = 0
"""Stands for all years that are not named."""


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Days in all of these. ``weekdays``: Monday is 0. Empty: any."""

    years: Runs
    months: Runs
    days: Runs
    weekdays: tuple[int, ...]


def regular_boxes(
    weekdays: Iterable[int], days: set[date], years: tuple[int, ...], *, others: bool = False
) -> list[Box]:
    """``days``, all of them on one of ``weekdays``, in these years; ``others``: and in all other years.

    Few boxes where ``days`` are nearly all days of the weekdays in some stretch of time.
    """
    usual = tuple(sorted(weekdays))
    months: dict[Runs, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for year in years:
        for month in range(1, 13):
            runs = _runs_of_month(year, month, usual, days)
            if runs:
                months[runs][month].add(year)
    if others:
        for month in range(1, 13):
            months[((1, 31),)][month].add(OTHER_YEARS)
    named = set(years) | ({OTHER_YEARS} if others else set())
    return [box for runs, found in months.items() for box in _boxes(runs, found, named, usual, years)]


def single_boxes(days: Iterable[date]) -> list[Box]:
    """Just these days, whatever weekday they are."""
    by_month: dict[tuple[int, int], set[int]] = defaultdict(set)
    for day in days:
        by_month[day.year, day.month].add(day.day)
    months: dict[Runs, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for (year, month), numbers in by_month.items():
        months[runs_of(numbers)][month].add(year)
    return [box for runs, found in months.items() for box in _boxes(runs, found, set(), (), ())]


def runs_of(numbers: Iterable[int]) -> Runs:
    """Neighbours joined: {1, 2, 3, 7} is (1, 3), (7, 7)."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return tuple(runs)


def _runs_of_month(year: int, month: int, weekdays: tuple[int, ...], days: set[date]) -> Runs:
    """Stretches of the month in which no day of these weekdays is missing; (1, 31) is the whole of it."""
    first, length = calendar.monthrange(year, month)
    usual = [n for n in range(1, length + 1) if (first + n - 1) % 7 in weekdays]
    runs: list[list[int]] = []
    joined = False
    for number in usual:
        there = date(year, month, number) in days
        if there and joined:
            runs[-1][1] = number
        elif there:
            runs.append([number, number])
        joined = there
    if runs and runs[0][0] == usual[0]:
        runs[0][0] = 1
    if runs and runs[-1][1] == usual[-1]:
        runs[-1][1] = 31
    return tuple((start, end) for start, end in runs)


def _boxes(
    runs: Runs,
    months: dict[int, set[int]],
    named: set[int],
    weekdays: tuple[int, ...],
    years: tuple[int, ...],
) -> list[Box]:
    """One box for all months that have these runs of days in the same years."""
    by_years: dict[frozenset[int], set[int]] = defaultdict(set)
    for month, found in months.items():
        by_years[frozenset(found)].add(month)
    return [
        Box(
            years=_years(found, named, years),
            months=() if len(group) == 12 else runs_of(group),
            days=() if runs == ((1, 31),) else runs,
            weekdays=() if len(weekdays) == 7 else weekdays,
        )
        for found, group in by_years.items()
    ]


def _years(found: frozenset[int], named: set[int], years: tuple[int, ...]) -> Runs:
    if OTHER_YEARS not in found:
        return runs_of(found)
    if found == named:
        return ()
    missing = set(years) - found
    return runs_of(set(range(FIRST_YEAR, LAST_YEAR + 1)) - missing)
