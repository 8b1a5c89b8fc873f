"""The replay: weeks of traffic and incidents, what the library said, and what it should have said.

``python -m tests.library.replay [SEED…]`` prints both side by side.
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


def main(seeds: list[int]) -> None:
    """Print the report of each seed."""
    for seed in seeds:
        with tempfile.TemporaryDirectory() as directory:
            print(f"seed {seed}")
            print(*replay(Tools(), Path(directory), seed).lines(), sep="\n")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1])
