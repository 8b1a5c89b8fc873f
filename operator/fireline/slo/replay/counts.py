"""What to ask Prometheus for, and how its answers become total and bad rates.

Mirrors :mod:`fireline.slo.counts`. Asked by ``fireline.cli`` over ranges; the queries are the
indicator's own, one series per group.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fireline.api.metrics import Sample
from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Indicator, Objective, over
from fireline.slo.replay.track import Track, Value, times

Group = tuple[tuple[str, str], ...]
"""Labels of one group, sorted; empty without groupBy."""
Rates = dict[Group, Track]

PART = "part"
MOMENT = Duration(0)
"""Instead of a window: one look at a gauge."""


@dataclass(frozen=True, slots=True)
class Question:
    """One range query: the total or the part of an indicator over one window, at every step.

    ``start`` and ``end`` (included) are in seconds since the epoch, multiples of ``step``.
    """

    kind: str
    window: Duration
    query: str
    start: int
    end: int
    step: int

    @property
    def points(self) -> int:
        """How many times are asked for."""
        return max((self.end - self.start) // self.step + 1, 0)

    def pieces(self, most: int) -> Iterator[range]:
        """The times in consecutive pieces of at most ``most``."""
        whole = range(self.start, self.end + 1, self.step)
        for first in range(0, len(whole), most):
            yield whole[first : first + most]


Answered = Mapping[tuple[str, Duration], Rates]
"""Answers by kind and window of their question."""


def near_windows(objective: Objective) -> list[Duration]:
    """5m, 30m and 1h, and those of the SLO's own tiers up to an hour."""
    longest = names.RAW_WINDOWS[-1]
    own = {window for tier in objective.tiers for window in (tier.long, tier.short) if window <= longest}
    return sorted({*names.RAW_WINDOWS, *own})


def questions(objective: Objective, *, earliest: int, start: int, end: int, step: int) -> list[Question]:
    """What must be known of the past in order to replay ``[start, end]``; nothing for a composite.

    What longer windows are made of is also asked for from ``earliest`` on.
    """
    indicator = objective.indicator
    if indicator is None:
        return []
    if indicator.points:
        asked = [(MOMENT, earliest, step)]
    elif objective.timeslice is not None:
        length = objective.timeslice.length
        asked = [(length, earliest, length.milliseconds // 1000)]
    else:
        asked = [
            (window, earliest if window == names.SLICE else start, step) for window in near_windows(objective)
        ]
    return [
        Question(kind, window, over(rate, window), times(first, end, every).start, end - end % every, every)
        for window, first, every in asked
        for kind, rate in ((names.TOTAL, indicator.total), (PART, indicator.part))
    ]


class Answers:
    """Samples of one question, piece by piece."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._rates: dict[Group, list[Value]] = {}

    def add(self, samples: Iterable[Sample]) -> None:
        """Takes samples of any piece, in any order."""
        asked = self._question
        for sample in samples:
            group = tuple(sorted(sample.labels.items()))
            values = self._rates.get(group)
            if values is None:
                values = self._rates[group] = [None] * asked.points
            index = round(sample.at - asked.start) // asked.step
            if 0 <= index < len(values):
                values[index] = sample.value

    def rates(self) -> Rates:
        """One track per group, as Prometheus answered: NaN and infinities included."""
        asked = self._question
        return {group: Track(asked.start, asked.step, values) for group, values in self._rates.items()}


@dataclass(frozen=True, slots=True)
class Counts:
    """Total and bad events per second over one window, by group; ``bad`` may lack groups of ``total``."""

    total: Rates = field(repr=False)
    bad: Rates = field(repr=False)

    def of(self, kind: str) -> Rates:
        """One of the two, by the name it has in recorded series."""
        return self.total if kind == names.TOTAL else self.bad


def counts(indicator: Indicator, answered: Answered, window: Duration) -> Counts:
    """What the rules count from the answers to the two questions of one window."""
    totals = {group: track.map(finite) for group, track in answered[names.TOTAL, window].items()}
    part = answered[PART, window]
    groups = {**totals, **part} if indicator.counts == "Bad" else totals
    bad = {group: _bad(indicator, *_pair(group, totals, part)) for group in groups}
    return Counts(totals, bad)


def _pair(group: Group, total: Rates, part: Rates) -> tuple[Track, Track]:
    """The tracks of one group; what Prometheus knows nothing of has no value at all."""
    there = total.get(group) or part[group]
    nothing = Track(there.start, there.step, [None] * len(there.values))
    return total.get(group, nothing), part.get(group, nothing)


def _bad(indicator: Indicator, total: Track, part: Track) -> Track:
    """See :func:`fireline.slo.counts.bad_rate` for why each form falls back as it does."""
    values: list[Value] = []
    for all_, some in zip(total.values, part.values, strict=True):
        match indicator.counts:
            case "Bad":
                known = finite(some)
                values.append(known if known is not None else None if all_ is None else 0.0)
            case "Good":
                values.append(None if all_ is None else max(all_ - (finite(some) or 0.0), 0.0))
            case "Below":
                values.append(_beyond(all_, some))
    return Track(total.start, total.step, values)


def _beyond(total: Value, below: Value) -> Value:
    """Events above a latency bound; without its bucket nothing is known, except that idle is not bad."""
    if total is None:
        return None
    if below is not None and not math.isnan(below):
        above = max(total - below, 0.0)
        if above < math.inf:
            return above
    return 0.0 if total == 0 else None


def finite(value: Value) -> Value:
    """``>= 0 < Inf``: NaN and infinities never enter history."""
    return value if value is not None and 0 <= value < math.inf else None
