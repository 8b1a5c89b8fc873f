"""What alert quality speaks of: alerts, episodes, pages, budget events, and what a policy says of them.

Times are whole seconds since the epoch, stretches of time half open: ``[start, end)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fireline.alerting.hours_model import Hours

DAY = 86_400
WEEK = 7 * DAY
SLOKey = tuple[str, str]
"""Namespace and name of an SLO."""
Group = tuple[tuple[str, str], ...]
OFFICE = Hours("office", "UTC", frozenset(range(5)), 9 * 60, 17 * 60)
"""Working hours where nobody said any: Monday to Friday, 09:00 to 17:00 UTC."""


STATES = frozenset({"SLOErrorBudgetConsumed", "SLOErrorBudgetExhausted", "SLOIneffective"})
"""Alerts that last as long as a budget is spent: no answer to them resolves them. A test compares these names
with the room that writes them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def before(self) -> Stretch:
        """The stretch of the same length that ends where this one begins."""
        return Stretch(self.start - self.seconds, self.start)

    def overlap(self, start: int, end: int) -> int:
        """Seconds it shares with another stretch."""
        return max(0, min(self.end, end) - max(self.start, start))


@dataclass(frozen=True, slots=True, order=True)
class Alert:
    """One alert as people count it, whatever instances, pods or replicas it fires for.

    ``policy`` is ``namespace/name``, empty without one; ``slo`` and ``tier`` are empty for a rule that is
    no SLO's; ``group`` are the labels an SLO is grouped by.
    """

    policy: str
    namespace: str
    name: str
    slo: str = ""
    tier: str = ""
    group: Group = ()

    @property
    def of_slo(self) -> SLOKey | None:
        """The SLO it belongs to; None for a rule of its own."""
        return (self.namespace, self.slo) if self.slo else None

    @property
    def label(self) -> str:
        """As people call it: ``checkout PageFast (zone=b)``, or the rule's name."""
        known = f"{self.slo} {self.tier or self.name}" if self.slo else self.name
        groups = ", ".join(f"{key}={value}" for key, value in self.group)
        return f"{known} ({groups})" if groups else known


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert from where it fires to where it no longer does.

    ``end`` is None while it fires. ``truncated``: it fired already where the data begin, ``lost``: still
    where they end, so its start or end, and how long it lasted, is not known.
    """

    alert: Alert
    sev: str
    severity: str
    start: int
    end: int | None
    truncated: bool = False
    lost: bool = False

    def until(self, now: int) -> int:
        """Its end, or ``now`` while it fires."""
        return now if self.end is None else self.end


@dataclass(frozen=True, slots=True)
class Page:
    """What one person was woken for once: overlapping paging episodes of one alert name of one SLO, or of
    one rule. Alertmanager sends them as one by default, and providers join them."""

    episodes: tuple[Episode, ...]

    @property
    def start(self) -> int:
        """When the first one fired."""
        return min(one.start for one in self.episodes)

    @property
    def end(self) -> int | None:
        """When none fired any more; None while one does."""
        ends = [one.end for one in self.episodes if one.end is not None]
        return max(ends) if len(ends) == len(self.episodes) else None

    @property
    def truncated(self) -> bool:
        """Whether its start is not known."""
        return self.first.truncated

    @property
    def lasted(self) -> int | None:
        """Seconds until the last one ended; None while one fires, of a state, and where start or end is not
        known."""
        end = self.end
        if self.first.alert.name in STATES:
            return None
        unknown = self.truncated or any(one.lost and one.end == end for one in self.episodes)
        return None if end is None or unknown else end - self.start

    @property
    def first(self) -> Episode:
        """The episode that woke somebody."""
        return min(self.episodes, key=lambda one: (one.start, one.alert))

    @property
    def of_slo(self) -> SLOKey | None:
        """The SLO it is of, if it is of one."""
        return self.episodes[0].alert.of_slo


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a burn-rate tier promises: ``share`` of the budget spent within ``long`` seconds."""

    share: float
    long: int
    page: bool
    factor: float
    """The burn rate above which it fires."""


@dataclass(frozen=True, slots=True)
class BudgetEvent:
    """A stretch in which a paging tier's share of an SLO's budget was really spent.

    ``crossed``: when the share was reached; ``end``: when it no longer was, None while it is; ``started``:
    when the spending began, as far as that is known.
    """

    slo: SLOKey
    tier: str
    crossed: int
    end: int | None
    started: int | None = None

    @property
    def start(self) -> int:
        """Where it begins: with the spending, if that is known."""
        return self.crossed if self.started is None else self.started


@dataclass(frozen=True, slots=True)
class Declared:
    """An alert that a policy has, whether it ever fired or not."""

    alert: Alert
    page: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What quality needs to know of a policy.

    ``paging``: severities that wake people; None (no policy): whatever is critical. ``calm``: names of its
    own rules that never do. ``quiet``: severities that are told in working hours only. ``since``: when it
    was created, as far as known. ``within``: target for the detection time by severity, in seconds.
    ``pages_per_week``: the most that are acceptable.
    """

    key: str
    paging: frozenset[str] | None = None
    hours: tuple[Hours, ...] = (OFFICE,)
    calm: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    declared: tuple[Declared, ...] = ()
    tiers: Mapping[SLOKey, Mapping[str, TierRule]] = field(default_factory=dict)
    since: int | None = None
    within: Mapping[str, int] = field(default_factory=dict)
    pages_per_week: float | None = None

    def pages(self, episode: Episode) -> bool:
        """Whether an episode wakes people."""
        if self.paging is None:
            return episode.severity == "critical"
        rule = "" if episode.alert.slo else episode.alert.name
        return episode.sev in self.paging and rule not in self.calm

    @property
    def slos(self) -> frozenset[SLOKey]:
        """Its SLOs."""
        return frozenset(self.tiers)
