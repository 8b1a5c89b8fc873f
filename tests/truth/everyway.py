"""One story, measured in every way: two days of a service as counters, gauges, checks and histograms.

Half of everything goes wrong in each of ``OUTAGES``: once well before, and once shortly before and after
each local midnight at which a calendar period of ``WINDOWS`` begins. It is busy by day and quiet at night.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime

from tests.truth.scenarios import DAY, LATENCY, REQUESTS
from tests.truth.traffic import Counter, Gauge, Service

STEP = 30


def utc(text: str) -> int:
    """Unix time of ``2027-11-01 10:41:30``, in UTC."""
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


END = utc("2027-11-01 10:41:30")
"""Monday the first: weeks and a month have just begun, and Berlin's clocks went back the night before."""
START = END - 2 * DAY - 7200
STEPS = (END - START) // STEP

WINDOWS: Mapping[str, Mapping[str, str]] = {
    "2d": {"rolling": "2d"},
    "honolulu": {"calendar": "Week", "timeZone": "Pacific/Honolulu"},
    "berlin": {"calendar": "Month", "timeZone": "Europe/Berlin"},
    "kolkata": {"calendar": "Week", "timeZone": "Asia/Kolkata"},
}
PERIODS = {
    "2d": (END - 2 * DAY, END),
    "honolulu": (utc("2027-11-01 10:00"), utc("2027-11-08 10:00")),
    "berlin": (utc("2027-10-31 23:00"), utc("2027-11-30 23:00")),
    "kolkata": (utc("2027-10-31 18:30"), utc("2027-11-07 18:30")),
}
"""From when until when each of them reaches."""
OUTAGES = tuple(
    (utc(f"2027-{begin}"), minutes * 60)
    for begin, minutes in (
        ("10-30 17:10:30", 40),
        ("10-31 17:31:00", 24),
        ("10-31 18:46:30", 23),
        ("10-31 22:01:00", 24),
        ("10-31 23:16:30", 21),
        ("11-01 09:02:00", 23),
        ("11-01 10:08:00", 12),
    )
)
"""(begin, length in seconds)."""


def failing(at: int) -> bool:
    """Whether a Unix time lies in an outage."""
    return any(begin <= at < begin + length for begin, length in OUTAGES)


def busy(at: int) -> int:
    """Requests in a step that begins at a Unix time."""
    return 600 if 6 * 3600 <= at % DAY < 22 * 3600 else 60


def served(
    name: str,
    *,
    wrong: Callable[[int], float],
    rate: Callable[[int], int] = busy,
    region: str | None = None,
    lives: tuple[int, int] | None = None,
    gaps: frozenset[int] = frozenset(),
) -> Service:
    """Requests of which a share fails, by Unix time. ``lives``: from when until when its series exist."""
    chance = random.Random(f"{name}/{region}")
    born, dies = ((at - START) // STEP for at in lives) if lives else (0, STEPS)
    total, bad = [0] * STEPS, [0] * STEPS
    for i in range(born, dies):
        at = START + i * STEP
        total[i] = rate(at)
        bad[i] = min(total[i], int(total[i] * wrong(at) + chance.random()))
    labels = {"service": name, **({"region": region} if region else {})}
    good = [n - w for n, w in zip(total, bad, strict=True)]
    counters = [
        Counter(REQUESTS, {**labels, "code": code}, events, born=born, dies=dies)
        for code, events in (("200", good), ("500", bad))
    ]
    return Service(f"{name}/{region}", START, STEP, total=counters, bad=counters[1:], gaps=gaps)


def no_traffic(name: str) -> Service:
    """The counters are there, and nobody calls."""
    return served(name, wrong=lambda _: 0.0, rate=lambda _: 0)


def story() -> Service:
    """The requests of the story, and all else that was measured meanwhile."""
    service = served("story", wrong=lambda at: 0.5 if failing(at) else 0.0003)
    ok, failed = service.total
    every = [a + b for a, b in zip(ok.events, failed.events, strict=True)]
    labels = {"service": "story"}
    times = [START + i * STEP for i in range(STEPS)]
    service.extra = [
        Counter(f"{LATENCY}_count", labels, every),
        Counter(f"{LATENCY}_bucket", {**labels, "le": "0.3"}, ok.events),
        Counter(f"{LATENCY}_bucket", {**labels, "le": "+Inf"}, every),
        *story_gauges(times),
        *(
            Counter(
                "fireline_check_runs_total", {"namespace": "ways", "check": "flow", "outcome": name}, runs
            )
            for name, runs in story_runs(times).items()
        ),
    ]
    return service


def story_gauges(times: list[int]) -> list[Gauge]:
    """A probe from two places, one of which sees the outages, and a queue that is full meanwhile.

    The other place was away for two hours, and the queue was not measured for one.
    """
    away, unknown = utc("2027-10-31 04:00"), utc("2027-10-31 06:00")
    eu = [0.0 if failing(at) else 1.0 for at in times]
    us = [None if away <= at < away + 7200 else 1.0 for at in times]
    queue = [
        None if unknown <= at < unknown + 3600 else 2500.0 if failing(at) else 10.0 + at % 700 for at in times
    ]
    return [
        Gauge("probe_success", {"service": "story", "place": "eu"}, eu),
        Gauge("probe_success", {"service": "story", "place": "us"}, us),
        Gauge("queue_depth", {"service": "story"}, queue),
    ]


def story_runs(times: list[int]) -> dict[str, list[int]]:
    """Runs of a check by outcome, one a minute; every tenth finds its own infrastructure broken."""
    runs: dict[str, list[int]] = {outcome: [0] * len(times) for outcome in ("success", "failure", "infra")}
    for i, at in enumerate(times):
        if at % 60 == 0:
            outcome = "infra" if at % 600 == 0 else "failure" if failing(at) else "success"
            runs[outcome][i] = 1
    return runs
