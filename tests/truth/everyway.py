"""One story, measured in every way: two days of a service as counters, gauges, checks and histograms.

Half of everything goes wrong in each of ``OUTAGES``: once well before, and once shortly before and after
each local midnight at which a calendar period of ``WINDOWS`` begins. It is busy by day and quiet at night.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.truth.scenarios import DAY, LATENCY, REQUESTS
from tests.truth.traffic import Counter, Gauge, Service

STEP = 30
PROBE, QUEUE, RUNS = "probe_success", "queue_depth", "fireline_check_runs_total"
FULL = 1000
"""From this depth on the queue is too long."""
At = Callable[[int], float]
"""Something by Unix time."""


def utc(text: str) -> int:
    """Unix time of ``2027-11-01 10:41:30``, in UTC."""
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


END = utc("2027-11-01 10:41:30")
"""Monday the first: weeks and a month have just begun, and Berlin's clocks went back the night before."""
START = END - 2 * DAY - 7200

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
AWAY, UNMEASURED = (utc("2027-10-31 11:00"), 7200), (utc("2027-10-31 14:00"), 3600)
"""When one of the two places the probe looks from was away, and when the queue was not measured."""


def failing(at: int) -> bool:
    """Whether a Unix time lies in an outage."""
    return any(begin <= at < begin + length for begin, length in OUTAGES)


def busy(at: int) -> float:
    """Requests in a step that begins at a Unix time."""
    return 600 if 6 * 3600 <= at % DAY < 22 * 3600 else 60


@dataclass(frozen=True)
class Frame:
    """When everything of a test takes place: Unix times."""

    start: int = START
    end: int = END

    @property
    def times(self) -> range:
        """When each step begins."""
        return range(self.start, self.end, STEP)

    def served(
        self,
        name: str,
        *,
        wrong: At,
        rate: At = busy,
        region: str | None = None,
        lives: tuple[int, int] | None = None,
        gaps: Callable[[int], bool] = lambda _: False,
    ) -> Service:
        """Requests of which a share fails. ``lives``: from when until when their series exist."""
        chance = random.Random(f"{name}/{region}")
        born, dies = ((at - self.start) // STEP for at in lives or (self.start, self.end))
        alive = [born <= i < dies for i in range(len(self.times))]
        total = [int(rate(at)) if here else 0 for at, here in zip(self.times, alive, strict=True)]
        bad = [min(n, int(n * wrong(at) + chance.random())) for at, n in zip(self.times, total, strict=True)]
        labels = {"service": name, **({"region": region} if region else {})}
        good = [n - w for n, w in zip(total, bad, strict=True)]
        counters = [
            Counter(REQUESTS, {**labels, "code": code}, events, born=born, dies=dies)
            for code, events in (("200", good), ("500", bad))
        ]
        missed = frozenset(i for i, at in enumerate(self.times) if gaps(at))
        full_name = f"{name}/{region}" if region else name
        return Service(full_name, self.start, STEP, total=counters, bad=counters[1:], gaps=missed)

    def measured(self, name: str, namespace: str, *, wrong: At, failing: Callable[[int], bool]) -> Service:
        """Requests, with all else that was measured meanwhile: latency, a probe, a queue, a check."""
        service = self.served(name, wrong=wrong)
        ok, failed = service.total
        every = [a + b for a, b in zip(ok.events, failed.events, strict=True)]
        labels = {"service": name}
        service.extra = [
            Counter(f"{LATENCY}_count", labels, every),
            Counter(f"{LATENCY}_bucket", {**labels, "le": "0.3"}, ok.events),
            Counter(f"{LATENCY}_bucket", {**labels, "le": "+Inf"}, every),
            *self._gauges(name, failing),
            *(
                Counter(RUNS, {"namespace": namespace, "check": name, "outcome": outcome}, runs)
                for outcome, runs in self._runs(failing).items()
            ),
        ]
        return service

    def _gauges(self, name: str, failing: Callable[[int], bool]) -> list[Gauge]:
        """A probe from two places, one of which sees what fails, and a queue that is full meanwhile."""
        eu: list[float | None] = [0.0 if failing(at) else 1.0 for at in self.times]
        us: list[float | None] = [None if _within(at, AWAY) else 1.0 for at in self.times]
        queue: list[float | None] = [
            None if _within(at, UNMEASURED) else FULL * 2.5 if failing(at) else 10.0 + at % 700
            for at in self.times
        ]
        return [
            Gauge(PROBE, {"service": name, "place": "eu"}, eu),
            Gauge(PROBE, {"service": name, "place": "us"}, us),
            Gauge(QUEUE, {"service": name}, queue),
        ]

    def _runs(self, failing: Callable[[int], bool]) -> dict[str, list[int]]:
        """Runs of a check by outcome, one a minute; every tenth finds its own infrastructure broken."""
        runs = {outcome: [0] * len(self.times) for outcome in ("success", "failure", "infra")}
        for i, at in enumerate(self.times):
            if at % 60 == 0:
                outcome = "infra" if at % 600 == 0 else "failure" if failing(at) else "success"
                runs[outcome][i] = 1
        return runs


def story(namespace: str) -> Service:
    """The service of the story."""
    return Frame().measured(
        "story", namespace, wrong=lambda at: 0.5 if failing(at) else 0.0003, failing=failing
    )


def _within(at: int, span: tuple[int, int]) -> bool:
    return span[0] <= at < sum(span)
