"""Everything the status of one check is made from, gathered by ``plan``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import Condition
from fireline.api.plan import Manifest, Problem
from fireline.synthetic.classify import Waiting
from fireline.synthetic.schedule import Timing

LATE_INTERVALS = 3
_PATIENCE = timedelta(seconds=120)
"""A run is late at the earliest after this, however short the interval: results come in batches."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is wanted and what is seen of one check.

    ``counts`` is the part of the status the ledger keeps, with this moment's runs in it; ``timing`` and
    ``suspended`` what is in force.
    """

    old: Mapping[str, Any]
    generation: int
    now: datetime
    created: datetime
    counts: Manifest
    timing: Timing
    suspended: bool
    selected: Condition
    waiting: tuple[str, Waiting] | None
    manual: Manifest | None
    problem: Problem | None
    notes: tuple[str, ...] = ()
    exported: bool = False
    """Whether the counts may be exported: every counter was seen at 0 by someone who reads /metrics."""

    @property
    def patience(self) -> timedelta:
        """How long after its time a run is late."""
        return patience(self.timing)


def patience(timing: Timing) -> timedelta:
    """How long after its time a run is late."""
    return max(timedelta(seconds=(LATE_INTERVALS - 1) * timing.interval), _PATIENCE)
