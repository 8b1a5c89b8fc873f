"""kopf as the watcher: one kopf operator per resource type, feeding the caches.

kopf brings the watch that survives: bookmarks, inactivity, 410, reconnects. Nothing else of it is
used: no handlers with state, no finalizers, no peering, no posting. One small kopf operator per type
keeps a missing CRD or a missing right from touching the other types.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import kopf
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.errors import ServerUnavailable
from fireline.kube.auth import Connection
from fireline.kube.client import PAGE
from fireline.kube.stateless import NoDiffBase, NoProgress

OnEvent = Callable[[Resource, str | None, Manifest], None]
"""Called with the type (None while listing, ADDED, MODIFIED, DELETED) and the object."""
OnListed = Callable[[str | None, set[tuple[str, str]], str], None]
"""Called when kopf has listed a namespace (None: all) anew, with the (namespace, name) it found and the
LIST's resourceVersion: kopf never reports what was deleted while no watch was open, so compare."""

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
        self._found: dict[str, set[tuple[str, str]]] = {}

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
            # kopf types an object as a read-only mapping; what the API server sent is a plain dict.
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
        settings.watching.chunk_size = PAGE
        settings.queueing.idle_timeout = 0.01  # an idle worker keeps its slot of the limit
        settings.queueing.worker_limit = 50
        if self._selector:
            key = (self._resource.group, self._resource.version, self._resource.plural)
            settings.watching.label_selectors[key] = self._selector
        return settings

    async def _observe(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Read kopf's LISTs over its shoulder. aiohttp keeps a body once read, so kopf still gets it."""
        response = await handler(request)
        url = request.url
        if "watch" in url.query or not url.path.endswith(f"/{self._resource.plural}"):
            return response
        if response.status == 200:
            self._listed(url.path, "continue" in url.query, json.loads(await response.read()))
        return response

    def _listed(self, path: str, continued: bool, page: Manifest) -> None:
        found = self._found.setdefault(path, set()) if continued else set()
        self._found[path] = found
        found.update(
            (item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in page["items"]
        )
        if not page["metadata"].get("continue"):
            del self._found[path]
            self._on_listed(_namespace(path), found, page["metadata"]["resourceVersion"])


def _namespace(path: str) -> str | None:
    """The namespace a collection's path names, or None for the whole cluster."""
    parts = path.split("/")
    return parts[-2] if len(parts) > 3 and parts[-3] == "namespaces" else None


def _why(done: set[asyncio.Task[Any]]) -> str:
    errors = [task.exception() for task in done if not task.cancelled()]
    return "; ".join(str(error) for error in errors if error) or "kopf stopped"
