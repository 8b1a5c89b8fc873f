"""What a namespace shares of each SLO: share of good events, burn rate, budget, coverage.

Mirrors the public series of :mod:`fireline.slo.windows`. Ratios do not depend on the objective, so
several objectives are compared over the same :class:`Shared`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Protocol

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.period import SLOWindow
from fireline.slo.replay.age import Age, excluded
from fireline.slo.replay.record import FAST_SECONDS, SLICE_SECONDS, SLOW_SECONDS, Recorded, recorded_fast
from fireline.slo.replay.track import Sums, Track, Value, sampled

_NOTHING = Track(0, SLOW_SECONDS, [])


class Figures(Protocol):
    """The figures of an SLO over time, whether it counts itself or is made of others."""

    @property
    def coverage(self) -> Track:
        """Share of the SLO window with recorded slices."""

    def burn(self, window: Duration, budget: Decimal) -> Track:
        """``slo:burn_rate:ratio``: 1 spends exactly the budget over the SLO window."""

    def consumed(self, budget: Decimal) -> Track:
        """``slo:error_budget_consumed:ratio``: 1 is all of it."""

    def sli(self, time: int, budget: Decimal) -> Value:
        """Share of good events over the SLO window."""

    def total_over_window(self, time: int) -> Value:
        """All events per second over the SLO window; None where none are counted."""


class Shared:
    """Implements :class:`Figures` for an SLO that counts. None where there is nothing to divide."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self._ratios: dict[Duration | SLOWindow, Track] = {}

    def ratio(self, window: Duration | SLOWindow) -> Track:
        """Share of bad events, at most 1, at each evaluation of the window's public rules."""
        if window not in self._ratios:
            self._ratios[window] = self._ratio(window)
        return self._ratios[window]

    def _ratio(self, window: Duration | SLOWindow) -> Track:
        if not self.recorded.has(window):
            return _NOTHING
        bad, total = (self.recorded.sum_of(kind, window) for kind in (names.BAD, names.TOTAL))
        if bad is None or total is None:
            return _NOTHING
        every = FAST_SECONDS if recorded_fast(window) else SLOW_SECONDS
        return sampled(
            total.start, self.recorded.end, every, lambda time: _share(bad.at(time), total.at(time))
        )

    def burn(self, window: Duration | SLOWindow, budget: Decimal) -> Track:
        """See :class:`Figures`."""
        whole = error_budget(budget)
        return self.ratio(window).map(lambda share: share / whole)

    def consumed(self, budget: Decimal) -> Track:
        """See :class:`Figures`."""
        burn = self.burn(self.recorded.window, budget)
        ages = self._ages
        values = [
            None if rate is None or share is None else rate * share
            for rate, share in (
                (rate, ages.at(burn.start + n * burn.step)) for n, rate in enumerate(burn.values)
            )
        ]
        return Track(burn.start, burn.step, values)

    @cached_property
    def _ages(self) -> Track:
        age = Age(self.recorded, self.recorded.window)
        return sampled(self.recorded.start, self.recorded.end, SLOW_SECONDS, age.share)

    def sli(self, time: int, budget: Decimal) -> Value:  # noqa: ARG002 - the events say it, whatever is allowed
        """See :class:`Figures`."""
        bad = self.ratio(self.recorded.window).at(time)
        return None if bad is None else 1 - bad

    def total_over_window(self, time: int) -> Value:
        """See :class:`Figures`."""
        total = self.recorded.sum_of(names.TOTAL, self.recorded.window)
        return None if total is None else total.at(time)

    @cached_property
    def coverage(self) -> Track:
        """See :class:`Figures`; of a calendar period, so far."""
        slices = list(self.recorded.slices(names.TOTAL).values())
        if not slices:
            return _NOTHING
        window, step = self.recorded.window, self.recorded.step
        counted, out = [Sums(track) for track in slices], excluded(self.recorded)

        def covered(time: int) -> Value:
            span = window.span(time)
            most = max(sums.count(span.start, time) for sums in counted)
            expected = (span.seconds if window.calendar is None else time - span.start) // SLICE_SECONDS
            left = expected - out.count(span.start, time) / (SLICE_SECONDS // step)
            return min(most / left, 1.0) if most and left > 0 else None

        return sampled(slices[0].start, self.recorded.end, SLOW_SECONDS, covered)


def _share(bad: Value, total: Value) -> Value:
    """``clamp_max(bad / (total > 0), 1)``."""
    if bad is None or total is None or not total > 0:
        return None
    return min(bad / total, 1.0)


def error_budget(budget: Decimal) -> float:
    """``slo:error_budget:ratio`` as Prometheus computes it from the recorded objective."""
    return 1 - float(1 - budget)
