"""The recorded series of one SLO as samples, labelled exactly as its rules label them.

Used by ``fireline backfill``. Everything the SLO's own rules and the shared rules of its namespace would
have recorded between two times, as if they had been at work from the first to the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.recording import recording_rules
from fireline.slo.replay.counts import Rates
from fireline.slo.replay.public import Shared, error_budget
from fireline.slo.replay.record import FAST_SECONDS, Recorded
from fireline.slo.replay.track import Track, sampled

_KINDS = (names.TOTAL, names.BAD)


@dataclass(frozen=True, slots=True)
class Series:
    """One recorded series."""

    metric: str
    labels: Mapping[str, str]
    track: Track


def series(objective: Objective, recorded: Recorded) -> Iterator[Series]:
    """Every series with at least one sample, in the order in which rules record them."""
    whole = _Export(objective, recorded)
    for one in (*whole.own(), *whole.fast(), *whole.slices(), *whole.slow(), *whole.budget()):
        if any(value is not None for value in one.track.values):
            yield one


class _Export:
    def __init__(self, objective: Objective, recorded: Recorded) -> None:
        self._objective = objective
        self._recorded = recorded
        self._shared = Shared(recorded)
        self._pinned = {"namespace": objective.namespace, "slo": objective.name, "sli": objective.sli}

    def own(self) -> Iterator[Series]:
        """What the SLO's own groups record."""
        recorded, near = self._recorded, self._recorded.near
        yield from self._maintenance()
        for metric, counts in ((names.point, near.points), (names.timeslice, near.verdicts)):
            for kind in _KINDS if counts else ():
                yield from self._grouped(metric(kind), counts.of(kind) if counts else {})
        for window, counts in near.rates.items():
            for kind in _KINDS:
                yield from self._grouped(names.rate(kind, window), counts.of(kind))
        objective = float(1 - self._objective.budget_ratio)
        yield self._one(names.OBJECTIVE, self._always(objective, recorded.step))
        yield self._one(names.INFO, self._always(1.0, recorded.step), info_labels(self._objective))

    def _maintenance(self) -> Iterator[Series]:
        recorded = self._recorded
        if not self._objective.maintenance:
            return
        for metric, value in (
            (names.MAINTENANCE_END, recorded.upkeep.end),
            (names.MAINTENANCE_EXCLUDED, recorded.excluded),
        ):
            yield self._one(metric, sampled(recorded.start, recorded.end, recorded.step, value))

    def fast(self) -> Iterator[Series]:
        """The shared windows up to 6h, and what is public of them."""
        whole = error_budget(self._objective.budget_ratio)
        yield self._one(names.ERROR_BUDGET, self._always(whole, FAST_SECONDS))
        yield from self._windows(self._recorded.fast_windows)

    def slices(self) -> Iterator[Series]:
        """The 5-minute slices."""
        for kind in _KINDS:
            yield from self._grouped(names.slice5m(kind), self._recorded.slices(kind))

    def slow(self) -> Iterator[Series]:
        """The shared windows beyond 6h, and what is public of them."""
        yield from self._windows(self._recorded.slow_windows)

    def budget(self) -> Iterator[Series]:
        """What covers the SLO window."""
        window, budget = self._objective.window, self._objective.budget_ratio
        if window.rolling not in (*self._recorded.fast_windows, *self._recorded.slow_windows):
            for kind in _KINDS:
                yield from self._grouped(names.rate(kind, window), self._recorded.rates(kind, window))
        consumed = self._shared.consumed(budget)
        yield self._one(names.SLI, self._shared.ratio(window).map(lambda bad: 1 - bad), {"window": "slo"})
        yield self._one(names.BURN_RATE, self._shared.burn(window, budget), {"window": "slo"})
        yield self._one(names.CONSUMED, consumed)
        yield self._one(names.REMAINING, consumed.map(lambda spent: 1 - spent))
        yield self._one(names.COVERAGE, self._shared.coverage)

    def _windows(self, windows: Iterable[Duration]) -> Iterator[Series]:
        for window in windows:
            if window not in self._recorded.near.rates:
                for kind in _KINDS:
                    yield from self._grouped(names.rate(kind, window), self._recorded.rates(kind, window))
            labels, ratio = {"window": str(window)}, self._shared.ratio(window)
            yield self._one(names.SLI, ratio.map(lambda bad: 1 - bad), labels)
            burn = self._shared.burn(window, self._objective.budget_ratio)
            yield self._one(names.BURN_RATE, burn, labels)

    def _always(self, value: float, every: int) -> Track:
        return sampled(self._recorded.start, self._recorded.end, every, lambda _: value)

    def _grouped(self, metric: str, rates: Rates) -> Iterator[Series]:
        for group, track in sorted(rates.items()):
            yield self._one(metric, track, dict(group))

    def _one(self, metric: str, track: Track, labels: Mapping[str, str] | None = None) -> Series:
        return Series(metric, {**self._pinned, **(labels or {})}, track)


def info_labels(objective: Objective) -> dict[str, str]:
    """The labels of ``slo:info``, from the rule itself."""
    rules = recording_rules(objective, at=0)
    labels: dict[str, str] = next(rule["labels"] for rule in rules if rule["record"] == names.INFO)
    return labels
