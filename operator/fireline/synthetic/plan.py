"""The planner of one check: CronJob, alerts, runs that came to an end, status.

Pure in effect: the only thing it remembers is what a spec compiled to. What was counted is in the status,
which the engine writes only on top of the very status that was read here; a crash, a second operator or a
conflict can therefore neither lose a run nor count one twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fireline.api.belonging import KnownPolicies, Owner
from fireline.api.conditions import Condition, parse_timestamp
from fireline.api.plan import KEEP_ALL, Change, Key, Manifest, Plan, Problem, Seen, SeenChild
from fireline.api.resources import CRON_JOB, MITIGATION, SYNTHETIC_CHECK
from fireline.api.stamp import stamp
from fireline.selection.rules import evaluator_changed, namespace_relabelled, selected
from fireline.settings import Settings, Source
from fireline.synthetic.alert_rules import CheckAlerts
from fireline.synthetic.alerts import alerts_object
from fireline.synthetic.checks import read
from fireline.synthetic.classify_pod import Waiting
from fireline.synthetic.compile import compile_check
from fireline.synthetic.counting import Counted, count
from fireline.synthetic.mending import sound
from fireline.synthetic.model import Check
from fireline.synthetic.prober_render import key_of as prober_key
from fireline.synthetic.render import render_cron_job
from fireline.synthetic.run_now import RunNow, run_now
from fireline.synthetic.runs import Run
from fireline.synthetic.situation import Situation
from fireline.synthetic.status import invalid_status, valid_status
from fireline.synthetic.verifying import checks_to_run, runs_to_verify


class Observer(Protocol):
    """Knows what is outside of Kubernetes: probers, and who reads /metrics."""

    def runs(self, key: Key, uid: str) -> Iterable[Run]:
        """Finished runs of a prober that may not be counted yet; never blocks."""

    def known_until(self, key: Key, uid: str) -> datetime | None:
        """Up to when :meth:`runs` is complete; None when that is now. Bounded: a prober that cannot be asked
        for long leaves its slots to be counted as not measured."""

    def since(self, key: Key, uid: str, created: datetime) -> datetime | None:
        """When the slots of a new check begin: as soon as a prober has it; None for one without prober."""

    def waiting(self, key: Key) -> tuple[str, Waiting] | None:
        """The name of the prober's Deployment that does not run a check, or cannot be heard, and why."""

    def refusal(self, key: Key, job: str) -> str:
        """Why the Job with this uid gets no pod, in the API server's words; empty when that is not known."""

    def zeros_seen(self, key: Key, uid: str) -> bool:
        """Whether /metrics was read while it showed the counters of this check at 0."""


