"""What Prometheus told us about one SLO, as the status needs it. ``readings`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """One alert Prometheus has active."""

    tier: str
    firing: bool
    since: datetime | None = None


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
    source: Literal["Pending", "Exact", "Recorded"] | None = None
    queue: int | None = None
    current: float | None = None
    window: float | None = None
    consumed: float | None = None
    coverage: float | None = None
    burn: Mapping[str, float] = field(default_factory=dict)
    alerts: tuple[SeenAlert, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a person should know about exact figures: what they leave out, and why."""
