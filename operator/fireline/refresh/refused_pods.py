"""Why a Job gets no pod: the API server's own words, from the Job's last event ``FailedCreate``.

A quota, pod security or an admission policy refuses a pod before it exists, and only an event of the Job
says so. Events are many and nobody watches them; they are read for the few Jobs that wait without a pod. The
planner asks for a Job with :meth:`RefusedPods.of`, the loop reads, and enqueues the check when there is news.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from fireline.api.plan import Key, Manifest
from fireline.errors import ApiError, Forbidden

READ_EVERY = 15.0
"""Seconds between two readings for one Job."""
_LOOK_EVERY = 1.0
_FORGOTTEN = 90.0
"""Seconds after which a Job that nobody asks for any more is forgotten."""
_FORBIDDEN = 600.0
"""Seconds for which nothing is read when the right is missing."""

log = structlog.get_logger(__name__)

Events = Callable[[str, str], Awaitable[Sequence[Manifest]]]
"""Namespace and uid of a Job → its events FailedCreate. Raises ApiError."""


@dataclass(slots=True)
class _Job:
    key: Key
    asked: float
    read: float = float("-inf")
    text: str = ""


class RefusedPods:
    """Remembers what was read. On the event loop only. ``clock`` in seconds, monotonic."""

    def __init__(
        self,
        events: Events,
        *,
        enqueue: Callable[[Iterable[Key]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events = events
        self._enqueue = enqueue
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._silent_until = float("-inf")

    def of(self, key: Key, uid: str) -> str:
        """The text for the Job with this uid, as far as it is known; never blocks."""
        job = self._jobs.setdefault(uid, _Job(key, self._clock()))
        job.asked = self._clock()
        return job.text

    async def run(self) -> None:
        """The loop."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Read what is due."""
        now = self._clock()
        self._jobs = {uid: job for uid, job in self._jobs.items() if now - job.asked < _FORGOTTEN}
        for uid, job in list(self._jobs.items()):
            if now < self._silent_until:
                return
            if now - job.read >= READ_EVERY:
                job.read = now
                await self._look_at(uid, job)

    async def _look_at(self, uid: str, job: _Job) -> None:
        try:
            text = newest(await self._events(job.key.namespace, uid))
        except Forbidden:
            self._silent_until = self._clock() + _FORBIDDEN
            log.info("events not read", missing="the right to list events.k8s.io events", key=str(job.key))
            return
        except ApiError:
            return  # the next look tries again
        if text != job.text:
            job.text = text
            self._enqueue([job.key])


def newest(events: Iterable[Manifest]) -> str:
    """Text of the event that happened last."""
    return max(((_when(one), one.get("note") or "") for one in events), default=("", ""))[1]


def _when(event: Manifest) -> str:
    """As text that sorts."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("deprecatedLastTimestamp"), event.get("eventTime"))
    return next((str(one) for one in times if one), "")
