"""Tells a sink what happened in incidents: CloudEvents over HTTP, in order, at least once.

Only what is in a status is told. How far the sink has taken each incident is remembered here, and by the
planner in the status: one write for all that was sent meanwhile. After a restart it goes on from there, and
a few events may come twice, with the same id. Runs on the leader, in a loop of its own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

import structlog

from fireline.api.plan import Key, Manifest, Seen
from fireline.api.resources import SLO
from fireline.errors import EventsError, EventsRefused
from fireline.incident.cloudevents import Origin, event

EVERY_SECONDS = 2.0
LEAST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds before a sink that did not answer is tried again: doubled each time."""
LINGER_SECONDS = 120.0
"""An SLO is looked at for so long after it was planned: its status may be written a little later."""

log = structlog.get_logger(__name__)
Post = Callable[[Manifest], Awaitable[None]]
"""Sends one CloudEvent. Raises EventsError, and EventsRefused when it makes no sense to send it again."""


class EventExport:
    """Implements the telling half of ``fireline.slo.incidents.Bystander``. On the event loop only.

    ``seen`` gives the caches; ``enqueue`` is called with the keys whose status should remember what was sent.
    """

    def __init__(
        self,
        post: Post,
        origin: Origin,
        *,
        seen: Callable[[], Seen],
        enqueue: Callable[[Iterable[Key]], None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._origin = origin
        self._seen = seen
        self._enqueue = enqueue
        self._steady = steady
        self._planned: dict[Key, float] = {}
        self._sent: dict[Key, dict[str, int]] = {}
        self._failures = 0

    def exported(self, key: Key) -> Mapping[str, int]:
        """See :meth:`Bystander.exported`."""
        return self._sent.get(key, {})

    def planned(self, key: Key) -> None:
        """The status of this SLO has incidents, or will have."""
        self._planned[key] = self._steady()

    async def run(self) -> None:
        """Sends for ever."""
        while True:
            pause = await self.once()
            await asyncio.sleep(pause)

    async def once(self) -> float:
        """Sends all that is due, in order; returns how many seconds to wait before the next look."""
        for key in list(self._planned):
            try:
                sent = await self._tell(key)
            except EventsError as error:
                self._failures += 1
                pause: float = min(LONGEST_PAUSE, LEAST_PAUSE * 2 ** (self._failures - 1))
                log.warning("events wait", seconds=pause, error=str(error))
                return pause
            if not sent and self._steady() - self._planned[key] > LINGER_SECONDS:
                self._planned.pop(key)
        return EVERY_SECONDS

    async def _tell(self, key: Key) -> int:
        """Sends what one SLO has to tell; how much that was. Raises EventsError when the sink is away."""
        number = 0
        try:
            for incident, fact in list(self._due(key)):
                await self._send(key, incident, fact)
                self._sent.setdefault(key, {})[incident["id"]] = fact["seq"]
                number += 1
        finally:
            if number:
                self._enqueue([key])
        return number

    async def _send(self, key: Key, incident: Mapping[str, Any], fact: Mapping[str, Any]) -> None:
        told = event(fact, incident, namespace=key.namespace, name=key.name, origin=self._origin)
        try:
            await self._post(told)
        except EventsRefused as error:
            log.error("event left out", id=told["id"], error=str(error))  # noqa: TRY400 - the reason is enough
        self._failures = 0

    def _due(self, key: Key) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Facts that were not taken yet, those of the oldest incident first."""
        slo = self._seen().get(SLO, key.namespace, key.name)
        incidents = (slo or {}).get("status", {}).get("incidents", ())
        sent = self._sent.get(key, {})
        self._sent[key] = {one["id"]: sent[one["id"]] for one in incidents if one["id"] in sent}
        for incident in reversed(incidents):
            through = max(incident.get("exported", 0), sent.get(incident["id"], 0))
            yield from ((incident, fact) for fact in incident.get("facts", ()) if fact["seq"] > through)


def encoded(told: Manifest) -> bytes:
    """A CloudEvent as it is sent."""
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
