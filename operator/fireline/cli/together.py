"""What AlertPolicies are for each other and for the SLOs beside them. Used by ``validate``.

One object alone may be sound while two together leave somebody untold: an SLO no policy selects, a tier
no SLO has, an alert that mutes another one of its name.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from fireline.alerting.effective import misread
from fireline.api.alert_policy import AlertPolicy
from fireline.api.issues import Issue, explain
from fireline.cli.inputs import Document, Finding, Inputs
from fireline.cli.offline import Sound, policies_of
from fireline.cli.routing.composing import examine_policies
from fireline.cli.routing.policies import Carried
from fireline.settings import Settings
from fireline.slo.render import render_rule

Placed = tuple[Document, Issue]
"""What was found, and the document it is about."""


def examine_together(
    inputs: Inputs, sound: Sequence[Sound], settings: Settings, *, at: datetime
) -> list[Finding]:
    """Everything about the policies of the files, alone and beside the SLOs that are ``sound``."""
    shaped, findings = _shaped(inputs.policies)
    given = replace(inputs, policies=shaped, documents=[one.document for one in sound])
    carried, found = examine_policies(given, settings, at=at)
    placed = [
        *_misread(carried),
        *_namesakes(carried),
        *_belonging(carried, sound),
        *_unused(carried, sound, at),
    ]
    return [*findings, *found, *(Finding.of(*one) for one in placed)]


def _shaped(documents: Sequence[Document]) -> tuple[list[Document], list[Finding]]:
    """Policies that satisfy their schema: what looks further at an object relies on its shape."""
    shaped, findings = [], []
    for document in documents:
        try:
            AlertPolicy.of(document.manifest)
        except ValidationError as error:
            from fireline.api.crd import policy_schema  # noqa: PLC0415 - only wrong objects need the schema

            findings += [Finding.of(document, issue) for issue in explain(error, policy_schema())]
        else:
            shaped.append(document)
    return shaped, findings


def _misread(carried: Sequence[Carried]) -> Iterator[Placed]:
    """Fields prometheus-operator would read as something else."""
    for one in carried:
        for words in misread(one.config):
            yield one.document, Issue("WouldBreakAlertmanager", (), words)


def _namesakes(carried: Sequence[Carried]) -> Iterator[Placed]:
    """Alerts of one name and namespace with different severities, in two policies.

    The inhibition most clusters have lets the more severe one mute the other: it compares namespace and
    alertname only.
    """
    first: dict[tuple[str, str], tuple[Carried, str]] = {}
    for other in carried:
        for name, severity in _severities(other).items():
            one, before = first.setdefault((other.policy.namespace, name), (other, severity))
            if severity == before:
                continue
            at = one.document.line(_rule_at(one, name))
            words = (
                f"{name} is {severity} here and {before} in {one.document.label} "
                f"({one.document.file}:{at}): the inhibition most clusters have would let one mute the "
                f"other; give them different names"
            )
            yield other.document, Issue("MutesNamesake", _rule_at(other, name), words)


def _severities(one: Carried) -> dict[str, str]:
    """Label ``severity`` of the policy's own alerts, by name."""
    rules = [rule for group in one.policy.groups for rule in group["rules"]]
    wanted = set(one.policy.alertnames)
    return {rule["alert"]: rule["labels"]["severity"] for rule in rules if rule.get("alert") in wanted}


def _rule_at(one: Carried, name: str) -> tuple[str | int, ...]:
    names = [rule.get("name") for rule in one.document.manifest["spec"]["rules"]]
    return ("spec", "rules", names.index(name), "name")


def _belonging(carried: Sequence[Carried], sound: Sequence[Sound]) -> Iterator[Placed]:
    """SLOs of a namespace with policies that belong to none, or could belong to two."""
    near = policies_of([one.document for one in carried])
    for one in sound:
        metadata = one.slo.metadata
        policies = near.get(metadata.namespace)
        if policies is None:
            continue
        ranked = policies.ranked(metadata.labels or {})
        at = ("metadata", "labels") if metadata.labels else ("metadata",)
        if not ranked:
            words = (
                "no AlertPolicy of these files selects it: its alerts carry the default severities and go "
                "wherever the cluster's own routing sends them"
            )
            yield one.document, Issue("NoPolicy", at, words, note=True)
        elif len(ranked) > 1:
            names = [policy["metadata"]["name"] for policy in ranked]
            levels = [policy["spec"].get("priority", 0) for policy in ranked[:2]]
            why = (
                "it has the higher priority"
                if levels[0] != levels[1]
                else "by its name, and in a cluster the older one would; give one a higher spec.priority"
            )
            words = f"belongs to AlertPolicy {names[0]}, though {', '.join(names[1:])} selects it too: {why}"
            yield one.document, Issue("Overlapping", at, words, note=True)


def _unused(carried: Sequence[Carried], sound: Sequence[Sound], at: datetime) -> Iterator[Placed]:
    """Policies that select nothing, and severities for tiers that none of their SLOs has."""
    near = policies_of([one.document for one in carried])
    beside: dict[str, int] = Counter(one.slo.metadata.namespace for one in sound)
    owned: dict[tuple[str, str], list[Sound]] = {}
    for slo in sound:
        policies, metadata = near.get(slo.slo.metadata.namespace), slo.slo.metadata
        if policies and (owner := policies.owner(metadata.labels or {})):
            owned.setdefault((owner.namespace, owner.name), []).append(slo)
    for one in carried:
        members = owned.get((one.policy.namespace, one.policy.name), [])
        count = beside[one.policy.namespace]
        spec = one.document.manifest["spec"]
        if count and not members and not spec.get("rules"):
            words = f"none of the {count} SLOs of namespace {one.policy.namespace} here belongs to it"
            yield one.document, Issue("SelectsNothing", ("spec", "selector"), words, note=True)
        known = {tier for slo in members for tier in _tiers(slo, at)}
        for tier in spec.get("tiers") or {} if known else ():
            if tier not in known:
                close = difflib.get_close_matches(tier, known, n=1)
                hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(known))}"
                words = f"none of its SLOs here has a tier of this name{hint}"
                yield one.document, Issue("UnknownTier", ("spec", "tiers", tier), words, note=True)


def _tiers(one: Sound, at: datetime) -> Iterator[str]:
    for group in render_rule(one.objective, at=at.timestamp())["spec"]["groups"]:
        yield from (rule["labels"]["slo_tier"] for rule in group["rules"] if "alert" in rule)
