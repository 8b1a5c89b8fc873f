"""Pods that are gone and said how they ended: the cache keeps them until somebody had time to look.

A pod that is deleted while it runs says what came of it in its last moments, and is gone before a worker
comes to it; what the planners look at is a state, not events. Part of :mod:`fireline.kube.cache`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from fireline.api import labels
from fireline.api.plan import Key, Manifest
from fireline.api.resources import POD, Resource

MOST = 500
"""How many are kept, the latest. Each may hold a message of 4 KiB."""

_Ref = tuple[Resource, str]


class Departed:
    """The latest of them, by whose child Kubernetes made them from."""

    def __init__(self) -> None:
        self._order: OrderedDict[tuple[Key, _Ref], None] = OrderedDict()
        self._by_progenitor: dict[Key, dict[_Ref, Manifest]] = {}

    def add(self, resource: Resource, entry: Manifest) -> None:
        """Keep this one, if it is a pod with a container that has ended."""
        if resource != POD or not _has_ended(entry):
            return
        key, ref = progenitor_of(entry), (resource, entry["metadata"]["name"])
        self._by_progenitor.setdefault(key, {})[ref] = entry
        self._order[key, ref] = None
        if len(self._order) > MOST:
            (oldest, gone), _ = self._order.popitem(last=False)
            del self._by_progenitor[oldest][gone]
            if not self._by_progenitor[oldest]:
                del self._by_progenitor[oldest]

    def of(self, owner: Key) -> dict[_Ref, Manifest]:
        """Those of one owner."""
        return self._by_progenitor.get(owner, {})


def progenitor_of(entry: Manifest) -> Key:
    """The key whose child Kubernetes made this object from, as its labels say."""
    metadata = entry["metadata"]
    found = metadata.get("labels") or {}
    return Key(
        found.get(labels.OWNER_KIND, ""), metadata.get("namespace", ""), found.get(labels.OWNER_NAME, "")
    )


def _has_ended(pod: Manifest) -> bool:
    statuses: list[dict[str, Any]] = pod.get("status", {}).get("containerStatuses") or []
    return any("terminated" in (one.get("state") or {}) for one in statuses)
