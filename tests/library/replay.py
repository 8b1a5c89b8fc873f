"""The replay: weeks of traffic and incidents, what the library said, and what it should have said.

``make bench-library`` prints both side by side for several seeds.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools
from tests.library.incidents import Incident, happen, hiccups, script
from tests.library.rules import Episode, History
from tests.library.series import Shop
from tests.library.signals import DAY, WEEK, signals

LEARNED, JUDGED = 5, 6
"""Weeks without an incident, which rules compare with, and weeks in which alerts count."""
MOST_OUTSIDE = 0.05
"""Of all episodes, those that may be about nothing stay below."""


@dataclass(frozen=True)
class Report:
    """Incidents and episodes, and how they belong together."""

    incidents: tuple[Incident, ...]
    episodes: tuple[Episode, ...]

    def outside(self) -> list[Episode]:
        """Episodes that begin in no incident they could be about."""
        return [
            one
            for one in self.episodes
            if not any(incident.explains(one.alert, one.first) for incident in self.incidents)
        ]

    def missed(self) -> list[tuple[Incident, str]]:
        """Incidents, with each alert that should have told of them and did not fire meanwhile."""
        return [
            (incident, alert)
            for incident in self.incidents
            for alert in incident.kind.finds
            if not any(
                one.alert == alert and one.first <= incident.over and one.last >= incident.first
                for one in self.episodes
            )
        ]

    def outside_share(self) -> float:
        """Of all episodes, 0 to 1."""
        return len(self.outside()) / len(self.episodes)

    def lines(self) -> Iterator[str]:
        """A table by alert, then what went wrong, then the sum."""
        count, wrong = (
            Counter(one.alert for one in self.episodes),
            Counter(one.alert for one in self.outside()),
        )
        for alert in sorted(count):
            yield f"{alert:36} {count[alert]:4} episodes {wrong[alert] or '':>4}"
        yield from (f"outside: {one.alert} {when(one.first)} {one.labels}" for one in self.outside())
        yield from (f"missed: {alert} of {one.kind.name} {when(one.first)}" for one, alert in self.missed())
        yield (
            f"incidents={len(self.incidents)} missed={len(self.missed())} episodes={len(self.episodes)} "
            f"outside={len(self.outside())} outside_share={self.outside_share():.3f}"
        )


def when(at: int) -> str:
    """A scrape as people say it: week, day and time."""
    minutes = at % DAY * 24 * 60 // DAY
    return f"week {at // WEEK + 1}, day {at % WEEK // DAY + 1}, {minutes // 60:02}:{minutes % 60:02}"


@contextmanager
def history(tools: Tools, directory: Path, seed: int) -> Iterator[tuple[History, list[Incident]]]:
    """A Prometheus that holds the weeks of a seed, and what went wrong in them."""
    first, end = LEARNED * WEEK, (LEARNED + JUDGED) * WEEK
    incidents = script(seed, first, end)
    levels = signals(seed, LEARNED + JUDGED)
    hiccups(seed, first, end, levels)
    happen(incidents, levels)
    file = directory / "shop.om"
    with file.open("w") as out:
        for series in Shop(levels, incidents, seed, late=first - DAY).series():
            out.writelines(series.lines())
        out.write("# EOF\n")
    backfill(tools, file, directory / "data")
    file.unlink()
    with Prometheus(tools, directory, data=directory / "data") as running:
        yield History(running, (first, end)), incidents


def replay(tools: Tools, directory: Path, seed: int) -> Report:
    """What the library says about the weeks of a seed."""
    with history(tools, directory, seed) as (past, incidents):
        return Report(tuple(incidents), tuple(past.episodes()))


def main(seeds: list[int]) -> int:
    """Print the report of each seed and the worst of them. 1 when the library does not keep its promise."""
    worst, missed = 0.0, 0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as directory:
            report = replay(Tools(), Path(directory), seed)
        print(f"seed {seed}", *report.lines(), sep="\n", flush=True)
        worst, missed = max(worst, report.outside_share()), missed + len(report.missed())
    print(f"worst_outside_share={worst:.3f} missed={missed}")
    return int(worst >= MOST_OUTSIDE or missed > 0)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or [1, 2, 3, 4, 5, 6]))
