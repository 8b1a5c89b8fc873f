"""The loop that asks one source for exact figures, SLO by SLO, within its share of a core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from fireline.errors import MetricsError
from fireline.prometheus.source import MetricsSource
from fireline.refresh.asking import ask
from fireline.refresh.observer import Readings, key_of
from fireline.refresh.pace import Pace
from fireline.refresh.turns import Turn, Turns
from fireline.slo.ledger import DAY, RETRY_HEAVY_SECONDS
from fireline.slo.model import Objective

REFUSED_SECONDS = 600.0
"""How long an SLO whose exact queries Prometheus refuses is left alone."""
DOWN_SECONDS = 5.0
"""How often a source that is down is tried again."""
IDLE_SECONDS = 60.0
YOUNG_SECONDS = 30.0
"""Pause of an SLO without history; it grows with its age, since little history is cheap to count."""
MOVING_SECONDS = 60.0
"""Longest pause while an alert fires: people watch the budget then."""


class Counting:
    """Exact figures of one source. ``changed`` is told about each SLO that got new ones.

    ``every``: seconds between two rounds of one SLO. ``share``: see :class:`Pace`. ``clock`` gives
    Unix time, which questions are about.
    """

    def __init__(
        self,
        source: MetricsSource,
        readings: Readings,
        *,
        every: float,
        share: float,
        changed: Callable[[Objective], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._readings = readings
        self._changed = changed
        self._clock = clock
        self._pace = Pace(share, time.monotonic())
        self._wake = asyncio.Event()
        self._every = every
        self.turns = Turns()

    def offer(self, objective: Objective) -> None:
        """Takes notice of an SLO. One that is new, has changed or lost its recorded history is due now."""
        now = self._clock()
        if self.turns.offer(objective, now):
            self._wake.set()
            return
        turn = self.turns.resting(key_of(objective))
        if turn is not None and self._readings.peek(objective).source != "Recorded":
            turn.resting = False
            self.turns.postpone(turn, now)
            self._wake.set()

    async def run(self) -> None:
        """Asks for ever. A source that is down is waited for; nothing else happens then."""
        self._wake = asyncio.Event()
        while True:
            turn = self.turns.next(self._clock())
            if turn is None:
                await self._rest(self._until_due())
                continue
            wait = self._pace.wait(time.monotonic(), newcomer=self.turns.is_newcomer(turn))
            if wait > 0:
                await self._rest(wait)
                continue
            try:
                await self.step(turn)
            except MetricsError:
                await self._failed(turn)

    async def step(self, turn: Turn) -> None:
        """One question of one SLO, or, when all are answered, its figures. Raises MetricsError."""
        now = self._clock()
        if turn.round_began is None or now - turn.round_began > self._every:
            turn.ledger.begin(now)
            turn.round_began = now
        question = turn.ledger.next_question(now)
        if question is None:
            self._finish(turn, now)
            return
        started = time.monotonic()
        try:
            await ask(self._source, turn.ledger, question, now=now)
        finally:
            ended = time.monotonic()
            self._pace.pay(ended - started, ended)
        turn.failures = 0

    def _finish(self, turn: Turn, now: float) -> None:
        figures = turn.ledger.figures()
        self._readings.counted(turn.objective, figures)
        seen = self._readings.peek(turn.objective)
        turn.resting = seen.source == "Recorded"
        if turn.resting:
            pause = float(DAY)
        elif figures.heavy:
            pause = RETRY_HEAVY_SECONDS
        elif any(alert.firing for alert in seen.alerts):
            pause = min(self._every, MOVING_SECONDS)
        else:
            pause = min(self._every, max(YOUNG_SECONDS, figures.age_seconds / 10))
        self.turns.postpone(turn, now + pause)
        self._changed(turn.objective)

    async def _failed(self, turn: Turn) -> None:
        """Tells a source that is down from one that refuses the question, twice in a row."""
        try:
            await self._source.healthy()
        except MetricsError:
            await asyncio.sleep(DOWN_SECONDS)
            return
        turn.failures += 1
        if turn.failures >= 2:
            self._readings.refused(turn.objective)
            self.turns.postpone(turn, self._clock() + REFUSED_SECONDS)
            self._changed(turn.objective)

    def _until_due(self) -> float:
        due = self.turns.next_due()
        return IDLE_SECONDS if due is None else max(0.0, due - self._clock())

    async def _rest(self, seconds: float) -> None:
        """Waits, and wakes early when an SLO was offered."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def place(self, objective: Objective) -> int | None:
        """Its place among the SLOs that wait for their first figures."""
        return self.turns.place(key_of(objective))
