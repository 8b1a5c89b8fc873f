"""The planner of one policy; that of the merged configuration is in :mod:`fireline.alerting.merging`.

Pure in effect: the only things it remembers are what a spec compiled to, what the labels select, and
which tests this process announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.deferral import deferral
from fireline.alerting.hazards import refusals, to_leave_out
from fireline.alerting.hours import renew_at, valid_years
from fireline.alerting.left_out import without
from fireline.alerting.members import Members, members_of
from fireline.alerting.merging import key_of, merged_key
from fireline.alerting.model import Policy
from fireline.alerting.names import config_name
from fireline.alerting.observation import Observation
from fireline.alerting.raw import mounted, secrets_to_mount
from fireline.alerting.receivers import secrets_of
from fireline.alerting.render import render_policy
from fireline.alerting.situation import SecretAt, Situation
from fireline.alerting.status import invalid_status, valid_status
from fireline.alerting.tested import tested
from fireline.alerting.testing import due
from fireline.api.alert_policy import AlertPolicy
from fireline.api.belonging import KnownObjects, KnownPolicies
from fireline.api.conditions import Condition
from fireline.api.delivery import TestedReceiver
from fireline.api.labels import APPLY_NOW, TEST
from fireline.api.plan import KEEP_ALL, Change, Key, Manifest, Plan, Problem, Seen, SeenChild
from fireline.api.resources import (
    ALERT_POLICY,
    ALERTMANAGER,
    NAMESPACE,
    PROMETHEUS,
    SLO,
)
from fireline.api.stamp import stamp
from fireline.selection.configs import config_selected, confined, secret_selected
from fireline.selection.rules import selected as rules_selected
from fireline.settings import Alertmanager, Settings, Source


class Observer(Protocol):
    """Knows what Alertmanager, Prometheus and the API server last said about a policy."""

    def observe(self, key: Key, policy: Policy, secrets: Sequence[SecretAt]) -> Observation:
        """The last known facts; never blocks. Takes notice of the policy, to ask about it from now on."""

    def test(self, key: Key, nonce: str, policy: Policy, receivers: Sequence[TestedReceiver]) -> None:
        """Send a test alert, once for each nonce; the result comes with a later observation."""

    def forget(self, key: Key) -> None:
        """The policy is gone."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What a spec came to: a policy, or the reason it cannot be carried out."""

    of: tuple[Any, ...]
    policy: Policy | None
    given: AlertPolicy | None
    secrets: tuple[SecretAt, ...]
    reason: str
    message: str
    notes: tuple[str, ...] = ()
    runbook: bool = False


