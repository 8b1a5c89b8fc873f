"""Made-up traffic for ``make bench-anomaly``: what a series looks like when nothing is wrong.

One value per five minutes, the mean over these five minutes, in units per second; time 0 is a Monday,
00:00 UTC. Everything comes from a seeded generator, so that a run can be repeated to the digit.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

STEP = 300
DAY = 86_400 // STEP
WEEK = 7 * DAY
"""Points per day and week."""
Levels = list[float]


@dataclass(frozen=True)
class Kind:
    """A kind of traffic. ``expected``: the level by point, before noise; ``noise`` makes a series of it.

    ``noise_floor``: what its rule is told about small numbers. ``events``: whether whole events are counted
    at the end, by chance around the level.
    """

    name: str
    expected: Callable[[int], float]
    noise: Callable[[random.Random, Levels], Levels]
    noise_floor: float = 0.0
    events: bool = True

    def series(self, seed: str, weeks: int, change: Callable[[int], float] = lambda _: 1.0) -> Levels:
        """Weeks of it. ``change`` multiplies what is expected at a point: an incident, a release."""
        random_ = random.Random(f"{self.name} {seed}")
        levels = self.noise(random_, [self.expected(point) for point in range(weeks * WEEK)])
        changed = [level * change(point) for point, level in enumerate(levels)]
        return [_counted(random_, level * STEP) / STEP for level in changed] if self.events else changed


def hour(point: int) -> float:
    """Hour of the day, 0 to 24."""
    return point % DAY * 24 / DAY


def weekend(point: int) -> bool:
    """Whether it is Saturday or Sunday."""
    return point // DAY % 7 >= 5


def _day_and_night(point: int, lowest: float) -> float:
    """From ``lowest`` at about 4:00 to 1 at about 16:00, smooth, with a dent at noon's end."""
    angle = 2 * math.pi * (hour(point) - 16) / 24
    wave = (1 + math.cos(angle)) / 2
    return lowest + (1 - lowest) * (0.9 * wave**1.3 + 0.1 * wave * math.cos(angle * 3) ** 2)


def _growth(point: int, weekly: float) -> float:
    return float((1 + weekly) ** (point / WEEK))


def _counted(random_: random.Random, mean: float) -> float:
    """A Poisson number's normal approximation above 50, exact below."""
    if mean > 50:
        return max(0.0, round(random_.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), random_.random(), 0
    while product > limit:
        product *= random_.random()
        count += 1
    return float(count)


def _wandering(random_: random.Random, points: int, spread: float, minutes: float) -> Levels:
    """Noise with a memory, AR(1): standard deviation and the time after which 1/e is remembered."""
    keep = math.exp(-STEP / 60 / minutes)
    fresh = spread * math.sqrt(1 - keep * keep)
    values, value = [], random_.gauss(0, spread)
    for _ in range(points):
        value = keep * value + random_.gauss(0, fresh)
        values.append(value)
    return values


def _web(point: int) -> float:
    return 50 * _day_and_night(point, 0.2) * (0.7 if weekend(point) else 1) * _growth(point, 0.02)


def _web_noise(random_: random.Random, levels: Levels) -> Levels:
    wander = _wandering(random_, len(levels), 0.05, 60)
    return [level * math.exp(w) for level, w in zip(levels, wander, strict=True)]


def _batch(point: int) -> float:
    """A plateau by day and night, full hours a little higher, nights with jobs of their own (see noise)."""
    return 20 * _day_and_night(point, 0.4) * (0.85 if weekend(point) else 1)


def _batch_noise(random_: random.Random, levels: Levels) -> Levels:
    wander = _wandering(random_, len(levels), 0.08, 20)
    out = [level * math.exp(w) for level, w in zip(levels, wander, strict=True)]
    for day in range(len(levels) // DAY):
        # The nightly job: 90 minutes from about 2:00, begun up to 15 minutes late, its size varies.
        begin = day * DAY + 24 + random_.randint(0, 3)
        size = 30 * math.exp(random_.gauss(0, 0.1))
        for point in range(begin, min(begin + 18, len(out))):
            out[point] += size
        # Small bursts now and then, any time: somebody's script.
        for _ in range(random_.randint(0, 3)):
            begin = day * DAY + random_.randrange(DAY)
            for point in range(begin, min(begin + random_.randint(1, 2), len(out))):
                out[point] *= 1 + 0.5 * random_.random()
    return out


def _small(point: int) -> float:
    """At most about 90 events per 15 minutes, a tenth of that at night."""
    return 0.1 * _day_and_night(point, 0.12) * (0.8 if weekend(point) else 1)


def _calm(_random: random.Random, levels: Levels) -> Levels:
    """Nothing but the chance of counting."""
    return levels


def _asleep(point: int) -> float:
    """An office's tool: 90 events per 15 minutes at most, none from evening to morning."""
    awake = max(0.0, math.cos(2 * math.pi * (hour(point) - 14) / 24))
    return 0.1 * awake * (0.1 if weekend(point) else 1)


def _heavy(point: int) -> float:
    return 0.3 * _day_and_night(point, 0.6)


def _heavy_noise(random_: random.Random, levels: Levels) -> Levels:
    """A quantile of latency over few requests: Pareto tails, so that no mean settles."""
    return [level * random_.paretovariate(1.3) for level in levels]


_FEW = 15 / 900
"""A quarter of an hour with 15 events more or less says nothing."""

WEB = Kind("web", _web, _web_noise)
BATCH = Kind("batch", _batch, _batch_noise)
SMALL = Kind("low volume", _small, _calm, _FEW)
ASLEEP = Kind("zero nights", _asleep, _calm, _FEW)
HEAVY = Kind("heavy tails", _heavy, _heavy_noise, events=False)
