"""A check as the rest of this room knows it: read, checked, and with every default filled in. Pure.

Made by :mod:`fireline.synthetic.compile`.
"""

from __future__ import annotations

from dataclasses import dataclass

from fireline.api.belonging import Owner
from fireline.api.synthetic_check import Spec
from fireline.synthetic.schedule import Timing

RESERVE_SECONDS = 10
"""For starting the program and writing the result, beside the time of the steps."""
START_SECONDS = 60
"""How long a node may take to start a pod: to pull its image and to make its container."""
SCHEDULING_SECONDS = 30
"""How long a pod may take to get a node."""


@dataclass(frozen=True, slots=True)
class Check:
    """One valid check. Times in seconds, rounded up."""

    namespace: str
    name: str
    spec: Spec
    timing: Timing
    timeout: int
    cleanup_timeout: int
    policy: Owner | None = None
    notes: tuple[str, ...] = ()

    @property
    def pod_seconds(self) -> int:
        """The pod may take so long: its start, sweep, steps, cleanup, and a reserve. It counts from when a
        node has taken the pod, so that a slow start must not take the time of the steps, which end by
        themselves."""
        return START_SECONDS + self.timeout + 2 * self.cleanup_timeout + RESERVE_SECONDS

    @property
    def grace_seconds(self) -> int:
        """After SIGTERM there is time for the cleanup."""
        return self.cleanup_timeout + 5

    @property
    def job_seconds(self) -> int:
        """Only pods that no node took meet this: a Job's deadline deletes the pod, and its message."""
        return self.pod_seconds + self.grace_seconds + SCHEDULING_SECONDS

    @property
    def custom(self) -> bool:
        """Whether it runs an image of its own."""
        return self.spec.container is not None
