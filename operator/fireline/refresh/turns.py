"""Whose exact figures are asked next: newcomers first, the newest of them foremost, then who is due. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from dataclasses import dataclass, field

from fireline.slo.ledger import Ledger, counted_by
from fireline.slo.model import Objective
from fireline.slo.readings import SLOKey

NEWCOMERS = 20
"""So many SLOs without figures may be asked for on credit; more of them (a restart) wait their turn."""


@dataclass(slots=True)
class Turn:
    """One SLO's place and its ledger. ``due`` and ``round_began`` are Unix times."""

    key: SLOKey
    ledger: Ledger
    due: float
    round_began: float | None = None
    failures: int = 0
    resting: bool = False
    """Left alone for long, because recorded history covers the window."""
    height: int = 0
    """Place in the stack of those without figures, from the bottom."""

    @property
    def objective(self) -> Objective:
        """What is counted, as it is now."""
        return self.ledger.objective


@dataclass(slots=True)
class Turns:
    """All SLOs of one source."""

    _all: dict[SLOKey, Turn] = field(default_factory=dict)
    _waiting: dict[SLOKey, Turn] = field(default_factory=dict)
    """Those without figures, the newest last."""
    _heap: list[tuple[float, SLOKey]] = field(default_factory=list)

    def offer(self, objective: Objective, now: float) -> bool:
        """Takes an SLO as it is now; True when it needs figures it does not have."""
        key = (objective.namespace, objective.name)
        turn = self._all.get(key)
        if turn is not None and counted_by(turn.objective) == counted_by(objective):
            turn.ledger.objective = objective
            return False
        if turn is None or turn.objective.counted != objective.counted:
            turn = self._all[key] = Turn(key, Ledger(objective, int(now)), now)
        # Another objective or window over the same events: what was counted stays true.
        turn.ledger.objective = objective
        turn.round_began = None
        self._push(turn)
        return True

    def _push(self, turn: Turn) -> None:
        self._waiting.pop(turn.key, None)
        top = next(reversed(self._waiting.values()), None)
        turn.height = top.height + 1 if top else 0
        self._waiting[turn.key] = turn

    def keep(self, keys: Collection[SLOKey]) -> None:
        """Forgets every SLO that is not among these."""
        for key in [one for one in self._all if one not in keys]:
            del self._all[key]
            self._waiting.pop(key, None)

    def next(self, now: float) -> Turn | None:
        """Whose turn it is; None while nobody is due."""
        if self._waiting:
            return self._waiting[next(reversed(self._waiting))]
        while self._heap:
            due, key = self._heap[0]
            turn = self._all.get(key)
            if turn is None or turn.due != due:
                heapq.heappop(self._heap)  # gone, or asked since
                continue
            return turn if due <= now else None
        return None

    def next_due(self) -> float | None:
        """When somebody is due, in the clock of ``offer``; None when nobody ever is."""
        return self._heap[0][0] if self._heap else None

    def postpone(self, turn: Turn, until: float) -> None:
        """The turn comes again then, and not before."""
        self._waiting.pop(turn.key, None)
        turn.round_began, turn.failures = None, 0
        if self._all.get(turn.key) is turn:
            turn.due = until
            heapq.heappush(self._heap, (until, turn.key))

    def resting(self, key: SLOKey) -> Turn | None:
        """The turn of an SLO that is left alone because recorded history covers its window."""
        turn = self._all.get(key)
        return turn if turn is not None and turn.resting else None

    def is_newcomer(self, turn: Turn) -> bool:
        """Whether it may go ahead on credit."""
        return turn.key in self._waiting and len(self._waiting) <= NEWCOMERS

    def place(self, key: SLOKey) -> int | None:
        """Place among those without figures, 1 is next; None for all others.

        Told from the height in the stack, which is exact until one is taken out of its middle.
        """
        turn = self._waiting.get(key)
        if turn is None:
            return None
        return next(reversed(self._waiting.values())).height - turn.height + 1
