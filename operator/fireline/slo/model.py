"""A ServiceLevelObjective as the rest of the room works with it: checked, resolved, immutable.

The pydantic models of ``fireline.api.slo`` are what users write; :mod:`fireline.slo.compile` turns
one into an :class:`Objective`. Rendering, exact figures and status all start from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from fireline.promql.durations import Duration


@dataclass(frozen=True, slots=True)
class Indicator:
    """How good and bad are counted, as PromQL with the placeholder ``$window``.

    ``total`` and ``part`` are per-second rates summed over the groups; multiplied by a window's
    seconds they are event counts. ``part`` counts bad events, good events, or events below a
    latency bound, as ``counts`` says. ``presence`` is an instant expression that yields one sample
    while the raw total series exist.
    """

    total: str
    part: str
    counts: Literal["Bad", "Good", "Below"]
    presence: str
    native: bool = False


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
    sev: Literal["sev0", "sev1", "sev2"]
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
    window: Duration
    """The rolling SLO window."""
    indicator: Indicator
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
    notes: tuple[str, ...] = ()
    """What the user should know though the spec is valid (a rescaled tier, for instance)."""

    @property
    def budget_ratio(self) -> Decimal:
        """The share of events that may be bad: 1 - objective, in (0, 1)."""
        return (Decimal(100) - self.percent) / Decimal(100)
