"""Gathers what the explanation of an AlertPolicy is made of: from a cluster or from files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.members import members_of
from fireline.alerting.model import Policy
from fireline.api.alert_policy import AlertPolicy
from fireline.api.belonging import Policies
from fireline.api.conditions import found
from fireline.api.issues import Issue
from fireline.api.resources import ALERT_POLICY
from fireline.cli.cluster import Cluster, asking
from fireline.cli.explaining.page import Explanation, Section
from fireline.cli.explaining.policy_facts import membership, promises, proof
from fireline.cli.explaining.policy_steps import policy_steps
from fireline.cli.explaining.policy_world import PolicyWorld, look_around_policy
from fireline.cli.explaining.told import told_lines
from fireline.cli.explaining.walking import headline, headline_offline, valid_offline
from fireline.cli.explaining.world import Manifest, get_or_say
from fireline.cli.inputs import Document, Inputs
from fireline.cli.offline import knowing, shaped
from fireline.settings import Settings

_OF_SETTINGS = frozenset({"NoMergedSecret", "UnknownSource", "UnknownAlertmanager", "ParentOutOfReach"})
"""What nobody can say who has neither the operator's settings nor the cluster."""


def policy_from_cluster(
    cluster: Cluster, namespace: str, name: str, settings: Settings, *, now: datetime
) -> Explanation:
    """One policy of the cluster. Raises Unreachable when it is not there or nobody can be asked."""
    with asking(ALERT_POLICY):
        policy = get_or_say(cluster, ALERT_POLICY, namespace, name, what="AlertPolicy")
        world = look_around_policy(cluster, policy)
    return _explained(world, settings, now, where=f"ap/{name} in namespace {namespace}")


def policies_from_files(inputs: Inputs, settings: Settings, *, now: datetime) -> list[Explanation]:
    """Every policy of the files, beside the SLOs of the same files."""
    slos, policies = shaped(inputs.documents), shaped(inputs.policies)
    return [_of_file(document, slos, policies, settings, now) for document in inputs.policies]


def _of_file(
    document: Document,
    slos: Sequence[Manifest],
    policies: Sequence[Manifest],
    settings: Settings,
    now: datetime,
) -> Explanation:
    metadata = document.manifest.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    world = PolicyWorld(
        document.manifest,
        slos=[one for one in slos if one["metadata"]["namespace"] == namespace],
        policies=[one for one in policies if one["metadata"]["namespace"] == namespace],
    )
    return _explained(world, settings, now, where=f"{document.file}:{document.line()} ({document.label})")


def _explained(world: PolicyWorld, settings: Settings, now: datetime, *, where: str) -> Explanation:
    given, policy, issues = _compiled(world, settings)
    status = world.policy.get("status") or {}
    offline = world.evaluators is None and not status
    walked = [valid_offline(issues)] if offline else policy_steps(world, policy, issues, settings, now)
    sections: list[Section] = []
    if given is not None and policy is not None:
        sections = [
            Section("Who is told?", "told", (*told_lines(given.spec), *promises(policy, status))),
            Section("Of whose alerts?", "members", tuple(membership(world, policy))),
            *([] if offline else [Section("Is it proved?", "proof", tuple(proof(status)))]),
        ]
    wanting = [] if sections else ["who is told is left out: it follows from a spec that is valid"]
    return Explanation(
        where=where,
        headline=headline_offline(issues) if offline else headline(walked, found(status, "Ready")),
        description="",
        now=now,
        steps=walked,
        sections=sections,
        events=world.events,
        remarks=world.remarks,
        wanting=wanting,
    )


def _compiled(
    world: PolicyWorld, settings: Settings
) -> tuple[AlertPolicy | None, Policy | None, list[Issue]]:
    """The typed and the compiled policy, as far as it is valid, and what is wrong with it."""
    known = knowing(settings, world.policy)
    given, issues = read(world.policy, settings=known)
    told = bool(world.policy.get("status"))
    if given is None and told and "alertmanagers" not in settings.model_fields_set:
        issues = [one for one in issues if one.reason not in _OF_SETTINGS]
        if all(one.note for one in issues):  # the operator, who knows its settings, has the say
            given = AlertPolicy.of(world.policy)
    if given is None:
        return None, None, issues
    labels: frozenset[str] = frozenset()
    if world.slos is not None and world.policies is not None:
        labels = members_of(world.policy, world.slos, Policies(world.policies)).group_labels
    return given, compile_policy(given, settings=known, group_labels=labels), issues
