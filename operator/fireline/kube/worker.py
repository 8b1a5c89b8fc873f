"""The workers: take keys from the queue, reconcile them, and decide how failures come back.

Levels of failure: a conflict is read and planned again at once, an overloaded server is obeyed, an
unreachable one backed off from, and a bug is confined to the key that met it.
"""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import structlog

from fireline.api.plan import Key
from fireline.errors import ApiError, Conflict, Forbidden, NotFound, ServerUnavailable, TooManyRequests
from fireline.kube.cache import Cache
from fireline.kube.client import Client, correlation_id
from fireline.kube.dispatch import Dispatcher
from fireline.kube.metrics import Metrics
from fireline.kube.problems import SLOW_RETRY, namespace_is_going
from fireline.kube.queue import WorkQueue
from fireline.kube.reconcile import Reconciler

log = structlog.get_logger(__name__)


class Workers:
    """A pool of workers on one queue."""

    def __init__(
        self,
        queue: WorkQueue,
        reconciler: Reconciler,
        *,
        client: Client,
        cache: Cache,
        dispatcher: Dispatcher,
        metrics: Metrics,
    ) -> None:
        self._queue = queue
        self._reconciler = reconciler
        self._client = client
        self._cache = cache
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._told: set[str] = set()

    async def run(self, count: int) -> None:
        """Work with ``count`` workers until the queue is closed and what is in hand is done."""
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._work(), name=f"worker {number}")

    async def _work(self) -> None:
        while (key := await self._queue.get()) is not None:
            started = time.perf_counter()
            with structlog.contextvars.bound_contextvars(key=str(key), correlation_id=_new_correlation_id()):
                try:
                    result = await self._reconcile(key)
                finally:
                    self._queue.done(key)
            self._metrics.reconciles.labels(key.kind, result).inc()
            self._metrics.reconcile_seconds.labels(key.kind).observe(time.perf_counter() - started)

    async def _reconcile(self, key: Key) -> str:
        """Reconcile and schedule what follows; the result's name for the metric."""
        try:
            wait = await self._reconciler.reconcile(key)
        except ApiError as error:
            return await self._failed(key, error)
        except Exception:  # a bug met by one object must not stop the others
            log.exception("reconcile met a bug")
            self._queue.retry(key)
            return "error"
        self._queue.forget(key)
        if wait is not None:
            self._queue.add_after(key, wait)
            return "requeue_after"
        return "success"

    async def _failed(self, key: Key, error: ApiError) -> str:
        if namespace_is_going(error):
            self._queue.forget(key)
            return "namespace_terminating"
        if isinstance(error, TooManyRequests):
            self._queue.add_after(key, error.retry_after)
            return "throttled"
        if isinstance(error, Conflict | NotFound):
            await self._read_again(key)
            self._queue.retry(key)
            return "conflict"
        if isinstance(error, Forbidden):
            if str(error) not in self._told:
                self._told.add(str(error))
                log.warning("a right is missing", error=str(error))
            self._queue.add_after(key, SLOW_RETRY)
            return "forbidden"
        delay = self._queue.retry(key)
        level = log.debug if isinstance(error, ServerUnavailable) else log.warning
        level("reconcile will be retried", error=str(error), seconds=round(delay, 3))
        return "error"

    async def _read_again(self, key: Key) -> None:
        """Bring the parent's cache entry up to date: it is gone, or another object by now."""
        resource = self._dispatcher.planners[key.kind].resource
        if resource is None:
            return
        try:
            live = await self._client.get(resource, key.namespace, key.name)
        except NotFound:
            known = self._cache.get(resource, key.namespace, key.name)
            if known is not None:
                version = known["metadata"]["resourceVersion"]
                self._dispatcher.saw(self._cache.remove(resource, key.namespace, key.name, version=version))
        except ApiError as error:
            log.debug("could not read again", error=str(error))
        else:
            self._dispatcher.saw(self._cache.put(resource, live))


def _new_correlation_id() -> str:
    """A fresh id for this reconcile, set for the client as well."""
    made = uuid4().hex[:16]
    correlation_id.set(made)
    return made
