"""Writes a parent's status: only what differs, and back into the cache.

Called by the reconciler after the children are in place. The write-back matters: without it our own
watch event would meet the old status in the cache and cause a second write.
"""

from __future__ import annotations

from typing import Any

import structlog

from fireline.api.plan import Key, Manifest
from fireline.api.resources import Resource
from fireline.errors import Conflict
from fireline.kube.cache import Cache
from fireline.kube.client import Client
from fireline.kube.dispatch import Dispatcher

log = structlog.get_logger(__name__)


class StatusWriter:
    """Patches the status subresource."""

    def __init__(self, client: Client, cache: Cache, dispatcher: Dispatcher) -> None:
        self._client = client
        self._cache = cache
        self._dispatcher = dispatcher

    async def write(
        self, key: Key, resource: Resource, parent: Manifest, status: Manifest
    ) -> Manifest | None:
        """Make ``status`` the parent's whole status; the object as it is then, None if no write was needed.

        Raises Conflict when the parent changed, or was made anew, since it was planned.
        """
        before = parent.get("status") or {}
        patch = merge_patch(before, status)
        if not patch:
            return None
        metadata = parent["metadata"]
        answer = await self._client.patch_status(
            resource,
            metadata["namespace"],
            metadata["name"],
            version=metadata["resourceVersion"],
            patch=patch,
        )
        self._dispatcher.wrote(self._cache.put(resource, answer), by=key)
        _log(before, status)
        return answer

    async def read_again(self, key: Key, resource: Resource, parent: Manifest) -> None:
        """Bring the cached object up to date. Raises NotFound when it is gone."""
        metadata = parent["metadata"]
        live = await self._client.get(resource, metadata["namespace"], metadata["name"])
        self._dispatcher.wrote(self._cache.put(resource, live), by=key)

    async def require_newest(self, resource: Resource, parent: Manifest) -> None:
        """Look whether ``parent`` is what the server holds. Raises Conflict when it is not, NotFound when it
        is gone."""
        metadata = parent["metadata"]
        live = await self._client.get(resource, metadata["namespace"], metadata["name"])
        if live["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise Conflict(
                f"{resource.kind} {metadata['namespace']}/{metadata['name']} has changed", status=409
            )


def merge_patch(before: Manifest, after: Manifest) -> Manifest:
    """The JSON merge patch (RFC 7386) from one map to another; empty when they are equal."""
    patch: Manifest = dict.fromkeys(before.keys() - after.keys())
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            inner = merge_patch(old, value)
            if inner:
                patch[name] = inner
        elif name not in before or old != value:
            patch[name] = value
    return patch


def _log(before: Manifest, after: Manifest) -> None:
    """One line when a condition changed; refreshed figures are not worth one."""
    old, new = _conditions(before), _conditions(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    if changed:
        log.info("conditions changed", **changed)


def _conditions(status: Manifest) -> dict[str, Any]:
    return {
        condition["type"]: f"{condition['status']} ({condition['reason']})"
        for condition in status.get("conditions", ())
    }
