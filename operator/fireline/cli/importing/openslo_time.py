"""OpenSLO's durations, windows and time slices as Fireline's."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from fireline.cli.importing import shape
from fireline.cli.importing.probe import refusal
from fireline.cli.importing.source import Field, LeftOut
from fireline.promql.durations import Duration

_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080, "M": 43_200, "Q": 129_600, "Y": 525_600}
_UNITS = {"minute": "m", "hour": "h", "day": "d", "week": "w", "month": "M", "quarter": "Q", "year": "Y"}
_CALENDAR = {
    "1w": "Week",
    "7d": "Week",
    "1M": "Month",
    "1Q": "Quarter",
    "3M": "Quarter",
    "1Y": "Year",
    "12M": "Year",
}
_FIRST = {
    "Week": "Monday",
    "Month": "the first of a month",
    "Quarter": "the first of January, April, July or October",
    "Year": "the first of January",
}


def duration(field: Field) -> Duration | None:
    """A duration such as ``4w``, ``1M`` (30 days) or, for slices, a number of minutes; None with a loss."""
    text = field.text()
    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]*)([mhdwMQY]?)", text.strip())
    if not match:
        field.lost("is no duration", "write it like 5m, 4w or 1M")
        return None
    return Duration.of(minutes=int(match[1]) * _MINUTES[match[2] or "m"])


def window(spec: Field) -> dict[str, Any]:
    """``spec.window``. Raises LeftOut when Fireline has no such window."""
    listed = spec.get("timeWindow") if spec.get("timeWindow").present else spec.get("timeWindows")
    entries = listed.entries()
    if not entries:
        spec.get("service").note("no timeWindow is given: Fireline's is 30d", "write one if you mean another")
        return {"rolling": "30d"}
    for other in entries[1:]:
        other.lost(
            "is the second window, and there is one for each objective", "import it as another objective"
        )
    first = entries[0]
    text = _length(first)
    calendar = first.get("calendar")
    if first.get("isRolling").flag(default=not calendar.present):
        calendar.drop("belongs to a window that is not rolling", "")
        return _rolling(first, text)
    return _aligned(first, text, calendar)


def _length(entry: Field) -> str:
    """``4w`` of v1, or of v1alpha's unit and count."""
    if entry.get("unit").present:
        unit = _UNITS.get((entry.get("unit").text() or "").lower().removesuffix("s"))
        count = entry.get("count").text() or "1"
        if unit is None:
            raise LeftOut(entry.get("unit"), "is no unit of time", "write Day, Week, Month, Quarter or Year")
        return f"{count}{unit}"
    found = entry.get("duration").text()
    if not found:
        raise LeftOut(entry.get("duration"), "is missing", "write it like 4w")
    return found


def _rolling(entry: Field, text: str) -> dict[str, Any]:
    field = entry.get("unit") if entry.get("unit").present else entry.get("duration")
    length = duration(field) if field.value == text else None
    if length is None:
        match = re.fullmatch(r"([1-9][0-9]*)([mhdwMQY])", text)
        length = Duration.of(minutes=int(match[1]) * _MINUTES[match[2]]) if match else None
    rolling = shape.rolling(length) if length else None
    if rolling is None:
        raise LeftOut(field, f"{text} is no window of 1 to 90 days", "choose a window such as 28d or 30d")
    if text[-1] in "MQY":
        field.changed(f"became {rolling}: a rolling window is counted in days", "choose the days yourself")
    return {"rolling": rolling}


def _aligned(entry: Field, text: str, calendar: Field) -> dict[str, Any]:
    field = entry.get("unit") if entry.get("unit").present else entry.get("duration")
    period = _CALENDAR.get(text)
    if period is None:
        raise LeftOut(field, f"{text} is no calendar week, month, quarter or year", "choose one of them")
    found: dict[str, Any] = {"calendar": period}
    zone = calendar.get("timeZone").text()
    if zone:
        why = refusal(window=found | {"timeZone": zone})
        if why:
            raise LeftOut(calendar.get("timeZone"), why, "write an IANA time zone")
        found["timeZone"] = zone
    start = calendar.get("startTime")
    if start.present and not _starts_a_period(str(start.take()), period):
        start.changed(
            f"periods begin on {_FIRST[period]} at midnight",
            "expect the budget to start afresh on another day",
        )
    return found


def _starts_a_period(text: str, period: str) -> bool:
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?Z?)?", text)
    if not match:
        return False
    try:
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        return False
    if period == "Week":
        return day.weekday() == 0
    months = {"Month": range(1, 13), "Quarter": (1, 4, 7, 10), "Year": (1,)}[period]
    return day.day == 1 and day.month in months


def budgeting(spec: Field, objective: Field) -> dict[str, Any]:
    """``budgeting`` and ``timeslice``. Raises LeftOut when a slice cannot be judged."""
    method = spec.get("budgetingMethod").text() or "Occurrences"
    target, length = objective.get("timeSliceTarget"), objective.get("timeSliceWindow")
    if method == "Timeslices":
        share, size = target.number(), duration(length) or Duration.of(minutes=5)
        if not length.present:
            target.note("no timeSliceWindow is given: slices are 5m", "")
        if share is None:
            raise LeftOut(target, "is missing", "say which share of a slice must be good")
        slices = {"length": str(size), "objective": shape.percent(target, share * 100)}
        why = refusal(budgeting="Timeslices", timeslice=slices)
        if why:
            raise LeftOut(length, why, "choose slices of 5m to 1h")
        return {"budgeting": "Timeslices", "timeslice": slices}
    for field in (target, length):
        field.drop(f"belongs to budgetingMethod Timeslices, not {method}", "")
    if method != "Occurrences":
        spec.get("budgetingMethod").changed(
            "became Occurrences: Fireline weights by events, not by the mean of slices",
            "expect other figures where traffic comes in waves",
        )
    return {}
