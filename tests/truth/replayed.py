"""SLOs of every kind over two days of traffic, their rules on a grid in a real Prometheus, and the replay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fireline.api.slo import ServiceLevelObjective
from fireline.cli.history import ask
from fireline.prometheus.replicas import Replicas
from fireline.settings import Settings, source_at
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.replay.counts import questions
from fireline.slo.replay.record import Recorded
from fireline.slo.windows import render_windows
from tests.bed.kubeclient import Manifest
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools
from tests.truth.grid import record_on_grid

STEP = 30


@dataclass
class Past:
    """Samples to give to a Prometheus, every ``STEP`` seconds, from ``start`` (excluded) to ``end``."""

    start: int
    end: int
    lines: list[str] = field(default_factory=list)

    def counter(self, series: str, each: Iterator[int], *, born: int = 0, value: int = 0) -> None:
        """A counter from what happens in each step; it appears ``born`` seconds after the start.

        ``value``: what it counted before. Prometheus thinks that a counter near 0 was born just now.
        """
        for at, events in zip(range(self.start + STEP, self.end + 1, STEP), each, strict=False):
            value += events
            if at - self.start >= born:
                self.lines.append(f"{series} {value} {at}\n")

    def gauge(self, series: str, values: Iterator[float]) -> None:
        """A gauge."""
        for at, value in zip(range(self.start + STEP, self.end + 1, STEP), values, strict=False):
            self.lines.append(f"{series} {value} {at}\n")

    def write(self, tools: Tools, directory: Path) -> Path:
        """A data directory with the samples."""
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / "past.om"
        file.write_text("".join([*self.lines, "# EOF\n"]))
        backfill(tools, file, directory / "data")
        return directory / "data"


def compiled(manifest: Manifest) -> Objective:
    """The objective of a manifest as a user writes it."""
    return compile_slo(ServiceLevelObjective.of(manifest), settings=Settings())


def rules_of(objectives: Sequence[Objective], *, at: float) -> list[dict[str, Any]]:
    """All groups of rules of SLOs and of their namespaces, as the operator writes them."""
    namespaces = sorted({one.namespace for one in objectives})
    shared = [
        render_windows(
            namespace, "default", [wanted(one) for one in objectives if one.namespace == namespace], at=at
        )
        for namespace in namespaces
    ]
    own = [render_rule(one, at=at) for one in objectives]
    groups: list[dict[str, Any]] = plain_rules([*own, *shared])["groups"]
    return groups


def record(
    tools: Tools,
    prometheus: Prometheus,
    data: Path,
    objectives: Sequence[Objective],
    past: Past,
    *,
    later: Mapping[str, int] | None = None,
) -> None:
    """Evaluates the rules over the whole past; those of some namespaces from a later time on."""
    groups = rules_of(objectives, at=past.end)
    record_on_grid(tools, prometheus, data, groups, start=past.start, end=past.end, later=later)


def replayed(prometheus: Prometheus, objective: Objective, past: Past) -> Recorded:
    """The same from the raw series alone."""
    asked = questions(objective, earliest=past.start, start=past.start, end=past.end, step=STEP)
    answered = asyncio.run(ask(Replicas.of(source_at(prometheus.url)), asked, lambda _: None))
    return Recorded(objective, answered, start=past.start, step=STEP, end=past.end)
