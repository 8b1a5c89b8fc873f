"""The recorded series of an anomaly rule: level, what past weeks let expect, deviation, threshold.

Everything is a ratio to the series itself, so that the unit does not matter: a series scaled by any
factor gets the same verdicts. Ranges are a minute shorter than their names say: Prometheus 2 counts the
sample at the begin of a range and Prometheus 3 does not, and so both take the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import nested, number, selector

INTERVAL = Duration.of(minutes=5)
"""Between two points of every series here, and two looks at the query."""
CALIBRATED = Duration.of(hours=1)
"""Between two looks at a week of deviations."""
SEASON = Duration.of(days=7)
WEEKS = 3
"""So many past weeks are compared with: of three, the median does not mind one that had an incident."""
TOLERANCE = Duration.of(hours=1)
"""A value is usual when it was usual within this time either way: clocks change, jobs begin late."""
DAY = Duration.of(days=1)

QUANTILE = Decimal("0.995")
"""Of a week's deviations; ten of its 2,016 points lie beyond."""
SOFTNESS = Decimal("0.1")
"""Share of the series' own mean that is added to both sides of every ratio, so that nights of next to
nothing do not divide by zero. Counting noise is largest where both are alike, and bounded there."""
KNOWN = 1600
"""Deviations of a week that must be known, of 2,016."""
DROP, SPIKE = Decimal("0.4"), Decimal(3)
"""What must be seen: a drop to 40 %, a rise to three times. A series too noisy for that is not judged."""


@dataclass(frozen=True, slots=True)
class Speed:
    """A mean that is compared. ``least``: deviations below it are never told, as a factor; ``margin``: how
    far beyond its usual deviations a series must be, as a factor of their logarithm."""

    name: str
    window: Duration
    least: Decimal
    margin: Decimal


FAST = Speed("Fast", Duration.of(minutes=15), Decimal("1.3"), Decimal("1.2"))
SLOW = Speed("Slow", Duration.of(hours=2), Decimal("1.1"), Decimal("1.5"))
"""Less is seen in more time. Means of two hours are not independent of each other, which makes their
quantile uncertain; hence the larger margin."""
SPEEDS = (FAST, SLOW)
STILL = Decimal("1.06")
"""The fast mean must be this far beyond the usual while the slow one is told, which forgets hours later."""

LEVEL = "anomaly:level"
HOUR = "anomaly:level:mean1h"
WEEKS_KNOWN = "anomaly:weeks"
AHEAD = "anomaly:expected:in1h"
VALUE, LOW, HIGH = "anomaly:value", "anomaly:expected:low", "anomaly:expected:high"
SHIFT = "anomaly:shift"
DEVIATION = "anomaly:deviation"
NOT_JUDGED = "anomaly:not_judged"
SOFT = "anomaly:softness"
DRIFT = "anomaly:drift"
SPREAD = "anomaly:spread"
THRESHOLD = "anomaly:threshold"

NAME, QUERY = "anomaly", "anomaly_query"
SPEED, SIDE, REASON = "anomaly_speed", "anomaly_side", "anomaly_reason"
_WEEK = "anomaly_week"
_MINUTE = Duration.of(minutes=1)


