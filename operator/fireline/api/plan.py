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
from typing import Any, Literal, Protocol, runtime_checkable

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

    def answer(self, key: Key, name: str) -> Answer | None:
        """What came of a call that a plan of this key asked for, while it is being carried out."""

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
    record: Mapping[str, Any] | None = None
    """For the log, where it is kept longer than any Event: one line with these fields. None: no line."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a plan asks the engine to make, to the API server or to a webhook.

    ``verb``: ``get``, ``list``, ``create``, ``replace``, ``delete`` and ``patch`` (a JSON patch, ``body``
    being its operations) address the API server; the plural is found by discovery. ``post`` goes to
    ``url``. ``user`` is impersonated (``system:serviceaccount:shop:mitigator``), empty for the operator.
    Nothing is sent in the name of a user with the operator's own rights.
    """

    name: str
    """The planner's own name for the answer."""
    verb: Literal["get", "list", "create", "replace", "delete", "patch", "post"]
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    object: str = ""
    """Name of the object; empty for ``list`` and ``create``."""
    body: Any = None
    user: str = ""
    dry_run: bool = False
    """The API server does all but the writing; with ``fieldValidation=Strict``, as every write has."""
    uid: str = ""
    """Of ``delete``: only the object with this uid."""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: tuple[str, str] | None = None
    """Of ``post``: name and key of a Secret whose value is sent as bearer token; read as ``user``."""
    timeout: float = 10.0
    """Seconds one request may take."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a :class:`Call`. Never an exception: the planner decides what it means.

    ``status`` is that of HTTP; 0 when there was none (time-out, reset, unreachable), which leaves open
    whether the request was carried out. ``body`` is the JSON of the answer, if it was any.
    """

    status: int
    body: Any = None
    message: str = ""
    """The server's words when it refused, or what went wrong; never a credential."""
    sent: bool = True
    """False when the request certainly reached nobody: no such kind, no such host, nobody listens, its
    address is refused, or the Secret it needs cannot be read."""

    @property
    def ok(self) -> bool:
        """Whether it was carried out."""
        return 200 <= self.status < 300


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
    reads: tuple[Call, ...] = ()
    """What must be known first: nothing of this plan is carried out, the calls are made, and the key is
    planned again with their answers (``Seen.answer``), unless the object changed meanwhile. Reads and dry
    runs only."""
    action: Call | None = None
    """At most one call with an effect. It is made only after ``status`` was persisted on top of the very
    status that was planned from; then the key is planned again with its answer, and without those of
    ``reads``, which tell of a world before it. After a crash there is no answer: the planner must be able to
    tell from what it reads whether the call was carried out."""
    finalizer: bool | None = None
    """Whether our finalizer is to be on the parent; None leaves it as it is. Set before the status is
    written, removed after it."""


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


@runtime_checkable
class Finalizing(Protocol):
    """A planner that wants to plan for its objects while they are deleted, until its finalizer is gone.

    All others are not asked any more once ``deletionTimestamp`` is set.
    """

    @property
    def finalizer(self) -> str:
        """Name of the finalizer that ``Plan.finalizer`` speaks of, such as ``fireline.dev/mitigation``."""
