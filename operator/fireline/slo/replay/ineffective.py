"""When an objective cannot tell anything. Mirrors the alert of that name in :mod:`fireline.slo.alerts`."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.slo.model import Objective
from fireline.slo.replay.public import Figures
from fireline.slo.replay.track import Sums, Track, sampled

_COVERED = 0.95
_TRIES = 30
"""The budget of a window is looked at so many times to see whether it was ever unspent."""
_BEYOND = 4
"""And so many times before."""


def ineffective(objective: Objective, shared: Figures, consumed: Track, evaluations: range) -> Iterator[int]:
    """The evaluations at which so few events are allowed to be bad that the first exhausts the budget,
    or at which the budget was spent for longer than one outage can."""
    length = objective.window.nominal.milliseconds // 1000
    step = length // _TRIES
    looks = sampled(consumed.start, consumed.end, step, consumed.at)
    seen, unspent = Sums(looks), Sums(looks.map(lambda value: 1.0 if value < 1 else None))
    indicator = objective.indicator
    counted = indicator is not None and indicator.joined and not objective.timeslice
    for time in evaluations:
        coverage = shared.coverage.at(time)
        if coverage is None or not coverage >= _COVERED:
            continue
        since = time - length - _BEYOND * step
        spent = seen.count(since, time) >= _TRIES + _BEYOND - 2 and not unspent.count(since, time)
        if spent or (counted and objective.window.calendar is None and _too_few(objective, shared, time)):
            yield time


def _too_few(objective: Objective, shared: Figures, time: int) -> bool:
    total = shared.total_over_window(time)
    if total is None:
        return False
    allowed = total * (objective.window.nominal.milliseconds // 1000) * float(objective.budget_ratio)
    return 0 < allowed < 1
