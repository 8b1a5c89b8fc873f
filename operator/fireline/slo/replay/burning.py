"""Burn-rate tiers over recorded windows. Mirrors :mod:`fireline.slo.burn`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.burn import guard_step
from fireline.slo.model import Objective, Tier
from fireline.slo.replay.counts import Group, Rates
from fireline.slo.replay.record import FAST_SECONDS, Recorded
from fireline.slo.replay.track import Sums, Track, Value, sampled, times


class Tiers(Protocol):
    """The burn-rate alerts of an SLO, whether it counts itself or is made of others."""

    @property
    def groups(self) -> Sequence[Group]:
        """The groups that are alerted on: one without labels for the total."""

    def interval(self, tier: Tier) -> int:
        """Seconds between two evaluations of a tier's alert."""

    def firing(self, objective: Objective, tier: Tier, group: Group, *, start: int, end: int) -> list[int]:
        """The evaluations in ``[start, end]`` at which the alert fires."""


class Burning:
    """Implements :class:`Tiers`. Ratios are made once per window; they do not depend on the objective.

    ``per_group``: alerts are for each group, otherwise for the total of all.
    """

    def __init__(self, recorded: Recorded, *, per_group: bool) -> None:
        self._recorded = recorded
        self._per_group = per_group
        self._ratios: dict[Duration, dict[Group, Track]] = {}
        self._guards: dict[Duration, dict[Group, Track]] = {}

    @property
    def groups(self) -> Sequence[Group]:
        """See :class:`Tiers`."""
        return self._recorded.groups if self._per_group else [()]

    def interval(self, tier: Tier) -> int:
        """See :class:`Tiers`."""
        return self._recorded.step if tier.page else FAST_SECONDS

    def firing(self, objective: Objective, tier: Tier, group: Group, *, start: int, end: int) -> list[int]:
        """See :class:`Tiers`."""
        short, long = self._ratio(tier.short).get(group), self._ratio(tier.long).get(group)
        if short is None or long is None:
            return []
        guard = self._guard(tier.long).get(group) if tier.long > names.RAW_WINDOWS[-1] else None
        whole, factor = float(objective.budget_ratio), float(tier.factor)
        found = []
        for time in times(start, end, self.interval(tier)):
            now = short.at(time)
            if now is None or not now / whole > factor:
                continue
            before = long.at(time)
            share = guard.at(time) if guard else 1.0
            if before is not None and share is not None and before * share / whole > factor:
                found.append(time)
        return [time for time in found if self._enough(objective, tier.long, group, time)]

    def _enough(self, objective: Objective, window: Duration, group: Group, time: int) -> bool:
        """Whether the long window has the events the user asks for."""
        for kind, least in ((names.TOTAL, objective.min_events), (names.BAD, objective.min_bad_events)):
            if least > 0:
                rates = self._rates(kind, window).get(group)
                rate = None if rates is None else rates.at(time)
                if rate is None or not rate * _events(objective, window) >= least:
                    return False
        return True

    def _ratio(self, window: Duration) -> dict[Group, Track]:
        if window not in self._ratios:
            bad, total = self._rates(names.BAD, window), self._rates(names.TOTAL, window)
            self._ratios[window] = {
                group: bad[group].join(track, _divided) for group, track in total.items() if group in bad
            }
        return self._ratios[window]

    def _guard(self, window: Duration) -> dict[Group, Track]:
        """The share of a long window that has data, looked up every five minutes; of the total, the
        largest of any group."""
        if window not in self._guards:
            guards = {
                group: guard(track, window, self._recorded.end)
                for group, track in self._recorded.rates(names.TOTAL, names.SLICE).items()
            }
            self._guards[window] = guards if self._per_group or not guards else {(): largest(guards)}
        return self._guards[window]

    def _rates(self, kind: str, window: Duration) -> Rates:
        if self._per_group:
            return self._recorded.rates(kind, window)
        total = self._recorded.sum_of(kind, window)
        return {} if total is None else {(): total}


def _events(objective: Objective, window: Duration) -> float:
    """Events in a window at a mean rate of 1: its seconds, or its slices where slices are counted."""
    if objective.timeslice is None:
        return window.milliseconds // 1000
    return window.milliseconds / objective.timeslice.length.milliseconds


def guard(total: Track, window: Duration, end: int) -> Track:
    """``clamp_max(count_over_time(total[window:5m]) / points, 1)``, which changes every five minutes; beyond
    three days every hour."""
    seconds, step = window.milliseconds // 1000, guard_step(window).milliseconds // 1000
    points = seconds // step
    seen = Sums(sampled(total.start, total.end, step, total.at))

    def share(time: int) -> Value:
        count = seen.count(time - seconds, time)
        return min(count / points, 1.0) if count else None

    return sampled(total.start, end, step, share)


def largest(tracks: dict[Group, Track]) -> Track:
    """The largest value of any group at each time."""
    first = next(iter(tracks.values()))
    rows = zip(*(track.values for track in tracks.values()), strict=True)
    return Track(
        first.start,
        first.step,
        [max((value for value in row if value is not None), default=None) for row in rows],
    )


def _divided(bad: float, total: float) -> float:
    """As Prometheus divides: 0/0 is NaN, which is above nothing."""
    if total == 0:
        return math.inf if bad > 0 else math.nan
    return bad / total
