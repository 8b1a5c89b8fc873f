"""The planner of Mitigations: what is seen → the machine → status, alerts, and at most one call.

Pure in effect: what it remembers is what a spec compiled to, what the ServiceAccount may do, and which ones
it has just let begin. The state itself is in the status alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fireline.api.belonging import KnownPolicies, Owner
from fireline.api.conditions import Condition
from fireline.api.labels import FINALIZER
from fireline.api.mitigation import Mitigation, Spec
from fireline.api.plan import KEEP_ALL, Change, Key, Manifest, Plan, Problem, Seen
from fireline.api.resources import MITIGATION, NAMESPACE, SLO
from fireline.api.stamp import stamp
from fireline.incident.identity import open_incident
from fireline.mitigation.alert_rules import MitigationAlerts
from fireline.mitigation.alerts import alerts_object
from fireline.mitigation.checks import read
from fireline.mitigation.checks_slo import asked_slo, fits_its_slo
from fireline.mitigation.letting_go import wants_finalizer
from fireline.mitigation.machine import run
from fireline.mitigation.model import Signal
from fireline.mitigation.rights_known import RightsKnown
from fireline.mitigation.sight import UNDER_WAY, Book, Next, Sight
from fireline.mitigation.status import invalid_status, valid_status
from fireline.selection.rules import evaluator_changed, namespace_relabelled, selected
from fireline.settings import Settings, Source

_LETTING_BEGIN = timedelta(seconds=60)
"""One that was let begin counts as active for so long, whatever its cached status says."""


class Observer(Protocol):
    """Knows what is outside of Kubernetes: triggers, verifications, storms, and the pause."""

    def signal(self, key: Key) -> Signal | None:
        """What the trigger says; None when it has none, or was not looked at yet. Never blocks."""

    def verification(self, key: Key) -> Signal | None:
        """What ``verify`` says; None when there is nothing to ask, or it was not looked at yet."""

    def storm(self) -> tuple[bool | None, str]:
        """Whether so much burns that there is a common cause; None when that is not known. In words."""

    def paused(self) -> str | None:
        """Why nothing may be begun in the whole cluster; None when it may."""


_Identity = tuple[str, int, Owner | None, str | None]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What a spec came to: an object, or the reason it cannot be carried out."""

    of: _Identity
    mitigation: Mitigation | None
    alerts: MitigationAlerts | None
    reason: str
    message: str
    notes: tuple[str, ...] = ()


