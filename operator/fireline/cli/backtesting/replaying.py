"""From SLOs to outcomes: asks Prometheus for the past of each and replays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fireline.cli.backtesting.objectives import Case, Name
from fireline.cli.history import Stretch, ask, queries
from fireline.cli.progress import progress
from fireline.cli.reach import Reach
from fireline.slo.model import Objective
from fireline.slo.replay.composite import members
from fireline.slo.replay.counts import Question, questions
from fireline.slo.replay.incidents import Incident
from fireline.slo.replay.outcome import Outcome, Replay
from fireline.slo.replay.public import Shared
from fireline.slo.replay.record import Recorded

_LONGEST_TIER = 3 * 86_400
_RAW = 3600
"""What the first 5-minute slice and the first hour read lies a little before them."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the past besides the data. ``incidents`` None: nothing; ``grace`` in seconds."""

    incidents: Sequence[Incident] | None
    grace: int


async def replayed(
    cases: Sequence[Case], reach: Reach, known: Known, *, start: int, end: int, step: int
) -> list[list[Outcome]]:
    """The outcomes of each SLO, one per objective. Raises MetricsError."""
    stretches = {case.key: stretch(case, cases, start, end, step) for case in cases}
    counting = [case for case in cases if case.own.composite is None]
    asked = {case.key: _questions(case, stretches[case.key]) for case in counting}
    wanted = {key for case in cases for key in case.members}
    kept: dict[Name, tuple[Objective, Shared]] = {}
    found: dict[Name, list[Outcome]] = {}

    def judge(case: Case, replay: Replay) -> None:
        found[case.key] = [replay.outcome(one, known.incidents, grace=known.grace) for one in case.objectives]

    with progress("reading the past", sum(map(queries, asked.values()))) as advance:
        for case in counting:
            over = stretches[case.key]
            answered = await ask(reach.source(case.own), asked[case.key], advance)
            recorded = Recorded(case.widest, answered, start=over.earliest, step=over.step, end=over.end)
            judge(case, Replay.of(recorded, start=over.start, end=over.end, per_group=case.per_group))
            if case.key in wanted:  # a month of one SLO takes 50 MB: nothing else is kept
                kept[case.key] = case.own, Shared(recorded)
    for case in cases:
        if case.own.composite is not None:
            judge(case, _of_members(case, stretches[case.key], kept))
    return [found[case.key] for case in cases]


def _of_members(case: Case, over: Stretch, kept: Mapping[Name, tuple[Objective, Shared]]) -> Replay:
    own = case.own
    assert own.composite is not None  # noqa: S101 - asked for composites only
    near = {name: one for (namespace, name), one in kept.items() if namespace == own.namespace}
    of = members(own.composite, near)
    return Replay.of_members(own, of, first=over.earliest, start=over.start, end=over.end)


def stretch(case: Case, cases: Sequence[Case], start: int, end: int, step: int) -> Stretch:
    """The times to replay. What the first long windows read lies before them, as far as there is data.

    A composite looks at its members over its own window, so they are read as far back as it needs.
    """
    first, last = start - start % step, end - end % step
    above = [other for other in cases if case.key in other.members]
    windows = [one.widest.window for one in (case, *above)]
    before = max(first - window.span(first).start for window in windows)
    return Stretch(first - max(before, _LONGEST_TIER) - _RAW, first, last, step)


def _questions(case: Case, over: Stretch) -> list[Question]:
    return questions(case.widest, earliest=over.earliest, start=over.start, end=over.end, step=over.step)
