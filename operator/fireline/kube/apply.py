"""Carries out what a plan says about children: apply what differs, delete what is no longer wanted.

Called by the reconciler for one key at a time. Nothing is written unless the digest of what we own on
the server differs from what is wanted; an object that is not ours is never written.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from fireline.api import labels
from fireline.api.plan import Key, Manifest, Plan, Problem, SeenChild
from fireline.api.resources import Resource
from fireline.api.stamp import stamp
from fireline.errors import ApiError, Conflict, NotFound
from fireline.kube.cache import Cache, owner_of, seen_child
from fireline.kube.client import Client, correlation_id
from fireline.kube.dispatch import Dispatcher
from fireline.kube.ownership import owned_fields, wanted_digest
from fireline.kube.problems import missing_crd, name_conflict, problem_of
from fireline.kube.rewrites import Rewrites

log = structlog.get_logger(__name__)


class Refused(Exception):
    """A child cannot be brought about; carries what to tell the user. Never leaves the engine."""

    def __init__(self, problem: Problem, digest: str = "") -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.digest = digest


class Applier:
    """Applies and deletes children. ``resources`` maps (apiVersion, kind) to the child types."""

    def __init__(
        self,
        client: Client,
        cache: Cache,
        dispatcher: Dispatcher,
        *,
        instance: str,
        resources: Mapping[tuple[str, str], Resource],
        rewrites: Rewrites,
    ) -> None:
        self._client = client
        self._cache = cache
        self._dispatcher = dispatcher
        self._instance = instance
        self._resources = resources
        self._rewrites = rewrites
        self._rejected: dict[Key, Refused] = {}

    async def carry_out(self, key: Key, plan: Plan, parent: Manifest | None) -> float | None:
        """Bring the children about. Returns seconds to wait for a postponed rewrite, if any.

        Raises Refused with a problem for the status, or the ApiError to retry.
        """
        if not isinstance(plan.children, tuple):
            return None
        postponed: float | None = None
        names: set[tuple[Resource, str, str]] = set()
        for child in plan.children:
            wanted = stamp(child, key=key, parent=parent, instance=self._instance)
            resource = self._resources[wanted["apiVersion"], wanted["kind"]]
            names.add((resource, wanted["metadata"]["namespace"], wanted["metadata"]["name"]))
            postponed = await self._ensure(key, resource, wanted, parent) or postponed
        self._rejected.pop(key, None)
        await self._delete_unwanted(key, names, parent)
        return postponed

    async def create(self, key: Key, plan: Plan, parent: Manifest | None) -> None:
        """Make what is to be made once. Raises Refused, or the ApiError to retry."""
        for one in plan.creates:
            wanted = stamp(one, key=key, parent=parent, instance=self._instance)
            wanted["metadata"]["ownerReferences"] = one["metadata"].get("ownerReferences", [])
            resource = self._resources[wanted["apiVersion"], wanted["kind"]]
            name = f"{resource.kind}/{wanted['metadata']['namespace']}/{wanted['metadata']['name']}"
            try:
                self._dispatcher.wrote(
                    self._cache.put(resource, await self._client.create(resource, wanted)), by=key
                )
            except Conflict:
                log.debug("is there already", object=name)
            except ApiError as error:
                problem = problem_of(error, resource)
                if problem is None:
                    raise
                raise Refused(problem) from error
            else:
                log.info("created", object=name)

    def forget(self, key: Key) -> None:
        """The key is gone."""
        self._rejected.pop(key, None)
        self._rewrites.forget(key)

    async def _ensure(
        self, key: Key, resource: Resource, wanted: Manifest, parent: Manifest | None
    ) -> float | None:
        digest = wanted_digest(wanted)
        rejected = self._rejected.get(key)
        if rejected is not None and rejected.digest == digest:
            raise rejected
        if self._cache.access(resource).state == "Missing":
            raise Refused(missing_crd(resource))
        try:
            return await self._make(key, resource, wanted, digest, parent)
        except ApiError as error:
            problem = problem_of(error, resource)
            if problem is None:
                raise
            refused = Refused(problem, digest)
            if problem.permanent:
                self._rejected[key] = refused
            raise refused from error

    async def _make(
        self, key: Key, resource: Resource, wanted: Manifest, digest: str, parent: Manifest | None
    ) -> float | None:
        seen = await self._see(key, resource, wanted, parent)
        if seen is not None and seen.digest == digest:
            self._rewrites.forget(key)
            return None
        wait = self._rewrites.wait(key, seen, wanted, parent)
        if wait is None:
            await self._apply(key, resource, wanted, digest, seen)
        return wait

    async def _see(
        self, key: Key, resource: Resource, wanted: Manifest, parent: Manifest | None
    ) -> SeenChild | None:
        """What exists under the wanted name: cached and surely ours, or looked up.

        Server-side apply without force would silently merge into a foreign object, so a name that is
        not in the cache is looked up before its first apply. Raises Refused for a foreign object.
        """
        metadata = wanted["metadata"]
        cached = self._cache.child(resource, metadata["namespace"], metadata["name"])
        if cached is not None and owner_of(cached) == key:
            return cached
        try:
            live = await self._client.get(resource, metadata["namespace"], metadata["name"])
        except NotFound as error:
            if error.cause:
                raise
            return None
        if not is_ours(live, key=key, parent=parent, instance=self._instance):
            raise Refused(name_conflict(resource, wanted, key))
        return seen_child(resource, live)

    async def _apply(
        self, key: Key, resource: Resource, wanted: Manifest, digest: str, seen: SeenChild | None
    ) -> None:
        metadata = wanted["metadata"]
        annotations = {**metadata.get("annotations", {}), labels.CORRELATION_ID: correlation_id.get()}
        body = {**wanted, "metadata": {**metadata, "annotations": annotations}}
        # Should someone create it between our look and our apply, the conflict makes us look again.
        answer = await self._client.apply(resource, body, force=seen is not None)
        self._dispatcher.wrote(self._cache.put(resource, answer, digest=digest), by=key)
        verb = "updated" if seen else "created"
        log.info(f"child {verb}", child=f"{resource.kind}/{metadata['namespace']}/{metadata['name']}")

    async def _delete_unwanted(
        self, key: Key, names: set[tuple[Resource, str, str]], parent: Manifest | None
    ) -> None:
        uid = parent["metadata"]["uid"] if parent else None
        for child in self._cache.children(key):
            if (child.resource, child.namespace, child.name) in names:
                continue
            if child.labels.get(labels.OWNER_UID) != uid:
                continue  # left by a namesake (the garbage collector's) or relabelled by hand
            try:
                await self._client.delete(child.resource, child.namespace, child.name, uid=child.uid)
            except NotFound:
                continue  # gone; the watch tells
            log.info("child deleted", child=f"{child.resource.kind}/{child.namespace}/{child.name}")


def is_ours(live: Manifest, *, key: Key, parent: Manifest | None, instance: str) -> bool:
    """Whether an object found on the server was made by this installation for this key.

    Our labels may have been edited away by hand; then the controller reference, or for aggregates the
    fields our apply still owns, tells. A label of another installation or owner always says no.
    """
    metadata = live["metadata"]
    found = metadata.get("labels") or {}
    claims = {labels.INSTANCE: instance, labels.OWNER_KIND: key.kind, labels.OWNER_NAME: key.name}
    if parent is not None:
        uid = parent["metadata"]["uid"]
        if any(owner.get("uid") == uid for owner in metadata.get("ownerReferences") or ()):
            return bool(found.get(labels.INSTANCE, instance) == instance)
    if any(found.get(label, value) != value for label, value in claims.items()):
        return False
    labelled = found.get(labels.MANAGED_BY) == labels.MANAGER and all(label in found for label in claims)
    return labelled or owned_fields(live) is not None
