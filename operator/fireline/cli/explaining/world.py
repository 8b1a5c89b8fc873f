"""What ``fireline explain`` looks at around an SLO, as far as rights allow; a missing one is said."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fireline.api.plan import Access, Answer, Key, Problem, SeenChild
from fireline.api.resources import (
    ALERT_POLICY,
    LEASE,
    NAMESPACE,
    PROMETHEUS_RULE,
    SLO,
    SYNTHETIC_CHECK,
    Resource,
)
from fireline.cli.cluster import Cluster, Unreachable
from fireline.errors import ApiError, NotFound
from fireline.kube.refusals import RESOURCE_MISSING
from fireline.slo import names
from fireline.slo.runs import check_of

Manifest = dict[str, Any]
CORE_EVENT = Resource("", "v1", "events", "Event")
"""The older of the two event APIs: it lists those of the newer as well."""
_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Found:
    """One object that was looked for. ``unreadable`` says why nobody knows whether it is there."""

    manifest: Manifest | None = None
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """An SLO and its surroundings; an object from a file has none."""

    slo: Manifest
    rule: Found = Found()
    windows: Found = Found()
    evaluators: Looked | None = None
    """Prometheus objects and namespaces, for the question whether anyone loads the rules; None in a file."""
    policies: Sequence[Manifest] | None = None
    """AlertPolicies of its namespace, or of the same files; None when they may not be read."""
    leases: Sequence[Manifest] = ()
    """Leases with the operator's name: who leads, and since when."""
    checks: Sequence[Manifest] = ()
    """The SyntheticCheck it is about, if it is about one and that is there."""
    events: Sequence[Manifest] = field(default_factory=tuple)
    remarks: Sequence[str] = ()
    """Rights that are missing."""


class Rights:
    """Lists objects as far as this user may; ``remarks`` collects what may not be read."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.remarks: list[str] = []

    def list_or_none(
        self, resource: Resource, where: str | None = None, fields: str = ""
    ) -> Sequence[Manifest] | None:
        """The objects, or None when they may not be read. Raises ServerUnavailable."""
        try:
            return self._cluster.list(resource, where, fields=fields)
        except ApiError as error:
            self.remarks.append(_refused(error, resource))
            return None

    def list(self, resource: Resource, where: str | None = None, fields: str = "") -> Sequence[Manifest]:
        """The objects that may be read. Raises ServerUnavailable."""
        return self.list_or_none(resource, where, fields) or ()


def look_around(cluster: Cluster, slo: Manifest, *, source: str) -> World:
    """Everything that can be read around an SLO. Raises ServerUnavailable when the server goes away."""
    namespace, name = slo["metadata"]["namespace"], slo["metadata"]["name"]
    rights = Rights(cluster)
    return World(
        slo=slo,
        rule=find(cluster, PROMETHEUS_RULE, namespace, names.rule_name(name)),
        windows=find(cluster, PROMETHEUS_RULE, namespace, names.windows_name(source)),
        evaluators=Looked(cluster),
        policies=rights.list_or_none(ALERT_POLICY, namespace),
        leases=[] if slo.get("status") else rights.list(LEASE, None, "metadata.name=fireline"),
        checks=_checks(cluster, slo),
        events=events_of(rights, namespace, ((SLO, name), (PROMETHEUS_RULE, names.rule_name(name)))),
        remarks=rights.remarks,
    )


def _checks(cluster: Cluster, slo: Manifest) -> list[Manifest]:
    name = check_of(slo)
    if name is None:
        return []
    check = find(cluster, SYNTHETIC_CHECK, slo["metadata"]["namespace"], name).manifest
    return [] if check is None else [check]


def events_of(rights: Rights, namespace: str, about: Iterable[tuple[Resource, str]]) -> list[Manifest]:
    """The last events about some objects."""
    events = [
        event
        for kind, name in about
        for event in rights.list(
            CORE_EVENT, namespace, f"involvedObject.kind={kind.kind},involvedObject.name={name}"
        )
    ]
    return sorted(events, key=happened)[-_EVENTS:]


def happened(event: Manifest) -> str:
    """When an event last happened, as text that sorts."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(time) for time in times if time), "")


