"""What the status of a valid SLO is made from, and what its conditions have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import Condition, found, parse_timestamp
from fireline.api.plan import Problem
from fireline.incident.record import NO_INCIDENTS, Record
from fireline.slo.deferral import Deferral
from fireline.slo.observation import Observation
from fireline.slo.unmeasured import Unmeasured


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the status of a valid SLO depends on, besides the objective."""

    old: Mapping[str, Any]
    generation: int
    now: datetime
    observation: Observation
    selected: Condition
    problem: Problem | None
    notes: tuple[str, ...]
    figures_every: timedelta
    deferral: Deferral | None = None
    """Why its rules are left as they are for now."""
    max_groups: int = 50
    unmeasured: Unmeasured | None = None
    """Why the check it is about cannot be relied on now."""
    record: Record = NO_INCIDENTS
    """Its incidents as they must be recorded now."""

    @property
    def same_spec(self) -> bool:
        """The status was written about this very spec."""
        return bool(self.old.get("observedGeneration") == self.generation)

    def since(self, type_: str, status: str) -> datetime:
        """When a condition took this status; now, if it has another one."""
        before = found(self.old, type_)
        if before is None or before["status"] != status:
            return self.now
        return parse_timestamp(before["lastTransitionTime"])

    def kept(self, type_: str) -> Condition | None:
        """The condition as written for this very spec, while Prometheus has not been asked about it yet.

        An operator that starts anew knows nothing for some seconds; that alone must write no status.
        """
        seen, before = self.observation, found(self.old, type_)
        unasked = seen.total_present is None
        if type_ == "BudgetHealthy":
            unasked = seen.consumed is None and seen.source in {None, "Pending"}
        if before is None or not self.same_spec or not unasked or seen.down or not seen.configured:
            return None
        return Condition(type_, before["status"], before["reason"], before["message"])
