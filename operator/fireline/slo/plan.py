"""The two planners of this kind: one SLO, and the shared windows of a namespace.

Both are pure in effect: the only thing they remember is what a spec compiled to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fireline.api import labels
from fireline.api.belonging import KnownObjects, KnownPolicies, Owner
from fireline.api.conditions import Condition
from fireline.api.labels import APPLY_NOW
from fireline.api.plan import (
    KEEP_ALL,
    Change,
    Key,
    Manifest,
    Plan,
    Problem,
    Seen,
    SeenChild,
)
from fireline.api.resources import ALERT_POLICY, PROMETHEUS_RULE, SLO, SYNTHETIC_CHECK
from fireline.api.stamp import stamp
from fireline.selection.rules import evaluator_changed, namespace_relabelled, selected
from fireline.settings import Settings, Source
from fireline.slo import names
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.deferral import deferral, firing_tiers
from fireline.slo.incidents import Bystander, Incidents
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.period import SLOWindow
from fireline.slo.render import declared, render_rule
from fireline.slo.runs import OfCheck, TimingOf, check_of
from fireline.slo.situation import Situation
from fireline.slo.status import invalid_status, valid_status
from fireline.slo.unmeasured import Unmeasured, unmeasured
from fireline.slo.upkeep import REWRITE_SECONDS, horizon
from fireline.slo.windows import Wanted, render_windows


class Observer(Protocol):
    """Knows what Prometheus last said about an SLO."""

    def observe(self, objective: Objective) -> Observation:
        """The last known figures; never blocks."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """All that a compiled objective depends on, besides the settings."""

    uid: str
    generation: int
    copied: tuple[tuple[str, str], ...]
    policy: Owner | None
    check: OfCheck | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What a spec came to: an objective, or the reason it cannot be carried out."""

    of: _Identity
    objective: Objective | None
    reason: str
    message: str
    notes: tuple[str, ...] = ()


