"""What the status of a valid policy is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fireline.alerting.deferral import Deferral
from fireline.alerting.members import Members
from fireline.alerting.observation import Observation
from fireline.api.conditions import Condition
from fireline.api.plan import Problem


@dataclass(frozen=True, slots=True)
class SecretAt:
    """A key of a Secret the policy needs, where it must be; ``path`` is where the spec names it."""

    namespace: str
    name: str
    key: str
    path: str
    receiver: str
    holds: str = "Text"


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the status of a valid policy depends on, besides the policy."""

    old: Mapping[str, Any]
    generation: int
    now: datetime
    observation: Observation
    selected: Condition
    members: Members
    secrets: Sequence[SecretAt]
    problem: Problem | None
    notes: tuple[str, ...] = ()
    nonce: str = ""
    """Value of the annotation that asks for a test; empty for none."""
    announced: bool = False
    """This process wrote that the test runs."""
    deferral: Deferral | None = None
    left_out: frozenset[str] = frozenset()
    """Receivers that wait for a Secret."""

    @property
    def same_spec(self) -> bool:
        """The status was written about this very spec."""
        return bool(self.old.get("observedGeneration") == self.generation)
