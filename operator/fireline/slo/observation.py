"""What Prometheus told us about one SLO, as the status needs it. ``readings`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from fireline.slo.audit import Audit
from fireline.slo.forecast import Profile


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """One alert Prometheus has active."""

    tier: str
    firing: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenEvents:
    """Events in the window. ``allowed`` bad ones are the whole budget at the rate seen; None is Unknown."""

    bad: float
    total: float
    allowed: float | None


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """One group of groupBy, and the share of its budget that is spent."""

    labels: tuple[tuple[str, str], ...]
    consumed: float


@dataclass(frozen=True, slots=True)
class SeenGroups:
    """How many groups there are, and the worst of them, the worst first."""

    number: int
    worst: tuple[SeenGroup, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """The last known figures of one SLO. None always means Unknown.

    ``configured``: the source has a URL. ``down``: why Prometheus cannot be asked now; the figures
    are then the last known ones, of ``at``. Ratios are fractions: ``consumed`` 1 is the whole
    budget, ``current`` and ``window`` are shares of good events, ``burn`` maps a window (``5m``) to
    a multiple of the sustainable rate.
    """

    configured: bool = True
    down: str | None = None
    at: datetime | None = None
    loaded_hash: str | None = None
    load_error: str | None = None
    windows_loaded: bool | None = None
    total_present: bool | None = None
    bad_present: bool | None = None
    raw_present: bool | None = None
    missing: tuple[str, ...] = ()
    """Members of a composite without data."""
    source: Literal["Pending", "Exact", "Recorded"] | None = None
    queue: int | None = None
    current: float | None = None
    window: float | None = None
    consumed: float | None = None
    coverage: float | None = None
    burn: Mapping[str, float] = field(default_factory=dict)
    alerts: tuple[SeenAlert, ...] = ()
    events: SeenEvents | None = None
    profile: Profile | None = None
    """How the budget was spent over the window, as far as raw history was counted."""
    groups: SeenGroups | None = None
    audit: Audit | None = None
    """The last comparison of recorded and exact figures since the operator started."""
    remarks: tuple[str, ...] = ()
    """What a person should know about exact figures: what they leave out, and why."""
