"""Kubernetes Events for planned transitions, posted beside the work, never in its way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from fireline.api import labels
from fireline.api.plan import Event, Manifest
from fireline.errors import ApiError
from fireline.kube.client import Client, correlation_id
from fireline.kube.metrics import Metrics

_NOTE_LENGTH = 1024
_WAITING = 5000
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2
log = structlog.get_logger(__name__)


class Poster:
    """Posts Events one after the other, while nothing more urgent waits (``busy``).

    A full queue drops the newest: Events are a courtesy.
    """

    def __init__(self, client: Client, metrics: Metrics, *, busy: Callable[[], bool]) -> None:
        self._client = client
        self._busy = busy
        self._metrics = metrics
        self._queue: asyncio.Queue[Manifest] = asyncio.Queue(_WAITING)

    def post(self, event: Event, *, about: Manifest) -> None:
        """Queue one Event regarding an object."""
        try:
            self._queue.put_nowait(manifest(event, about=about, now=datetime.now(UTC)))
        except asyncio.QueueFull:
            self._metrics.events_dropped.inc()

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            event = await self._queue.get()
            await self._until_calm()
            try:
                await self._client.create_event(event)
            except ApiError as error:
                self._metrics.events_dropped.inc()
                log.debug("event not posted", reason=event["reason"], error=str(error))
            finally:
                self._queue.task_done()

    async def _until_calm(self) -> None:
        """Wait for a burst of work to pass, within reason."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._busy():  # noqa: ASYNC110 - a courtesy needs no event of the queue
                    await asyncio.sleep(_LOOK_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Give waiting Events a moment at shutdown."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._queue.join()


def manifest(event: Event, *, about: Manifest, now: datetime) -> Manifest:
    """An events.k8s.io/v1 Event regarding ``about``."""
    metadata = about["metadata"]
    regarding = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name'][:200]}.{uuid4().hex[:16]}",
            "namespace": metadata.get("namespace") or "default",
            "annotations": {labels.CORRELATION_ID: correlation_id.get()},
        },
        "eventTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "type": event.type,
        "reason": event.reason,
        "action": "Reconcile",
        "note": event.message.encode()[:_NOTE_LENGTH].decode(errors="ignore"),
        "regarding": regarding,
        "reportingController": "fireline.dev/operator",
        "reportingInstance": socket.gethostname()[:128],
    }
