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
    counting = [case for case in cases if case.widest.composite is None]
    stretches = {case.key: stretch(case, cases, start, end, step) for case in cases}
    asked = {case.key: _questions(case, stretches[case.key]) for case in counting}
    recorded: dict[Name, Recorded] = {}
    with progress("reading the past", sum(map(queries, asked.values()))) as advance:
        for case in counting:
            over = stretches[case.key]
            answered = await ask(reach.source(case.widest), asked[case.key], advance)
            recorded[case.key] = Recorded(
                case.widest, answered, start=over.earliest, step=over.step, end=over.end
            )
    shared = {case.key: (case.own, Shared(recorded[case.key])) for case in counting}
    found = []
    for case in cases:
        replay = _replay(case, stretches[case.key], recorded.get(case.key), shared)
        found.append([replay.outcome(one, known.incidents, grace=known.grace) for one in case.objectives])
    return found


def _replay(
    case: Case, over: Stretch, recorded: Recorded | None, shared: Mapping[Name, tuple[Objective, Shared]]
) -> Replay:
    if recorded is not None:
        return Replay.of(recorded, start=over.start, end=over.end, per_group=case.per_group)
    own = case.own
    assert own.composite is not None  # noqa: S101 - whatever counts itself was recorded
    near = {name: one for (namespace, name), one in shared.items() if namespace == own.namespace}
    return Replay.of_members(
        own, members(own.composite, near), first=over.earliest, start=over.start, end=over.end
    )


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
