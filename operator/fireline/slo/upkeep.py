"""Maintenance in rules: what is recorded around it, so that nothing fires during or because of it.

A rate over a window still contains a maintenance that ended less than the window ago. So 5m rates are
not recorded until they are clean again, and longer ones are read from the recorded 5m rates for as long.
"""

from __future__ import annotations

from fireline.calendar.span import Span
from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Objective

HORIZON_SECONDS = 35 * 86_400
"""Rules know the maintenance of so many days ahead, so that it holds without the operator."""
REWRITE_SECONDS = 7 * 86_400
"""How often the horizon moves on."""
_REMEMBERED = Duration.of(hours=1)
"""A maintenance that ended is remembered for the longest window read from raw series, or for longer."""
_EVALUATED_SECONDS = 60
"""What is clean again is recorded, and read, within so much more."""

_LONGEST_SECONDS = 90 * 86_400
"""Nobody misses what was there before a longer maintenance, and ranges of centuries are none."""


def horizon(objective: Objective, at: float) -> Span:
    """The stretch whose maintenance the rules hold as of a Unix time; it moves once a week.

    Each SLO has a moment of the week of its own, so that not all rules of a cluster are written at once.
    """
    own = sum(f"{objective.namespace}/{objective.name}".encode()) * 7919 % REWRITE_SECONDS
    start = int((at - own) // REWRITE_SECONDS * REWRITE_SECONDS + own)
    return Span(start, start + REWRITE_SECONDS + HORIZON_SECONDS)


def maintenance_end(objective: Objective, *, at: float) -> str:
    """When the running or last maintenance ends, for as long as something depends on it."""
    known_for = remembered(objective)
    latest_first = [_end(span, known_for) for span in reversed(_known(objective, at))]
    # Without any maintenance in sight the rule stays, and records nothing.
    return "\nor ".join(latest_first) or "vector(0) > 0"


def maintenance_excluded(objective: Objective) -> str:
    """1 while nothing is counted because of maintenance, to be evaluated after what is counted.

    5m rates are there again after five minutes; of slices of time the first one that is whole.
    """
    ends = names.series(names.MAINTENANCE_END, objective)
    if objective.timeslice is None:
        return f"({ends} + {_seconds(names.SLICE)} > time()) * 0 + 1"
    counted = names.series(names.rate(names.TOTAL, names.SLICE), objective)
    return f"({ends} + {settling(objective)} > time()) * 0 + 1\nunless on () {counted}"


def clean_after(objective: Objective) -> int:
    """Seconds after a maintenance until the first count that contains none of it.

    5m rates take five minutes. A slice of time that touches the maintenance is not judged; the next one
    may begin almost a whole slice after it, and is judged at its own end.
    """
    if objective.timeslice is None:
        return _seconds(names.SLICE)
    return 2 * _seconds(objective.timeslice.length)


def settling(objective: Objective) -> int:
    """Seconds after a maintenance until what is counted must be there again."""
    return clean_after(objective) + _EVALUATED_SECONDS


def remembered(objective: Objective) -> int:
    """Seconds for which the end of a maintenance is known after it."""
    return max(_seconds(_REMEMBERED), settling(objective))


def longest_absence(objective: Objective, *, at: float) -> int:
    """Seconds for which nothing is counted in the longest maintenance the rules know; 0 without any.

    The minutes until 5m rates are there again are left out; slices of an hour take up to two.
    """
    longest = min(max((span.seconds for span in _known(objective, at)), default=0), _LONGEST_SECONDS)
    return longest + (settling(objective) if longest and objective.timeslice else 0)


def _known(objective: Objective, at: float) -> tuple[Span, ...]:
    reach = horizon(objective, at)
    return objective.maintenance.spans(reach.start - remembered(objective), reach.end)


def _end(span: Span, known_for: int) -> str:
    known_until = span.end + known_for
    return f"(vector({span.end}) and (vector(time()) >= {span.start} < {known_until}))"


def except_maintenance(objective: Objective, expr: str, window: Duration) -> str:
    """The expression, absent during a maintenance and until a window of it is clean again."""
    return f"({expr})\nunless on () {_lately(objective, window)}" if objective.maintenance else expr


def after_maintenance(objective: Objective, raw: str, recorded: str, window: Duration) -> str:
    """``raw``, but ``recorded`` while the window still touches a maintenance."""
    lately = _lately(objective, window)
    return f"(({raw})\nunless on () {lately})\nor ({recorded}\nand on () {lately})"


def _lately(objective: Objective, window: Duration) -> str:
    ends = names.series(names.MAINTENANCE_END, objective)
    return f"({ends} + {_seconds(window)} > time())" if window.milliseconds else f"({ends} > time())"


def _seconds(window: Duration) -> int:
    return window.milliseconds // 1000
