"""What goes on in the shop: events per second and shares of bad ones, every two minutes.

Days and nights, quieter weekends, a little growth, and noise with a memory. Everything comes from a seeded
generator, so that a run can be repeated to the digit. Time 0 is a Monday, 00:00 UTC.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

STEP = 120
"""Seconds between two scrapes."""
MINUTE, HOUR = 60 / STEP, 3600 // STEP
DAY = 24 * HOUR
WEEK = 7 * DAY
"""In scrapes."""
START = 1_767_571_200
"""Monday, 2026-01-05, 00:00 UTC."""
Levels = list[float]

VOLUMES: Mapping[str, float] = {
    "gateway": 200,
    "checkout-http": 12,
    "checkouts": 1.2,
    "logins": 5,
    "joins": 1,
    "creates": 1.2,
    "lists": 10,
    "renewals": 0.4,
    "messages": 30,
    "push-ios": 8,
    "push-android": 14,
    "media": 3,
    "mail-calls": 3,
    "search-calls": 20,
    "queries": 90,
    "lookups": 150,
    "mail": 4,
    "push": 9,
    "points": 80,
    "bytes": 4e6,
}
"""Events per second at the busiest hour."""
EVENINGS = {"check-ins": 2.0}
"""Events per second in the evenings of Friday and Saturday; hardly any otherwise."""
SHARES: Mapping[str, float] = {
    "gateway.failed": 0.001,
    "gateway.limited": 0.004,
    "gateway.slow": 0.015,
    "checkout-http.failed": 0.001,
    "checkout-http.slow": 0.02,
    "checkouts.failed": 0.008,
    "logins.failed": 0.08,
    "joins.failed": 0.02,
    "check-ins.failed": 0.008,
    "creates.failed": 0.003,
    "lists.slow": 0.01,
    "renewals.failed": 0.01,
    "messages.failed": 0.002,
    "push-ios.failed": 0.02,
    "push-android.failed": 0.015,
    "media.failed": 0.01,
    "mail-calls.failed": 0.006,
    "mail-calls.slow": 0.01,
    "search-calls.failed": 0.003,
    "queries.slow": 0.008,
    "lookups.missed": 0.06,
    "points.lost": 0.0005,
    "notifications.failed": 0.002,
}
"""Of the events of the same name, while nothing is wrong."""
GAUGES: Mapping[str, tuple[float, float]] = {
    "pool": (0.4, 0.1),
    "memory": (0.6, 0.03),
    "latency": (0.12, 0.05),
    "waiting": (120, 0.1),
    "samples": (9000, 0.01),
}
"""The usual value, and how far it wanders, as a share of it."""
SWITCHES: Mapping[str, float] = {
    "notifications": 0.02,
    "rule-failures": 0.0,
    "admin-denied": 0.0,
    "backup": 1.0,
    "disk-growth": 0.0,
    "mail-workers": 12.0,
    "push-workers": 30.0,
    "collector-a": 1.0,
    "collector-b": 1.0,
    "api-a": 1.0,
}
"""What is as it is until somebody touches it."""


def signals(seed: int, weeks: int) -> dict[str, Levels]:
    """Every signal by name, one value per scrape, without any incident."""
    points = weeks * WEEK
    busy = [_busy(at) for at in range(points)]
    evening = [_evening(at) for at in range(points)]
    found = {
        name: _times(busy, peak, _wandering(seed, name, points, 0.03, 30)) for name, peak in VOLUMES.items()
    }
    found |= {
        name: _times(evening, peak, _wandering(seed, name, points, 0.05, 30))
        for name, peak in EVENINGS.items()
    }
    for name, share in SHARES.items():
        found[name] = [share * each for each in _wandering(seed, name, points, 0.15, 60)]
    for name, (usual, spread) in GAUGES.items():
        found[name] = [usual * each for each in _wandering(seed, name, points, spread, 90)]
    return found | {name: [value] * points for name, value in SWITCHES.items()}


def _times(season: Levels, peak: float, noise: Levels) -> Levels:
    return [peak * one * other for one, other in zip(season, noise, strict=True)]


def _busy(at: int) -> float:
    """From 0.15 at 3 in the night to 1 at 15:00; less on weekends, half a percent more every week."""
    wave = (1 + math.cos(2 * math.pi * (at % DAY / HOUR - 15) / 24)) / 2
    weekend = 0.8 if at // DAY % 7 >= 5 else 1.0
    return (0.15 + 0.85 * wave**1.3) * weekend * float(1.005 ** (at / WEEK))


def _evening(at: int) -> float:
    """Doors open at 18:00 on Friday and Saturday, and close at 23:00."""
    return 1.0 if at // DAY % 7 in (4, 5) and 18 <= at % DAY / HOUR < 23 else 0.01


def _wandering(seed: int, name: str, points: int, spread: float, minutes: float) -> Levels:
    """Factors around 1 with a memory: standard deviation, and the time after which 1/e is remembered."""
    random_ = random.Random(f"{seed} {name}")
    keep = math.exp(-STEP / 60 / minutes)
    fresh, value, found = spread * math.sqrt(1 - keep * keep), random_.gauss(0, spread), []
    for _ in range(points):
        value = keep * value + random_.gauss(0, fresh)
        found.append(math.exp(value))
    return found
