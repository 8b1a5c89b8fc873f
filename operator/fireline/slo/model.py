"""A ServiceLevelObjective as the rest of the room works with it: checked, resolved, immutable.

The pydantic models of ``fireline.api.slo`` are what users write; :mod:`fireline.slo.compile` turns
one into an :class:`Objective`. Rendering, exact figures and status all start from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from fireline.api.alert_policy_severities import Sev
from fireline.api.belonging import Owner
from fireline.calendar.maintenance import NEVER, Schedule
from fireline.promql.durations import Duration
from fireline.promql.expr import SECONDS, WINDOW
from fireline.slo.period import SLOWindow


@dataclass(frozen=True, slots=True)
class Indicator:
    """How good and bad are counted, as PromQL with the placeholders ``$window`` and ``$seconds``.

    ``total`` and ``part`` are per-second rates, one series per group; multiplied by a window's
    seconds they are event counts. ``part`` counts bad events, good events, or events below a
    latency bound, as ``counts`` says. ``presence`` is an instant expression that yields one sample
    while the raw total series exist.
    """

    total: str
    part: str
    counts: Literal["Bad", "Good", "Below"]
    presence: str
    native: bool = False
    points: bool = False
    """``total`` and ``part`` read one moment and no range (a gauge): they are recorded as points every
    30 s, and the windows are sums over those."""
    joined: bool = True
    """Counted by counters, whose increments between two windows belong to neither: see ``exact``."""


def over(rate: str, window: Duration, text: str = "") -> str:
    """A rate of an indicator over a window of whole seconds, spelled as ``text`` if that is given."""
    return rate.replace(WINDOW, text or str(window)).replace(SECONDS, f"{window.milliseconds // 1000}")


@dataclass(frozen=True, slots=True)
class Timeslice:
    """Time is counted in slices that are good or bad as a whole.

    ``bad_above`` is the share of bad events from which on (exclusively) a slice is bad.
    """

    length: Duration
    bad_above: Decimal


@dataclass(frozen=True, slots=True)
class Composite:
    """Other SLOs of the namespace seen as one: ``members`` are names with weights."""

    method: Literal["Weighted", "Worst"]
    members: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """One multi-window burn-rate alert: fires while both windows burn faster than ``factor``.

    ``factor`` is in multiples of the rate that spends exactly the budget over the SLO window.
    """

    name: str
    long: Duration
    short: Duration
    factor: Decimal
    severity: Literal["critical", "warning"]
    sev: Sev
    page: bool


@dataclass(frozen=True, slots=True)
class NoData:
    """Whether, and after how long, missing data alerts."""

    after: Duration
    alert: bool


@dataclass(frozen=True, slots=True)
class Objective:
    """One compiled ServiceLevelObjective."""

    namespace: str
    name: str
    service: str
    description: str
    percent: Decimal
    """The objective in percent, ``0 < x < 100``."""
    window: SLOWindow
    indicator: Indicator | None
    """How the rules count; None for a composite."""
    counted: Indicator | None
    """How exact figures are counted over any stretch of time; None for a composite."""
    sli: str
    """Hash of the canonical indicator and groupBy; part of every recorded series."""
    spec_hash: str
    """Hash of everything rendered; ``slo:info{spec_hash}`` shows that Prometheus has loaded it."""
    source: str
    tiers: tuple[Tier, ...]
    budget_thresholds: tuple[Decimal, ...]
    """Consumed budget, in percent, at which a budget alert fires; 100 is ``Exhausted``."""
    no_data: NoData
    alerts_disabled: bool
    runbook_url: str | None
    alert_labels: Mapping[str, str]
    alert_annotations: Mapping[str, str]
    copied_labels: Mapping[str, str]
    composite: Composite | None = None
    group_by: tuple[str, ...] = ()
    alert_per_group: bool = True
    """With ``group_by``: burn alerts for each group, or for the total of all."""
    timeslice: Timeslice | None = None
    min_events: int = 0
    """Burn alerts stay silent below this many events in their long window."""
    min_bad_events: int = 0
    maintenance: Schedule = NEVER
    tier: str | None = None
    """Api, Job or Frontend: what kind of thing this is, for lists and reports."""
    ineffective: bool = True
    """Whether an objective that cannot tell anything is reported."""
    dashboard_url: str | None = None
    approximate: bool = False
    """Weighted by time instead of events, because only a ratio is known."""
    policy: Owner | None = None
    """The AlertPolicy its alerts belong to."""
    default_runbook: str | None = None
    """Runbook URL of the operator's settings, with placeholders."""
    check: str | None = None
    """Name of the SyntheticCheck whose runs are its events."""
    notes: tuple[str, ...] = ()
    """What the user should know though the spec is valid (a rescaled tier, for instance)."""

    @property
    def budget_ratio(self) -> Decimal:
        """The share of events that may be bad: 1 - objective, in (0, 1)."""
        return (Decimal(100) - self.percent) / Decimal(100)
