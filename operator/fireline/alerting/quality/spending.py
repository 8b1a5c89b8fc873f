"""Budget spent between two times, from recorded slices of five minutes, and where a tier's share was spent.

A slice is recorded up to ten minutes after what happened in it: the rate it is made of reaches five minutes
back, and it is written every five minutes. So spending is looked for so much longer than alerts are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from fireline.alerting.quality.model import BudgetEvent, SLOKey, TierRule
from fireline.alerting.quality.queries import SLICE
from fireline.api.metrics import Sample

LATE = 2 * SLICE
"""So long after something bad it is in a recorded slice for sure."""
_SCALE_HOLDS = 6 * 3600
"""A scale that is so far away from a slice says nothing about it."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What one SLO spent: ``shares[i]`` of its budget in the slice that ended by ``times[i]``."""

    times: tuple[int, ...]
    shares: tuple[float, ...]
    total: tuple[float, ...]
    """Running sums, beginning with 0."""

    @classmethod
    def of(cls, shares: Mapping[int, float]) -> Spending:
        """From the share spent by the end of each slice."""
        times = tuple(sorted(shares))
        each = tuple(shares[at] for at in times)
        return cls(times, each, tuple(accumulate(each, initial=0.0)))

    def between(self, start: float, end: float) -> float:
        """Share of the budget spent in ``(start, end]``."""
        return self.total[bisect_right(self.times, end)] - self.total[bisect_right(self.times, start)]


def spendings(bad: Iterable[Sample], scale: Iterable[Sample]) -> dict[SLOKey, Spending]:
    """By SLO, from the answers to :func:`fireline.alerting.quality.queries.spending`.

    A slice without a scale of its own (the first bad events of all) takes the next one, else the last; an
    SLO of which that is not known for every slice is left out.
    """
    scales, found = _by_slo(scale), {}
    for slo, slices in _by_slo(bad).items():
        known = scales.get(slo, {})
        times = sorted(known)
        nearest = {at: _nearest(times, at) for at in slices}
        if None not in nearest.values():
            found[slo] = Spending.of({at: slices[at] * known[near] for at, near in nearest.items() if near})
    return found


def _nearest(times: list[int], at: int) -> int | None:
    index = bisect_left(times, at)
    around = [*times[index : index + 1], *times[max(index - 1, 0) : index]]
    return next((one for one in around if abs(one - at) <= _SCALE_HOLDS), None)


def _by_slo(samples: Iterable[Sample]) -> dict[SLOKey, dict[int, float]]:
    """An SLO whose indicator changed has two series for a moment: both are its own."""
    found: dict[SLOKey, dict[int, float]] = {}
    for sample in samples:
        key = (sample.labels.get("namespace", ""), sample.labels.get("slo", ""))
        own = found.setdefault(key, {})
        own[round(sample.at)] = max(sample.value, own.get(round(sample.at), 0.0))
    return found


def budget_events(
    slo: SLOKey, spent: Spending, tiers: Mapping[str, TierRule], *, now: int
) -> list[BudgetEvent]:
    """Stretches in which some paging tier's share was spent within its long window, by time.

    Those of several tiers that overlap are one: the first tier to be reached names it. ``started`` is not
    known yet. One that may still be going on has no end.
    """
    found = sorted(
        (
            event
            for name, tier in tiers.items()
            if tier.page
            for event in _of_tier(slo, spent, name, tier, now)
        ),
        key=lambda event: (event.crossed, event.tier),
    )
    merged: list[BudgetEvent] = []
    for event in found:
        last = merged[-1] if merged else None
        if last is not None and (last.end is None or event.crossed <= last.end):
            end = None if last.end is None or event.end is None else max(last.end, event.end)
            merged[-1] = replace(last, end=end)
        else:
            merged.append(event)
    return merged


def _of_tier(slo: SLOKey, spent: Spending, name: str, tier: TierRule, now: int) -> list[BudgetEvent]:
    """The share within the window changes where a slice comes in, and where one leaves it."""
    looks = sorted({*spent.times, *(at + tier.long for at in spent.times if at + tier.long <= now)})
    found: list[BudgetEvent] = []
    crossed: int | None = None
    for at in looks:
        enough = reaches(spent.between(at - tier.long, at), tier.share)
        if enough and crossed is None:
            crossed = at
        elif not enough and crossed is not None:
            found.append(BudgetEvent(slo, name, crossed, at))
            crossed = None
    if crossed is not None:
        found.append(BudgetEvent(slo, name, crossed, None))
    return found


def reaches(spent: float, share: float) -> bool:
    """Whether a share was spent. Sums of recorded numbers may miss it by what doubles cannot tell."""
    return spent >= share * (1 - 1e-6)


def onset(event: BudgetEvent, burning: Iterable[Sample], *, step: int) -> BudgetEvent:
    """The event with the time at which its spending began: the first of the looks, every ``step`` seconds,
    that lead without a gap to where the share was reached, at which the 5m burn rate was above the limit.

    A gap of one slice is none. Without such a look the start stays unknown.
    """
    started: int | None = None
    for at in sorted((round(one.at) for one in burning), reverse=True):
        if at > event.crossed:
            continue
        allowed = LATE if started is None else SLICE
        if (event.crossed if started is None else started) - at > allowed + step:
            break
        started = at
    return replace(event, started=started)
