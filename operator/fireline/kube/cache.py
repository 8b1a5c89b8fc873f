"""What the operator has seen of the cluster: the engine's only memory, and what planners look at.

Objects of the kinds we watch are kept whole but trimmed; of each child only a :class:`SeenChild`.
Three sources write here: watch events, our own LISTs, and the responses to our own writes. Whichever
comes late must not overwrite what is newer, so every change is ordered by resourceVersion, and
deletions leave a tombstone for a while.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from fireline.api import labels
from fireline.api.plan import Access, Answer, Change, Key, Manifest, Problem, SeenChild
from fireline.api.resources import CONFIG_MAP, Resource
from fireline.kube.departed import Departed, progenitor_of
from fireline.kube.ownership import live_digest

Entry = Manifest | SeenChild
_Name = tuple[str, str]
_Ref = tuple[Resource, str]
_Group = TypeVar("_Group", Key, _Name)
_Member = TypeVar("_Member", SeenChild, Manifest)

_TOMBSTONES = 5000
_DROPPED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_PREFIX = "fireline.dev/"
_TELLING = ("nodeName", "activeDeadlineSeconds", "suspend")


class Cache:
    """Implements :class:`fireline.api.plan.Seen`. Not thread-safe: it lives on the event loop."""

    def __init__(
        self, *, child_resources: Iterable[Resource], offspring_resources: Iterable[Resource] = ()
    ) -> None:
        self._children = frozenset(child_resources)
        self._offspring = frozenset(offspring_resources)
        self._by_progenitor: dict[Key, dict[_Ref, Manifest]] = {}
        self._departed = Departed()
        self._objects: dict[Resource, dict[str, dict[str, Entry]]] = {}
        self._by_owner: dict[Key, dict[_Ref, SeenChild]] = {}
        self._by_owner_kind: dict[_Name, dict[_Ref, SeenChild]] = {}
        self._tombstones: OrderedDict[tuple[Resource, str, str], int] = OrderedDict()
        self._access: dict[Resource, Access] = {}
        self._problems: dict[Key, Problem] = {}
        self._answers: dict[Key, dict[str, Answer]] = {}

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        """See :meth:`fireline.api.plan.Seen.get`."""
        found = self._find(resource, namespace, name)
        return found if isinstance(found, dict) else None

    def all(self, resource: Resource, namespace: str | None = None) -> Iterator[Manifest]:
        """See :meth:`fireline.api.plan.Seen.all`."""
        for entry in self.entries(resource, namespace):
            if isinstance(entry, dict):
                yield entry

    def children(self, owner: Key) -> tuple[SeenChild, ...]:
        """See :meth:`fireline.api.plan.Seen.children`."""
        return _sorted(self._by_owner.get(owner, {}))

    def children_of_kind(self, owner_kind: str, namespace: str) -> tuple[SeenChild, ...]:
        """See :meth:`fireline.api.plan.Seen.children_of_kind`."""
        return _sorted(self._by_owner_kind.get((owner_kind, namespace), {}))

    def offspring(self, resource: Resource, owner: Key) -> tuple[Manifest, ...]:
        """See :meth:`fireline.api.plan.Seen.offspring`."""
        found = self._departed.of(owner) | self._by_progenitor.get(owner, {})
        return tuple(one for (kind, _), one in sorted(found.items(), key=_by_name) if kind == resource)

    def access(self, resource: Resource) -> Access:
        """See :meth:`fireline.api.plan.Seen.access`."""
        return self._access.get(resource, Access("Unknown", "not looked at yet"))

    def set_access(self, resource: Resource, access: Access) -> bool:
        """Remember whether a resource type is served; True when that is news."""
        before = self._access.get(resource)
        self._access[resource] = access
        return before != access

    def problem(self, key: Key) -> Problem | None:
        """See :meth:`fireline.api.plan.Seen.problem`."""
        return self._problems.get(key)

    def set_problem(self, key: Key, problem: Problem | None) -> bool:
        """Remember why a key cannot be carried out, or that it can; True when that is news."""
        before = self._problems.pop(key, None)
        if problem is not None:
            self._problems[key] = problem
        return before != problem

    def answer(self, key: Key, name: str) -> Answer | None:
        """See :meth:`fireline.api.plan.Seen.answer`."""
        return self._answers.get(key, {}).get(name)

    def set_answers(self, key: Key, answers: Mapping[str, Answer]) -> None:
        """Remember what came of the calls of a key: these and no others."""
        self._answers[key] = dict(answers)

    def drop_answers(self, key: Key) -> None:
        """Forget them: whoever asks again later must look again."""
        self._answers.pop(key, None)

    def child(self, resource: Resource, namespace: str, name: str) -> SeenChild | None:
        """The cached child of this name, whoever owns it."""
        found = self._find(resource, namespace, name)
        return found if isinstance(found, SeenChild) else None

    def entries(self, resource: Resource, namespace: str | None = None) -> Iterator[Entry]:
        """Everything cached of a kind, optionally of one namespace."""
        found = self._objects.get(resource, {})
        for name in list(found) if namespace is None else [namespace]:
            yield from list(found.get(name, {}).values())

    def refs(self, resource: Resource, namespace: str | None) -> set[tuple[str, str]]:
        """(namespace, name) of everything cached of a kind, optionally of one namespace."""
        found = self._objects.get(resource, {})
        names = found if namespace is None else {namespace: found.get(namespace, {})}
        return {(space, name) for space, members in names.items() for name in members}

    def count(self, resource: Resource) -> int:
        """How many objects of a kind are cached."""
        return sum(len(names) for names in self._objects.get(resource, {}).values())

    def put(self, resource: Resource, body: Manifest, *, digest: str | None = None) -> Change | None:
        """Take over an object as the server sent it; None when what is cached is as new or newer.

        ``digest`` replaces the computed one after our own apply: should the server ever normalise what
        we send, it must not look changed for ever.
        """
        metadata = body["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        version = _version(metadata["resourceVersion"])
        old = self._find(resource, namespace, name)
        if old is not None and version <= _version_of(old):
            return None
        if version <= self._tombstones.get((resource, namespace, name), 0):
            return None
        new = self._trim(resource, body, digest, old)
        if old is not None:
            self._unlink(resource, old)
        self._link(resource, new)
        self._objects.setdefault(resource, {}).setdefault(namespace, {})[name] = new
        return Change(resource, namespace, name, old, new)

    def remove(
        self, resource: Resource, namespace: str, name: str, *, version: str, last: Manifest | None = None
    ) -> Change | None:
        """Forget an object deleted at this resourceVersion; None when it is unknown or newer. ``last``: as it
        was then, if that is known."""
        gone = _version(version)
        self._bury((resource, namespace, name), gone)
        old = self._find(resource, namespace, name)
        if old is None or _version_of(old) > gone:
            return None
        if resource in self._offspring and isinstance(old, dict):
            self._departed.add(resource, old if last is None else few_of(resource, last))
        return self.drop(resource, namespace, name)

    def drop(self, resource: Resource, namespace: str, name: str) -> Change | None:
        """Forget an object whatever its version, when its whole type is gone."""
        old = self._find(resource, namespace, name)
        if old is None:
            return None
        names = self._objects[resource][namespace]
        del names[name]
        if not names:
            del self._objects[resource][namespace]
        self._unlink(resource, old)
        return Change(resource, namespace, name, old, None)

    def _find(self, resource: Resource, namespace: str, name: str) -> Entry | None:
        return self._objects.get(resource, {}).get(namespace, {}).get(name)

    def _bury(self, ref: tuple[Resource, str, str], version: int) -> None:
        self._tombstones[ref] = max(version, self._tombstones.pop(ref, 0))
        while len(self._tombstones) > _TOMBSTONES:
            self._tombstones.popitem(last=False)

    def _trim(self, resource: Resource, body: Manifest, digest: str | None, old: Entry | None) -> Entry:
        if resource in self._children:
            return seen_child(resource, body, digest)
        if resource in self._offspring:
            return few_of(resource, body)
        if isinstance(old, dict) and _generation(old) == _generation(body) is not None:
            return trimmed(resource, body, spec=old.get("spec"))
        return trimmed(resource, body)

    def _link(self, resource: Resource, entry: Entry) -> None:
        if isinstance(entry, dict):
            if resource in self._offspring:
                ref = (resource, entry["metadata"]["name"])
                self._by_progenitor.setdefault(progenitor_of(entry), {})[ref] = entry
            return
        child, owner = entry, owner_of(entry)
        ref = (child.resource, child.name)
        self._by_owner.setdefault(owner, {})[ref] = child
        self._by_owner_kind.setdefault((owner.kind, child.namespace), {})[ref] = child

    def _unlink(self, resource: Resource, entry: Entry) -> None:
        if isinstance(entry, dict):
            if resource in self._offspring:
                _drop(self._by_progenitor, progenitor_of(entry), (resource, entry["metadata"]["name"]))
            return
        child, owner = entry, owner_of(entry)
        ref = (child.resource, child.name)
        _drop(self._by_owner, owner, ref)
        _drop(self._by_owner_kind, (owner.kind, child.namespace), ref)


def _drop(index: dict[_Group, dict[_Ref, _Member]], group: _Group, ref: _Ref) -> None:
    """Takes one entry out of a group, and the group with its last entry."""
    del index[group][ref]
    if not index[group]:
        del index[group]


def seen_child(resource: Resource, body: Manifest, digest: str | None = None) -> SeenChild:
    """What the cache keeps of a child."""
    metadata = body["metadata"]
    return SeenChild(
        resource=resource,
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        digest=live_digest(body) if digest is None else digest,
        labels=_ours(metadata.get("labels")),
        annotations=_ours(metadata.get("annotations")),
        data=dict(body.get("data") or {}) if resource == CONFIG_MAP else {},
    )


def owner_of(child: SeenChild) -> Key:
    """The key a child's labels name; with empty parts when someone took the labels away."""
    return Key(
        child.labels.get(labels.OWNER_KIND, ""), child.namespace, child.labels.get(labels.OWNER_NAME, "")
    )


