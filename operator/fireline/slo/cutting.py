"""How an SLO window is cut into the stretches that are counted: days, but for its ends and maintenance.

Part of :mod:`fireline.slo.ledger`. Cuts lie on UTC midnights (or parts of days), so that a day that
was counted once serves every window it lies in.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import lru_cache
from itertools import pairwise

from fireline.calendar.span import Span
from fireline.slo.exact import POINT_SECONDS, Stretch, overlap
from fireline.slo.indicators import LOOK_SECONDS
from fireline.slo.model import Objective

DAY = 86_400
SETTLE_SECONDS = 600
"""A day is final this long after its end, when its last scrapes have certainly arrived."""
UNITS = (DAY, DAY // 2, DAY // 4, DAY // 8, DAY // 24)
"""Lengths of a kept stretch: days, or the parts of a day that the server can still count."""


def cut(objective: Objective, window: Stretch, unit: int, kept: Container[Stretch]) -> list[Stretch]:
    """The window without maintenance, oldest stretch first.

    ``unit``: length of a stretch, in seconds. Longer ones that are ``kept`` already stay as they are.
    """
    return [one for span in _counted(objective, window) for one in _cut(objective, window, span, unit, kept)]


def _counted(objective: Objective, window: Stretch) -> Iterator[Span]:
    """What maintenance leaves of the window.

    Slices, and looks at a free ratio, reach back: the first one counted begins after the maintenance.
    """
    start, grain = window.start, _grain(objective)
    if objective.window.calendar is not None:
        start = _ceil(start, grain)
    for span in objective.maintenance.spans(window.start, window.end):
        if start < span.start:
            yield Span(start, span.start)
        start = _ceil(span.end, grain)
    if start < window.end:
        yield Span(start, window.end)


def _grain(objective: Objective) -> int:
    """How far the points that are counted look back, in seconds."""
    if objective.timeslice is not None:
        return objective.timeslice.length.milliseconds // 1000
    if objective.approximate:
        return POINT_SECONDS
    # What a gauge shows at the very end of a maintenance was scraped in it.
    return LOOK_SECONDS if objective.indicator is not None and objective.indicator.points else 1


def _cut(
    objective: Objective, window: Stretch, span: Span, unit: int, kept: Container[Stretch]
) -> Iterator[Stretch]:
    """One span without maintenance.

    Its stretches join on to one another, and the first of a calendar period to what was before it. The
    first after maintenance knows nothing of before, and so does that of a rolling window.
    """
    reach = overlap(unit + SETTLE_SECONDS)
    near = bool(objective.maintenance.spans(span.start - reach, span.start))
    # What the second stretch reads before itself must not reach into the maintenance.
    least = reach if near else 0
    joins = objective.window.calendar is not None and not near
    tail = span.end
    if span.end == window.end:
        # Past midnight, yesterday and today are one stretch until yesterday's last scrapes are there.
        tail = _floor(span.end - SETTLE_SECONDS, unit)
    cuts = [span.start]
    while cuts[-1] + least < tail:
        joined = joins or len(cuts) > 1
        cuts.append(min(_next(cuts[-1], unit, kept, least, joined=joined), tail))
        least = 0
    if cuts[-1] < span.end:
        cuts.append(span.end)
    for number, (start, end) in enumerate(pairwise(cuts)):
        yield _shared(start, end, joined=joins or number > 0)


def _next(start: int, unit: int, kept: Container[Stretch], least: int, *, joined: bool) -> int:
    """Where the stretch that starts here ends: as long as one already kept, else a unit.

    ``least``: how long it must be for the overlap of the next one to lie within it.
    """
    for longer in UNITS:
        if longer > unit and Stretch(start, start + longer, joined) in kept:
            return start + longer
    end = _floor(start, unit) + unit
    return end if end - start >= least else end + unit


@lru_cache(maxsize=4096)
def _shared(start: int, end: int, *, joined: bool) -> Stretch:
    """One object for the same day of all SLOs: ten thousand ledgers keep thirty days each."""
    return Stretch(start, end, joined)


def _floor(time: int, unit: int) -> int:
    return time // unit * unit


def _ceil(time: int, unit: int) -> int:
    return -(-time // unit) * unit
