"""What prometheus-operator refuses about time intervals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fireline.alerting.effective.intervals import MONTHS, WEEKDAYS, number
from fireline.alerting.effective.refusals import walk
from fireline.api.plan import Manifest

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_MONTH = 31
_SHORTEST_MONTH = 28


def refusals(config: Manifest) -> Iterator[str]:
    """Everything about every interval."""
    for at, interval in walk.time_intervals(config):
        if not interval.get("name"):
            yield f"{at}.name: is missing"
        for place, item in walk.listed(interval, "timeIntervals", at):
            yield from _item(item, place)


def _item(item: Manifest, at: str) -> Iterator[str]:
    for number_, one in enumerate(item.get("times") or ()):
        yield from _times(one, f"{at}.times[{number_}]")
    for number_, one in enumerate(item.get("daysOfMonth") or ()):
        yield from _days(one, f"{at}.daysOfMonth[{number_}]")
    yield from _ranges(item, "weekdays", at, WEEKDAYS, 0)
    yield from _ranges(item, "months", at, MONTHS, 1)
    yield from _ranges(item, "years", at, (), 0)


def _times(given: Any, at: str) -> Iterator[str]:
    found = given if isinstance(given, dict) else {}
    texts = [str(found.get(field) or "") for field in ("startTime", "endTime")]
    for text in texts:
        if not _TIME.fullmatch(text):
            yield f"{at}: {text!r} is no time of day; write startTime and endTime like 09:00 and 24:00"
            return
    if texts[0] >= texts[1]:
        yield f"{at}: {texts[0]} is not before {texts[1]}; over midnight write two ranges"


def _days(given: Any, at: str) -> Iterator[str]:
    found = [given.get(field, 0) if isinstance(given, dict) else 0 for field in ("start", "end")]
    if not all(isinstance(day, int) and day and -_MONTH <= day <= _MONTH for day in found):
        yield f"{at}: start and end are days from 1 to 31, or from -1 (the last) to -31"
        return
    begin, end = found
    first, last = (_SHORTEST_MONTH + day if day < 0 else day for day in found)
    if (begin < 0 < end) or first > last:
        yield f"{at}: day {end} does not come after day {begin} in every month"


def _ranges(item: Manifest, field: str, at: str, names: Sequence[str], first: int) -> Iterator[str]:
    for place, one in enumerate(item.get(field) or ()):
        parts = [number(part, names, first) for part in str(one).lower().split(":")]
        here = f"{at}.{field}[{place}]"
        example, last = (names[1], names[5]) if names else ("2026", "2027")
        if len(parts) > 2 or None in parts:
            yield f"{here}: {one!r} is no range; write it like {example} or {example}:{last}"
        elif parts[0] is not None and parts[-1] is not None and parts[0] > parts[-1]:
            yield f"{here}: {one} ends before it begins; write two items{_sunday(field)}"


def _sunday(field: str) -> str:
    return " (the week begins with sunday)" if field == "weekdays" else ""
