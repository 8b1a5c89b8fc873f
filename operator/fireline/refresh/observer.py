"""What is known of each SLO between refreshes: the planner reads here and never waits for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fireline.slo.audit import Audit
from fireline.slo.known import observation
from fireline.slo.ledger import Exact, counted_by
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.readings import Reading, SLOKey

SETTLING = timedelta(minutes=5)
"""After an SLO's own rules were loaded anew: its objective is recorded every 30 s, the budget ratio from
that every minute, the budget consumed from that every 2 m 30 s."""


def key_of(objective: Objective) -> SLOKey:
    """Namespace and name."""
    return objective.namespace, objective.name


@dataclass(slots=True)
class _Known:
    """One SLO's last figures, each with what it was found for."""

    reading: tuple[str, Reading] | None = None
    exact: tuple[tuple[object, ...], Exact] | None = None
    audit: tuple[tuple[object, ...], Audit] | None = None
    load_error: str | None = None
    uncountable: bool = False
    recorded_for: tuple[object, ...] | None = None
    """What the recorded budget is of; None until the first reading."""
    changing_to: tuple[object, ...] | None = None
    settled_at: datetime | None = None
    """When the rules will have recorded what ``changing_to`` asks for."""

    def settle(self, objective: Objective, reading: Reading) -> None:
        """Recorded budgets follow a changed objective or window only once every rule was evaluated."""
        wanted = counted_by(objective)
        if self.recorded_for is None:
            self.recorded_for = wanted
        if self.recorded_for == wanted:
            self.changing_to = None
            return
        if self.changing_to != wanted:
            self.changing_to, self.settled_at = wanted, None
        if self.settled_at is None and objective.spec_hash in reading.hashes:
            self.settled_at = reading.at + SETTLING
        if self.settled_at is not None and reading.at >= self.settled_at:
            self.recorded_for, self.changing_to = wanted, None

    def recorded(self, objective: Objective) -> Reading | None:
        """The last reading of this indicator, without a budget that is another objective's."""
        if self.reading is None or self.reading[0] != objective.sli:
            return None
        reading = self.reading[1]
        if self.recorded_for != counted_by(objective):
            return replace(reading, window=None, consumed=None, coverage=None, rate=None, groups=None)
        return reading


@dataclass(slots=True)
class Readings:
    """Last known figures. Implements the planner's ``Observer``; the loops of this package write.

    ``configured`` names the sources that have a URL. ``sighted`` is told about every objective that
    is observed: so a new or changed one is asked for at once. ``place`` is its place in the queue.
    """

    configured: frozenset[str]
    sighted: Callable[[Objective], None] = lambda _: None
    place: Callable[[Objective], int | None] = lambda _: None
    down: dict[str, str] = field(default_factory=dict)
    """Sources that cannot be asked, with the reason."""
    _known: dict[SLOKey, _Known] = field(default_factory=dict)
    _suspects_asked: int = 0

    def observe(self, objective: Objective) -> Observation:
        """See :class:`fireline.slo.plan.Observer`."""
        self.sighted(objective)
        return self.peek(objective)

    def peek(self, objective: Objective) -> Observation:
        """The same without taking notice of the objective."""
        if objective.source not in self.configured:
            return Observation(configured=False)
        known = self._known.get(key_of(objective), _Known())
        of = counted_by(objective)
        exact = known.exact[1] if known.exact and known.exact[0] == of else None
        seen = observation(objective, known.recorded(objective), exact, uncountable=known.uncountable)
        return replace(
            seen,
            down=self.down.get(objective.source),
            queue=self.place(objective) if seen.source == "Pending" else None,
            load_error=known.load_error,
            audit=known.audit[1] if known.audit and known.audit[0] == of else None,
        )

    def read(self, objective: Objective, reading: Reading, *, load_error: str | None) -> None:
        """Takes what a refresh found."""
        known = self._known.setdefault(key_of(objective), _Known())
        known.reading, known.load_error = (objective.sli, reading), load_error
        known.settle(objective, reading)

    def load_error(self, objective: Objective) -> str | None:
        """What Prometheus last said about rules that it does not evaluate."""
        known = self._known.get(key_of(objective))
        return known.load_error if known else None

    def take_suspects(self, missing: list[Objective], most: int) -> list[Objective]:
        """The next of those whose rules are missing: a few that stay broken must not hide all others."""
        start = self._suspects_asked % len(missing)
        self._suspects_asked = start + most
        return (missing[start:] + missing[:start])[:most]

    def counted(self, objective: Objective, exact: Exact) -> None:
        """Takes exact figures."""
        known = self._known.setdefault(key_of(objective), _Known())
        known.exact, known.uncountable = (counted_by(objective), exact), False

    def audited(self, objective: Objective, audit: Audit) -> None:
        """Takes the comparison of the recorded budget with the exact one."""
        self._known.setdefault(key_of(objective), _Known()).audit = counted_by(objective), audit

    def refused(self, objective: Objective) -> None:
        """Prometheus is up and refuses the exact queries."""
        self._known.setdefault(key_of(objective), _Known()).uncountable = True

    def keep(self, keys: set[SLOKey]) -> None:
        """Forgets every SLO that is not among these."""
        for key in self._known.keys() - keys:
            del self._known[key]