def find(cluster: Cluster, resource: Resource, namespace: str, name: str) -> Found:
    """One object, or why nobody knows whether it is there."""
    try:
        return Found(cluster.get(resource, namespace, name))
    except NotFound as error:
        return Found(unreadable=_refused(error, resource)) if error.cause == RESOURCE_MISSING else Found()
    except ApiError as error:
        return Found(unreadable=_refused(error, resource))


def _refused(error: ApiError, resource: Resource) -> str:
    if error.cause == RESOURCE_MISSING:
        return f"this cluster does not know {resource.crd_name}"
    return str(error)


def get_or_say(cluster: Cluster, resource: Resource, namespace: str, name: str, *, what: str) -> Manifest:
    """One object. Raises Unreachable with what there is instead, else the ApiError family.

    A slip of the pen or the wrong namespace is the usual reason that it is not there.
    """
    try:
        return cluster.get(resource, namespace, name)
    except NotFound as error:
        if error.cause:
            raise
        here = [one["metadata"]["name"] for one in cluster.list(resource, namespace)]
        instead = _instead(name, here, _LISTED_BY.get(what, "fireline status -A"))
        raise Unreachable(f"there is no {what} {name} in namespace {namespace}; {instead}") from error


_LISTED_BY = {"Mitigation": "fireline mitigations -A", "AlertPolicy": "fireline status --policies -A"}


def _instead(name: str, here: Sequence[str], listed_by: str) -> str:
    if close := difflib.get_close_matches(name, here, n=3):
        return f"did you mean {' or '.join(close)}?"
    if not here:
        return f"there are none in this namespace, see {listed_by}"
    return f"there are {', '.join(here[:5])}{f' and {len(here) - 5} more' if len(here) > 5 else ''}"


class Looked:
    """The cluster as :class:`~fireline.api.plan.Seen`, asked when needed.

    So the operator's own function judges whether rules are selected, with this user's rights.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._listed: dict[Resource, list[Manifest] | Access] = {}

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        """One object; None when it is not there or may not be read."""
        try:
            return self._cluster.get(resource, namespace, name)
        except ApiError:
            return None

    def all(self, resource: Resource, namespace: str | None = None) -> Iterable[Manifest]:
        """Every object of a kind."""
        listed = self._list(resource)
        return [
            one
            for one in (listed if isinstance(listed, list) else ())
            if namespace in {None, one["metadata"].get("namespace")}
        ]

    def access(self, resource: Resource) -> Access:
        """Whether objects of a kind may be read."""
        if resource == NAMESPACE:
            return Access("Forbidden", "get on namespaces is forbidden")
        listed = self._list(resource)
        return listed if isinstance(listed, Access) else Access("Served")

    def children(self, owner: Key) -> tuple[SeenChild, ...]:
        """Not needed for the question of selection."""
        del owner
        return ()

    def children_of_kind(self, owner_kind: str, namespace: str) -> tuple[SeenChild, ...]:
        """Not needed for the question of selection."""
        del owner_kind, namespace
        return ()

    def offspring(self, resource: Resource, owner: Key) -> tuple[Manifest, ...]:
        """Not needed for the question of selection."""
        del resource, owner
        return ()

    def answer(self, key: Key, name: str) -> Answer | None:
        """Nothing is asked of a planner that makes calls."""
        del key, name
        return None

    def problem(self, key: Key) -> Problem | None:
        """Not needed for the question of selection."""
        del key
        return None

    def _list(self, resource: Resource) -> list[Manifest] | Access:
        if resource not in self._listed:
            try:
                self._listed[resource] = self._cluster.list(resource)
            except ApiError as error:
                missing = error.cause == RESOURCE_MISSING
                self._listed[resource] = Access(
                    "Missing" if missing else "Forbidden", _refused(error, resource)
                )
        return self._listed[resource]
