"""The windows of one SLO, as the shared rules of its namespace would have recorded them.

Mirrors :mod:`fireline.slo.windows` and :mod:`fireline.slo.spans`, whose principles hold here too: sums
over points divided by the expected number of points, up to 6h from 5m rates, longer ones from slices.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.period import SLOWindow
from fireline.slo.replay.counts import Answered, Group, Rates
from fireline.slo.replay.near import Near, mean
from fireline.slo.replay.track import Sums, Track, Value, sampled, summed
from fireline.slo.replay.upkeep import Upkeep

FAST_SECONDS = 60
"""Interval of the group of the fast windows and of that of the ticket alerts."""
SLOW_SECONDS = 150
"""Interval of the group of the slow windows."""
SLICE_SECONDS = names.SLICE.milliseconds // 1000
_LONGEST_FAST = names.FAST_WINDOWS[-1]


def fast_windows(objective: Objective) -> list[Duration]:
    """Windows up to 6h, the shortest first: those of every SLO, and of its own tiers."""
    own = {window for window in _tier_windows(objective) if window <= _LONGEST_FAST}
    return sorted({*names.RAW_WINDOWS, *names.FAST_WINDOWS, *own})


def slow_windows(objective: Objective) -> list[Duration]:
    """Windows beyond 6h, the shortest first, without the SLO window."""
    own = {window for window in _tier_windows(objective) if window > _LONGEST_FAST}
    return sorted({*names.SLOW_WINDOWS, *own})


def recorded_fast(window: Duration | SLOWindow) -> bool:
    """Whether a window's rate and figures are recorded every minute."""
    return isinstance(window, Duration) and window <= _LONGEST_FAST


def _tier_windows(objective: Objective) -> set[Duration]:
    return {window for tier in objective.tiers for window in (tier.long, tier.short)}


class Recorded:
    """Everything recorded of one SLO while its rules were at work, up to ``end``.

    ``answered`` holds the answers to all of ``counts.questions``, on a grid of ``step`` seconds. Rates
    are by group; ``sum_of`` sums over the groups, as all that is shared does. The objective itself (the
    percentage) plays no part.
    """

    def __init__(self, objective: Objective, answered: Answered, *, start: int, step: int, end: int) -> None:
        self.window = objective.window
        self.group_by = objective.group_by
        self.step = step
        self.start = start
        self.end = end
        self._in_slices = objective.timeslice is not None
        self.upkeep = Upkeep(objective, start, end)
        self.near = Near(objective, answered, self.upkeep, step=step, end=end)
        self.fast_windows = fast_windows(objective)
        self.slow_windows = slow_windows(objective)
        self._cache: dict[tuple[str, Duration | SLOWindow | None], Rates] = {}
        self._sums: dict[tuple[str, Duration | SLOWindow], Track | None] = {}

    @cached_property
    def groups(self) -> list[Group]:
        """All groups there ever was an event or a counter of."""
        rates = self.near.rates.values()
        return sorted({group for counts in rates for group in (*counts.total, *counts.bad)})

    def has(self, window: Duration | SLOWindow) -> bool:
        """Whether a window is recorded: those up to an hour only if the SLO itself asks for them."""
        short = isinstance(window, Duration) and window <= names.RAW_WINDOWS[-1]
        return not short or window in self.near.rates

    def rates(self, kind: str, window: Duration | SLOWindow) -> Rates:
        """``slo:bad:rate…`` or ``slo:total:rate…`` by group."""
        if isinstance(window, SLOWindow) and window.rolling is not None:
            window = window.rolling
        if isinstance(window, Duration) and window in self.near.rates:
            return self.near.rates[window].of(kind)
        if (kind, window) not in self._cache:
            self._cache[kind, window] = self._computed(kind, window)
        return self._cache[kind, window]

    def slices(self, kind: str) -> Rates:
        """``slo:bad:slice5m`` or ``slo:total:slice5m`` by group: the mean rate of each five minutes."""
        if (kind, None) not in self._cache:
            fives = self.rates(kind, names.SLICE)
            self._cache[kind, None] = mean(
                fives, names.SLICE, every=SLICE_SECONDS, step=self.step, end=self.end
            )
        return self._cache[kind, None]

    def excluded(self, time: int) -> Value:
        """``slo:maintenance:excluded``: 1 while nothing is counted because of maintenance."""
        if not self._in_slices:
            return 1.0 if self.upkeep.lately(time, SLICE_SECONDS) else None
        counted = (track.at(time) is not None for track in self.rates(names.TOTAL, names.SLICE).values())
        return 1.0 if self.upkeep.lately(time, self.upkeep.settling) and not any(counted) else None

    def sum_of(self, kind: str, window: Duration | SLOWindow) -> Track | None:
        """A rate of all groups together; None when nothing was ever recorded."""
        if (kind, window) not in self._sums:
            self._sums[kind, window] = added(self.rates(kind, window).values())
        return self._sums[kind, window]

    def _computed(self, kind: str, window: Duration | SLOWindow) -> Rates:
        if isinstance(window, SLOWindow):
            return {group: self._of_period(track, window) for group, track in self.slices(kind).items()}
        if recorded_fast(window):
            fives = self.rates(kind, names.SLICE)
            return mean(fives, window, every=FAST_SECONDS, step=self.step, end=self.end)
        return mean(self.slices(kind), window, every=SLOW_SECONDS, step=SLICE_SECONDS, end=self.end)

    def _of_period(self, slices: Track, window: SLOWindow) -> Track:
        """Slices since the start of the running calendar period, over the points of the whole of it."""
        sums = Sums(slices)

        def value(time: int) -> Value:
            span = window.span(time)
            total = sums.sum(span.start, time)
            return None if total is None else total / (span.seconds // SLICE_SECONDS)

        return sampled(slices.start, self.end, SLOW_SECONDS, value)


def added(tracks: Collection[Track]) -> Track | None:
    """The sum of tracks; None without any."""
    return summed(list(tracks)) if tracks else None
