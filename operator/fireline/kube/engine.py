"""Ties the engine together: caches filled, then leadership, then work; and the way down again.

``fireline.app`` builds one per process. ``seen`` and ``enqueue`` are what the refresh loop needs.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import structlog

from fireline.api.plan import Key, Planner, Seen
from fireline.kube.apply import Applier
from fireline.kube.auth import Connection
from fireline.kube.cache import Cache
from fireline.kube.calls import Calls
from fireline.kube.client import Client
from fireline.kube.discovery import Discovery
from fireline.kube.dispatch import Dispatcher
from fireline.kube.feed import Feed
from fireline.kube.finalizers import Finalizers
from fireline.kube.gauges import EngineState
from fireline.kube.guard import Guard
from fireline.kube.kinds import Watched
from fireline.kube.lease import Leadership
from fireline.kube.metrics import Metrics
from fireline.kube.queue import WorkQueue
from fireline.kube.reconcile import Reconciler
from fireline.kube.rewrites import Rewrites
from fireline.kube.status import StatusWriter
from fireline.kube.transitions import Poster
from fireline.kube.webhooks import Webhooks
from fireline.kube.worker import Workers
from fireline.settings import Settings

FINISH_SECONDS = 10.0
"""How long work in hand may take once the operator is asked to end."""
_EVENT_SECONDS = 1.0

log = structlog.get_logger(__name__)
Companion = Callable[[], Coroutine[Any, Any, None]]


class Engine:
    """One replica of the operator. Build and run it on the same event loop."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        *,
        planners: Sequence[Planner],
        watched: Sequence[Watched],
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._watched = tuple(watched)
        self.metrics = metrics
        self._children = [kind.resource for kind in watched if kind.role == "Child"]
        self._cache = Cache(
            child_resources=self._children,
            offspring_resources=[kind.resource for kind in watched if kind.role == "Offspring"],
        )
        self._queue = WorkQueue(aggregates=[one.kind for one in planners if one.resource is None])
        self._client = Client(connection, metrics)
        self._dispatcher = Dispatcher(planners, self._cache, self._queue)
        self._poster = Poster(self._client, metrics, busy=lambda: len(self._queue) > 0)
        self.calls = self._make_calls()
        """Makes the calls of plans; also for the app's loops, in the name of others."""
        self._workers = self._make_workers(planners)
        self.leadership = self._make_leadership()
        self.leading = False
        self.feeds = [self._feed(kind, connection) for kind in watched]
        self._companions: list[Companion] = []
        self._stop = asyncio.Event()
        metrics.registry.register(EngineState(self._queue, self._cache, [kind.resource for kind in watched]))

    @property
    def seen(self) -> Seen:
        """The caches, read-only."""
        return self._cache

    @property
    def client(self) -> Client:
        """The API server, for what only the app's loops read."""
        return self._client

    def enqueue(self, keys: Iterable[Key]) -> None:
        """Ask for keys to be planned again, for instance because their figures changed."""
        for key in keys:
            self._queue.add(key)

    def accompany(self, companion: Companion) -> None:
        """Run a coroutine beside the workers, only while leading; it is cancelled at the end."""
        self._companions.append(companion)

    def stop(self) -> None:
        """Ask the engine to end; what is in hand is finished first."""
        self._stop.set()

    @property
    def synced(self) -> bool:
        """Every watched kind has been listed, or is known not to be."""
        return all(feed.loaded.is_set() for feed in self.feeds)

    async def run(self) -> None:
        """Run until ``stop`` or a signal. Raises LeaseLost when another replica must take over."""
        self._catch_signals()
        feeding = [
            asyncio.create_task(feed.run(), name=f"feed {feed.resource.plural}") for feed in self.feeds
        ]
        leading = asyncio.create_task(self._lead(), name="lead")
        try:
            await _first([leading, *feeding])
        finally:
            self.leading = False
            self.metrics.leader.set(0)
            await _cancel([leading, *feeding])

    async def _lead(self) -> None:
        """Caches, leadership, work; returns once stopped, in any of the three."""
        if await self._stopped_during(self._sync()):
            return
        if self._settings.lease.enabled and await self._stopped_during(self.leadership.acquire()):
            return
        self.leading = True
        self.metrics.leader.set(1)
        log.info("working", workers=self._settings.workers, waiting=len(self._queue))
        holding = [self._task(self.leadership.hold)] if self._settings.lease.enabled else []
        beside = [self._task(companion) for companion in (self._poster.run, *self._companions)]
        working = asyncio.create_task(self._workers.run(self._settings.workers), name="workers")
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await _first([stopped, working, *holding, *beside])
            await self._finish(working, holding)
            await self._poster.drain(_EVENT_SECONDS)
            await _cancel(holding)
            await self.leadership.release()
        finally:
            await _cancel([stopped, working, *holding, *beside])

    async def _sync(self) -> None:
        """The barrier: without it every restart would apply everything again."""
        started = time.monotonic()
        for feed in self.feeds:
            await feed.loaded.wait()
        gc.collect()
        gc.freeze()  # thousands of cached objects stay: no collection needs to walk them again
        counts = {feed.resource.plural: self._cache.count(feed.resource) for feed in self.feeds}
        log.info("caches synced", seconds=round(time.monotonic() - started, 3), **counts)

    async def _finish(self, working: asyncio.Task[None], holding: list[asyncio.Task[None]]) -> None:
        """Let work in hand end, for as long as this replica still leads."""
        self._queue.close()
        done, _ = await asyncio.wait(
            [working, *holding], timeout=FINISH_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            log.warning("work in hand cut short", seconds=FINISH_SECONDS)
        for task in done:
            task.result()

    async def _stopped_during(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work unless asked to stop before it is done; True when asked."""
        stopped = asyncio.create_task(self._stop.wait())
        doing = asyncio.create_task(work)
        try:
            await _first([stopped, doing])
        finally:
            await _cancel([stopped, doing])
        return self._stop.is_set()

    def _task(self, companion: Companion) -> asyncio.Task[None]:
        return asyncio.create_task(companion())

    def _catch_signals(self) -> None:
        """kopf sets its own handlers whenever it starts; ours end all of the process in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    def _access_changed(self) -> None:
        """A type appeared or went: any status may say so."""
        for feed in self.feeds:
            if feed.watched.role == "Parent":
                for entry in self._cache.all(feed.resource):
                    metadata = entry["metadata"]
                    key = self._dispatcher.parent_key(
                        feed.resource, metadata.get("namespace", ""), metadata["name"]
                    )
                    if key is not None:
                        self._queue.add(key, resync=True)

    def _make_workers(self, planners: Sequence[Planner]) -> Workers:
        applier = Applier(
            self._client,
            self._cache,
            self._dispatcher,
            instance=self._settings.instance,
            resources={
                (kind.resource.api_version, kind.resource.kind): kind.resource
                for kind in self._watched
                if kind.role in {"Child", "Offspring"}
            },
            rewrites=Rewrites(
                time.monotonic, aggregates=[one.kind for one in planners if one.resource is None]
            ),
        )
        statuses = StatusWriter(self._client, self._cache, self._dispatcher)
        reconciler = Reconciler(
            self._dispatcher,
            self._cache,
            applier,
            statuses,
            self._poster,
            finalizers=Finalizers(self._client, self._cache, self._dispatcher),
            calls=self.calls,
            now=lambda: datetime.now(UTC),
            may_act=self._surely_leads,
        )
        return Workers(
            self._queue,
            reconciler,
            client=self._client,
            cache=self._cache,
            dispatcher=self._dispatcher,
            metrics=self.metrics,
        )

    def _make_calls(self) -> Calls:
        refuse = [ip_network(one, strict=False) for one in self._settings.mitigations.webhook_refuse]
        webhooks = Webhooks(Guard(refuse), self.metrics)
        return Calls(self._client, Discovery(self._client), webhooks)

    def _surely_leads(self) -> bool:
        return not self._settings.lease.enabled or self.leadership.certain

    def _make_leadership(self) -> Leadership:
        lease = self._settings.lease
        return Leadership(self._client, lease, namespace=lease.place, clock=time.monotonic)

    def _feed(self, kind: Watched, connection: Connection) -> Feed:
        return Feed(
            kind,
            connection=connection,
            client=self._client,
            cache=self._cache,
            dispatcher=self._dispatcher,
            metrics=self.metrics,
            settings=self._settings,
            on_access=self._access_changed,
            on_spawn=self._catch_signals,
        )


async def _first(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Wait until one of the tasks ends; raises what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    pending = [task for task in tasks if not task.done()]
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
