"""Gathers what the explanation of a Mitigation is made of: from a cluster or from files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fireline.api.belonging import Owner, Policies
from fireline.api.conditions import found
from fireline.api.issues import Issue
from fireline.api.mitigation import Mitigation
from fireline.api.resources import ALERT_POLICY, LEASE, MITIGATION, PROMETHEUS_RULE
from fireline.cli.cluster import Cluster, asking
from fireline.cli.explaining.alarms import Alarm
from fireline.cli.explaining.arithmetic import UNKNOWN, Line
from fireline.cli.explaining.mitigation_advice import advice
from fireline.cli.explaining.page import Explanation, Section
from fireline.cli.explaining.walking import (
    Step,
    child,
    headline,
    headline_offline,
    seen,
    told,
    valid,
    valid_offline,
    written,
)
from fireline.cli.explaining.world import Found, Manifest, Rights, events_of, find, get_or_say
from fireline.cli.inputs import Inputs
from fireline.cli.mitigating.carried import judged
from fireline.cli.mitigating.page import record_line
from fireline.cli.mitigating.sentences import does, trigger
from fireline.cli.mitigating.shape import readable
from fireline.cli.mitigating.standing import MitigationStanding
from fireline.cli.offline import policies_of, sources_for
from fireline.cli.words import rough
from fireline.mitigation.actions.table import action_of
from fireline.mitigation.alert_rules import MitigationAlerts, alert_rules
from fireline.mitigation.checks import read
from fireline.mitigation.names import rule_name
from fireline.settings import Settings

_WANTING = "its alerts are left out: they follow from a spec that is valid"
_RECORDS = 10


@dataclass(frozen=True, slots=True)
class MitigationWorld:
    """A Mitigation and its surroundings; one from a file has none."""

    mitigation: Manifest
    rule: Found | None = None
    """Its PrometheusRule; None in a file."""
    policies: Policies | None = None
    leases: Sequence[Manifest] = ()
    events: Sequence[Manifest] = field(default_factory=tuple)
    remarks: Sequence[str] = ()


def mitigation_from_cluster(
    cluster: Cluster, namespace: str, name: str, settings: Settings, *, now: datetime
) -> Explanation:
    """One Mitigation of the cluster. Raises Unreachable when it is not there or nobody can be asked."""
    with asking(MITIGATION):
        found_ = get_or_say(cluster, MITIGATION, namespace, name, what="Mitigation")
        rights = Rights(cluster)
        world = MitigationWorld(
            found_,
            rule=find(cluster, PROMETHEUS_RULE, namespace, rule_name(name)),
            policies=Policies(rights.list(ALERT_POLICY, namespace)),
            leases=() if found_.get("status") else rights.list(LEASE, None, "metadata.name=fireline"),
            events=events_of(rights, namespace, ((MITIGATION, name), (PROMETHEUS_RULE, rule_name(name)))),
            remarks=rights.remarks,
        )
    return _explained(world, settings, now, where=f"mit/{name} in namespace {namespace}")


def mitigations_from_files(inputs: Inputs, settings: Settings, *, now: datetime) -> list[Explanation]:
    """Every Mitigation of the files, beside the policies of the same files."""
    policies = policies_of(inputs.policies)
    return [
        _explained(
            MitigationWorld(_with_status(one.manifest), policies=policies.get(one.label.rpartition("/")[0])),
            settings,
            now,
            where=f"{one.file}:{one.line()} ({one.label})",
        )
        for one in inputs.mitigations
    ]


def _with_status(manifest: Manifest) -> Manifest:
    """Without a status in which anything may stand: nobody but an API server vouches for its shape."""
    if readable(manifest):
        return manifest
    return {key: value for key, value in manifest.items() if key != "status"}


def _explained(world: MitigationWorld, settings: Settings, now: datetime, *, where: str) -> Explanation:
    manifest = world.mitigation
    status = manifest.get("status") or {}
    given, issues = read(manifest, settings=judged(settings), sources=sources_for(manifest, settings))
    offline = world.rule is None and not status
    owner = world.policies.owner(given.metadata.labels or {}) if given and world.policies else None
    walked = [valid_offline(issues)] if offline else _steps(world, issues, now)
    return Explanation(
        where=where,
        headline=headline_offline(issues) if offline else headline(walked, found(status, "Ready")),
        description=(given.spec.description or "") if given else "",
        now=now,
        steps=walked,
        alarms=_alarms(given, owner, settings) if given else [],
        first=list(_sections(manifest, given, now)),
        events=world.events,
        remarks=world.remarks,
        wanting=[] if given else [_WANTING],
    )


def _steps(world: MitigationWorld, issues: Sequence[Issue], now: datetime) -> list[Step]:
    """One thing follows from another: spec, rules, their selection, rights."""
    manifest = world.mitigation
    status, name = manifest.get("status"), manifest["metadata"]["name"]
    rows = [seen(manifest, world.leases, now), valid(status, issues)]
    if world.rule is not None:
        answer = child(f"PrometheusRule {rule_name(name)}", world.rule, name)
        rows.append(written([answer], status))
    rows += [told(status, "Selected"), told(status, "Permitted")]
    where = {"name": str(name), "ns": str(manifest["metadata"]["namespace"]), "rule": rule_name(name)}
    return [_advised(row, where) for row in rows]


def _advised(step: Step, where: Mapping[str, str]) -> Step:
    if step.verdict == "Yes":
        return step
    text, commands = advice(step.name)
    return replace(
        step,
        advice=tuple(one.format(**where) for one in text),
        commands=tuple(one.format(**where) for one in commands),
    )


def _sections(manifest: Manifest, given: Mitigation | None, now: datetime) -> Iterator[Section]:
    if given is not None:
        yield Section("What would it do?", "does", tuple(_does(manifest, given)))
    if manifest.get("status"):
        yield Section("Where is it?", "course", tuple(_course(manifest, now)))


def _does(manifest: Manifest, given: Mitigation) -> Iterator[Line]:
    spec: Mapping[str, Any] = manifest["spec"]
    yield Line("Action", given.spec.action.name, (does(spec),))
    when = "without asking" if given.spec.mode == "Auto" else "after a person approved it"
    ticks = given.spec.trigger.for_ticks if given.spec.trigger else 0
    asked = "when a person asks for it" if not ticks else "as soon as it is true"
    after = f"true {ticks} times in a row" if ticks > 1 else asked
    yield Line("Called for by", trigger(spec), (after, when))
    revert = given.spec.revert
    words = {
        "Recovery": f"when the trigger was false for {revert.healthy_for}",
        "TTL": f"after {revert.ttl} ({revert.ttl_policy})",
        "Delete": "when the Mitigation is deleted",
    }
    kind = action_of(given.spec).reversibility(given.spec)
    stays = ("never by itself: that would bring the bad version back",)
    lasting = {"Sticky": stays, "Irreversible": ("never: it cannot be",)}
    yield Line("Taken back", kind, lasting.get(kind) or tuple(words[one] for one in revert.when))
    yield Line("Rights", given.spec.service_account_name, (f"fireline rbac {given.metadata.name}",))


def _course(manifest: Manifest, now: datetime) -> Iterator[Line]:
    status, one = manifest["status"], MitigationStanding.of(manifest, now)
    since = f" for {rough((now - one.since).total_seconds())}" if one.since else ""
    result = f" ({one.result})" if one.result else ""
    yield Line("Phase", f"{one.phase}{result}{since}", tuple(filter(None, [status.get("message")])))
    if one.signal:
        yield Line("Trigger", UNKNOWN if one.signal == "Unknown" else one.signal)
    if one.human:
        yield Line("Needs you", one.human, (one.message,))
    records = (status.get("history") or ())[-_RECORDS:]
    if records:
        yield Line("History", f"{len(records)} last", tuple(record_line(r, now).plain for r in records))


def _alarms(given: Mitigation, owner: Owner | None, settings: Settings) -> list[Alarm]:
    alerts = MitigationAlerts.of(given, policy=owner, default_runbook=settings.runbook_url)
    return [
        Alarm(
            tier=rule["alert"].removeprefix("Mitigation"),
            alert=rule["alert"],
            severity=rule["labels"]["severity"],
            sev=rule["labels"]["sev"],
            state="",
            since=None,
            words=(rule["annotations"]["summary"].replace("{{ $labels.reason }}", "a reason"),),
        )
        for rule in alert_rules(alerts)
    ]
