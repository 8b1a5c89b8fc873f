"""Time intervals: of an AlertmanagerConfig as Alertmanager's, and both as they are written again.

Ranges are parsed and printed, so ``1:12`` months and ``january:december`` become the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def time_interval(given: Manifest, origin: Origin) -> Manifest:
    """A named interval. prometheus-operator sets the name together with each item: without items it has
    none, and Alertmanager refuses the whole configuration."""
    items = [_item(one) for one in given.get("timeIntervals") or ()]
    return {"name": origin.prefixed(given.get("name")) if items else "", "time_intervals": items}


def rewritten(given: Manifest) -> Manifest:
    """A named interval of the base, as it is written after it was read."""
    items = [_printed(one) for one in given.get("time_intervals") or () if isinstance(one, dict)]
    return {"name": given.get("name", ""), "time_intervals": items}


def _item(given: Manifest) -> Manifest:
    days = given.get("daysOfMonth") or ()
    return _printed(
        {
            "times": [
                {"start_time": one.get("startTime"), "end_time": one.get("endTime")}
                for one in given.get("times") or ()
            ],
            "weekdays": given.get("weekdays"),
            "days_of_month": [f"{one.get('start', 0)}:{one.get('end', 0)}" for one in days],
            "months": given.get("months"),
            "years": given.get("years"),
        }
    )


def _printed(item: Manifest) -> Manifest:
    done = {
        "times": [dict(one) for one in item.get("times") or ()],
        "weekdays": [_range(one, WEEKDAYS, 0) for one in item.get("weekdays") or ()],
        "days_of_month": [_range(one, (), 0) for one in item.get("days_of_month") or ()],
        # Alertmanager prints months as numbers, whatever was written.
        "months": [_range(one, MONTHS, 1, named=False) for one in item.get("months") or ()],
        "years": [_range(one, (), 0) for one in item.get("years") or ()],
    }
    done = {key: value for key, value in done.items() if value}
    return done | ({"location": item["location"]} if item.get("location") else {})


def _range(given: Any, names: Sequence[str], first: int, *, named: bool = True) -> str:
    """``begin:end``, or just one when they are the same."""
    parts = [number(part, names, first) for part in str(given).lower().split(":")]
    begin, end = parts[0], parts[-1]
    if begin is None or end is None:
        return str(given)
    texts = [names[at - first] if names and named else str(at) for at in (begin, end)]
    return texts[0] if begin == end else ":".join(texts)


def number(part: str, names: Sequence[str], first: int) -> int | None:
    """A day or month by name or number; None when it is neither."""
    if part in names:
        return names.index(part) + first
    try:
        found = int(part)
    except ValueError:
        return None
    return found if not names or first <= found < first + len(names) else None
