"""Puts our finalizer on an object and takes it off again, as its plan says.

Called by the reconciler around the status: the object must not go between the status that says what is
about to be done to others and the moment that is taken back. Only kinds whose planner names a finalizer
(:class:`fireline.api.plan.Finalizing`) ever come here.
"""

from __future__ import annotations

import structlog

from fireline.api.plan import Key, Manifest
from fireline.api.resources import Resource
from fireline.errors import NotFound
from fireline.kube.cache import Cache
from fireline.kube.client import Client
from fireline.kube.dispatch import Dispatcher

log = structlog.get_logger(__name__)


class Finalizers:
    """Writes ``metadata.finalizers``, of which all entries but one are somebody else's."""

    def __init__(self, client: Client, cache: Cache, dispatcher: Dispatcher) -> None:
        self._client = client
        self._cache = cache
        self._dispatcher = dispatcher

    async def add(self, key: Key, resource: Resource, parent: Manifest, finalizer: str) -> Manifest:
        """The object with the finalizer, written only when it was missing.

        An object that is being deleted already gets none: the API server would refuse. Raises Conflict
        when the object changed since it was planned.
        """
        if carries(parent, finalizer) or "deletionTimestamp" in parent["metadata"]:
            return parent
        return await self._write(key, resource, parent, [*of(parent), finalizer])

    async def remove(self, key: Key, resource: Resource, parent: Manifest, finalizer: str) -> None:
        """Without the finalizer: an object that waits for nothing else is gone then. Raises Conflict."""
        if not carries(parent, finalizer):
            return
        try:
            await self._write(key, resource, parent, [one for one in of(parent) if one != finalizer])
        except NotFound:
            log.debug("gone already", finalizer=finalizer)

    async def _write(self, key: Key, resource: Resource, parent: Manifest, finalizers: list[str]) -> Manifest:
        metadata = parent["metadata"]
        answer = await self._client.patch_finalizers(
            resource,
            metadata["namespace"],
            metadata["name"],
            version=metadata["resourceVersion"],
            finalizers=finalizers,
        )
        self._dispatcher.wrote(self._cache.put(resource, answer), by=key)
        return answer


def of(parent: Manifest) -> list[str]:
    """The finalizers of an object."""
    found: list[str] = parent["metadata"].get("finalizers") or []
    return found


def carries(parent: Manifest, finalizer: str) -> bool:
    """Whether an object has this finalizer."""
    return finalizer in of(parent)
