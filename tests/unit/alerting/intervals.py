"""When written time intervals are active, by the evaluator that other tests hold to a running Alertmanager.

Takes the items of an AlertmanagerConfig and those of Alertmanager's own file.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fireline.alerting.effective.intervals import time_interval
from fireline.alerting.effective.origin import Origin
from fireline.alerting.simulate.calendar import Interval, intervals

Item = dict[str, Any]


def merged(items: list[Item]) -> list[Item]:
    """Items of an AlertmanagerConfig as prometheus-operator writes them for Alertmanager."""
    found = time_interval({"name": "some", "timeIntervals": items}, Origin("shop", "checkout"))
    written: list[Item] = found["time_intervals"]
    return written


class Active:
    """What a list of items in Alertmanager's own words says."""

    def __init__(self, items: list[Item]) -> None:
        found: tuple[Interval, ...] = intervals({"time_intervals": [{"name": "x", "time_intervals": items}]})[
            "x"
        ]
        self._items = found
        self._days = [replace(one, times=()) for one in found]

    def at(self, instant: datetime) -> bool:
        """Whether any item holds."""
        return any(one.holds(instant) for one in self._items)

    def minutes(self, midnight: datetime) -> set[int]:
        """Minutes of a UTC day in which any item holds; for items without a location."""
        return {
            minute
            for one, day in zip(self._items, self._days, strict=True)
            if day.holds(midnight)
            for start, end in one.times or [(0, 1440)]
            for minute in range(start, end)
        }
