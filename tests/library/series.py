"""What Prometheus scrapes of the shop: counters, histograms and gauges made from its signals.

Events are drawn one by one, as chance would have it, around what the signals say.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tests.library.incidents import Incident
from tests.library.scraped import CONSTANT, EVENTS, GAUGES, HISTOGRAMS
from tests.library.signals import DAY, HOUR, START, STEP, Levels

GONE = math.nan
"""No sample."""


@dataclass(frozen=True)
class Series:
    """One series; a value per scrape from scrape ``first`` on."""

    name: str
    values: Levels
    first: int = 0

    def lines(self) -> Iterator[str]:
        """OpenMetrics, one sample a line."""
        start = START + self.first * STEP
        for number, value in enumerate(self.values):
            if value == value:  # noqa: PLR0124 - NaN, the fastest way
                yield f"{self.name} {value:.10g} {start + number * STEP}\n"


@dataclass(frozen=True)
class Shop:
    """``late``: the scrape from which those series are kept that no rule compares with past weeks."""

    signals: Mapping[str, Levels]
    incidents: Sequence[Incident]
    seed: int
    late: int

    def series(self) -> Iterator[Series]:
        """Every series the library reads."""
        yield from self._all_events()
        yield from self._all_histograms()
        yield from self._gauges()
        for queue in ("mail", "push"):
            yield from self._queue(queue)
        yield from self._certificates()
        yield self._backups()
        yield self._denied()

    def _all_events(self) -> Iterator[Series]:
        for one in EVENTS:
            first = 0 if one.long else self.late
            totals = self._drawn(one.signal)
            rest = totals
            for share, name in one.bad.items():
                bad = self._part(f"{one.signal}.{share}", totals)
                rest = _without(rest, bad)
                yield self._counter(name, bad, first)
            yield self._counter(one.name, totals if one.whole else rest, first)

    def _all_histograms(self) -> Iterator[Series]:
        for one in HISTOGRAMS:
            totals = self._drawn(one.signal)
            fast = _without(totals, self._part(f"{one.signal}.slow", totals))
            for le, values in ((one.bound, fast), (one.beyond, totals), ("+Inf", totals)):
                yield self._counter(f'{one.metric}_bucket{{{one.labels},le="{le}"}}', values, self.late)
            kept = 0 if one.mean else self.late
            yield self._counter(f"{one.metric}_count{{{one.labels}}}", totals, kept)
            if one.mean:
                sums = [all_ * mean for all_, mean in zip(totals, self.signals[one.mean], strict=True)]
                yield self._counter(f"{one.metric}_sum{{{one.labels}}}", sums, kept)

    def _gauges(self) -> Iterator[Series]:
        for signal, name, scale in GAUGES:
            yield Series(name, [value * scale for value in self.signals[signal]][self.late :], self.late)
        level, disk = 0.6, []
        for at, growth in enumerate(self.signals["disk-growth"]):
            level = level + growth / HOUR if growth else 0.6
            disk.append(1e11 * (level + 0.03 * math.sin(2 * math.pi * at / DAY)))
        yield Series(
            'kubelet_volume_stats_used_bytes{persistentvolumeclaim="data"}', disk[self.late :], self.late
        )
        for name, value in CONSTANT.items():
            yield Series(name, [value] * (len(disk) - self.late), self.late)

    def _queue(self, queue: str) -> Iterator[Series]:
        """First in, first out: the age of the oldest is how long ago as much had come as is done now."""
        arrived, done, oldest = 0.0, 0.0, 0
        came, waiting, ages, acked = [], [], [], []
        for at, (rate, workers) in enumerate(
            zip(self.signals[queue], self.signals[f"{queue}-workers"], strict=True)
        ):
            arrived += rate * STEP
            done = min(arrived, done + workers * STEP)
            came.append(arrived)
            while oldest < at and came[oldest] <= done:
                oldest += 1
            waiting.append(round(arrived - done + self.signals["waiting"][at] / 2))
            ages.append(max(1, (at - oldest) * STEP) if arrived > done else 1)
            acked.append(round(done))
        yield Series(f'queue_messages{{queue="{queue}"}}', waiting)
        yield Series(f'queue_oldest_message_age_seconds{{queue="{queue}"}}', ages[self.late :], self.late)
        yield Series(f'queue_acked_total{{queue="{queue}"}}', acked[self.late :], self.late)

    def _certificates(self) -> Iterator[Series]:
        """Renewed when the incident ends; two weeks were left as it began."""
        points = len(self.signals["gateway"])
        for which in ("a", "b"):
            [late] = [one for one in self.incidents if f"certificate-{which}" in str(one.kind.effects)]
            ends = [
                START + STEP * (late.first + 14 * DAY if at < late.end else late.end + 90 * DAY)
                for at in range(self.late, points)
            ]
            yield Series(
                f'probe_ssl_earliest_cert_expiry{{instance="https://{which}.example"}}', ends, self.late
            )

    def _backups(self) -> Series:
        """At three in the night, if nothing keeps it from it."""
        last, values = float(START), []
        for at, able in enumerate(self.signals["backup"]):
            if at % DAY == 3 * HOUR and able:
                last = START + at * STEP
            values.append(last)
        return Series(
            'backup_last_success_timestamp_seconds{backup="orders"}', values[self.late :], self.late
        )

    def _denied(self) -> Series:
        """Not there until the first attempt."""
        counts = accumulate(self.signals["admin-denied"])
        values = [count or GONE for count in counts]
        return Series('admin_requests_total{result="denied",handler="deleteUser"}', values)

    def _counter(self, name: str, gains: Levels, first: int) -> Series:
        """Counts from zero, and again from zero after each restart; a scrape without an answer is missing."""
        restart = random.Random(f"{self.seed} {name}").randrange(first, len(gains))
        values, count = [], 0.0
        for at, gain in enumerate(gains):
            if at == restart:
                count = 0.0
            count += gain if gain > 0 else 0.0
            values.append(count if gain >= 0 else GONE)
        return Series(name, values[first:], first)

    def _drawn(self, volume: str) -> Levels:
        """How many there were, scrape by scrape; below zero is no answer."""
        random_ = random.Random(f"{self.seed} drawn {volume}")
        return [_some(random_, rate * STEP) if rate >= 0 else -1.0 for rate in self.signals[volume]]

    def _part(self, share: str, totals: Levels) -> Levels:
        random_ = random.Random(f"{self.seed} part {share}")
        return [
            min(total, _some(random_, total * each)) if total > 0 else total
            for total, each in zip(totals, self.signals[share], strict=True)
        ]


def _without(totals: Levels, part: Levels) -> Levels:
    """What is left; no answer stays none."""
    return [all_ - one if all_ >= 0 else all_ for all_, one in zip(totals, part, strict=True)]


def _some(random_: random.Random, mean: float) -> float:
    """A Poisson number; its normal approximation above ten."""
    if mean > 10:
        return max(0.0, round(random_.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), random_.random(), 0.0
    while product > limit:
        product *= random_.random()
        count += 1
    return count