class PolicyPlanner:
    """Plans AlertPolicies."""

    kind = ALERT_POLICY.kind
    resource = ALERT_POLICY

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self._settings = settings
        self._observer = observer
        self._compiled: dict[Key, _Compiled] = {}
        self._announced: dict[Key, str] = {}
        self._policies = KnownPolicies()
        self._labelled = KnownObjects(SLO)

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """Routes, rules and status of one policy; None when it is gone or going."""
        if parent is None or "deletionTimestamp" in parent["metadata"]:
            self._compiled.pop(key, None)
            self._announced.pop(key, None)
            self._observer.forget(key)
            return None
        slos = self._labelled.selected(parent, key.namespace, seen)
        members = members_of(parent, slos, self._policies.of(key.namespace, seen))
        compiled = self._compile(key, parent, members, seen, now)
        old, generation = parent.get("status", {}), parent["metadata"]["generation"]
        if compiled.policy is None:
            verdict = invalid_status(
                old=old,
                generation=generation,
                now=now,
                reason=compiled.reason,
                message=compiled.message,
                kept=bool(seen.children(key)),
            )
            return Plan(KEEP_ALL, verdict.status, verdict.events)
        return self._carried_out(
            key,
            parent,
            compiled.policy,
            compiled=compiled,
            members=members,
            seen=seen,
            now=now,
            problem=problem,
        )

    def _carried_out(
        self,
        key: Key,
        parent: Manifest,
        policy: Policy,
        *,
        compiled: _Compiled,
        members: Members,
        seen: Seen,
        now: datetime,
        problem: Problem | None,
    ) -> Plan:
        old, generation = parent.get("status", {}), parent["metadata"]["generation"]
        annotations = parent["metadata"].get("annotations", {})
        alertmanager = self._alertmanager(policy)
        observation = self._observer.observe(key, policy, compiled.secrets)
        wanted, left_out = self._wanted(policy, compiled.secrets, observation, now)
        waiting = deferral(
            seen.children(key),
            wanted,
            firing=observation.firing,
            old=old,
            generation=generation,
            now=now,
            apply_now=APPLY_NOW in annotations,
        )
        nonce = annotations.get(TEST, "")
        situation = Situation(
            old=old,
            generation=generation,
            now=now,
            observation=observation,
            selected=self._selected(key, parent, policy, wanted, seen),
            members=members,
            secrets=compiled.secrets,
            problem=problem or seen.problem(merged_key(policy, alertmanager)),
            notes=compiled.notes,
            nonce=nonce,
            announced=self._announced.get(key) == nonce,
            deferral=waiting,
            left_out=left_out or frozenset(),
        )
        verdict = valid_status(policy, situation, runbook=compiled.runbook)
        if due(situation):
            self._observer.test(key, nonce, policy, tested(policy))
        self._announced[key] = nonce
        children = KEEP_ALL if waiting is not None or left_out is None else tuple(wanted)
        return Plan(children, verdict.status, verdict.events, _soonest(verdict.wait, policy, now))

    def _wanted(
        self, policy: Policy, secrets: Sequence[SecretAt], observation: Observation, now: datetime
    ) -> tuple[list[Manifest], frozenset[str] | None]:
        """The objects to write, and the receivers left out; None while Secrets were not looked at yet."""
        labels = self._alertmanager(policy).config_labels
        rule_labels = self._source(policy).rule_labels
        years = valid_years(now)
        whole = render_policy(policy, years=years, config_labels=labels, rule_labels=rule_labels)
        if policy.mode == "Secret" or not secrets:
            return whole, frozenset()
        if observation.secrets is None:
            return whole, None
        bad = to_leave_out(whole, secrets, observation.secrets)
        if not bad:
            return whole, bad
        told = without(policy, bad)
        # An incident at a receiver that is left out is lost anyway: that must not hold the others back.
        return render_policy(
            told, years=years, config_labels=labels, rule_labels=rule_labels, ways_of=policy
        ), bad

    def valid(self, seen: Seen) -> Iterable[tuple[Key, AlertPolicy, Manifest]]:
        """Every policy that can be carried out, for the loops that ask Alertmanager and Prometheus."""
        for parent in seen.all(ALERT_POLICY):
            compiled = self._compiled.get(key_of(parent))
            if compiled is not None and compiled.given is not None:
                yield key_of(parent), compiled.given, parent

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """Policies whose members, or whose Alertmanager or Prometheus, changed."""
        self._labelled.saw(change)
        news = self._policies.saw(change)
        if change.resource == ALERT_POLICY:
            return self._rivals(change, seen) if news else []
        if change.resource == SLO:
            return self._selecting(change, seen)
        if change.resource in {ALERTMANAGER, PROMETHEUS} and _spec(change.old) != _spec(change.new):
            return [key_of(one) for one in seen.all(ALERT_POLICY)]
        if change.resource == NAMESPACE and _labels(change.old) != _labels(change.new):
            return [key_of(one) for one in seen.all(ALERT_POLICY, change.name)]
        return []

    def _rivals(self, change: Change, seen: Seen) -> list[Key]:
        """Policies that select an SLO which this one selects too, or did."""
        changed = [one for one in (change.old, change.new) if isinstance(one, dict)]
        policies = self._policies.of(change.namespace, seen)
        found = {
            rival["metadata"]["name"]
            for one in changed
            for slo in self._labelled.selected(one, change.namespace, seen)
            for rival in policies.ranked(_labels(slo) or {})
        }
        return [Key(self.kind, change.namespace, name) for name in sorted(found - {change.name})]

    def _selecting(self, change: Change, seen: Seen) -> list[Key]:
        """Policies that select an SLO which came, went, or has other labels or groups."""
        if _membership(change.old) == _membership(change.new):
            return []
        policies = self._policies.of(change.namespace, seen)
        found = {
            one["metadata"]["name"]
            for slo in (change.old, change.new)
            if isinstance(slo, dict)
            for one in policies.ranked(_labels(slo) or {})
        }
        return [Key(self.kind, change.namespace, name) for name in sorted(found)]

    def _alertmanager(self, policy: Policy) -> Alertmanager:
        return self._settings.alertmanagers.get(policy.alertmanager, Alertmanager())

    def _source(self, policy: Policy) -> Source:
        return self._settings.sources.get(policy.source, Source())

    def _compile(self, key: Key, parent: Manifest, members: Members, seen: Seen, now: datetime) -> _Compiled:
        metadata = parent["metadata"]
        name = parent["spec"].get("alertmanager", "default")
        entry = self._settings.alertmanagers.get(name, Alertmanager())
        held = confined(key.namespace, seen, entry)
        identity = (metadata["uid"], metadata["generation"], members.group_labels, held)
        known = self._compiled.get(key)
        if known is None or known.of != identity:
            known = self._compiled[key] = self._fresh(
                parent, members, held=held, years=valid_years(now), identity=identity
            )
        return known

    def _fresh(
        self, parent: Manifest, members: Members, *, held: bool, years: range, identity: tuple[Any, ...]
    ) -> _Compiled:
        given, issues = read(parent, settings=self._settings, confined=held)
        notes = tuple(str(issue) for issue in issues if issue.note)
        if given is None:
            wrong = [issue for issue in issues if not issue.note]
            return _Compiled(identity, None, None, (), wrong[0].reason, "; ".join(map(str, wrong)), notes)
        policy = compile_policy(
            given, settings=self._settings, group_labels=members.group_labels, confined=held
        )
        entry = self._alertmanager(policy)
        if harm := refusals(render_policy(policy, years=years)):
            return _Compiled(identity, None, None, (), "WouldBreakAlertmanager", "; ".join(harm), notes)
        runbook = (given.spec.runbook_url or self._settings.runbook_url) is not None
        secrets = tuple(secrets_at(policy, entry))
        return _Compiled(identity, policy, given, secrets, "Valid", "", notes, runbook)

    def _selected(
        self, key: Key, parent: Manifest, policy: Policy, wanted: Sequence[Manifest], seen: Seen
    ) -> Condition:
        """Judged on the objects as they will be written."""
        entry, instance = self._alertmanager(policy), self._settings.instance
        config, *rules = (stamp(one, key=key, parent=parent, instance=instance) for one in wanted)
        if policy.mode == "Secret":
            routes = secret_selected(settings=entry, mounts=secrets_to_mount(policy), seen=seen)
        else:
            routes = config_selected(
                key.namespace,
                config["metadata"]["labels"],
                name=config_name(key.name),
                entry=policy.alertmanager,
                settings=entry,
                seen=seen,
                watched=self._settings.watch_namespaces,
            )
        if not rules or routes.status == "False":
            return routes
        of_rules = rules_selected(
            rules,
            namespace=key.namespace,
            source_name=policy.source,
            source=self._source(policy),
            watched=self._settings.watch_namespaces,
            seen=seen,
        )
        return routes if of_rules.status == "True" else of_rules