class MitigationPlanner:
    """Plans Mitigations. ``place`` is the operator's own namespace."""

    kind = MITIGATION.kind
    resource = MITIGATION
    finalizer = FINALIZER

    def __init__(self, settings: Settings, observer: Observer, *, place: str) -> None:
        self._settings = settings
        self._observer = observer
        self._place = place
        self._compiled: dict[Key, _Compiled] = {}
        self._policies = KnownPolicies()
        self._permissions = RightsKnown()
        self._let_begin: dict[Key, datetime] = {}

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """Alerts, status and the next call of one Mitigation; None when it is gone."""
        if parent is None:
            self._forget(key)
            return None
        metadata = parent["metadata"]
        if "deletionTimestamp" in metadata and FINALIZER not in metadata.get("finalizers", ()):
            self._forget(key)
            return None
        compiled = self._compile(key, parent, seen)
        sight = self._sight(key, parent, compiled, seen, now)
        found = run(sight)
        permitted = Condition("Permitted", "Unknown", "NotChecked", "the spec is not valid")
        reads = found.reads
        if compiled.mitigation is not None and not sight.going:
            permitted, asked = self._permissions.of(sight, compiled.mitigation.spec)
            reads = (*reads, *asked)
        if reads:
            return Plan(KEEP_ALL, reads=reads)
        return self._carried_out(
            parent, compiled, sight, found=found, permitted=permitted, seen=seen, problem=problem
        )

    def _carried_out(
        self,
        parent: Manifest,
        compiled: _Compiled,
        sight: Sight,
        *,
        found: Next,
        permitted: Condition,
        seen: Seen,
        problem: Problem | None,
    ) -> Plan:
        key = sight.key
        metadata, old = parent["metadata"], parent.get("status", {})
        children = () if sight.going else tuple(self._children(compiled))
        book = sight.book
        self._remember_start(key, old, book, sight.now)
        if compiled.mitigation is None:
            verdict = invalid_status(
                book,
                old=old,
                generation=metadata["generation"],
                reason=compiled.reason,
                message=compiled.message,
            )
        else:
            verdict = valid_status(
                book,
                old=old,
                generation=metadata["generation"],
                selected=self._selected(key, parent, compiled.mitigation, children, seen),
                permitted=permitted,
                problem=problem,
                notes=(*compiled.notes, *self._of_its_slo(key, compiled.mitigation.spec, seen)),
            )
        keep = sight.going or compiled.mitigation is None
        wait = found.wait
        if compiled.mitigation is not None and not sight.going:
            # No event tells that a right was granted, or taken away.
            again = self._permissions.stale_at(key) - sight.now
            wait = again if wait is None else min(wait, again)
        return Plan(
            KEEP_ALL if keep else children,
            verdict.status,
            verdict.events,
            wait,
            action=found.action,
            finalizer=wants_finalizer(sight),
        )

    def _sight(self, key: Key, parent: Manifest, compiled: _Compiled, seen: Seen, now: datetime) -> Sight:
        metadata = parent["metadata"]
        namespace = seen.get(NAMESPACE, "", key.namespace)
        signal = self._observer.signal(key)
        book = Book(parent.get("status", {}), now)
        if signal is not None:
            book["signal"] = signal.state
        return Sight(
            key=key,
            metadata=metadata,
            spec=compiled.mitigation.spec if compiled.mitigation else None,
            raw=parent["spec"],
            book=book,
            now=now,
            settings=self._settings.mitigations,
            place=self._place,
            signal=signal,
            verification=self._observer.verification(key),
            storm=self._observer.storm(),
            paused=self._observer.paused(),
            others=tuple(self._others(key, seen, now)),
            going="deletionTimestamp" in metadata,
            namespace_going=namespace is not None and "deletionTimestamp" in namespace["metadata"],
            incident=open_incident((_slo(parent, seen) or {}).get("status", {})),
            answer=lambda name: seen.answer(key, name),
        )

    def _others(self, key: Key, seen: Seen, now: datetime) -> Iterator[Manifest]:
        """All others, those that were let begin just now as what they are about to be: two must not begin
        side by side because neither sees the other's status yet."""
        for one in seen.all(MITIGATION):
            other = _key(one)
            if other == key:
                continue
            since = self._let_begin.get(other)
            phase = one.get("status", {}).get("phase")
            if since is not None and now - since < _LETTING_BEGIN and phase not in UNDER_WAY:
                yield {**one, "status": {**one.get("status", {}), "phase": "Applying"}}
            else:
                yield one

    def _of_its_slo(self, key: Key, spec: Spec, seen: Seen) -> Iterator[str]:
        """Why its SLO can never tell whether it is needed."""
        name = asked_slo(spec)
        slo = seen.get(SLO, key.namespace, name) if name else None
        if slo is not None:
            yield from map(str, fits_its_slo(spec, slo.get("spec") or {}))

    def _remember_start(self, key: Key, old: Manifest, book: Book, now: datetime) -> None:
        if book.phase in UNDER_WAY and old.get("phase") not in UNDER_WAY:
            self._let_begin[key] = now
        elif book.phase not in UNDER_WAY:
            self._let_begin.pop(key, None)

    def _children(self, compiled: _Compiled) -> Iterator[Manifest]:
        if compiled.alerts is not None and compiled.mitigation is not None:
            spec = compiled.mitigation.spec
            yield alerts_object(
                compiled.alerts,
                source=spec.prometheus,
                rule_labels=self._source(spec.prometheus).rule_labels,
            )

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """Alerts carry the policy's label and the SLO's service, and Prometheus must select them."""
        if self._policies.saw(change):
            return [_key(one) for one in seen.all(MITIGATION, change.namespace)]
        if evaluator_changed(change):
            return [_key(one) for one in seen.all(MITIGATION)]
        if namespace_relabelled(change):
            return [_key(one) for one in seen.all(MITIGATION, change.name)]
        if change.resource == SLO and _generation(change.old) != _generation(change.new):
            return [_key(one) for one in seen.all(MITIGATION, change.namespace) if _about(one, change.name)]
        if change.resource == NAMESPACE and isinstance(change.new, dict):
            going = "deletionTimestamp" in change.new["metadata"]
            return [_key(one) for one in seen.all(MITIGATION, change.name)] if going else []
        return []

    def specs(self, seen: Seen) -> Iterator[tuple[Key, Mitigation, Manifest]]:
        """Every valid Mitigation, for the loop that looks at triggers."""
        for parent in seen.all(MITIGATION):
            compiled = self._compile(_key(parent), parent, seen)
            if compiled.mitigation is not None:
                yield _key(parent), compiled.mitigation, parent

    def _source(self, name: str) -> Source:
        return self._settings.sources.get(name, Source())

    def _forget(self, key: Key) -> None:
        self._compiled.pop(key, None)
        self._let_begin.pop(key, None)
        self._permissions.forget(key)

    def _compile(self, key: Key, parent: Manifest, seen: Seen) -> _Compiled:
        metadata = parent["metadata"]
        policy = self._policies.of(key.namespace, seen).owner(metadata.get("labels", {}))
        identity = (metadata["uid"], metadata["generation"], policy, _service(parent, seen))
        known = self._compiled.get(key)
        if known is None or known.of != identity:
            known = self._compiled[key] = self._fresh(parent, identity)
        return known

    def _fresh(self, parent: Manifest, identity: _Identity) -> _Compiled:
        given, issues = read(parent, settings=self._settings.mitigations, sources=self._settings.sources)
        notes = tuple(str(issue) for issue in issues if issue.note)
        if given is None:
            wrong = [issue for issue in issues if not issue.note]
            return _Compiled(identity, None, None, wrong[0].reason, "; ".join(map(str, wrong)), notes)
        alerts = MitigationAlerts.of(
            given, service=identity[3], policy=identity[2], default_runbook=self._settings.runbook_url
        )
        return _Compiled(identity, given, alerts, "Valid", "", notes)

    def _selected(
        self, key: Key, parent: Manifest, mitigation: Mitigation, children: Iterable[Manifest], seen: Seen
    ) -> Condition:
        """Judged on the rules as they will be written."""
        source = mitigation.spec.prometheus
        instance = self._settings.instance
        return selected(
            [stamp(one, key=key, parent=parent, instance=instance) for one in children],
            namespace=key.namespace,
            source_name=source,
            source=self._source(source),
            watched=self._settings.watch_namespaces,
            seen=seen,
        )


def _service(parent: Manifest, seen: Seen) -> str | None:
    """The service of its SLO, which its alerts carry too."""
    service = (_slo(parent, seen) or {}).get("spec", {}).get("service")
    return service if isinstance(service, str) else None


def _slo(parent: Manifest, seen: Seen) -> Manifest | None:
    """The SLO whose incidents it belongs to."""
    spec = parent.get("spec") or {}
    slo = spec.get("slo") or (spec.get("trigger") or {}).get("slo")
    return seen.get(SLO, parent["metadata"]["namespace"], slo) if isinstance(slo, str) else None


def _about(parent: Manifest, slo: str) -> bool:
    spec = parent.get("spec") or {}
    return slo in {spec.get("slo"), (spec.get("trigger") or {}).get("slo")}


def _generation(found: object) -> object:
    """Its status changes all the time, which says nothing here."""
    return (found["metadata"]["uid"], found["metadata"]["generation"]) if isinstance(found, dict) else None


def _key(parent: Manifest) -> Key:
    return Key(MITIGATION.kind, parent["metadata"]["namespace"], parent["metadata"]["name"])