class SLOPlanner:
    """Plans ServiceLevelObjectives."""

    kind = SLO.kind
    resource = SLO

    def __init__(
        self,
        settings: Settings,
        observer: Observer,
        *,
        timing_of: TimingOf = lambda _: None,
        bystander: Bystander | None = None,
    ) -> None:
        """``timing_of`` knows the schedules of SyntheticChecks, ``bystander`` gathers and tells what concerns
        incidents."""
        self._settings = settings
        self._observer = observer
        self._timing_of = timing_of
        self._compiled: dict[Key, _Compiled] = {}
        self._windows: dict[tuple[str, str], Manifest] = {}
        self._policies = KnownPolicies()
        self._labelled = KnownObjects(SLO)
        settle = timedelta(seconds=settings.incidents.settle_seconds)
        self._incidents = Incidents(settle, bystander)

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """Rule and status of one SLO; None when it is gone or going."""
        if parent is None or "deletionTimestamp" in parent["metadata"]:
            self._compiled.pop(key, None)
            self._incidents.forget(key)
            return None
        compiled = self._compile(key, parent, seen)
        old = parent.get("status", {})
        generation = parent["metadata"]["generation"]
        if compiled.objective is None:
            verdict = invalid_status(
                old=old,
                generation=generation,
                now=now,
                reason=compiled.reason,
                message=compiled.message,
                kept=bool(seen.children(key)),
            )
            return Plan(KEEP_ALL, verdict.status, verdict.events)
        rule_labels = self._source(compiled.objective).rule_labels
        rule = render_rule(compiled.objective, rule_labels, at=now.timestamp())
        observation = self._observer.observe(compiled.objective)
        record = self._incidents.record(compiled.objective, parent, observation, seen=seen, now=now)
        situation = Situation(
            old=old,
            generation=generation,
            now=now,
            observation=observation,
            selected=self._selected(compiled.objective, key, parent, rule, seen),
            problem=problem or seen.problem(self._windows_of(compiled.objective)),
            notes=compiled.notes,
            figures_every=timedelta(seconds=self._settings.status_interval_seconds),
            deferral=deferral(
                next((one for one in seen.children(key) if one.name == rule["metadata"]["name"]), None),
                rule,
                firing=firing_tiers(observation, old),
                old=old,
                generation=generation,
                now=now,
                apply_now=APPLY_NOW in parent["metadata"].get("annotations", {}),
                policies=(
                    f"{key.namespace}/{one['metadata']['name']}"
                    for one in seen.all(ALERT_POLICY, key.namespace)
                    if "deletionTimestamp" not in one["metadata"]
                ),
            ),
            max_groups=self._settings.max_groups,
            unmeasured=_unmeasured(compiled.objective, seen),
            record=record,
        )
        verdict = valid_status(compiled.objective, situation)
        children = (rule,) if situation.deferral is None else KEEP_ALL
        return Plan(
            children,
            verdict.status,
            verdict.events,
            _soonest(verdict.wait, rewrite_at(compiled.objective, now), now),
        )

    def objectives(self, seen: Seen) -> Iterator[Objective]:
        """Every SLO that compiles, for the loops that ask Prometheus."""
        for parent in seen.all(SLO):
            if "deletionTimestamp" not in parent["metadata"]:
                compiled = self._compile(_key(parent), parent, seen)
                if compiled.objective is not None:
                    yield compiled.objective

    def planned(self) -> Iterator[Objective]:
        """Every SLO that was planned and can be carried out: costs nothing, for a scrape must not wait."""
        for compiled in list(self._compiled.values()):
            if compiled.objective is not None:
                yield compiled.objective

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """Selection depends on Prometheus and ThanosRuler objects and on namespace labels, the record of
        incidents on what checks and Mitigations do."""
        return [*self._dependents(change, seen), *self._incidents.concerned(change, seen)]

    def _dependents(self, change: Change, seen: Seen) -> list[Key]:
        if evaluator_changed(change):
            return [_key(parent) for parent in seen.all(SLO)]
        self._labelled.saw(change)
        if self._policies.saw(change):
            return self._regrouped(change, seen)
        if namespace_relabelled(change):
            return [_key(parent) for parent in seen.all(SLO, change.name)]
        if change.resource == SYNTHETIC_CHECK and self._of_check(change.old) != self._of_check(change.new):
            return [_key(one) for one in seen.all(SLO, change.namespace) if check_of(one) == change.name]
        return []

    def _of_check(self, check: Manifest | SeenChild | None) -> tuple[OfCheck, Unmeasured | None] | None:
        """What of a check its SLOs depend on, to compare: not what each run came to."""
        if not isinstance(check, dict):
            return None
        name = check["metadata"]["name"]
        return OfCheck.seen(name, check, self._timing_of), unmeasured(name, check)

    def _regrouped(self, change: Change, seen: Seen) -> list[Key]:
        """The SLOs that a policy gained or lost, or that must learn what it now says."""
        old, new = (one if isinstance(one, dict) else None for one in (change.old, change.new))
        found = {
            one["metadata"]["name"]: one
            for policy in (old, new)
            if policy is not None
            for one in self._labelled.selected(policy, change.namespace, seen)
        }
        return [_key(one) for one in found.values()]

    def _windows_of(self, objective: Objective) -> Key:
        return Key(names.WINDOWS_KIND, objective.namespace, objective.source)

    def _source(self, objective: Objective) -> Source:
        return self._settings.sources.get(objective.source, Source())

    def _compile(self, key: Key, parent: Manifest, seen: Seen) -> _Compiled:
        metadata = parent["metadata"]
        copied = {name: metadata.get("labels", {}).get(name, "") for name in self._settings.copied_labels}
        policy = self._policies.of(key.namespace, seen).owner(_own(parent))
        identity = _Identity(
            metadata["uid"],
            metadata["generation"],
            tuple(copied.items()),
            policy,
            self._check(key.namespace, parent, seen),
        )
        known = self._compiled.get(key)
        if known is None or known.of != identity:
            known = self._compiled[key] = self._fresh(parent, identity)
        return known

    def _check(self, namespace: str, parent: Manifest, seen: Seen) -> OfCheck | None:
        name = check_of(parent)
        if name is None:
            return None
        return OfCheck.seen(name, seen.get(SYNTHETIC_CHECK, namespace, name), self._timing_of)

    def _fresh(self, parent: Manifest, identity: _Identity) -> _Compiled:
        slo, issues = read(parent, sources=self._settings.sources, tiers=self._settings.tiers)
        notes = tuple(str(issue) for issue in issues if issue.note)
        if slo is None:
            wrong = [issue for issue in issues if not issue.note]
            return _Compiled(identity, None, wrong[0].reason, "; ".join(map(str, wrong)), notes)
        objective = compile_slo(slo, settings=self._settings, policy=identity.policy, check=identity.check)
        return _Compiled(identity, objective, "Valid", "", (*notes, *objective.notes))

    def _selected(
        self, objective: Objective, key: Key, parent: Manifest, rule: Manifest, seen: Seen
    ) -> Condition:
        """Judged on the objects as they will be written, the shared windows included."""
        source = self._source(objective)
        place = (key.namespace, objective.source)
        windows = self._windows.get(place) or render_windows(*place, (), source.rule_labels)
        self._windows[place] = windows
        instance = self._settings.instance
        rules = [
            stamp(rule, key=key, parent=parent, instance=instance),
            stamp(
                windows,
                key=self._windows_of(objective),
                parent=None,
                instance=instance,
            ),
        ]
        return selected(
            rules,
            namespace=key.namespace,
            source_name=objective.source,
            source=source,
            watched=self._settings.watch_namespaces,
            seen=seen,
        )