def span(length: Duration) -> Duration:
    """The range that holds the points of such a time, in every Prometheus."""
    return Duration(length.milliseconds - _MINUTE.milliseconds)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The series of one rule. They pin the query, so that the past of another one never mixes in."""

    name: str
    query: str
    own: Mapping[str, str]
    noise_floor: Decimal

    @property
    def pins(self) -> dict[str, str]:
        """Labels of every recorded series."""
        digest = hashlib.sha256(self.query.encode()).hexdigest()[:10]
        return {**self.own, NAME: self.name, QUERY: digest}

    def series(self, metric: str, **labels: str) -> str:
        """A recorded series of this rule."""
        return selector(metric, {**self.pins, **labels})

    def kept(self, metric: str, **labels: str) -> str:
        """The last value of what is calibrated, which is recorded less often."""
        return f"last_over_time({self.series(metric, **labels)}[{_held()}])"

    def rule(self, metric: str, expr: str, **labels: str) -> Manifest:
        """A recording rule."""
        return {"record": metric, "expr": expr, "labels": {**self.pins, **labels}}


def judgement(of: Recorded) -> list[Manifest]:
    """What is recorded every five minutes, in order."""
    return [
        of.rule(LEVEL, f"{nested(of.query)} >= 0 < Inf"),
        of.rule(HOUR, f"avg_over_time({of.series(LEVEL)}[{span(Duration.of(hours=1))}])"),
        of.rule(WEEKS_KNOWN, _past(of, "count without ({week})")),
        of.rule(
            AHEAD,
            f"{_past(of, 'quantile without ({week})', '0.5,')}\nand {of.series(WEEKS_KNOWN)} >= 2",
            **{SPEED: FAST.name},
        ),
        of.rule(AHEAD, _mean(of.series(AHEAD, **{SPEED: FAST.name}), SLOW), **{SPEED: SLOW.name}),
        *(of.rule(VALUE, _mean(of.series(LEVEL), speed), **{SPEED: speed.name}) for speed in SPEEDS),
        of.rule(LOW, f"min_over_time({of.series(AHEAD)}[{_near()}])"),
        of.rule(HIGH, f"max_over_time({of.series(AHEAD)}[{_near()}])"),
        of.rule(SHIFT, _shift(of)),
        of.rule(DEVIATION, _deviation(of, above=VALUE, below=HIGH, drift="1"), **{SIDE: "Up"}),
        of.rule(DEVIATION, _deviation(of, above=LOW, below=VALUE, drift="-1"), **{SIDE: "Down"}),
        *_not_judged(of),
    ]


def calibration(of: Recorded) -> list[Manifest]:
    """What is recorded every hour, from the past week and the past day."""
    week = f"{of.series(DEVIATION)}[{SEASON}]"
    mean = f"{number(SOFTNESS)} * avg_over_time({of.series(LEVEL)}[{SEASON}])"
    soft = f"clamp_min({mean}, {number(of.noise_floor)})"
    return [
        of.rule(SOFT, f"{soft} > 0"),
        of.rule(DRIFT, f"quantile_over_time(0.5, {of.series(SHIFT)}[{DAY}])"),
        of.rule(
            SPREAD,
            f"quantile_over_time({number(QUANTILE)}, {week})\nand count_over_time({week}) >= {KNOWN}",
        ),
        *(of.rule(THRESHOLD, _threshold(of, speed), **{SPEED: speed.name}) for speed in SPEEDS),
    ]


def log(value: Decimal) -> str:
    """The natural logarithm, as PromQL writes a number."""
    return number(round(value.ln(), 4))


def _mean(series: str, speed: Speed) -> str:
    return f"avg_over_time({series}[{span(speed.window)}])"


def _near() -> Duration:
    """What is expected within an hour either way, seen from an hour ahead; both ends included."""
    return Duration(2 * TOLERANCE.milliseconds + _MINUTE.milliseconds)


def _held() -> Duration:
    return Duration(2 * CALIBRATED.milliseconds + _MINUTE.milliseconds)


def _past(of: Recorded, aggregation: str, argument: str = "") -> str:
    """An aggregation over the hours around the moment that lies an hour and so many weeks back from then."""
    ahead = TOLERANCE.milliseconds + Duration.of(minutes=30).milliseconds
    weeks = [
        f"label_replace({of.series(HOUR)} offset {Duration(week * SEASON.milliseconds - ahead)}, "
        f'"{_WEEK}", "{week}", "", "")'
        for week in range(1, WEEKS + 1)
    ]
    listed = "\nor\n".join(weeks)
    return f"{aggregation.format(week=_WEEK)} ({argument}\n{listed}\n)"


def _shift(of: Recorded) -> str:
    """By how much, as a logarithm, the series now differs from what past weeks let expect."""
    soft = of.kept(SOFT)
    value = of.series(VALUE, **{SPEED: FAST.name})
    expected = f"{of.series(AHEAD, **{SPEED: FAST.name})} offset {TOLERANCE}"
    both = [f"({series} + ignoring ({SPEED}) {soft})" for series in (value, expected)]
    return f"ln({both[0]}\n/ {both[1]})"


def _deviation(of: Recorded, *, above: str, below: str, drift: str) -> str:
    """How far the value is outside of what was usual, as a logarithm; negative inside.

    Where all of the last day was higher or lower (a release, growth, a holiday), only what is beyond that
    counts. A day later everything is compared with the past weeks alone again, whichever explains more.
    """
    softened = [
        f"({of.series(metric)} + ignoring ({SPEED}) group_left () {of.kept(SOFT)})"
        for metric in (above, below)
    ]
    return (
        f"ln({softened[0]}\n/ {softened[1]})\n"
        f"- ignoring ({SPEED}) group_left () clamp_min({drift} * {of.kept(DRIFT)}, 0)"
    )


def _threshold(of: Recorded, speed: Speed) -> str:
    """From the quietest of the last three weeks: a week with incidents does not make the next ones blind.

    They end a day ago, so that what is going on now does not count as usual.
    """
    spread = of.series(SPREAD, **{SPEED: speed.name})
    ends = [Duration(DAY.milliseconds + week * SEASON.milliseconds) for week in range(WEEKS)]
    weeks = [
        f'label_replace(last_over_time({spread}[{_held()}] offset {ago}), "{_WEEK}", "{week}", "", "")'
        for week, ago in enumerate(ends)
    ]
    listed = "\nor\n".join(weeks)
    usual = f"min without ({_WEEK}) (\n{listed}\n)"
    return f"clamp_min({number(speed.margin)} * {usual}, {log(speed.least)})"


def _not_judged(of: Recorded) -> list[Manifest]:
    """Why nothing can be told: too short a past, too much noise, or too little going on just now."""
    every = f"{SPEED}, {SIDE}"
    thresholds = of.kept(THRESHOLD)
    judged = f"group without ({every}) ({of.series(DEVIATION)} and {thresholds})"
    noisy = "\nor\n".join(
        f"{of.kept(THRESHOLD, **{SIDE: side})} > {log(limit)}"
        for side, limit in (("Up", SPIKE), ("Down", 1 / DROP))
    )
    return [
        of.rule(NOT_JUDGED, f"group without () ({of.series(LEVEL)})\nunless {judged}", **{REASON: "History"}),
        of.rule(NOT_JUDGED, f"group without ({every}) (\n{noisy}\n)", **{REASON: "Noise"}),
        *(
            of.rule(NOT_JUDGED, _quiet(of, side, metric, factor), **{REASON: "Quiet", SIDE: side})
            for side, metric, factor in (("Up", HIGH, SPIKE), ("Down", LOW, DROP))
        ),
    ]


def _quiet(of: Recorded, side: str, metric: str, factor: Decimal) -> str:
    """Even what must be seen would be too little to tell, at what is expected now."""
    soft = f"+ ignoring ({SPEED}) {of.kept(SOFT)}"
    usual = of.series(metric, **{SPEED: FAST.name})
    ratio = f"ln(({number(factor)} * {usual} {soft})\n/ ({usual} {soft}))"
    size = ratio if side == "Up" else f"-{ratio}"
    limit = of.kept(THRESHOLD, **{SPEED: FAST.name, SIDE: side})
    return f"group without () (\n{size}\n<= ignoring ({SPEED}, {SIDE}) {limit}\n)"