def few_of(resource: Resource, body: Manifest) -> Manifest:
    """A Job or pod with only the few fields of its spec that tell how it ended: thousands are kept."""
    spec = body.get("spec", {})
    return trimmed(resource, {**body, "spec": {name: spec[name] for name in _TELLING if name in spec}})


def _by_name(entry: tuple[_Ref, Manifest]) -> tuple[str, str]:
    (resource, name), _ = entry
    return resource.kind, name


def trimmed(resource: Resource, body: Manifest, *, spec: Manifest | None = None) -> Manifest:
    """An object without managedFields and kubectl's copy of it, with the type that list items lack.

    ``spec``: the same spec, trimmed before; most changes of our objects are changes of their status.
    """
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    annotations = metadata.get("annotations")
    if annotations and _DROPPED_ANNOTATION in annotations:
        kept = {key: value for key, value in annotations.items() if key != _DROPPED_ANNOTATION}
        metadata["annotations"] = kept
    found = {**body, "apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
    if spec is not None:
        del found["spec"]
    interned: Manifest = _intern(found)
    return interned if spec is None else {**interned, "spec": spec}


def _intern(value: Any) -> Any:
    """The same JSON with shared key strings: thousands of objects repeat the same few names."""
    if isinstance(value, dict):
        return {sys.intern(key): _intern(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_intern(inner) for inner in value]
    return value


def _generation(body: Manifest) -> tuple[str, int] | None:
    """What a spec belongs to; None for kinds whose spec is not versioned."""
    metadata = body["metadata"]
    return (metadata["uid"], metadata["generation"]) if "generation" in metadata else None


def _ours(found: Mapping[str, str] | None) -> dict[str, str]:
    return {sys.intern(key): value for key, value in (found or {}).items() if key.startswith(_PREFIX)}


def _sorted(found: Mapping[tuple[Resource, str], SeenChild]) -> tuple[SeenChild, ...]:
    return tuple(sorted(found.values(), key=lambda child: (child.resource.kind, child.name)))


def _version(text: str) -> int:
    """resourceVersions are comparable numbers (promised since Kubernetes 1.35, true since ever)."""
    return int(text)


def _version_of(entry: Entry) -> int:
    if isinstance(entry, SeenChild):
        return _version(entry.resource_version)
    return _version(entry["metadata"]["resourceVersion"])
