"""What the engine watches, and in what role. Wired by ``fireline.app``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fireline.api import labels
from fireline.api.resources import Resource

Role = Literal["Parent", "Child", "Offspring", "Reference"]


@dataclass(frozen=True, slots=True)
class Watched:
    """One watched resource type.

    ``Parent``: a custom resource of ours, without which the operator is not ready. ``Child``: what
    plans create; only objects with our labels are watched. ``Offspring``: what Kubernetes makes from such
    children and labels as they say (Jobs and pods of a CronJob): looked at, never compared or deleted.
    ``Reference``: read-only and optional; when
    it is not served or not allowed, ``Seen.access`` says so and nothing else breaks.
    """

    resource: Resource
    role: Role
    namespaces: tuple[str, ...] = ()
    """Watched only there, whatever the settings say; empty for what they say."""

    def selector(self, instance: str) -> str:
        """The label selector the API server filters with; empty for everything."""
        if self.role not in {"Child", "Offspring"}:
            return ""
        return f"{labels.MANAGED_BY}={labels.MANAGER},{labels.INSTANCE}={instance}"
