"""The ledger of one SLO's exact counts: which stretches are still to be asked, and what they add up to.

Past UTC days are asked once and kept; the running day and the partial first day of a rolling window are
asked again every few minutes. Maintenance is never asked for. Pure: :mod:`fireline.refresh` brings the
clock and the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fireline.slo.cutting import DAY, SETTLE_SECONDS, UNITS, cut
from fireline.slo.exact import Count, Question, Stretch
from fireline.slo.model import Objective

MAX_AT_ONCE = 10
"""Most stretches asked in one range query."""
_NO_SUBSET = 0.001
"""Extrapolation may leave bad a hair above total, or below 0; beyond this share it is no subset."""
RETRY_HEAVY_SECONDS = 6 * 3600
"""How long a stretch that was too heavy at the shortest length is left alone."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Bad and total events of ``[start, end)``, in seconds since the epoch."""

    start: int
    end: int
    bad: float
    total: float


@dataclass(frozen=True, slots=True)
class Exact:
    """Exact figures of one SLO over its window, without maintenance.

    ``consumed`` (1 = the whole budget) and ``sli`` (share of good events) are None when the window
    held no traffic. ``coverage`` is the share of the window, so far, in which the raw series existed;
    ``age_seconds`` is the time since they first did within the window. Neither counts maintenance.
    ``heavy`` stretches could not be counted, ``unknown`` ones had traffic without a part that tells
    good from bad; both are left out of the figures. ``excess`` says that the part is no subset of the
    total (there were more bad, or more good, events than events). Times are in seconds since the epoch.
    """

    as_of: float
    total: float
    bad: float
    sli: float | None
    consumed: float | None
    coverage: float
    age_seconds: float
    present: bool = False
    """Whether the raw series existed in the newest stretch (minutes to a day)."""
    excess: bool = False
    heavy: tuple[Stretch, ...] = ()
    unknown: tuple[Stretch, ...] = ()
    spent: tuple[Spent, ...] = ()
    """What was counted, stretch by stretch (a day or less), oldest first: what will leave a rolling window
    when. A stretch may be a little below 0 where its neighbour has that much too many."""


def counted_by(objective: Objective) -> tuple[object, ...]:
    """What exact figures depend on: two objectives alike in this have the same figures."""
    return objective.counted, objective.percent, objective.window, objective.maintenance


