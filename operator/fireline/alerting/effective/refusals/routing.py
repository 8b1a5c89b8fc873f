"""What prometheus-operator refuses about routes, matchers and inhibition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.alerting.effective.refusals import walk
from fireline.api.plan import Manifest
from fireline.promql.durations import PATTERN

_DURATION = re.compile(PATTERN)
_OPERATORS = ("=", "!=", "=~", "!~")
_EVERYTHING = "..."


def refusals(config: Manifest) -> Iterator[str]:
    """Everything about routes and inhibition."""
    receivers = {one.get("name") for _, one in walk.receivers(config)}
    intervals = {one.get("name") for _, one in walk.time_intervals(config)}
    for number, (at, route) in enumerate(walk.routes(config)):
        receiver = route.get("receiver")
        if not receiver and number == 0:
            yield f"{at}.receiver: is missing; the top route must have one"
        if receiver and receiver not in receivers:
            yield f"{at}.receiver: {receiver!r} is not defined in receivers"
        for field in ("muteTimeIntervals", "activeTimeIntervals"):
            for name in route.get(field) or ():
                if name not in intervals:
                    yield f"{at}.{field}: {name!r} is not defined in muteTimeIntervals of the object"
        yield from _grouping(route, at)
    for at, matcher in walk.matchers(config):
        yield from _matcher(matcher, at)


def _grouping(route: Manifest, at: str) -> Iterator[str]:
    by = list(route.get("groupBy") or ())
    if len(set(by)) < len(by):
        yield f"{at}.groupBy: holds a label twice: {', '.join(by)}"
    if _EVERYTHING in by and len(by) > 1:
        yield f"{at}.groupBy: '...' (all labels) stands alone, found {', '.join(by)}"
    for field in ("groupWait", "groupInterval", "repeatInterval"):
        text = route.get(field)
        if text and not _DURATION.fullmatch(text):
            yield f"{at}.{field}: {text!r} is no duration; write it like 30s, 5m or 4h"


def _matcher(matcher: Manifest, at: str) -> Iterator[str]:
    """One without ``matchType`` is of the old form, which is not looked at."""
    kind = matcher.get("matchType")
    if not kind:
        return
    if kind not in _OPERATORS:
        yield f"{at}.matchType: {kind!r} is not one of {', '.join(_OPERATORS)}"
    if not str(matcher.get("name") or "").strip():
        yield f"{at}.name: is missing"
