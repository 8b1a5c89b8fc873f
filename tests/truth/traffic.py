"""Integer traffic: what happened, what a scrape saw of it, and the exact truth over any window.

A :class:`Service` is a set of counters advanced in whole events, one step at a time. From the same
integers come the samples Prometheus is given (with restarts, gaps and late births) and the truth that
tests compare with, so that no PromQL ever judges PromQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass
class Counter:
    """One series of events.

    ``events[i]`` happened during step i and are scraped at its end. The series exists for steps
    ``born <= i < dies``; a counter ``late_born`` appears with its first event, already at its value,
    as client libraries do with labelled counters. At a restart the process ends in the middle of the
    step: half of the step's events are counted by the new process, the others are never scraped.
    """

    metric: str
    labels: Mapping[str, str]
    events: list[int]
    born: int = 0
    dies: int | None = None
    late_born: bool = False
    restarts: frozenset[int] = frozenset()

    def scraped(self) -> Iterator[tuple[int, int]]:
        """(step, counter value) of each scrape that finds the series."""
        value = 0
        seen = not self.late_born
        for step in range(self.born, len(self.events) if self.dies is None else self.dies):
            if step in self.restarts:
                value = self.events[step] // 2
                seen = not self.late_born or value > 0
            else:
                value += self.events[step]
            seen = seen or value > 0
            if seen:
                yield step, value


@dataclass
class Gauge:
    """One series of measurements, ``values[i]`` scraped at the end of step i; None: no scrape found it."""

    metric: str
    labels: Mapping[str, str]
    values: list[float | None]

    def scraped(self) -> Iterator[tuple[int, float]]:
        """(step, value) of each scrape that finds the series."""
        for step, value in enumerate(self.values):
            if value is not None:
                yield step, value


@dataclass
class Service:
    """A service with its counters. ``gaps`` are steps at which no scrape succeeded."""

    name: str
    start: int
    """Unix time at which step 0 begins."""
    step: int
    """Seconds per step, which is the scrape interval."""
    total: list[Counter] = field(default_factory=list)
    bad: list[Counter] = field(default_factory=list)
    """The counters whose events are bad. Usually some of ``total``; written only if they are."""
    extra: list[Counter | Gauge] = field(default_factory=list)
    """Series that are written and count neither: histogram buckets, for instance."""
    gaps: frozenset[int] = frozenset()
    tolerance: float = 0.01
    """How far exact figures may be from the truth, as a share of the budget consumed."""

    def events(self, begin: float, end: float) -> tuple[int, int]:
        """(total, bad) events in ``[begin, end)``, by whole steps."""
        first = max(0, -int(-(begin - self.start) // self.step))
        last = max(0, int((end - self.start) // self.step))
        return (
            sum(sum(counter.events[first:last]) for counter in self.total),
            sum(sum(counter.events[first:last]) for counter in self.bad),
        )

    def age(self, begin: float, end: float) -> float:
        """Seconds from the first scrape of a total series in ``[begin, end)`` to its end."""
        born = [self.start + (counter.born + 1) * self.step for counter in self.total]
        return end - max(begin, min(born)) if born else 0.0

    def consumed(self, begin: float, end: float, budget: float) -> float | None:
        """Budget consumed over the window: bad / (budget * total) * age share; None without traffic."""
        total, bad = self.events(begin, end)
        if total == 0:
            return None
        return bad / (budget * total) * min(1.0, self.age(begin, end) / (end - begin))

    def lines(self) -> Iterator[str]:
        """The samples as OpenMetrics lines, series by series."""
        for counter in (*self.total, *self.extra):
            labels = {"service": self.name, **counter.labels}
            prefix = counter.metric + "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "} "
            for step, value in counter.scraped():
                if step not in self.gaps:
                    yield f"{prefix}{value} {self.start + (step + 1) * self.step}\n"
