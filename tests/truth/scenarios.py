"""The services of the truth tests: each a way in which SLO figures usually go wrong.

All live in one TSDB, told apart by the label ``service``. Errors carry ``code="500"``.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.truth.traffic import Counter, Service

REQUESTS = "http_requests_total"
LATENCY = "http_request_duration_seconds"
DAY = 86_400

Rate = Callable[[int], float]
"""From seconds since the scenario's start to events per second, or to the share of bad ones."""


def build(end: int, *, days: int = 30, step: int = 60) -> dict[str, Service]:
    """Every scenario, by service name, for the ``days`` before the Unix time ``end``."""
    steps = (days + 1) * DAY // step
    start = end - steps * step
    return {make.__name__.replace("_", "-"): make(start, step, steps) for make in SCENARIOS}


def _poisson(mean: float, chance: random.Random) -> int:
    """A random whole number of independent events, ``mean`` on average."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    count, left = -1, mean
    while left >= 0:
        left -= chance.expovariate(1.0)
        count += 1
    return count


def _split(events: list[int], share: Rate, step: int, chance: random.Random) -> tuple[list[int], list[int]]:
    """(good, bad) of each step's events."""
    bad = [min(n, _poisson(n * share(i * step), chance)) for i, n in enumerate(events)]
    return [count - wrong for count, wrong in zip(events, bad, strict=True)], bad


def _pods(
    name: str,
    start: int,
    step: int,
    steps: int,
    *,
    rate: Rate,
    errors: Rate,
    pods: int = 2,
    lives: Callable[[int], tuple[int, int]] | None = None,
    restarts: Callable[[int], frozenset[int]] = lambda _: frozenset(),
    late_born: bool = False,
    gaps: frozenset[int] = frozenset(),
    tolerance: float = 0.01,
) -> Service:
    """A service of several pods that share its traffic; each has one good and one bad series."""
    service = Service(name, start, step, gaps=gaps, tolerance=tolerance)
    for pod in range(pods):
        chance = random.Random(f"{name}/{pod}")
        born, dies = lives(pod) if lives else (0, steps)

        def alive(at: int, born: int = born, dies: int = dies) -> float:
            return rate(at) / pods if born <= at // step < dies else 0.0

        good, bad = _split(
            [_poisson(alive(i * step) * step, chance) for i in range(steps)], errors, step, chance
        )
        common = {"born": born, "dies": dies, "restarts": restarts(pod)}
        ok = Counter(REQUESTS, {"pod": f"p{pod}", "code": "200"}, good, **common)
        failed = Counter(REQUESTS, {"pod": f"p{pod}", "code": "500"}, bad, late_born=late_born, **common)
        service.total += [ok, failed]
        service.bad.append(failed)
    return service


def _steady(_: int) -> float:
    return 20.0


def _half_a_budget(_: int) -> float:
    return 0.0005


def quiet_nights(start: int, step: int, steps: int) -> Service:
    """Two requests a minute at night, when a third of them fail; busy and well by day."""

    def night(at: int) -> bool:
        return (start + at) % DAY < 8 * 3600

    return _pods(
        "quiet-nights",
        start,
        step,
        steps,
        rate=lambda at: 1 / 30 if night(at) else 25.0,
        errors=lambda at: 0.3 if night(at) else 0.0002,
    )


def spikes(start: int, step: int, steps: int) -> Service:
    """Every fifth day ten times the traffic for 20 minutes, 3 % of it failing; once around midnight."""

    def spike(at: int) -> bool:
        now = start + at
        if now // DAY % 5 == 2 and 50_000 <= now % DAY < 51_200:
            return True
        return (now + 600) // DAY % 15 == 0 and (now + 600) % DAY < 1200

    return _pods(
        "spikes",
        start,
        step,
        steps,
        rate=lambda at: 200.0 if spike(at) else 20.0,
        errors=lambda at: 0.03 if spike(at) else 0.0001,
    )


def counter_resets(start: int, step: int, steps: int) -> Service:
    """Each pod restarts every five hours or so, its counters with it."""
    every = 5 * 3600 // step
    return _pods(
        "counter-resets",
        start,
        step,
        steps,
        rate=_steady,
        errors=_half_a_budget,
        restarts=lambda pod: frozenset(range(every + pod * 37, steps, every)),
    )


def missing_errors(start: int, step: int, steps: int) -> Service:
    """Nothing ever failed, so there is no error series at all."""
    service = _pods("missing-errors", start, step, steps, rate=_steady, errors=lambda _: 0.0)
    service.total = [counter for counter in service.total if counter not in service.bad]
    service.bad = []
    return service


def idle_hours(start: int, step: int, steps: int) -> Service:
    """Sixteen hours a day without one request; the counters are there and stand still."""
    return _pods(
        "idle-hours",
        start,
        step,
        steps,
        rate=lambda at: 30.0 if 9 * 3600 <= (start + at) % DAY < 17 * 3600 else 0.0,
        errors=_half_a_budget,
    )


