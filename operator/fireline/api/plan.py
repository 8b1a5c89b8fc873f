"""The contract between a kind's pure logic and the engine that carries it out.

A kind answers one question: *given what is wanted and what is seen, what should exist and what
should the status say?* The answer is a :class:`Plan`. It never awaits, never reads a clock and
never logs, so that all behaviour is testable as a table. The engine (``fireline.kube``) compares,
applies, patches, emits events and retries; it is written once for all kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from fireline.api.resources import Resource

Manifest = dict[str, Any]
"""A Kubernetes object (or a part of one) as JSON."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What is planned: an object of ours, or an aggregate (a parent without an object)."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class SeenChild:
    """What the cache keeps of a child: enough to know whether a write is needed, and no more.

    ``digest`` covers the fields our manager owns on the server, so fields other managers add never
    cause a write and a field someone took from us always does. ``annotations`` and ``labels`` hold
    only keys under ``fireline.dev/``. ``data`` is that of a ConfigMap, empty for every other kind.
    """

    resource: Resource
    namespace: str
    name: str
    uid: str
    resource_version: str
    digest: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a resource type can be watched: ``Served``, or why not, in words for a condition."""

    state: Literal["Served", "Missing", "Forbidden", "Unknown"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the last attempt to carry a plan out failed, told back to the planner for the status.

    ``permanent`` problems are not retried until the spec changes.
    """

    reason: str
    message: str
    permanent: bool = False


class Seen(Protocol):
    """Read-only view of the engine's caches."""

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        """The cached object (without managedFields), or None."""

    def all(self, resource: Resource, namespace: str | None = None) -> Iterable[Manifest]:
        """Every cached object of a kind, optionally of one namespace, in no particular order."""

    def children(self, owner: Key) -> tuple[SeenChild, ...]:
        """Children that carry our labels for this owner, sorted by kind and name."""

    def offspring(self, resource: Resource, owner: Key) -> tuple[Manifest, ...]:
        """Objects that Kubernetes made from a child of this owner, such as the Jobs of its CronJob, by name.

        Whole, but of the spec only ``nodeName``, ``activeDeadlineSeconds`` and ``suspend``. A pod that is
        gone is still among them for a while when it said how it ended.
        """

    def children_of_kind(self, owner_kind: str, namespace: str) -> tuple[SeenChild, ...]:
        """All children in a namespace whose owner is of this kind: what aggregates are made from."""

    def problem(self, key: Key) -> Problem | None:
        """Why another key cannot be carried out: an aggregate has no status of its own to say so."""

    def access(self, resource: Resource) -> Access:
        """Whether the resource type is served and may be watched."""


class KeepAll:
    """Marker for ``Plan.children``: the spec is invalid, leave the last good children in place."""

    def __repr__(self) -> str:
        return "KEEP_ALL"


KEEP_ALL = KeepAll()


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes Event to post. Planned only on transitions, so one plan posts it once."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What should be true of one key.

    ``children`` is every object the key wants to exist; children that carry our owner labels and
    are not in it are deleted. ``status`` is the whole desired status, or None for aggregates.
    ``requeue_after`` asks to be planned again without an outside change.
    """

    children: tuple[Manifest, ...] | KeepAll
    status: Manifest | None = None
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None
    creates: tuple[Manifest, ...] = ()
    """Objects to be made once, after the children and before the status, and left alone from then on. Their
    names must follow from what asks for them: one that exists already is there from a try before."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change the caches saw: ``old`` or ``new`` is None on creation or deletion.

    Objects are whole manifests for kinds we watch whole, :class:`SeenChild` for children.
    """

    resource: Resource
    namespace: str
    name: str
    old: Manifest | SeenChild | None = field(compare=False)
    new: Manifest | SeenChild | None = field(compare=False)


class Planner(Protocol):
    """One kind's logic as the engine drives it."""

    @property
    def kind(self) -> str:
        """The ``Key.kind`` this planner serves."""

    @property
    def resource(self) -> Resource | None:
        """The custom resource behind the key; None for an aggregate."""

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """The plan for one key, or None when there is nothing to do (the parent is gone).

        For an aggregate ``parent`` is always None, and ``children=()`` asks for deletion.
        """

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """Keys of this kind that must be planned again because of a change elsewhere.

        The engine itself already queues the parent of a changed object and the owner of a changed
        child; this names everyone else.
        """