def secrets_at(policy: Policy, entry: Alertmanager) -> Iterable[SecretAt]:
    """Every key of a Secret the policy needs, and where it must be."""
    for receiver in policy.receivers:
        for ref in secrets_of(receiver):
            path = ".".join(("spec.receivers", receiver.name, *map(str, ref.at)))
            if policy.mode == "Secret":
                name = mounted(policy.namespace, ref.name)
                yield SecretAt(entry.namespace or "", name, ref.key, path, receiver.name, ref.holds)
            else:
                yield SecretAt(policy.namespace, ref.name, ref.key, path, receiver.name, ref.holds)


def _soonest(wait: timedelta | None, policy: Policy, now: datetime) -> timedelta | None:
    """The earlier of a wait and the time the hours must be written down anew."""
    if not policy.intervals or policy.mode == "Secret":
        return wait
    renewal = renew_at(now) - now
    return renewal if wait is None else min(wait, renewal)


def _membership(slo: Manifest | SeenChild | None) -> object:
    """What of an SLO its policies show or are rendered from."""
    if not isinstance(slo, dict) or "deletionTimestamp" in slo["metadata"]:
        return None
    spec = slo["spec"]
    return _labels(slo), spec.get("groupBy"), spec.get("alerting", {}).get("runbookURL")


def _spec(found: Manifest | SeenChild | None) -> object:
    """The parts of an Alertmanager or Prometheus that selection depends on."""
    if not isinstance(found, dict):
        return None
    spec = found.get("spec", {})
    return [
        spec.get(name)
        for name in (
            "alertmanagerConfigSelector",
            "alertmanagerConfigNamespaceSelector",
            "alertmanagerConfigMatcherStrategy",
            "configSecret",
            "secrets",
            "ruleSelector",
            "ruleNamespaceSelector",
        )
    ]


def _labels(found: Manifest | SeenChild | None) -> dict[str, str] | None:
    return found["metadata"].get("labels") if isinstance(found, dict) else None