_Identity = tuple[str, int, Owner | None]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What a spec came to: a check, or the reason it cannot be carried out."""

    of: _Identity
    check: Check | None
    alerts: CheckAlerts | None
    reason: str
    message: str
    notes: tuple[str, ...] = ()


class CheckPlanner:
    """Plans SyntheticChecks."""

    kind = SYNTHETIC_CHECK.kind
    resource = SYNTHETIC_CHECK

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self._settings = settings
        self._observer = observer
        self._compiled: dict[Key, _Compiled] = {}
        self._policies = KnownPolicies()

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """CronJob, alerts and status of one check; None when it is gone or going."""
        if parent is None or "deletionTimestamp" in parent["metadata"]:
            self._compiled.pop(key, None)
            return None
        parent = {**parent, "status": sound(parent.get("status", {}))}
        compiled = self._compile(key, parent, seen)
        old, metadata = parent["status"], parent["metadata"]
        counted = count(
            key,
            parent,
            check=compiled.check,
            seen=seen,
            from_prober=self._observer.runs(key, metadata["uid"]),
            known_until=self._observer.known_until(key, metadata["uid"]),
            since=self._observer.since(key, metadata["uid"], parse_timestamp(metadata["creationTimestamp"])),
            refusal=lambda job: self._observer.refusal(key, job),
            now=now,
        )
        exported = bool(old.get("counted")) or self._observer.zeros_seen(key, metadata["uid"])
        if compiled.check is None or compiled.alerts is None:
            verdict = invalid_status(
                old=old,
                counts=counted.status,
                generation=metadata["generation"],
                now=now,
                reason=compiled.reason,
                message=compiled.message,
                goes_on=_going_on(key, parent, counted=counted, seen=seen, now=now),
                exported=exported,
            )
            return Plan(KEEP_ALL, verdict.status, verdict.events, _soonest(verdict.wait, counted.wait))
        return self._carried_out(
            key,
            parent,
            compiled.check,
            compiled=compiled,
            counted=counted,
            seen=seen,
            now=now,
            problem=problem or _problem_of_prober(compiled.check, seen),
            exported=exported,
        )

    def _carried_out(
        self,
        key: Key,
        parent: Manifest,
        check: Check,
        *,
        compiled: _Compiled,
        counted: Counted,
        seen: Seen,
        now: datetime,
        problem: Problem | None,
        exported: bool,
    ) -> Plan:
        metadata = parent["metadata"]
        children = list(self._children(check, compiled, metadata["uid"]))
        demand = run_now(
            check,
            parent,
            counts=counted.status,
            cron_job=_cron_job_of(key, seen),
            settings=self._settings,
            problem=problem,
            now=now,
        )
        verifying, again = runs_to_verify(
            key,
            check,
            uid=metadata["uid"],
            counts=counted.status,
            cron_job=_cron_job_of(key, seen),
            seen=seen,
            settings=self._settings,
            now=now,
        )
        situation = Situation(
            old=parent.get("status", {}),
            generation=metadata["generation"],
            now=now,
            created=parse_timestamp(metadata["creationTimestamp"]),
            counts=counted.status,
            timing=check.timing,
            suspended=check.spec.suspend,
            selected=self._selected(key, parent, check, children, seen),
            waiting=counted.waiting or self._observer.waiting(key),
            manual=demand.status,
            problem=problem,
            notes=compiled.notes,
            exported=exported,
        )
        verdict = valid_status(situation)
        return Plan(
            tuple(children),
            verdict.status,
            verdict.events,
            _soonest(verdict.wait, counted.wait, demand.wait, again),
            (*_created(demand), *verifying),
        )

    def _children(self, check: Check, compiled: _Compiled, uid: str) -> Iterator[Manifest]:
        if check.timing.cron is not None:
            yield render_cron_job(check, self._settings.checks, uid=uid, instance=self._settings.instance)
        if compiled.alerts is not None and not check.spec.alert.disabled:
            yield alerts_object(
                compiled.alerts,
                source=check.spec.prometheus,
                rule_labels=self._source(check).rule_labels,
            )

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """Alerts carry the policy's label, Prometheus must select them, and Mitigations ask for runs."""
        if change.resource == MITIGATION:
            return checks_to_run(change)
        if self._policies.saw(change):
            return [_key(one) for one in seen.all(SYNTHETIC_CHECK, change.namespace)]
        if evaluator_changed(change):
            return [_key(one) for one in seen.all(SYNTHETIC_CHECK)]
        if namespace_relabelled(change):
            return [_key(one) for one in seen.all(SYNTHETIC_CHECK, change.name)]
        return []

    def _source(self, check: Check) -> Source:
        return self._settings.sources.get(check.spec.prometheus, Source())

    def _compile(self, key: Key, parent: Manifest, seen: Seen) -> _Compiled:
        metadata = parent["metadata"]
        policy = self._policies.of(key.namespace, seen).owner(metadata.get("labels", {}))
        identity = (metadata["uid"], metadata["generation"], policy)
        known = self._compiled.get(key)
        if known is None or known.of != identity:
            known = self._compiled[key] = self._fresh(parent, identity)
        return known

    def _fresh(self, parent: Manifest, identity: _Identity) -> _Compiled:
        given, issues = read(parent, settings=self._settings.checks, sources=self._settings.sources)
        notes = tuple(str(issue) for issue in issues if issue.note)
        if given is None:
            wrong = [issue for issue in issues if not issue.note]
            return _Compiled(identity, None, None, wrong[0].reason, "; ".join(map(str, wrong)), notes)
        policy = identity[-1]
        check = compile_check(given, policy=policy, notes=notes)
        alerts = CheckAlerts.of(
            given,
            interval=check.timing.interval,
            policy=policy,
            default_runbook=self._settings.runbook_url,
        )
        return _Compiled(identity, check, alerts, "Valid", "", notes)

    def _selected(
        self, key: Key, parent: Manifest, check: Check, children: Iterable[Manifest], seen: Seen
    ) -> Condition:
        """Judged on the rules as they will be written."""
        instance = self._settings.instance
        rules = [
            stamp(one, key=key, parent=parent, instance=instance)
            for one in children
            if one["kind"] == "PrometheusRule"
        ]
        if not rules:
            return Condition(
                "Selected", "True", "NoAlerts", "spec.alert.disabled is true: no alerts are written"
            )
        return selected(
            rules,
            namespace=key.namespace,
            source_name=check.spec.prometheus,
            source=self._source(check),
            watched=self._settings.watch_namespaces,
            seen=seen,
        )


def _problem_of_prober(check: Check, seen: Seen) -> Problem | None:
    """An aggregate has no status of its own: its checks tell."""
    if check.spec.runner != "Prober":
        return None
    return seen.problem(prober_key(check.namespace, check.spec.location))


def _going_on(key: Key, parent: Manifest, *, counted: Counted, seen: Seen, now: datetime) -> Situation | None:
    """How the last good spec goes on while this one is wrong; None when nothing of it is left."""
    if counted.timing is None or not seen.children(key):
        return None
    old, metadata = parent["status"], parent["metadata"]
    return Situation(
        old=old,
        generation=metadata["generation"],
        now=now,
        created=parse_timestamp(metadata["creationTimestamp"]),
        counts=counted.status,
        timing=counted.timing,
        suspended=old.get("ledger", {}).get("suspended", False),
        selected=Condition("Selected", "Unknown", "Pending", ""),
        waiting=counted.waiting,
        manual=None,
        problem=None,
    )


def _soonest(*waits: timedelta | None) -> timedelta | None:
    return min((one for one in waits if one is not None), default=None)


def _created(demand: RunNow) -> tuple[Manifest, ...]:
    return () if demand.job is None else (demand.job,)


def _cron_job_of(key: Key, seen: Seen) -> SeenChild | None:
    return next((one for one in seen.children(key) if one.resource == CRON_JOB), None)


def _key(parent: Manifest) -> Key:
    return Key(SYNTHETIC_CHECK.kind, parent["metadata"]["namespace"], parent["metadata"]["name"])
