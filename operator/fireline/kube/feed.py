"""Keeps the cache of one watched kind true: first LIST, watch, resync, and whether it is served at all.

The engine runs one feed per kind. A watch tells what changes while it is connected; what it cannot
tell (a deletion missed during a re-list, a type installed later, a right taken away) a LIST does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from fireline.api.plan import Access, Manifest
from fireline.api.resources import Resource
from fireline.errors import ApiError, Forbidden, NotFound
from fireline.kube.auth import Connection
from fireline.kube.cache import Cache
from fireline.kube.client import Client
from fireline.kube.dispatch import Dispatcher
from fireline.kube.kinds import Watched
from fireline.kube.metrics import Metrics
from fireline.kube.problems import missing_crd
from fireline.kube.refusals import RESOURCE_MISSING
from fireline.kube.watch import Watcher
from fireline.settings import Settings

RECHECK_SECONDS = 30.0
"""How often a missing type or right is looked for again."""
_WORTH_A_LINE = 3
"""Failures in a row that are told, once: an API server that restarts is back before."""
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

log = structlog.get_logger(__name__)


class Feed:
    """Feeds the cache with one kind. ``loaded`` is set once the first answer about it is known."""

    def __init__(
        self,
        watched: Watched,
        *,
        connection: Connection,
        client: Client,
        cache: Cache,
        dispatcher: Dispatcher,
        metrics: Metrics,
        settings: Settings,
        on_access: Callable[[], None],
        on_spawn: Callable[[], None],
    ) -> None:
        self.watched = watched
        self.loaded = asyncio.Event()
        self.fresh_at = time.monotonic()
        self._client = client
        self._cache = cache
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._settings = settings
        self._on_access = on_access
        self._on_spawn = on_spawn
        self._selector = watched.selector(settings.instance)
        self._watcher = Watcher(
            connection,
            watched.resource,
            selector=self._selector,
            namespaces=watched.namespaces or settings.watch_namespaces,
            on_event=self._saw,
            on_listed=self._drop_ghosts,
        )

    @property
    def resource(self) -> Resource:
        """The watched resource type."""
        return self.watched.resource

    async def run(self) -> None:
        """Feed until cancelled."""
        failures = 0
        while True:
            try:
                access = await self._load()
            except ApiError as error:
                wait = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
                failures += 1
                level = log.warning if failures == _WORTH_A_LINE else log.debug
                level("list failed, trying on", resource=self.resource.crd_name, error=str(error))
                await asyncio.sleep(wait)
                continue
            failures = 0
            self.loaded.set()
            if access.state == "Served":
                await self._follow()
            else:
                await asyncio.sleep(RECHECK_SECONDS)

    async def _follow(self) -> None:
        """Watch and resync until the watch ends; then find out by a LIST why it did."""
        resync = asyncio.create_task(self._resync(), name=f"resync {self.resource.plural}")
        try:
            await self._watcher.run(spawned=self._on_spawn)
        except ApiError as error:
            log.warning("watch ended, starting anew", resource=self.resource.crd_name, error=str(error))
            await asyncio.sleep(_RETRY_SECONDS[0])
        finally:
            resync.cancel()
            await asyncio.gather(resync, return_exceptions=True)

    async def _resync(self) -> None:
        """Compare with a LIST of our own every ``resync_seconds``."""
        while True:
            await asyncio.sleep(self._settings.resync_seconds)
            try:
                await self._compare()
            except ApiError as error:
                log.debug("resync failed", resource=self.resource.crd_name, error=str(error))

    async def _load(self) -> Access:
        """LIST and remember whether that is possible. Raises ApiError for what may pass by itself."""
        try:
            await self._compare()
        except Forbidden as error:
            access = Access("Forbidden", f"The operator lacks a right: {error}")
        except NotFound as error:
            if error.cause != RESOURCE_MISSING:
                raise
            access = Access("Missing", missing_crd(self.resource).message)
            self._clear()
        else:
            access = Access("Served")
        if self._cache.set_access(self.resource, access):
            level = log.warning if access.state != "Served" else log.info
            level("resource access", resource=self.resource.crd_name, state=access.state)
            self._on_access()
        return access

    async def _compare(self) -> None:
        namespaces = self.watched.namespaces or self._settings.watch_namespaces
        namespaces = namespaces if self.resource.namespaced else ()
        for namespace in namespaces or (None,):
            await self._compare_in(namespace)

    async def _compare_in(self, namespace: str | None) -> None:
        found: set[tuple[str, str]] = set()
        version = "0"
        async for page in self._client.pages(self.resource, namespace=namespace, selector=self._selector):
            version = page["metadata"]["resourceVersion"]
            for item in page["items"]:
                found.add((item["metadata"].get("namespace", ""), item["metadata"]["name"]))
                self._dispatcher.saw(self._cache.put(self.resource, item), resync=True)
        self._drop_ghosts(namespace, found, version)

    def _drop_ghosts(self, namespace: str | None, found: set[tuple[str, str]], version: str) -> None:
        """Drop what is cached, not newer than the LIST, and not in it."""
        self.fresh_at = time.monotonic()
        for ghost in self._cache.refs(self.resource, namespace) - found:
            change = self._cache.remove(self.resource, *ghost, version=version)
            if change is not None:
                self._metrics.ghosts.labels(self.resource.kind).inc()
                self._dispatcher.saw(change)

    def _clear(self) -> None:
        """The type is no longer served: nothing of it exists."""
        for namespace, name in self._cache.refs(self.resource, None):
            self._dispatcher.saw(self._cache.drop(self.resource, namespace, name))

    def _saw(self, resource: Resource, kind: str | None, body: Manifest) -> None:
        self.fresh_at = time.monotonic()
        metadata = body["metadata"]
        if kind == "DELETED":
            namespace, name = metadata.get("namespace", ""), metadata["name"]
            version = metadata["resourceVersion"]
            change = self._cache.remove(resource, namespace, name, version=version, last=body)
        else:
            change = self._cache.put(resource, body)
        self._dispatcher.saw(change, resync=kind is None)
