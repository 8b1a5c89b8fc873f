"""The anomaly rules once more, in plain Python: fast enough for hundreds of weeks of traffic.

Every constant is the rules' own. ``anomaly_proof``, which the bench and a test run, holds it to what
Prometheus' engine computes from the rendered rules, for series without gaps; nothing else may be concluded
from it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from fireline.alerting.rules import anomaly
from fireline.alerting.rules import anomaly_series as rules
from fireline.promql.durations import Duration

UNKNOWN = math.nan
Side, Which = str, tuple[str, str]
"""``Up`` or ``Down``; a side and a speed."""
SIDES = ("Up", "Down")
WHICH: tuple[Which, ...] = tuple(product(SIDES, (speed.name for speed in rules.SPEEDS)))


def points(length: Duration) -> int:
    """A time in evaluations of the rules."""
    return length.milliseconds // rules.INTERVAL.milliseconds


HOUR, DAY, SEASON = points(Duration.of(hours=1)), points(rules.DAY), points(rules.SEASON)
CALIBRATED = points(rules.CALIBRATED)


@dataclass
class Sorted:
    """The latest values of a series, in order of size."""

    size: int
    values: list[float] = field(default_factory=list)
    ordered: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        """One more; the oldest goes."""
        self.values.append(value)
        insort(self.ordered, value)
        if len(self.ordered) > self.size:
            del self.ordered[bisect_left(self.ordered, self.values[-self.size - 1])]

    def quantile(self, share: float) -> float:
        """As PromQL: between the two nearest ranks."""
        rank = share * (len(self.ordered) - 1)
        below = math.floor(rank)
        above = min(below + 1, len(self.ordered) - 1)
        return self.ordered[below] * (1 - (rank - below)) + self.ordered[above] * (rank - below)


@dataclass
class Alert:
    """Pending, firing, and firing on for a while."""

    pending: int = 0
    kept: int = 0

    def step(self, outside: bool) -> bool:
        """One evaluation. True while it fires."""
        if outside:
            self.pending += 1
            if self.kept or self.pending > points(anomaly.WAIT):
                self.kept = points(anomaly.KEEP) + 1
        else:
            self.pending = 0
            self.kept = max(0, self.kept - 1)
        return self.kept > 0


@dataclass
class Verdicts:
    """What the rules say at each point; figures are UNKNOWN where they say nothing."""

    deviation: dict[Which, list[float]] = field(default_factory=lambda: {which: [] for which in WHICH})
    threshold: dict[Which, list[float]] = field(default_factory=lambda: {which: [] for which in WHICH})
    outside: dict[Side, list[bool]] = field(default_factory=lambda: {side: [] for side in SIDES})
    firing: dict[Side, list[bool]] = field(default_factory=lambda: {side: [] for side in SIDES})
    quiet: dict[Side, list[bool]] = field(default_factory=lambda: {side: [] for side in SIDES})
    noisy: list[bool] = field(default_factory=list)


@dataclass
class _Calibration:
    """What is looked up every hour, as it was found the last time."""

    soft: float = UNKNOWN
    drift: float = UNKNOWN
    threshold: dict[Which, float] = field(default_factory=lambda: dict.fromkeys(WHICH, UNKNOWN))


class Twin:
    """The rules about one series without gaps."""

    def __init__(self, levels: list[float], *, noise_floor: float, every: int, gated: bool) -> None:
        self.levels = levels
        self.noise_floor = noise_floor
        self.every = every
        self.gated = gated
        self.calibrated = _Calibration()
        self.sums = [0.0]
        for level in levels:
            self.sums.append(self.sums[-1] + level)
        self.ahead: dict[str, list[float]] = {speed.name: [] for speed in rules.SPEEDS}
        self.shifts = Sorted(DAY)
        self.deviations = {which: Sorted(SEASON) for which in WHICH}
        self.spread: dict[Which, dict[int, float]] = {which: {} for which in WHICH}
        self.alerts = {side: Alert() for side in SIDES}
        self.verdicts = Verdicts()

    def run(self) -> Verdicts:
        """All points, in order."""
        for at in range(len(self.levels)):
            self._expect(at)
            self._judge(at)
            if at % self.every == 0:
                self._calibrate(at)
        return self.verdicts

    def _mean(self, at: int, size: int) -> float:
        first = max(0, at + 1 - size)
        return (self.sums[at + 1] - self.sums[first]) / (at + 1 - first)

    def _expect(self, at: int) -> None:
        """The median of the hours around the moment an hour ahead, weeks ago."""
        back = [week * SEASON - HOUR * 3 // 2 for week in range(1, rules.WEEKS + 1)]
        known = sorted(self._mean(at - offset, HOUR) for offset in back if at >= offset)
        fast, slow = (self.ahead[speed.name] for speed in rules.SPEEDS)
        if len(known) < 2:
            return
        fast.append(known[1] if len(known) == 3 else (known[0] + known[1]) / 2)
        recent = fast[-points(rules.SLOW.window) :]
        slow.append(sum(recent) / len(recent))

    def _judge(self, at: int) -> None:
        now, verdicts = self.calibrated, self.verdicts
        fast = self.ahead[rules.FAST.name]
        value = {speed.name: self._mean(at, points(speed.window)) for speed in rules.SPEEDS}
        if len(fast) > HOUR and not math.isnan(now.soft):
            ratio = (value[rules.FAST.name] + now.soft) / (fast[-1 - HOUR] + now.soft)
            self.shifts.add(math.log(ratio))
        for which, size in self._deviations(value):
            verdicts.deviation[which].append(size)
            verdicts.threshold[which].append(now.threshold[which])
            if not math.isnan(size):
                self.deviations[which].add(size)
        self._tell(at)

    def _deviations(self, value: dict[str, float]) -> Iterator[tuple[Which, float]]:
        soft, drift = self.calibrated.soft, self.calibrated.drift
        for which in WHICH:
            side, speed = which
            near = self.ahead[speed][-2 * points(rules.TOLERANCE) - 1 :]
            if not near or math.isnan(soft) or math.isnan(drift):
                yield which, UNKNOWN
            elif side == "Up":
                yield which, math.log((value[speed] + soft) / (max(near) + soft)) - max(drift, 0)
            else:
                yield which, math.log((min(near) + soft) / (value[speed] + soft)) - max(-drift, 0)

    def _tell(self, at: int) -> None:
        verdicts, limits = self.verdicts, self.calibrated.threshold
        seen = {"Up": float(rules.log(rules.SPIKE)), "Down": float(rules.log(1 / rules.DROP))}
        # Comparisons with UNKNOWN are false, as those with a missing series yield nothing.
        noisy = any(limits[which] > seen[which[0]] for which in WHICH)
        verdicts.noisy.append(noisy)
        for side in SIDES:
            outside = any(
                verdicts.deviation[which][at] > limits[which] for which in WHICH if which[0] == side
            )
            still = verdicts.deviation[side, rules.FAST.name][at] > float(rules.log(rules.STILL))
            outside = outside and still and not (noisy and self.gated)
            verdicts.outside[side].append(outside)
            verdicts.firing[side].append(self.alerts[side].step(outside))
            verdicts.quiet[side].append(self._quiet(side))

    def _quiet(self, side: Side) -> bool:
        near = self.ahead[rules.FAST.name][-2 * points(rules.TOLERANCE) - 1 :]
        soft, limit = self.calibrated.soft, self.calibrated.threshold[side, rules.FAST.name]
        if not near or math.isnan(limit):
            return False
        if side == "Up":
            return math.log((float(rules.SPIKE) * max(near) + soft) / (max(near) + soft)) <= limit
        return -math.log((float(rules.DROP) * min(near) + soft) / (min(near) + soft)) <= limit

    def _calibrate(self, at: int) -> None:
        soft = max(float(rules.SOFTNESS) * self._mean(at, SEASON), self.noise_floor)
        self.calibrated.soft = soft if soft > 0 else UNKNOWN
        if self.shifts.ordered:
            self.calibrated.drift = self.shifts.quantile(0.5)
        for which, found in self.deviations.items():
            if len(found.ordered) >= rules.KNOWN:
                self.spread[which][at] = found.quantile(float(rules.QUANTILE))
            past = (self.spread[which].get(at - DAY - week * SEASON) for week in range(rules.WEEKS))
            known = [spread for spread in past if spread is not None]
            if known:
                speed = next(speed for speed in rules.SPEEDS if speed.name == which[1])
                least = float(rules.log(speed.least))
                self.calibrated.threshold[which] = max(float(speed.margin) * min(known), least)


def judge(
    levels: list[float], *, noise_floor: float = 0.0, every: int = CALIBRATED, gated: bool = True
) -> Verdicts:
    """What the rules say about a series of one value per five minutes.

    ``every``: points between calibrations; promtool evaluates every group at the same step, hence 1 there.
    ``gated``: False shows what would be told of series that the rules refuse to judge.
    """
    return Twin(levels, noise_floor=noise_floor, every=every, gated=gated).run()
