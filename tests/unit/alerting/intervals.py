"""Alertmanager's meaning of a time interval (its package timeinterval, ContainsTime), for tests of hours.

Takes the items of an AlertmanagerConfig and those of Alertmanager's own file.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def active(items: list[dict[str, Any]], at: datetime) -> bool:
    """Whether any item contains the instant."""
    return any(contains(item, at) for item in items)


def contains(item: dict[str, Any], at: datetime) -> bool:
    """Every list that is there must have an entry for the instant, in UTC or at the item's location."""
    at = at.astimezone(ZoneInfo(item.get("location", "UTC")))
    return on_day(item, at) and any(
        start <= at.hour * 60 + at.minute < end for start, end in minutes(item) or [(0, 1440)]
    )


def on_day(item: dict[str, Any], at: datetime) -> bool:
    """The part of it that is about days."""
    length = calendar.monthrange(at.year, at.month)[1]
    days = item.get("daysOfMonth", item.get("days_of_month", ()))
    return (
        _any_of(item.get("weekdays", ()), at.isoweekday() % 7, WEEK.index)
        and _any_of(item.get("months", ()), at.month, int)
        and _any_of(item.get("years", ()), at.year, int)
        and (not days or any(first <= at.day <= min(last, length) for first, last in _spans(days)))
    )


def minutes(item: dict[str, Any]) -> list[tuple[int, int]]:
    """Its times as minutes of the day; the end is outside."""
    times = item.get("times", ())
    return [
        (
            _minute(span.get("startTime") or span["start_time"]),
            _minute(span.get("endTime") or span["end_time"]),
        )
        for span in times
    ]


def native(item: dict[str, Any]) -> dict[str, Any]:
    """An item of an AlertmanagerConfig as prometheus-operator writes it into Alertmanager's file."""
    found = {key: item[key] for key in ("weekdays", "months", "years") if key in item}
    if "times" in item:
        found["times"] = [{"start_time": t["startTime"], "end_time": t["endTime"]} for t in item["times"]]
    if "daysOfMonth" in item:
        found["days_of_month"] = [f"{run['start']}:{run['end']}" for run in item["daysOfMonth"]]
    return found


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _any_of(spans: Any, number: int, read: Any) -> bool:
    if not spans:
        return True
    for span in spans:
        first, _, last = span.partition(":")
        if read(first) <= number <= read(last or first):
            return True
    return False


def _spans(days: list[Any]) -> Iterator[tuple[int, int]]:
    for run in days:
        if isinstance(run, str):
            first, _, last = run.partition(":")
            yield int(first), int(last or first)
        else:
            yield run["start"], run["end"]
