"""Maintenance in rules: what is recorded around it, so that nothing fires during or because of it.

A rate over a window still contains a maintenance that ended less than the window ago. So 5m rates are
not recorded until they are clean again, and longer ones are read from the recorded 5m rates for as long.
"""

from __future__ import annotations

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.period import Span

HORIZON_SECONDS = 35 * 86_400
"""Rules know the maintenance of so many days ahead, so that it holds without the operator."""
REWRITE_SECONDS = 7 * 86_400
"""How often the horizon moves on."""
_REMEMBERED = Duration.of(hours=1)
"""A maintenance that ended is remembered for the longest window read from raw series."""


def horizon(objective: Objective, at: float) -> Span:
    """The stretch whose maintenance the rules hold as of a Unix time; it moves once a week.

    Each SLO has a moment of the week of its own, so that not all rules of a cluster are written at once.
    """
    own = sum(f"{objective.namespace}/{objective.name}".encode()) * 7919 % REWRITE_SECONDS
    start = int((at - own) // REWRITE_SECONDS * REWRITE_SECONDS + own)
    return Span(start, start + REWRITE_SECONDS + HORIZON_SECONDS)


def maintenance_rules(objective: Objective, *, at: float) -> list[tuple[str, str]]:
    """(record, expression): the end of the running or last maintenance, and what is left out for it."""
    if not objective.maintenance:
        return []
    latest_first = [_end(span) for span in reversed(_known(objective, at))]
    ends = names.series(names.MAINTENANCE_END, objective)
    excluded = f"({ends} + {_seconds(names.SLICE)} > time()) * 0 + 1"
    # Without any maintenance in sight the rule stays, and records nothing.
    return [
        (names.MAINTENANCE_END, "\nor ".join(latest_first) or "vector(0) > 0"),
        (names.MAINTENANCE_EXCLUDED, excluded),
    ]


def longest_maintenance(objective: Objective, *, at: float) -> int:
    """Seconds of the longest maintenance the rules know; 0 without any."""
    return max((span.seconds for span in _known(objective, at)), default=0)


def _known(objective: Objective, at: float) -> tuple[Span, ...]:
    reach = horizon(objective, at)
    return objective.maintenance.spans(reach.start - _REMEMBERED.seconds, reach.end)


def _end(span: Span) -> str:
    known_until = span.end + _seconds(_REMEMBERED)
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
