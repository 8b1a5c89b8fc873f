"""The ledger of one SLO's exact counts: which stretches are still to be asked, and what they add up to.

Past UTC days are asked once and kept; the running day and the partial first day of the window are
asked again every few minutes. Pure: :mod:`fireline.refresh` brings the clock and the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from fireline.slo.exact import POINT_SECONDS, Count, Question, Stretch
from fireline.slo.model import Objective

DAY = 86_400
SETTLE_SECONDS = 600
"""A day is final this long after its end, when its last scrapes have certainly arrived."""
UNITS = (DAY, DAY // 2, DAY // 4, DAY // 8, DAY // 24)
"""Lengths of a kept stretch: days, or the parts of a day that the server can still count."""
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
    """Exact figures of one SLO over its window.

    ``consumed`` (1 = the whole budget) and ``sli`` (share of good events) are None when the window
    held no traffic. ``coverage`` is the share of the window in which the raw series existed.
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
        """The SLO window that ends at ``as_of``."""
        return Stretch(self.as_of - round(self.objective.window.nominal.seconds), self.as_of)

    def begin(self, now: float) -> None:
        """Moves the window to end at ``now``: its ends are asked again, what fell out is forgotten."""
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
        stretches = self._stretches()
        unanswered = [one for one in reversed(stretches[1:]) if self._is_open(one, now)]
        if unanswered:
            return Question("Count", _alike(unanswered, self.at_once))
        if self._is_open(stretches[0], now):
            return Question("Count", (stretches[0],), joined=False)
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
        age = self._age()
        ratio = bad / total if total > 0 else None
        budget = float(self.objective.budget_ratio)
        points = sum(count.points for count in counts.values())
        return Exact(
            as_of=self.as_of,
            total=total,
            bad=bad,
            sli=None if ratio is None else 1 - ratio,
            consumed=None if ratio is None else ratio / budget * age / self.window.seconds,
            coverage=min(1.0, points * POINT_SECONDS / self.window.seconds),
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
        """The whole window in stretches, oldest first: a partial one, kept ones, the running one."""
        if self._cut is None:
            self._cut = self._cut_up()
        return self._cut

    def _cut_up(self) -> list[Stretch]:
        window = self.window
        tail = max(window.start, _floor(window.end - SETTLE_SECONDS, self.unit))
        cuts = [window.start]
        while cuts[-1] < tail:
            cuts.append(min(self._next_cut(cuts[-1]), tail))
        return [_shared(start, end) for start, end in pairwise([*cuts, window.end])]

    def _next_cut(self, start: int) -> int:
        """Where the stretch that starts here ends: as long as one already kept, else a unit."""
        for unit in UNITS:
            if unit > self.unit and Stretch(start, start + unit) in self.kept:
                return start + unit
        return _floor(start, self.unit) + self.unit

    def _is_final(self, stretch: Stretch) -> bool:
        return stretch.seconds in UNITS and stretch.end <= self.as_of - SETTLE_SECONDS

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
        """Seconds from the first sample within the window; gaps do not make it less."""
        oldest = self._oldest_with_data()
        if oldest is None:
            return 0.0
        first = None if self._is_filled(oldest) else self.firsts.get(oldest)
        return self.as_of - (oldest.start if first is None else first)


@lru_cache(maxsize=1024)
def _shared(start: int, end: int) -> Stretch:
    """One object for the same day of all SLOs: ten thousand ledgers keep thirty days each."""
    return Stretch(start, end)


def _floor(time: int, unit: int) -> int:
    return time // unit * unit


def _alike(stretches: list[Stretch], most: int) -> tuple[Stretch, ...]:
    """The newest stretch and its older neighbours of the same length, oldest first."""
    chosen = [stretches[0]]
    for older in stretches[1:most]:
        if older.end != chosen[-1].start or older.seconds != chosen[-1].seconds:
            break
        chosen.append(older)
    return tuple(reversed(chosen))
