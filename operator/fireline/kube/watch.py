"""kopf as the watcher: one kopf operator per resource type, feeding the caches.

kopf brings the watch that survives: bookmarks, inactivity, 410, reconnects. Nothing else of it is
used: no handlers with state, no finalizers, no peering, no posting. One small kopf operator per type
keeps a missing CRD or a missing right from touching the other types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import kopf
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.errors import ServerUnavailable
from fireline.kube.auth import Connection
from fireline.kube.stateless import NoDiffBase, NoProgress

OnEvent = Callable[[Resource, str | None, Manifest], None]
"""Called with the type (None while listing, ADDED, MODIFIED, DELETED) and the object."""
OnListed = Callable[[Resource], None]
"""Called when kopf lists anew: what was deleted meanwhile is never reported, so compare."""

_PAGE = 500
_BACKOFFS = (0.2, 0.5, 1, 1, 2, 2, 3, 3, 5, 5, 5)


class Watcher:
    """Watches one resource type until cancelled."""

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        *,
        selector: str,
        namespaces: tuple[str, ...],
        on_event: OnEvent,
        on_listed: OnListed,
    ) -> None:
        self._connection = connection
        self._resource = resource
        self._selector = selector
        self._namespaces = namespaces if resource.namespaced else ()
        self._on_event = on_event
        self._on_listed = on_listed

    async def run(self, *, spawned: Callable[[], None]) -> None:
        """Watch for ever. ``spawned`` is called once kopf has installed its signal handlers.

        Raises ServerUnavailable when kopf gives up (the type is gone, the right was taken away).
        ``kopf.operator`` is not used: at its end it cancels every task of the loop, ours included.
        """
        tasks = await kopf.spawn_tasks(
            registry=self._registry(),
            settings=self._settings(),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
            identity=None,
        )
        spawned()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise ServerUnavailable(f"The watch of {self._resource.crd_name} ended: {_why(done)}")

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        resource = self._resource

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return self._connection.for_kopf(self._observe)

        @kopf.on.event(resource.group, resource.version, resource.plural, registry=registry)
        async def changed(event: kopf.RawEvent, **_: Any) -> None:
            self._on_event(resource, event["type"], event["object"])  # type: ignore[arg-type]

        return registry

    def _settings(self) -> kopf.OperatorSettings:
        settings = kopf.OperatorSettings()
        settings.posting.enabled = False
        settings.persistence.diffbase_storage = NoDiffBase()
        settings.persistence.progress_storage = NoProgress()
        settings.scanning.disabled = True
        settings.process.ultimate_exiting_timeout = None
        settings.networking.error_backoffs = _BACKOFFS
        settings.watching.chunk_size = _PAGE
        settings.queueing.idle_timeout = 0.01  # an idle worker keeps its slot of the limit
        settings.queueing.worker_limit = 50
        if self._selector:
            key = (self._resource.group, self._resource.version, self._resource.plural)
            settings.watching.label_selectors[key] = self._selector
        return settings

    async def _observe(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        response = await handler(request)
        url = request.url
        first_page = "watch" not in url.query and "continue" not in url.query
        if first_page and url.path.endswith(f"/{self._resource.plural}") and response.status == 200:
            self._on_listed(self._resource)
        return response


def _why(done: set[asyncio.Task[Any]]) -> str:
    errors = [task.exception() for task in done if not task.cancelled()]
    return "; ".join(str(error) for error in errors if error) or "kopf stopped"
