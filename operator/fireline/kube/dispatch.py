"""From a change in the caches to the keys that must be planned again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from fireline.api.plan import Change, Key, Manifest, Planner, Seen, SeenChild
from fireline.api.resources import Resource
from fireline.kube.cache import owner_of
from fireline.kube.departed import progenitor_of
from fireline.kube.queue import WorkQueue

log = structlog.get_logger(__name__)


class Dispatcher:
    """Knows the planners; called for every change of a cache."""

    def __init__(self, planners: Iterable[Planner], seen: Seen, queue: WorkQueue) -> None:
        self.planners: Mapping[str, Planner] = {planner.kind: planner for planner in planners}
        self._parents = {planner.resource: planner for planner in self.planners.values() if planner.resource}
        self._aggregates = {kind for kind, planner in self.planners.items() if planner.resource is None}
        self._seen = seen
        self._queue = queue

    def _add(self, key: Key, *, resync: bool = False) -> None:
        """Aggregates wait until no fresh key is left: one plan then covers a burst of members."""
        self._queue.add(key, resync=resync or key.kind in self._aggregates)

    def saw(self, change: Change | None, *, resync: bool = False) -> None:
        """Something changed in the cluster: queue its key, its owners and its dependents."""
        if change is not None:
            for key in self._keys(change):
                self._add(key, resync=resync)

    def wrote(self, change: Change | None, *, by: Key) -> None:
        """We changed something ourselves: only others need to be planned again.

        The watch event that follows finds the cache as new as itself and ends there.
        """
        if change is not None:
            for key in self._dependents(change):
                if key != by:
                    self._add(key)

    def told(self, aggregate: Key) -> None:
        """An aggregate met a problem or got over it: the objects of its namespace say so in its stead."""
        for resource, planner in self._parents.items():
            for member in self._seen.all(resource, aggregate.namespace):
                self._add(Key(planner.kind, aggregate.namespace, member["metadata"]["name"]))

    def parent_key(self, resource: Resource, namespace: str, name: str) -> Key | None:
        """The key planned for an object, or None for a kind no planner serves."""
        planner = self._parents.get(resource)
        return Key(planner.kind, namespace, name) if planner else None

    def _keys(self, change: Change) -> set[Key]:
        found = self._dependents(change)
        own = self.parent_key(change.resource, change.namespace, change.name)
        if own is not None:
            found.add(own)
        owners = (_owner(entry) for entry in (change.old, change.new) if entry is not None)
        return found | {owner for owner in owners if owner.kind in self.planners}

    def _dependents(self, change: Change) -> set[Key]:
        found: set[Key] = set()
        for planner in self.planners.values():
            try:
                found.update(planner.dependents(change, self._seen))
            except Exception:  # one object nobody foresaw must not end the watch of all
                log.exception(
                    "dependents failed", kind=planner.kind, changed=f"{change.namespace}/{change.name}"
                )
        return found


def _owner(entry: Manifest | SeenChild) -> Key:
    """The key an object's labels name, with empty parts where it is nobody's."""
    return owner_of(entry) if isinstance(entry, SeenChild) else progenitor_of(entry)
