"""Reads the past of each SLO and writes what its rules would have recorded, one SLO after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

from fireline.cli.backfilling.began import Began, began
from fireline.cli.backfilling.openmetrics import END, Size, lines, megabytes
from fireline.cli.history import ask, queries
from fireline.cli.progress import progress
from fireline.cli.reach import Reach
from fireline.cli.when import shown
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.replay.composite import Combined, members
from fireline.slo.replay.counts import Question, near_windows, questions
from fireline.slo.replay.export import Series, series
from fireline.slo.replay.export_composite import composite_series
from fireline.slo.replay.public import Shared
from fireline.slo.replay.record import Recorded, fast_windows, slow_windows

_STEP = names.RAW_INTERVAL.milliseconds // 1000
_LINE_BYTES = 110
"""What a sample needs as text, roughly: its series is written out each time."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be written. ``start`` and ``end`` in seconds since the epoch."""

    objectives: tuple[Objective, ...]
    start: int
    end: int

    def of(self, objective: Objective) -> list[Objective]:
        """What must be read for an objective: itself, or the members of a composite."""
        if objective.composite is None:
            return [objective]
        wanted = {name for name, _ in objective.composite.members}
        return [one for one in self.objectives if one.namespace == objective.namespace and one.name in wanted]


def expected(job: Job) -> str:
    """What will be written at most, for people, before anything is read."""
    samples = sum(_samples(one, job.end - job.start) for one in job.objectives)
    groups = "; more for SLOs with groupBy" if any(one.group_by for one in job.objectives) else ""
    return (
        f"{shown(job.start)} to {shown(job.end)} UTC at the latest, SLOs: {len(job.objectives)}; "
        f"up to {samples:,} samples, about {megabytes(samples * _LINE_BYTES)} of text{groups}"
    )


def _samples(objective: Objective, seconds: int) -> int:
    """Samples of an SLO without groups, all series there from the start: two per window, as counts and
    as public figures, and what describes the SLO and its budget."""
    near, fast, slow = (len(of(objective)) for of in (near_windows, fast_windows, slow_windows))
    if objective.composite is not None:
        return (2 * (fast + slow + 1) + 5) * seconds // 60 + seconds // 150
    by_interval = {_STEP: 2 * near + 2, 60: 1 + 2 * fast + 2 * (fast - near), 300: 2, 150: 4 * slow + 7}
    return sum(series_ * seconds // interval for interval, series_ in by_interval.items())


async def write(job: Job, reach: Reach, file: TextIO, *, say: Callable[[str], None]) -> Size:
    """Writes everything; ``say`` is told where Prometheus has recorded an SLO itself. Raises MetricsError."""
    size = Size()
    whole = sum(
        queries(_questions(one, job.start, job.end)) for each in job.objectives for one in job.of(each)
    )
    with progress("reading and writing", whole) as advance:
        for objective in job.objectives:
            source = reach.source(objective)
            known = await began(source, objective, start=job.start, end=job.end)
            end = min(job.end, math.ceil(known.latest)) if known else job.end
            recorded = {
                one.name: Recorded(
                    one,
                    await ask(source, _questions(one, job.start, end), advance),
                    start=job.start,
                    step=_STEP,
                    end=end,
                )
                for one in job.of(objective)
            }
            written = _written(_series(job, objective, recorded, end), known, file)
            say(_told(objective, known, written))
            size.add(written)
    file.write(END)
    return size


def _series(job: Job, objective: Objective, recorded: Mapping[str, Recorded], end: int) -> Iterable[Series]:
    if objective.composite is None:
        return series(objective, recorded[objective.name])
    near = {one.name: (one, Shared(recorded[one.name])) for one in job.of(objective)}
    of = members(objective.composite, near)
    combined = Combined(objective.composite, of, objective.window, start=job.start, end=end)
    return composite_series(objective, combined, start=job.start, end=end)


def _questions(objective: Objective, start: int, end: int) -> list[Question]:
    return questions(objective, earliest=start, start=start, end=end, step=_STEP)


def _written(all_: Iterable[Series], known: Began, file: TextIO) -> Size:
    size = Size()
    for one in all_:
        before = size.samples
        for line in lines(one, before=known.of(one)):
            file.write(line)
            size.samples += 1
            size.bytes += len(line.encode())
        size.series += size.samples > before
    return size


def _told(objective: Objective, known: Began, written: Size) -> str:
    name = f"{objective.namespace}/{objective.name}"
    until = f", up to {shown(known.earliest)} UTC, when Prometheus began to record it" if known else ""
    if not written.samples:
        why = f"recorded since {shown(known.earliest)} UTC" if known else "no data"
        return f"{name}: nothing to write: {why}"
    return f"{name}: {written.words}{until}"
