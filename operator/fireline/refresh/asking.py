"""Carries a ledger's questions to Prometheus and the answers back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fireline.errors import MetricsTooHeavy
from fireline.prometheus.source import MetricsSource
from fireline.slo.exact import Question, count_query, first_query, first_step, read_counts, read_first
from fireline.slo.ledger import Ledger
from fireline.slo.model import Indicator


async def ask(source: MetricsSource, ledger: Ledger, question: Question, *, now: float) -> None:
    """Asks one question; the ledger then holds its answer, or knows that it was too heavy.

    ``now`` is in seconds since the epoch. Raises MetricsError when the source cannot answer.
    """
    indicator = ledger.objective.counted
    assert indicator is not None  # noqa: S101 - composites have no ledger
    oldest, newest = (_time(question.stretches[at].end) for at in (0, -1))
    try:
        if question.kind == "First":
            ledger.began(question, await _first(source, indicator, question.step, at=newest))
        else:
            samples = await source.range(
                count_query(indicator, question),
                start=oldest,
                end=newest,
                step=timedelta(seconds=question.step),
            )
            ledger.counted(read_counts(indicator, question, samples))
    except MetricsTooHeavy:
        ledger.too_heavy(question, now)


async def _first(source: MetricsSource, indicator: Indicator, seconds: int, *, at: datetime) -> float | None:
    """Found roughly, then to a second: a minute is a tenth of the age of a ten minutes old service."""
    rough = read_first(await source.instant(first_query(indicator, seconds), at=at))
    step = first_step(seconds)
    if rough is None or step == 1:
        return rough
    closely = read_first(await source.instant(first_query(indicator, step), at=_time(rough)))
    return rough if closely is None else closely


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
