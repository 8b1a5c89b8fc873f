"""Reads the past of SLOs from Prometheus: raw indicators at every step, by range queries in pieces.

Used by ``backtest`` and ``backfill``. Prometheus answers at most 11,000 points a query; a piece that is
too heavy for it is halved until it is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fireline.cli.progress import Advance
from fireline.errors import MetricsTooHeavy
from fireline.slo.replay.counts import Answered, Answers, Question, Rates

if TYPE_CHECKING:
    from fireline.prometheus.source import MetricsSource

MOST_POINTS = 11_000
"""What Prometheus answers at most, per series."""
_LEAST_POINTS = 60
"""Half an hour at 30 s: what is too heavy for that is too heavy for the rules as well."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The replayed time, in seconds since the epoch: multiples of ``step``, both ends included.

    From ``earliest`` on what longer windows are made of is read.
    """

    earliest: int
    start: int
    end: int
    step: int


def queries(questions: Iterable[Question]) -> int:
    """How many queries it takes, if none is too heavy."""
    return sum(len(list(question.pieces(MOST_POINTS))) for question in questions)


async def ask(source: MetricsSource, questions: Sequence[Question], advance: Advance) -> Answered:
    """The answers to all questions. Raises MetricsError when the source cannot answer."""
    return {(one.kind, one.window): await _answer(source, one, advance) for one in questions}


async def _answer(source: MetricsSource, question: Question, advance: Advance) -> Rates:
    answers = Answers(question)

    async def piece(times: range) -> None:
        await _read(source, question, times, answers)
        advance(1)

    await asyncio.gather(*(piece(times) for times in question.pieces(MOST_POINTS)))
    return answers.rates()


async def _read(source: MetricsSource, question: Question, times: range, answers: Answers) -> None:
    try:
        samples = await source.range(
            question.query,
            start=datetime.fromtimestamp(times[0], UTC),
            end=datetime.fromtimestamp(times[-1], UTC),
            step=timedelta(seconds=question.step),
        )
    except MetricsTooHeavy:
        if len(times) < 2 * _LEAST_POINTS:
            raise
        half = len(times) // 2
        await _read(source, question, times[:half], answers)
        await _read(source, question, times[half:], answers)
    else:
        answers.add(samples)
