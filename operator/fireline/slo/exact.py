"""Exact event counts from raw history: what to ask Prometheus, and what its answer means. Pure.

Recorded history starts when an SLO is created; the raw series often reach back further. So the
operator also asks for ``increase`` over the raw series, in stretches that are days or less.
:mod:`fireline.slo.ledger` decides which stretches to ask and keeps the answers;
:mod:`fireline.refresh` carries the questions to Prometheus.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fireline.api.metrics import Sample
from fireline.promql.durations import Duration
from fireline.slo.model import Indicator, over

POINT_SECONDS = 300
"""Coverage counts points this far apart; also Prometheus' own lookback."""

_MARK = "fireline"
"""Label that tells the parts of one answer apart."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A half-open piece of time, ``[start, end)``, in whole seconds since the epoch.

    A ``joined`` one is counted so that it adds up with the one before it without a seam. One that is
    not knows nothing of what was before: the oldest of a window, and one after maintenance.
    """

    start: int
    end: int
    joined: bool = True

    @property
    def seconds(self) -> int:
        """Length."""
        return self.end - self.start

    @property
    def points(self) -> int:
        """How many coverage points fall into it."""
        return self.end // POINT_SECONDS - self.start // POINT_SECONDS


@dataclass(frozen=True, slots=True)
class Count:
    """What one stretch adds to the window's events.

    Signed: a stretch is the difference of two estimates, and what one has too little its neighbour
    has too much. ``bad`` is None where events happened but bad ones cannot be told (a latency bucket
    that is missing, a NaN). ``points`` are the coverage points at which the total existed.
    """

    total: float
    bad: float | None
    points: int


@dataclass(frozen=True, slots=True)
class Question:
    """One query.

    ``Count`` asks total, part and coverage of several equal stretches at once, as a range query with
    their length as its step; ``First`` asks when the series first existed.
    """

    kind: Literal["Count", "First"]
    stretches: tuple[Stretch, ...]

    @property
    def joined(self) -> bool:
        """Whether its stretches are; they are alike in this."""
        return self.stretches[0].joined

    @property
    def step(self) -> int:
        """Length of each stretch, in seconds."""
        return self.stretches[0].seconds


def count_query(indicator: Indicator, question: Question) -> str:
    """Total and part in events, and coverage in points, over each stretch, to evaluate at its end.

    The indicator's expressions are rates, which Prometheus extrapolates from the samples inside a
    stretch to its ends with the stretch's *mean* slope: a spike across midnight would lose the
    increments between the last sample of one day and the first of the next. So a joined stretch is
    counted with an overlap before it, and the overlap, counted for itself, is taken off again. What
    lies between samples then telescopes from stretch to stretch, across gaps as well. Where nothing is
    extrapolated (samples of a gauge, slices of time) there is nothing to join.
    """
    seconds = question.step
    before = overlap(seconds) if question.joined and indicator.joined else 0
    parts = {
        "total": _events(indicator.total, seconds + before),
        "part": _events(indicator.part, seconds + before),
        "points": f"count_over_time(({indicator.presence}\n)[{seconds}s:{POINT_SECONDS}s])",
    }
    if before:
        grid = math.gcd(seconds, question.stretches[-1].end)
        parts["total_before"] = _earlier(_events(indicator.total, before), seconds, grid)
        parts["part_before"] = _earlier(_events(indicator.part, before), seconds, grid)
    return "\nor ".join(
        f'label_replace(sum({expr}), "{_MARK}", "{name}", "", "")' for name, expr in parts.items()
    )


def overlap(seconds: int) -> int:
    """How long before a joined stretch is counted with it.

    Long against a scrape interval and against a short outage, so that its mean slope is not that of a
    spike: at its own start the overlap is extrapolated by it.
    """
    return max(3600, seconds // 8)


def _events(rate: str, seconds: int) -> str:
    """Events over a window. The line end keeps a comment in the expression from swallowing more."""
    return f"({over(rate, Duration.of(seconds=seconds), f'{seconds}s')}\n) * {seconds}"


def _earlier(expr: str, seconds: int, grid: int) -> str:
    """``expr`` as it was ``seconds`` earlier. ``offset`` takes no expressions, but subqueries: here one
    of a single point, which must lie on the subquery's grid (multiples of its step since the epoch)."""
    return f"last_over_time(({expr})[{grid}s:{grid}s] offset {seconds}s)"


def first_step(seconds: int) -> int:
    """How closely ``first_query`` looks, in seconds: to a minute for a day, to a second for minutes."""
    return max(1, min(POINT_SECONDS, seconds // 1440))


def first_query(indicator: Indicator, seconds: int) -> str:
    """When the raw total first existed, as a Unix time, late by less than ``first_step``.

    A subquery looks at multiples of its step only; the end is looked at as well, for what is younger.
    """
    now = f"(time() + 0 * sum({indicator.presence}\n))"
    return f"min_over_time({now}[{seconds}s:{first_step(seconds)}s]) or {now}"


def read_counts(indicator: Indicator, question: Question, samples: Iterable[Sample]) -> dict[Stretch, Count]:
    """The answer of ``count_query`` by stretch; a stretch without any series holds nothing."""
    found: dict[int, dict[str, float]] = {stretch.end: {} for stretch in question.stretches}
    for sample in samples:
        at = round(sample.at)
        if at in found:
            found[at][sample.labels.get(_MARK, "")] = sample.value
    return {stretch: _count(indicator, stretch, found[stretch.end]) for stretch in question.stretches}


def read_first(samples: Iterable[Sample]) -> float | None:
    """The answer of ``first_query``: seconds since the epoch."""
    times = [sample.value for sample in samples if math.isfinite(sample.value)]
    return min(times, default=None)


def _count(indicator: Indicator, stretch: Stretch, parts: dict[str, float]) -> Count:
    points = min(round(parts.get("points", 0)), stretch.points)
    if "total" not in parts:
        return Count(total=0.0, bad=0.0, points=points)
    total = parts["total"] - parts.get("total_before", 0.0)
    part = parts.get("part", 0.0) - parts.get("part_before", 0.0)
    lacking = indicator.counts == "Below" and "part" not in parts and parts["total"] > 0
    if lacking or not math.isfinite(total + part):
        return Count(total=total if math.isfinite(total) else 0.0, bad=None, points=points)
    return Count(total=total, bad=part if indicator.counts == "Bad" else total - part, points=points)
