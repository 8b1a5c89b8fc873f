"""From SLOs to outcomes: asks Prometheus for the past of each and replays it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fireline.cli.backtesting.objectives import Case
from fireline.cli.history import Stretch, ask, queries
from fireline.cli.progress import progress
from fireline.cli.reach import Reach
from fireline.slo.replay.counts import Answered, Question, questions
from fireline.slo.replay.incidents import Incident
from fireline.slo.replay.outcome import Outcome, Replay
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
    stretches = [stretch(case, start, end, step) for case in cases]
    asked = [_questions(case, over) for case, over in zip(cases, stretches, strict=True)]
    found = []
    with progress("reading the past", sum(map(queries, asked))) as advance:
        for case, over, one in zip(cases, stretches, asked, strict=True):
            answered = await ask(reach.source(case.widest), one, advance)
            found.append(_outcomes(case, over, answered, known))
    return found


def stretch(case: Case, start: int, end: int, step: int) -> Stretch:
    """The times to replay. What the first long windows read lies before them, as far as there is data."""
    first, last = start - start % step, end - end % step
    window = case.widest.window
    before = first - window.span(first).start
    return Stretch(first - max(before, _LONGEST_TIER) - _RAW, first, last, step)


def _questions(case: Case, over: Stretch) -> list[Question]:
    return questions(case.widest, earliest=over.earliest, start=over.start, end=over.end, step=over.step)


def _outcomes(case: Case, over: Stretch, answered: Answered, known: Known) -> list[Outcome]:
    recorded = Recorded(case.widest, answered, start=over.earliest, step=over.step, end=over.end)
    replay = Replay(recorded, over.start, over.end, per_group=case.per_group)
    return [replay.outcome(one, known.incidents, grace=known.grace) for one in case.objectives]
