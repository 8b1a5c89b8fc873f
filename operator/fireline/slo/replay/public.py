"""What a namespace shares of each SLO: share of good events, burn rate, budget, coverage.

Mirrors the public series of :mod:`fireline.slo.windows`. Ratios do not depend on the objective, so
several objectives are compared over the same :class:`Shared`.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from functools import cached_property

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.period import SLOWindow, Span
from fireline.slo.replay.record import FAST_SECONDS, SLICE_SECONDS, SLOW_SECONDS, Recorded
from fireline.slo.replay.track import Sums, Track, Value, sampled, times

_AGE_STEPS = 720
_NOTHING = Track(0, SLOW_SECONDS, [])


class Shared:
    """Ratios, age and coverage of one SLO. None where there is nothing to divide."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._ratios: dict[Duration | SLOWindow, Track] = {}

    def ratio(self, window: Duration | SLOWindow) -> Track:
        """Share of bad events, at most 1, at each evaluation of the window's public rules."""
        if window not in self._ratios:
            bad = self._recorded.sum_of(names.BAD, window)
            total = self._recorded.sum_of(names.TOTAL, window)
            every = FAST_SECONDS if window in self._recorded.fast_windows else SLOW_SECONDS
            self._ratios[window] = (
                _NOTHING if bad is None or total is None else self._ratio(bad, total, every)
            )
        return self._ratios[window]

    def _ratio(self, bad: Track, total: Track, every: int) -> Track:
        end = self._recorded.end
        return sampled(total.start, end, every, lambda time: _share(bad.at(time), total.at(time)))

    def burn(self, window: Duration | SLOWindow, budget: Decimal) -> Track:
        """``slo:burn_rate:ratio``: 1 spends exactly the budget over the SLO window."""
        whole = error_budget(budget)
        return self.ratio(window).map(lambda share: share / whole)

    def total_over_window(self, time: int) -> Value:
        """All events per second over the SLO window."""
        total = self._recorded.sum_of(names.TOTAL, self._recorded.window)
        return None if total is None else total.at(time)

    def sli(self, time: int) -> Value:
        """Share of good events over the SLO window."""
        bad = self.ratio(self._recorded.window).at(time)
        return None if bad is None else 1 - bad

    def consumed(self, budget: Decimal) -> Track:
        """``slo:error_budget_consumed:ratio``: 1 is all of it."""
        age = self.age_share
        burn = self.burn(self._recorded.window, budget)

        def spent(time: int) -> Value:
            rate, share = burn.at(time), age.at(time)
            return None if rate is None or share is None else rate * share

        return sampled(burn.start, burn.end, SLOW_SECONDS, spent) if burn.values else burn

    @cached_property
    def age_share(self) -> Track:
        """min(1, age / window), the age from the first slice as the rules look it up: on a coarse grid.

        Maintenance is taken off both. The age of a calendar period begins with it at the earliest.
        """
        slices = list(self._recorded.slices(names.TOTAL).values())
        if not slices:
            return _NOTHING
        excluded = self._excluded()
        seen: dict[int, list[int]] = {}

        def looked_up(step: int) -> list[int]:
            if step not in seen:
                grid = times(slices[0].start, self._recorded.end, step)
                seen[step] = [at for at in grid if any(track.at(at) is not None for track in slices)]
            return seen[step]

        def share(time: int) -> Value:
            span, rolling = self._span(time)
            step = span.seconds // _AGE_STEPS or 1
            grid = looked_up(step)
            index = bisect_right(grid, time - span.seconds)
            if index == len(grid) or grid[index] > time:
                return None
            born = grid[index] - grid[index] % SLICE_SECONDS - step
            age = time - (born if rolling else max(born, span.start))
            out = excluded.count(max(span.start, time - span.seconds), time) * self._recorded.step
            return min((age - out) / (span.seconds - out), 1.0) if out < span.seconds else None

        return sampled(slices[0].start, self._recorded.end, SLOW_SECONDS, share)

    @cached_property
    def coverage(self) -> Track:
        """Share of the SLO window (of a calendar period: so far) with recorded slices."""
        slices = list(self._recorded.slices(names.TOTAL).values())
        if not slices:
            return _NOTHING
        counted, excluded = [Sums(track) for track in slices], self._excluded()

        def covered(time: int) -> Value:
            span, rolling = self._span(time)
            most = max(sums.count(span.start, time) for sums in counted)
            expected = span.seconds // SLICE_SECONDS if rolling else (time - span.start) // SLICE_SECONDS
            left = expected - excluded.count(span.start, time) / (SLICE_SECONDS // self._recorded.step)
            return min(most / left, 1.0) if most and left > 0 else None

        return sampled(slices[0].start, self._recorded.end, SLOW_SECONDS, covered)

    def _span(self, time: int) -> tuple[Span, bool]:
        window = self._recorded.window
        return window.span(time), window.calendar is None

    def _excluded(self) -> Sums:
        """The evaluations at which nothing was counted because of maintenance."""
        recorded = self._recorded
        if not recorded.upkeep:
            return Sums(Track(recorded.start, recorded.step, []))
        return Sums(sampled(recorded.start, recorded.end, recorded.step, recorded.excluded))


def _share(bad: Value, total: Value) -> Value:
    """``clamp_max(bad / (total > 0), 1)``."""
    if bad is None or total is None or not total > 0:
        return None
    return min(bad / total, 1.0)


def error_budget(budget: Decimal) -> float:
    """``slo:error_budget:ratio`` as Prometheus computes it from the recorded objective."""
    return 1 - float(1 - budget)
