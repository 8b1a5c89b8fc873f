"""Compares recorded budgets with exact ones, one SLO after the other. Part of ``counting``."""

from __future__ import annotations

from fireline.prometheus.source import MetricsSource
from fireline.refresh.asking import ask
from fireline.refresh.observer import Readings
from fireline.refresh.turns import Turn
from fireline.slo.audit import Recorded, compare, read_recorded, recorded_query


class Auditor:
    """Audits SLOs of one source. ``limit``: see :func:`fireline.slo.audit.compare`."""

    def __init__(self, source: MetricsSource, readings: Readings, *, limit: float) -> None:
        self._source = source
        self._readings = readings
        self._limit = limit

    async def step(self, turn: Turn, now: float) -> bool:
        """Asks one question; True when the audit of this SLO is over. Raises MetricsError.

        ``now`` is in seconds since the epoch. The recorded figure comes first: the exact one is then
        counted for the events that the recorded one knows of, however long that takes.
        """
        if turn.recorded is None:
            turn.recorded = await self._recorded(turn)
            if turn.recorded is None:
                return True
            turn.ledger.begin(turn.recorded.as_of)
            return False
        question = turn.ledger.next_question(now)
        if question is not None:
            await ask(self._source, turn.ledger, question, now=now)
            return False
        figures, turn.counted = turn.ledger.figures(), True
        self._readings.counted(turn.objective, figures)
        self._readings.audited(turn.objective, compare(turn.recorded, figures, limit=self._limit))
        return True

    async def _recorded(self, turn: Turn) -> Recorded | None:
        seen = self._readings.peek(turn.objective)
        if seen.source != "Recorded":
            return None
        samples = await self._source.instant(recorded_query(turn.objective))
        return read_recorded(turn.objective, samples, seen.burn)
