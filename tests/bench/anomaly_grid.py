"""The many runs behind ``make bench-anomaly``: every kind of traffic and seed, with and without incidents."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tests.bed.progress import Progress
from tests.bench import anomaly_naive
from tests.bench.anomaly_incidents import INJURIES, Found, Injury, false_per_week, found, multiplied, schedule
from tests.bench.anomaly_traffic import ASLEEP, BATCH, DAY, HEAVY, SMALL, WEB, WEEK, Kind
from tests.bench.anomaly_twin import SIDES, Verdicts, judge

PROMISED = (WEB, BATCH, SMALL)
KINDS = (*PROMISED, ASLEEP, HEAVY)
SEEDS = 8
WARM_UP, WEEKS = 6, 12
"""Weeks before anything is counted (three to compare with, three of thresholds), and all weeks."""
FIRST = WARM_UP * WEEK
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """One series by one way of judging. False episodes are per week, ``noisy`` and ``quiet`` shares of time.

    ``calm``: without any incident. ``shaken``: beside the incidents, in a series that has them.
    """

    kind: str
    way: str
    calm: float
    shaken: float
    found: list[Found]
    noisy: float
    quiet: dict[str, float]


Judge = Callable[[list[float]], Verdicts]
WAYS: dict[str, Callable[[Kind], Judge]] = {
    "rules": lambda kind: partial(judge, noise_floor=kind.noise_floor),
    "without gate": lambda kind: partial(judge, noise_floor=kind.noise_floor, gated=False),
    "fixed 30 %": lambda _: anomaly_naive.judge,
}
RULES, UNGATED, _ = WAYS


def run(number: int, way: str, seed: int) -> Run:
    """One kind (by its number), way and seed."""
    kind = KINDS[number]
    judged = WAYS[way](kind)
    incidents = schedule(seed, FIRST, WEEKS * WEEK - DAY)
    calm = judged(kind.series(str(seed), WEEKS))
    shaken = judged(kind.series(str(seed), WEEKS, partial(multiplied, incidents)))
    return Run(
        kind.name,
        way,
        false_per_week(calm, FIRST),
        false_per_week(shaken, FIRST, incidents),
        [found(incident, shaken) for incident in incidents],
        statistics.fmean(calm.noisy[FIRST:]),
        {side: statistics.fmean(calm.quiet[side][FIRST:]) for side in SIDES},
    )


def measure() -> list[Run]:
    """All of them, on all cores."""
    jobs = [
        (number, way, seed)
        for way in WAYS
        for number, kind in enumerate(KINDS)
        for seed in range(SEEDS)
        if way != UNGATED or kind is HEAVY
    ]
    title = f"Judging {2 * len(jobs)} series of {WEEKS} weeks"
    return everywhere(title, 200, run, jobs)


def everywhere(
    title: str, seconds: int, work: Callable[..., T], jobs: Sequence[tuple[object, ...]]
) -> list[T]:
    """The work on every job, on all cores, in order; ``seconds`` it is expected to take."""
    with ProcessPoolExecutor(os.cpu_count()) as pool, Progress(title, seconds, note="") as shown:
        pending = [pool.submit(work, *job) for job in jobs]
        while not all(one.done() for one in pending):
            shown.tick()
        return [one.result() for one in pending]


@dataclass(frozen=True)
class Recall:
    """Of one injury in one kind of traffic: how many there were, how many were found, and how soon.

    ``open``, ``seen``: of those that did not lie in hours the rules declare too quiet to be judged.
    """

    injury: Injury
    all: int
    found: int
    open: int
    seen: int
    delay: float | None

    @property
    def share(self) -> float:
        """Recall."""
        return self.found / self.all


def recalls(runs: Sequence[Run]) -> Iterator[Recall]:
    """One for each injury."""
    for injury in INJURIES:
        all_ = [one for run in runs for one in run.found if one.incident.injury == injury]
        delays = [one.delay for one in all_ if one.delay is not None]
        open_ = [one for one in all_ if not one.quiet]
        seen = sum(one.delay is not None for one in open_)
        delay = statistics.median(delays) if delays else None
        yield Recall(injury, len(all_), len(delays), len(open_), seen, delay)
