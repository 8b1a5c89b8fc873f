"""The loop that asks one source for exact figures, SLO by SLO, within its share of a core.

While SLOs lack figures, or recorded history that covers their window, they are counted. When all have
it, or wait for the next round, the others are audited, on a smaller share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from fireline.errors import MetricsError
from fireline.prometheus.source import MetricsSource
from fireline.refresh.asking import ask
from fireline.refresh.auditing import Auditor
from fireline.refresh.observer import Readings, key_of
from fireline.refresh.pace import AUDIT_BURST_SECONDS, Pace
from fireline.refresh.turns import Turn, Turns
from fireline.slo.ledger import RETRY_HEAVY_SECONDS
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
AUDIT_ROUNDS = 12
"""An SLO is audited at most every so many rounds of exact figures: hourly by default."""


class Counting:
    """Exact figures of one source. ``changed`` is told about each SLO that got new ones.

    ``every``: seconds between two rounds of one SLO. ``share``: of a core, see :class:`Pace`;
    ``audit_share``: the part of it that audits may take. ``drift``: by how much of a budget recorded and
    exact figures may differ. ``clock`` gives Unix time, which questions are about; ``steady`` gives
    seconds that never jump, which queries take.
    """

    def __init__(
        self,
        source: MetricsSource,
        readings: Readings,
        *,
        every: float,
        share: float,
        audit_share: float,
        drift: float,
        changed: Callable[[Objective], None],
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._readings = readings
        self._changed = changed
        self._clock = clock
        self._steady = steady
        self._pace = Pace(share, steady())
        self._audit_pace = Pace(min(share, audit_share), steady(), AUDIT_BURST_SECONDS, AUDIT_BURST_SECONDS)
        self._auditor = Auditor(source, readings, limit=drift)
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
        if turn is not None and not self._is_recorded(turn):
            self.turns.postpone(turn, now)
            self._wake.set()

    async def run(self) -> None:
        """Asks for ever. A source that is down is waited for; nothing else happens then."""
        self._wake = asyncio.Event()
        while True:
            await self._rest(await self.once())

    async def once(self) -> float:
        """Asks one question, if somebody is due; returns how many seconds nothing more is to be done."""
        now = self._clock()
        turn = self.turns.next(now)
        if turn is None:
            return self._until_due()
        if self.turns.is_waiting(turn) and self._is_recorded(turn):
            self.turns.rest_unseen(turn, now)
            return 0.0
        wait = self._wait(turn)
        if wait > 0:
            # An audit that has to wait keeps nobody else waiting.
            return min(wait, self._until_due(audits=False)) if turn.resting else wait
        try:
            await self.step(turn)
        except MetricsError:
            return await self._failed(turn)
        return 0.0

    async def step(self, turn: Turn) -> None:
        """One question of one SLO, or, when all are answered, its figures. Raises MetricsError."""
        now = self._clock()
        started, paces = self._steady(), self._paces(turn)
        over = False
        try:
            over = await (self._auditor.step(turn, now) if turn.resting else self._count(turn, now))
        finally:
            ended = self._steady()
            for pace in paces:
                pace.pay(ended - started, ended)
        turn.failures = 0
        if over:
            self._finish(turn, now)

    async def _count(self, turn: Turn, now: float) -> bool:
        """Asks one question; True when all are answered."""
        if turn.round_began is None or now - turn.round_began > self._every:
            turn.ledger.begin(now)
            turn.round_began = now
        question = turn.ledger.next_question(now)
        if question is None:
            turn.counted = True
            self._readings.counted(turn.objective, turn.ledger.figures())
            return True
        await ask(self._source, turn.ledger, question, now=now)
        return False

    def _paces(self, turn: Turn) -> tuple[Pace, ...]:
        """The purses that its next question is paid from. The first audit is part of catching up."""
        return (self._pace, self._audit_pace) if turn.resting and turn.counted else (self._pace,)

    def _wait(self, turn: Turn) -> float:
        """How long before its next question, in seconds."""
        now, newcomer = self._steady(), self.turns.is_newcomer(turn)
        return max(pace.wait(now, newcomer=newcomer) for pace in self._paces(turn))

    def _is_recorded(self, turn: Turn) -> bool:
        return self._readings.peek(turn.objective).source == "Recorded"

    def _finish(self, turn: Turn, now: float) -> None:
        if self._is_recorded(turn):
            self.turns.rest(turn, now + AUDIT_ROUNDS * self._every)
        else:
            self.turns.postpone(turn, now + self._pause(turn))
        self._changed(turn.objective)

    def _pause(self, turn: Turn) -> float:
        """Seconds until its figures are asked for again."""
        figures = turn.ledger.figures()
        if figures.heavy:
            return RETRY_HEAVY_SECONDS
        if any(alert.firing for alert in self._readings.peek(turn.objective).alerts):
            return min(self._every, MOVING_SECONDS)
        return min(self._every, max(YOUNG_SECONDS, figures.age_seconds / 10))

    async def _failed(self, turn: Turn) -> float:
        """Tells a source that is down from one that refuses the question, twice in a row.

        Returns how long to wait for the source, in seconds.
        """
        try:
            await self._source.healthy()
        except MetricsError:
            return DOWN_SECONDS
        turn.failures += 1
        if turn.failures < 2:
            return 0.0
        until = self._clock() + REFUSED_SECONDS
        if turn.resting:
            self.turns.rest(turn, until)
            return 0.0
        self._readings.refused(turn.objective)
        self.turns.postpone(turn, until)
        self._changed(turn.objective)
        return 0.0

    def _until_due(self, *, audits: bool = True) -> float:
        due = self.turns.next_due(audits=audits)
        return IDLE_SECONDS if due is None else max(0.0, due - self._clock())

    async def _rest(self, seconds: float) -> None:
        """Waits, and wakes early when an SLO was offered."""
        if seconds <= 0:
            await asyncio.sleep(0)  # ten thousand SLOs in a row must not stop everything else
            return
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
