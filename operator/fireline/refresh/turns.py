"""Whose exact figures are asked next: newcomers, then who is due, then audits. Pure.

Newcomers come first, the newest of them foremost. An SLO whose recorded history covers its window rests
from all that and is audited instead: whoever has waited longest comes first, so that nobody starves.
After a restart nothing is known of earlier audits; then chance decides, so that an operator that is
restarted often does not audit the same few again and again.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from fireline.slo.audit import Recorded
from fireline.slo.ledger import Ledger, counted_by
from fireline.slo.model import Objective
from fireline.slo.readings import SLOKey

NEWCOMERS = 20
"""So many SLOs without figures may be asked for on credit; more of them (a restart) wait their turn."""
_LONG_AGO = 30 * 86_400.0
"""How long before now the audits of SLOs with recorded history are due at a restart, at most."""


@dataclass(slots=True)
class Turn:
    """One SLO's place and its ledger. ``due`` and ``round_began`` are Unix times."""

    key: SLOKey
    ledger: Ledger
    due: float
    round_began: float | None = None
    failures: int = 0
    resting: bool = False
    """Only audited, because recorded history covers the window."""
    counted: bool = False
    """It had figures since the operator started."""
    recorded: Recorded | None = None
    """The recorded figure that is being audited."""
    height: int = 0
    """Place in the stack of those without figures, from the bottom."""

    @property
    def objective(self) -> Objective:
        """What is counted, as it is now."""
        return self.ledger.objective


@dataclass(slots=True)
class _Agenda:
    """Turns by the time they are due. Entries that are no longer true are dropped when they come up."""

    is_true: Callable[[float, SLOKey], bool]
    heap: list[tuple[float, SLOKey]] = field(default_factory=list)

    def add(self, turn: Turn) -> None:
        heapq.heappush(self.heap, (turn.due, turn.key))

    def first(self) -> tuple[float, SLOKey] | None:
        """Who is due first, and when."""
        while self.heap and not self.is_true(*self.heap[0]):
            heapq.heappop(self.heap)
        return self.heap[0] if self.heap else None


class Turns:
    """All SLOs of one source. ``chance`` decides who is audited first after a restart."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._all: dict[SLOKey, Turn] = {}
        self._waiting: dict[SLOKey, Turn] = {}  # those without figures, the newest last
        self._due = _Agenda(lambda due, key: self._stands(due, key, resting=False))
        self._audits = _Agenda(lambda due, key: self._stands(due, key, resting=True))
        self._chance = chance or random.Random()  # noqa: S311 - fairness, not secrecy

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
        turn.round_began, turn.recorded, turn.resting = None, None, False
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
        for agenda in (self._due, self._audits):
            first = agenda.first()
            if first is not None and first[0] <= now:
                return self._all[first[1]]
        return None

    def next_due(self, *, audits: bool = True) -> float | None:
        """When somebody is due, in the clock of ``offer``; None when nobody ever is."""
        agendas = (self._due, self._audits) if audits else (self._due,)
        return min((first[0] for agenda in agendas if (first := agenda.first())), default=None)

    def postpone(self, turn: Turn, until: float) -> None:
        """The turn comes again then, and not before."""
        self._move(turn, until, resting=False)

    def rest(self, turn: Turn, until: float) -> None:
        """Nothing but its audit comes from now on, and that not before then."""
        self._move(turn, until, resting=True)

    def rest_unseen(self, turn: Turn, now: float) -> None:
        """The same for one that had recorded history when the operator started; chance decides its place."""
        self.rest(turn, now - self._chance.random() * _LONG_AGO)

    def _move(self, turn: Turn, until: float, *, resting: bool) -> None:
        self._waiting.pop(turn.key, None)
        turn.round_began, turn.failures, turn.recorded = None, 0, None
        if self._all.get(turn.key) is turn:
            turn.due, turn.resting = until, resting
            (self._audits if resting else self._due).add(turn)

    def resting(self, key: SLOKey) -> Turn | None:
        """The turn of an SLO that is only audited, because recorded history covers its window."""
        turn = self._all.get(key)
        return turn if turn is not None and turn.resting else None

    def is_newcomer(self, turn: Turn) -> bool:
        """Whether it may go ahead on credit."""
        return turn.key in self._waiting and len(self._waiting) <= NEWCOMERS

    def is_waiting(self, turn: Turn) -> bool:
        """Whether it has no figures yet, or not for its objective as it is now."""
        return turn.key in self._waiting

    def place(self, key: SLOKey) -> int | None:
        """Place among those without figures, 1 is next; None for all others.

        Told from the height in the stack, which is exact until one is taken out of its middle.
        """
        turn = self._waiting.get(key)
        if turn is None:
            return None
        return next(reversed(self._waiting.values())).height - turn.height + 1

    def _stands(self, due: float, key: SLOKey, *, resting: bool) -> bool:
        turn = self._all.get(key)
        return turn is not None and turn.due == due and turn.resting == resting and key not in self._waiting
