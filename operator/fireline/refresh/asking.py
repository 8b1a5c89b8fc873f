"""Carries a ledger's questions to Prometheus and the answers back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fireline.errors import MetricsTooHeavy
from fireline.prometheus.source import MetricsSource
from fireline.slo.exact import Question, count_query, first_query, read_counts, read_first
from fireline.slo.ledger import Ledger


async def ask(source: MetricsSource, ledger: Ledger, question: Question, *, now: float) -> None:
    """Asks one question; the ledger then holds its answer, or knows that it was too heavy.

    ``now`` is in seconds since the epoch. Raises MetricsError when the source cannot answer.
    """
    indicator = ledger.objective.indicator
    oldest, newest = (_time(question.stretches[at].end) for at in (0, -1))
    try:
        if question.kind == "First":
            samples = await source.instant(first_query(indicator, question.step), at=newest)
            ledger.began(question, read_first(samples))
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


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
