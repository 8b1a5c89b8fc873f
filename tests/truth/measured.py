"""Scenarios of what is measured otherwise than by counting requests, and of maintenance.

Gauges that are looked at, checks that are up or down, slices of time that are good or bad. Like those of
``scenarios`` they live in the one TSDB of the truth tests, told apart by the label ``service``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from tests.truth.scenarios import DAY, REQUESTS
from tests.truth.traffic import Counter, Gauge, Service

PROBE = "probe_success"
QUEUE = "queue_depth"
FULL = 1000
"""From this depth on the queue is too long."""
OUTAGES = ((4 * DAY + 40_000, 2400), (11 * DAY + 86_000, 1200), (22 * DAY + 7_260, 600))
"""(begin, length) of the outages, in seconds before the end; one of them across a midnight."""
NIGHT = (3 * 3600, 1800)
"""When maintenance fails half of all requests every night: seconds since midnight, and length."""


def build_measured(end: int, *, days: int = 30, step: int = 60) -> dict[str, Service]:
    """Every scenario, by service name, for the ``days`` before the Unix time ``end``."""
    steps = (days + 1) * DAY // step
    start = end - steps * step
    made = (
        _probe(start, step, steps),
        _queue(start, step, steps),
        _served("outages", start, step, steps, maintained=False, failing=0.0001),
        _served("maintained", start, step, steps, maintained=True, failing=0.0002),
        _served("spotless", start, step, steps, maintained=True, failing=0),
    )
    return {service.name: service for service in made}


def in_outage(at: int, end: int) -> bool:
    """Whether a Unix time lies in one of the outages before ``end``."""
    return any(end - before <= at < end - before + length for before, length in OUTAGES)


def _probe(start: int, step: int, steps: int) -> Service:
    """Checked from two places: one sees the outages, and was itself away for two hours; one flaps."""
    end, chance = start + steps * step, random.Random("probe")
    away = range(steps // 2, steps // 2 + 7200 // step)
    seen = [None if i in away else float(not in_outage(start + i * step, end)) for i in range(steps)]
    flaps = [float(chance.random() > 0.0004) for _ in range(steps)]
    service = Service("probe", start, step)
    service.extra = [Gauge(PROBE, {"place": "eu"}, seen), Gauge(PROBE, {"place": "us"}, flaps)]
    return service


def _queue(start: int, step: int, steps: int) -> Service:
    """Breathes with the day, and is full during the outages. Not measured at all for three hours."""
    end, gone = start + steps * step, range(steps // 3, steps // 3 + 10_800 // step)

    def depth(at: int) -> float:
        return FULL * 2.5 if in_outage(at, end) else FULL * (0.5 + 0.4 * math.sin(at / DAY * math.tau))

    values = [None if i in gone else round(depth(start + i * step), 1) for i in range(steps)]
    service = Service("queue", start, step)
    service.extra = [Gauge(QUEUE, {}, values)]
    return service


def _served(name: str, start: int, step: int, steps: int, *, maintained: bool, failing: float) -> Service:
    """Thirty requests a second. Half of them fail while something is wrong, else ``failing`` of them."""
    end, chance = start + steps * step, random.Random(name)
    total, bad = [], []
    for i in range(steps):
        at = start + i * step
        wrong = NIGHT[0] <= at % DAY < sum(NIGHT) if maintained else in_outage(at, end)
        total.append(chance.randint(25 * step, 35 * step))
        bad.append(total[-1] // 2 if wrong else sum(chance.random() < failing * 30 for _ in range(step)))
    ok = Counter(REQUESTS, {"pod": "p0", "code": "200"}, [n - w for n, w in zip(total, bad, strict=True)])
    failed = Counter(REQUESTS, {"pod": "p0", "code": "500"}, bad)
    return Service(name, start, step, total=[ok, failed], bad=[failed])


def samples(service: Service, begin: float, end: float) -> Iterator[float]:
    """Every value scraped in ``(begin, end]``."""
    for gauge in service.extra:
        for i, value in gauge.scraped():
            if begin < service.start + (i + 1) * service.step <= end:
                yield value


def looks(service: Service, begin: int, end: int, *, every: int) -> Iterator[float]:
    """What the one gauge shows at multiples of ``every`` in ``(begin, end]``, for 5 min after a sample."""
    (gauge,) = service.extra
    found = {service.start + (i + 1) * service.step: value for i, value in gauge.scraped()}
    for at in range(begin // every * every + every, end + 1, every):
        newest = next((found[one] for one in range(at, at - 300, -1) if one in found), None)
        if newest is not None:
            yield newest


def slices(service: Service, begin: int, end: int, *, length: int) -> Iterator[float]:
    """Share of bad events in every slice that ends at a multiple of ``length`` in ``(begin, end]``."""
    for at in range(begin // length * length + length, end + 1, length):
        total, bad = service.events(at - length, at)
        yield bad / total if total else 0.0
