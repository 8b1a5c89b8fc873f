"""Every way of measuring the story of ``everyway``: indicators as users write them, and the truth of each.

A count takes a stretch of time and gives all events in it and the bad ones, from the generator's integers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from tests.bed.kubeclient import Manifest
from tests.truth.everyway import FULL, PROBE, QUEUE, RUNS, STEP
from tests.truth.scenarios import LATENCY, REQUESTS
from tests.truth.traffic import Counter, Gauge, Service

BAD_ABOVE = 0.01
"""A slice is bad when a larger share of its events is."""
Count = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Way:
    """One kind of indicator.

    ``count`` is given the service and by how many seconds its rules are evaluated later than at multiples
    of their interval. ``in_one``: where one rate over all of it says something else.
    """

    indicator: Manifest
    count: Callable[[Service, int], Count]
    in_one: Callable[[Service, int], Count] | None = None


def _requests(service: Service, _: int) -> Count:
    return service.events


def _samples(service: Service, _: int) -> Count:
    """Scrapes of the probe, and those that found it down."""
    gauges = [one for one in service.extra if isinstance(one, Gauge) and one.metric == PROBE]
    found = sorted((service.start + (i + 1) * STEP, value) for one in gauges for i, value in one.scraped())

    def count(begin: float, end: float) -> tuple[float, float]:
        within = [value for at, value in found if begin < at <= end]
        return len(within), within.count(0.0)

    return count


def _looks(service: Service, phase: int) -> Count:
    """Every 30 s one look at what the last scrape found; nothing where that found nothing."""
    (gauge,) = (one for one in service.extra if isinstance(one, Gauge) and one.metric == QUEUE)
    found = [(service.start + (i + 1) * STEP + phase % STEP, value) for i, value in gauge.scraped()]

    def count(begin: float, end: float) -> tuple[float, float]:
        within = [value for at, value in found if begin < at <= end]
        return len(within), sum(value >= FULL for value in within)

    return count


def _runs(service: Service, _: int) -> Count:
    """Runs that measured something."""
    runs = {
        one.labels["outcome"]: one for one in service.extra if isinstance(one, Counter) and one.metric == RUNS
    }
    measured = Service(
        "runs", service.start, STEP, total=[runs["success"], runs["failure"]], bad=[runs["failure"]]
    )
    return measured.events


def _shares(service: Service, _: int) -> Count:
    """Every 30 s the share of failures in the last five minutes: seconds are the events."""
    shares = []
    for at in range(service.start + 300, service.start + len(service.total[0].events) * STEP + 1, STEP):
        total, bad = service.events(at - 300, at)
        shares.append((at, bad / total))

    def count(begin: float, end: float) -> tuple[float, float]:
        within = [share for at, share in shares if begin < at <= end]
        return len(within), sum(within)

    return count


def slices(count: Count, length: int, late: int, begin: float, end: float) -> tuple[int, int]:
    """All slices of time within, and those that are bad as a whole, cut where the rules cut them.

    ``late``: by how many seconds they end later than at multiples of their length. Of a slice that ends
    between two scrapes only whole steps are seen, of one that ends with a scrape all but the first: a
    rate needs two samples.
    """
    total = bad = 0
    for last in range(int(begin) + length + (late - int(begin) - length) % length, int(end) + 1, length):
        events, failed = count(last - length + 0.5, last)
        total += events > 0
        bad += failed > BAD_ABOVE * events
    return total, bad


def lag(slice_seconds: int = 0) -> int:
    """How late an event may become known to a window made of slices, in seconds.

    It is in 5m rates for five minutes, which are in a slice for up to five more, and the window is read
    every 2m30s. A verdict on a slice of time stands for as long as the slice, from its end on.
    """
    return 750 + 2 * slice_seconds


def possible(count: Callable[[float, float], float], begin: float, end: float, edge: float) -> list[float]:
    """What a count may come to when what is at its edges is on either side."""
    moved = min(edge, (end - begin) / 2)
    return [count(begin - i * moved, end - j * moved) for i, j in product((0, 0.5, 1), repeat=2)]


def ways(service: str) -> Mapping[str, Way]:
    """Every kind of indicator, over one service."""
    mine = f'service="{service}"'
    total, failed = f"{REQUESTS}{{{mine}}}", f'{REQUESTS}{{{mine},code="500"}}'
    free = f"sum(rate({failed}[$window])) / sum(rate({total}[$window]))"
    queue = {"query": f"max({QUEUE}{{{mine}}})", "operator": "LessThan", "value": str(FULL)}
    every = {"metric": total}
    return {
        "bad": Way({"ratio": {"bad": {"metric": failed}, "total": every}}, _requests),
        "good": Way(
            {"ratio": {"good": {"metric": f'{REQUESTS}{{{mine},code="200"}}'}, "total": every}}, _requests
        ),
        "query": Way({"ratio": {"bad": _query(failed), "total": _query(total)}}, _requests),
        "latency": Way({"latency": {"histogram": f"{LATENCY}{{{mine}}}", "below": "300ms"}}, _requests),
        "availability": Way({"availability": {"metric": f"{PROBE}{{{mine}}}"}}, _samples),
        "threshold": Way({"threshold": queue}, _looks),
        "error-ratio": Way({"errorRatio": {"query": free}}, _shares, _requests),
        "synthetic": Way({"synthetic": {"check": service}}, _runs),
    }


def _query(selector: str) -> Manifest:
    return {"query": f"sum(rate({selector}[$window]))"}