def scrape_gap(start: int, step: int, steps: int) -> Service:
    """Prometheus could not scrape for an hour and for 20 minutes, in which nothing failed."""
    hour = range(steps * 2 // 5, steps * 2 // 5 + 3600 // step)
    short = range(steps * 3 // 4, steps * 3 // 4 + 1200 // step)
    gaps = frozenset(hour) | frozenset(short)
    return _pods(
        "scrape-gap",
        start,
        step,
        steps,
        rate=_steady,
        errors=lambda at: 0.0 if at // step in gaps else 0.0005,
        gaps=gaps,
    )


def blind_hour(start: int, step: int, steps: int) -> Service:
    """Prometheus could not scrape for an hour, and just then 2 % of all requests failed."""
    hour = frozenset(range(steps * 2 // 3, steps * 2 // 3 + 3600 // step))
    return _pods(
        "blind-hour",
        start,
        step,
        steps,
        rate=_steady,
        errors=lambda at: 0.02 if at // step in hour else 0.0001,
        gaps=hour,
    )


def doubled(start: int, step: int, steps: int) -> Service:
    """A deployment replaces two pods by four; for half an hour all six serve."""
    middle, overlap = steps // 2, 1800 // step

    def lives(pod: int) -> tuple[int, int]:
        return (0, middle + overlap) if pod < 2 else (middle, steps)

    return _pods(
        "doubled", start, step, steps, rate=lambda _: 60.0, errors=_half_a_budget, pods=6, lives=lives
    )


def ten_minutes(start: int, step: int, steps: int) -> Service:
    """Beside a calm region, one that lived for ten minutes and failed half of its many requests."""
    service = _pods("ten-minutes", start, step, steps, rate=_steady, errors=lambda _: 0.0001)
    born = steps * 3 // 5
    brief = _pods(
        "ten-minutes/brief",
        start,
        step,
        steps,
        rate=lambda _: 60.0,
        errors=lambda _: 0.5,
        pods=1,
        lives=lambda _: (born, born + 600 // step),
    )
    for counter in brief.total:
        counter.labels = {**counter.labels, "region": "brief"}
    service.total += brief.total
    service.bad += brief.bad
    return service


def late_born(start: int, step: int, steps: int) -> Service:
    """An error series appears with its first error; pods restart every ten days."""
    every = 10 * DAY // step
    return _pods(
        "late-born",
        start,
        step,
        steps,
        rate=_steady,
        errors=_half_a_budget,
        late_born=True,
        restarts=lambda pod: frozenset(range(every + pod * 61, steps, every)),
        tolerance=0.02,
    )


def young(start: int, step: int, steps: int) -> Service:
    """Ten days old, so a third of the window."""
    born = steps - 10 * DAY // step
    return _pods(
        "young",
        start,
        step,
        steps,
        rate=_steady,
        errors=lambda _: 0.001,
        lives=lambda _: (born, steps),
    )


def no_traffic(start: int, step: int, steps: int) -> Service:
    """The counters exist and nobody ever called."""
    return _pods("no-traffic", start, step, steps, rate=lambda _: 0.0, errors=lambda _: 0.0, pods=1)


def one_event(start: int, step: int, steps: int) -> Service:
    """One single request in the whole month, and it failed."""
    service = _pods("one-event", start, step, steps, rate=lambda _: 0.0, errors=lambda _: 0.0, pods=1)
    service.bad[0].events[steps * 2 // 3] = 1
    return service


def latency(start: int, step: int, steps: int) -> Service:
    """A classic histogram; bad are requests slower than 300 ms. Pods restart now and then."""
    every = 7 * 3600 // step
    plain = _pods(
        "latency",
        start,
        step,
        steps,
        rate=_steady,
        errors=lambda at: 0.02 if (start + at) // 3600 % 24 == 20 else 0.0002,
        restarts=lambda pod: frozenset(range(every + pod * 41, steps, every)),
    )
    service = Service("latency", start, step)
    for fast, slow in zip(plain.total[::2], plain.total[1::2], strict=True):
        labels = {"pod": fast.labels["pod"]}
        every_request = [a + b for a, b in zip(fast.events, slow.events, strict=True)]
        restarts = fast.restarts
        service.total.append(Counter(f"{LATENCY}_count", labels, every_request, restarts=restarts))
        service.bad.append(slow)
        for bound, events in (
            ("0.1", [n // 2 for n in fast.events]),
            ("0.3", fast.events),
            ("+Inf", every_request),
        ):
            service.extra.append(
                Counter(f"{LATENCY}_bucket", {**labels, "le": bound}, events, restarts=restarts)
            )
    return service


SCENARIOS: tuple[Callable[[int, int, int], Service], ...] = (
    quiet_nights,
    spikes,
    counter_resets,
    missing_errors,
    idle_hours,
    scrape_gap,
    blind_hour,
    doubled,
    ten_minutes,
    late_born,
    young,
    no_traffic,
    one_event,
    latency,
)
