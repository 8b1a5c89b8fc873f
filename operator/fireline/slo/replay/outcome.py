"""One objective replayed: would it have held, what would have fired, and how good the alerts were.

Used by ``fireline backtest``, which prints and draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.replay.burning import Burning, Tiers
from fireline.slo.replay.composite import Combined, CombinedBurning, Member
from fireline.slo.replay.incidents import Incident, Score, merged, score
from fireline.slo.replay.public import Figures, Shared
from fireline.slo.replay.record import Recorded
from fireline.slo.replay.states import Alert, alerts
from fireline.slo.replay.track import Track, Value


@dataclass(frozen=True, slots=True)
class Peak:
    """The most budget that was consumed at any time, as a share, and when."""

    consumed: float
    at: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One alert, or all pages as one (tier ``ANY_PAGE``), and its score if incidents are known.

    What tells of a state (a spent budget, an ineffective objective) has no score: it detects nothing.
    """

    alert: Alert
    score: Score | None


ANY_PAGE = "any page"
HOUR = names.RAW_WINDOWS[-1]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An objective over ``[start, end]``. Shares, not percent; None where nothing is known."""

    objective: Objective
    start: int
    end: int
    peak: Peak | None
    consumed: Value
    """Budget consumed at the end."""
    sli: Value
    """Share of good events over the SLO window, at the end."""
    coverage: Value
    """Share of the SLO window with data, at the end."""
    alerts: tuple[Judged, ...]
    budget: Track = field(repr=False)
    """Budget consumed over time."""
    burn: Track = field(repr=False)
    """Burn rate over the last hour, over time."""

    @property
    def held(self) -> bool | None:
        """Whether the budget was never overspent; None without any figure."""
        return None if self.peak is None else self.peak.consumed <= 1


class Replay:
    """The past of one SLO, asked about any objective of it.

    ``recorded`` is None for a composite, whose figures and tiers come from its members.
    """

    def __init__(
        self, recorded: Recorded | None, figures: Figures, tiers: Tiers, *, start: int, end: int
    ) -> None:
        self._recorded = recorded
        self._figures = figures
        self._tiers = tiers
        self._start = start
        self._end = end

    @classmethod
    def of(cls, recorded: Recorded, *, start: int, end: int, per_group: bool = False) -> Replay:
        """An SLO that counts itself."""
        return cls(recorded, Shared(recorded), Burning(recorded, per_group=per_group), start=start, end=end)

    @classmethod
    def of_members(
        cls, objective: Objective, of: Sequence[Member], *, first: int, start: int, end: int
    ) -> Replay:
        """A composite of members that were recorded from ``first`` on."""
        assert objective.composite is not None  # noqa: S101 - asked for composites only
        combined = Combined(objective.composite, of, objective.window, start=first, end=end)
        return cls(None, combined, CombinedBurning(combined, of, end=end), start=start, end=end)

    def outcome(self, objective: Objective, incidents: Sequence[Incident] | None, *, grace: int) -> Outcome:
        """How an objective would have fared; ``incidents`` None: not known. ``grace`` in seconds."""
        figures, start, end = self._figures, self._start, self._end
        budget = figures.consumed(objective.budget_ratio)
        fired = alerts(objective, self._recorded, self._tiers, figures, start=start, end=end)
        known = None if incidents is None else _of(objective, incidents, start, end)
        detecting = {ANY_PAGE, "NoData", *(tier.name for tier in objective.tiers)}

        def judged(alert: Alert) -> Judged:
            scored = known is not None and alert.tier in detecting
            return Judged(alert, score(alert.periods, known or (), grace=grace) if scored else None)

        return Outcome(
            objective=objective,
            start=start,
            end=end,
            peak=_peak(budget, start, end),
            consumed=budget.at(end),
            sli=figures.sli(end, objective.budget_ratio),
            coverage=figures.coverage.at(end),
            alerts=tuple(map(judged, [*_any_page(fired), *fired])),
            budget=budget,
            burn=figures.burn(HOUR, objective.budget_ratio),
        )


def _of(objective: Objective, incidents: Sequence[Incident], start: int, end: int) -> list[Incident]:
    """The incidents this SLO could have seen."""
    return [
        one
        for one in incidents
        if one.service in (None, objective.service) and one.start < end and one.end > start
    ]


def _any_page(fired: Sequence[Alert]) -> list[Alert]:
    pages = [alert for alert in fired if alert.page]
    if not pages:
        return []
    periods = merged(period for alert in pages for period in alert.periods)
    return [Alert(ANY_PAGE, "critical", (), tuple(periods))]


def _peak(budget: Track, start: int, end: int) -> Peak | None:
    seen = [(value, -time) for time, value in budget.samples() if start <= time <= end]
    if not seen:
        return None
    consumed, at = max(seen)
    return Peak(consumed, -at)