def _unmeasured(objective: Objective, seen: Seen) -> Unmeasured | None:
    if objective.check is None:
        return None
    return unmeasured(objective.check, seen.get(SYNTHETIC_CHECK, objective.namespace, objective.check))


class WindowsPlanner:
    """Plans the shared windows of a namespace and source, from what the members' rules declare.

    Members are read from their rule objects as the cluster holds them, not from their specs, so
    that an SLO whose spec turned invalid keeps the windows of its last good rules, also across a
    restart of the operator.
    """

    kind = names.WINDOWS_KIND
    resource = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """The shared windows while the namespace has members for this source; nothing otherwise."""
        del parent, problem
        members = [
            wanted
            for child in seen.children_of_kind(SLO.kind, key.namespace)
            if child.annotations.get(labels.SOURCE) == key.name
            and (wanted := declared(child.annotations)) is not None
        ]
        if not members:
            return Plan(())
        source = self._settings.sources.get(key.name, Source())
        rule = render_windows(key.namespace, key.name, members, source.rule_labels, at=now.timestamp())
        ends = min((end for one in members if (end := _period_end(one.window, now))), default=None)
        return Plan((rule,), requeue_after=_soonest(None, ends, now))

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """An SLO's rule object appeared, changed what it declares, or went."""
        del seen
        if change.resource != PROMETHEUS_RULE:
            return []
        before, after = _declared(change.old), _declared(change.new)
        sources = sorted({source for source, _ in before ^ after})
        return [Key(self.kind, change.namespace, source) for source in sources]


def _declared(child: Manifest | SeenChild | None) -> set[tuple[str, Wanted]]:
    if not isinstance(child, SeenChild) or child.labels.get(labels.OWNER_KIND) != SLO.kind:
        return set()
    wanted = declared(child.annotations)
    if wanted is None or labels.SOURCE not in child.annotations:
        return set()
    return {(child.annotations[labels.SOURCE], wanted)}


def rewrite_at(objective: Objective, now: datetime) -> float | None:
    """The Unix time at which the SLO's own rules must be written anew though nothing was changed: the
    maintenance they know moves on, and the period of a composite ends. None when never."""
    times = []
    if objective.maintenance:
        times.append(float(horizon(objective, now.timestamp()).start + REWRITE_SECONDS))
    if objective.composite is not None and (end := _period_end(objective.window, now)) is not None:
        times.append(end)
    return min(times, default=None)


def _period_end(window: SLOWindow, now: datetime) -> float | None:
    return None if window.calendar is None else float(window.span(now.timestamp()).end)


def _soonest(wait: timedelta | None, at: float | None, now: datetime) -> timedelta | None:
    """The earlier of a wait and a Unix time."""
    if at is None:
        return wait
    until = timedelta(seconds=max(1.0, at - now.timestamp()))
    return until if wait is None else min(wait, until)


def _key(parent: Manifest) -> Key:
    return Key(SLO.kind, parent["metadata"]["namespace"], parent["metadata"]["name"])


def _own(parent: Manifest) -> dict[str, str]:
    found: dict[str, str] = parent["metadata"].get("labels", {})
    return found