@dataclass(slots=True)
class Ledger:
    """Questions and answers of one SLO and indicator; a changed indicator needs a new ledger.

    Ask ``next_question`` until it is None, giving each answer back, then take ``figures``; call
    ``begin`` for the next round. An objective that changes otherwise is set with ``objective``.
    """

    objective: Objective
    as_of: int
    """End of the window. The stretches at its two ends are counted as of then."""
    unit: int = DAY
    """Length of a kept stretch; shrinks when the server finds one too heavy."""
    at_once: int = MAX_AT_ONCE
    kept: dict[Stretch, Count] = field(default_factory=dict)
    """Stretches that are over for good."""
    edges: dict[Stretch, Count] = field(default_factory=dict)
    """The partial stretches at the window's ends."""
    heavy: dict[Stretch, float] = field(default_factory=dict)
    """Stretches too heavy even at the shortest length, with the time of the next try."""
    firsts: dict[Stretch, float | None] = field(default_factory=dict)
    """When the series began, within stretches that they do not fill."""
    _cut: list[Stretch] | None = None
    """The window in stretches, until it moves or the unit shrinks."""

    @property
    def window(self) -> Stretch:
        """The SLO window up to ``as_of``: of a calendar period the part that is over."""
        return Stretch(self.objective.window.span(self.as_of).start, self.as_of, joined=False)

    def begin(self, now: float) -> None:
        """Moves the window to end at ``now``: its ends are asked again, what fell out is forgotten.

        In a new calendar period that is everything.
        """
        self.as_of = int(now)
        self.edges.clear()
        self._cut = None
        start = self.window.start
        everything: tuple[dict[Stretch, Any], ...] = (self.kept, self.heavy, self.firsts)
        for known in everything:
            for stretch in [one for one in known if one.end <= start]:
                del known[stretch]

    def next_question(self, now: float) -> Question | None:
        """What to ask next, newest first; None when all is known as of ``as_of``."""
        unanswered = [one for one in reversed(self._stretches()) if self._is_open(one, now)]
        if unanswered:
            return Question("Count", _alike(unanswered, self.at_once))
        oldest = self._oldest_with_data()
        if oldest and not self._is_filled(oldest) and oldest not in self.firsts:
            return Question("First", (oldest,))
        return None

    def counted(self, counts: Mapping[Stretch, Count]) -> None:
        """Takes the answer to a ``Count`` question."""
        for stretch, count in counts.items():
            self.heavy.pop(stretch, None)
            (self.kept if self._is_final(stretch) else self.edges)[stretch] = count

    def began(self, question: Question, at: float | None) -> None:
        """Takes the answer to a ``First`` question."""
        self.firsts[question.stretches[0]] = at

    def too_heavy(self, question: Question, now: float) -> None:
        """Asks for less from now on, and gives up for some hours on what cannot get shorter."""
        if question.kind == "First":
            self.began(question, None)
        elif len(question.stretches) > 1:
            self.at_once = len(question.stretches) // 2
        elif question.step > UNITS[-1] and self.unit > UNITS[-1]:
            self.unit = UNITS[UNITS.index(self.unit) + 1]
            self._cut = None
        else:
            self.heavy[question.stretches[0]] = now + RETRY_HEAVY_SECONDS

    def figures(self) -> Exact:
        """What the answers add up to; complete once ``next_question`` has returned None."""
        found = {one: self._count(one) for one in self._stretches()}
        counts = {one: count for one, count in found.items() if count is not None}
        known = [(count.total, count.bad) for count in counts.values() if count.bad is not None]
        total = max(0.0, sum(total for total, _ in known))
        counted = sum(bad for _, bad in known)
        bad = min(max(0.0, counted), total)
        age, whole = self._age(), self._whole()
        ratio = bad / total if total > 0 else None
        share = min(1.0, age / whole) if whole > 0 else 0.0
        budget = float(self.objective.budget_ratio)
        return Exact(
            as_of=self.as_of,
            total=total,
            bad=bad,
            sli=None if ratio is None else 1 - ratio,
            consumed=None if ratio is None else ratio / budget * share,
            coverage=self._coverage(counts),
            age_seconds=age,
            present=any(count.points or count.total > 0 for count in list(counts.values())[-1:]),
            excess=abs(counted - bad) > total * _NO_SUBSET,
            heavy=tuple(one for one, count in found.items() if count is None),
            unknown=tuple(one for one, count in counts.items() if count.bad is None),
            spent=tuple(
                Spent(one.start, one.end, count.bad, count.total)
                for one, count in counts.items()
                if count.bad is not None
            ),
        )

    def _stretches(self) -> list[Stretch]:
        """The window without maintenance, in stretches, oldest first."""
        if self._cut is None:
            self._cut = cut(self.objective, self.window, self.unit, self.kept)
        return self._cut

    def _is_final(self, stretch: Stretch) -> bool:
        """Over for good, and not the oldest of a rolling window, whose start moves on."""
        moves = self.objective.window.calendar is None and stretch.start == self.window.start
        return not moves and stretch.end <= self.as_of - SETTLE_SECONDS

    def _is_open(self, stretch: Stretch, now: float) -> bool:
        return self._count(stretch) is None and self.heavy.get(stretch, now) <= now

    def _count(self, stretch: Stretch) -> Count | None:
        return self.kept.get(stretch) or self.edges.get(stretch)

    def _oldest_with_data(self) -> Stretch | None:
        for stretch in self._stretches():
            count = self._count(stretch)
            # A service of minutes has events before it has a coverage point.
            if count is not None and (count.points > 0 or count.total > 0):
                return stretch
        return None

    def _is_filled(self, stretch: Stretch) -> bool:
        """Whether the series exist from its start on, give or take the point at either end."""
        count = self._count(stretch)
        return count is not None and count.points >= stretch.points - 1

    def _age(self) -> float:
        """Seconds from the first sample within the window, without maintenance; gaps do not make it less."""
        oldest = self._oldest_with_data()
        if oldest is None:
            return 0.0
        first = None if self._is_filled(oldest) else self.firsts.get(oldest)
        return self._without_maintenance(oldest.start if first is None else first, self.as_of)

    def _whole(self) -> float:
        """Seconds of the whole window, of a calendar period also those to come, without maintenance."""
        span = self.objective.window.span(self.as_of)
        return self._without_maintenance(span.start, span.end)

    def _without_maintenance(self, start: float, end: float) -> float:
        return end - start - self.objective.maintenance.seconds(start, end)

    def _coverage(self, counts: Mapping[Stretch, Count]) -> float:
        """Share of the points at which the raw series existed; stretches too heavy to count have none."""
        expected = sum(stretch.points for stretch in self._stretches())
        points = sum(count.points for count in counts.values())
        return min(1.0, points / expected) if expected else 0.0


def _alike(stretches: list[Stretch], most: int) -> tuple[Stretch, ...]:
    """The newest stretch and its older neighbours of the same length, oldest first."""
    chosen = [stretches[0]]
    for older in stretches[1:most]:
        last = chosen[-1]
        if (older.end, older.seconds, older.joined) != (last.start, last.seconds, last.joined):
            break
        chosen.append(older)
    return tuple(reversed(chosen))
