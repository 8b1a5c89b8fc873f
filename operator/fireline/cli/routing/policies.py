"""AlertPolicies of files as the operator would carry them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.effective import Origin, Strategy
from fireline.alerting.effective.tenancy import confined
from fireline.alerting.hours import valid_years
from fireline.alerting.members import members_of
from fireline.alerting.model import Policy
from fireline.alerting.raw import fragment
from fireline.alerting.render import render_policy
from fireline.api.belonging import Policies
from fireline.api.plan import Key, Manifest
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG
from fireline.api.stamp import stamp
from fireline.cli.inputs import Document, Finding
from fireline.cli.offline import duplicate, knowing, shaped
from fireline.cli.routing.given import Given
from fireline.settings import Alertmanager, Settings, Source


@dataclass(frozen=True, slots=True)
class Carried:
    """One policy and what becomes of it."""

    document: Document
    policy: Policy
    config: Manifest
    """The AlertmanagerConfig as it is written; without routes for a policy of the merged configuration."""
    rules: tuple[Manifest, ...]
    """The PrometheusRule with the policy's own alerts, if it has some."""

    @property
    def fragment(self) -> Manifest | None:
        """Its part of the merged configuration; None when it is delivered as an AlertmanagerConfig."""
        return fragment(self.policy) if self.policy.mode == "Secret" else None


def carried_out(
    given: Given, settings: Settings, *, at: datetime, strategy: Strategy, alertmanager_namespace: str
) -> tuple[list[Carried], list[Finding]]:
    """The policies that nothing is wrong with, and everything found about all of them."""
    findings: list[Finding] = []
    done: list[Carried] = []
    first: dict[str, Document] = {}
    for document in given.policies:
        if not isinstance(document.manifest.get("metadata"), dict):
            findings += [Finding.of(document, one) for one in read(document.manifest, settings=settings)[1]]
            continue
        origin = Origin.of(document.manifest)
        known = knowing(settings, document.manifest)
        held = confined(origin, strategy, alertmanager_namespace)
        policy, issues = read(document.manifest, settings=known, confined=held)
        findings += [Finding.of(document, issue) for issue in issues]
        if policy is None:
            continue
        other = first.setdefault(str(origin), document)
        if other is not document:
            findings.append(Finding.of(document, duplicate(document, other)))
            continue
        members = members_of(
            document.manifest,
            _of(given.slos, origin.namespace),
            Policies(_of(given.policies, origin.namespace)),
        )
        compiled = compile_policy(policy, settings=known, group_labels=members.group_labels, confined=held)
        config, *rules = _objects(compiled, document, known, at)
        done.append(Carried(document, compiled, config, tuple(rules)))
    return done, findings


def _objects(policy: Policy, document: Document, settings: Settings, at: datetime) -> list[Manifest]:
    """The AlertmanagerConfig, then rules, stamped as the operator does."""
    alertmanager = settings.alertmanagers.get(policy.alertmanager, Alertmanager())
    source = settings.sources.get(policy.source, Source())
    rendered = render_policy(
        policy,
        years=valid_years(at),
        config_labels=alertmanager.config_labels,
        rule_labels=source.rule_labels,
    )
    key = Key(ALERT_POLICY.kind, policy.namespace, policy.name)
    return [
        stamp(one, key=key, parent=document.manifest, instance=settings.instance)
        for one in sorted(rendered, key=lambda one: bool(one["kind"] != ALERTMANAGER_CONFIG.kind))
    ]


def _of(documents: Sequence[Document], namespace: str) -> Iterator[Manifest]:
    """Objects of one namespace, as far as they have what belonging asks for."""
    return (one for one in shaped(documents) if one["metadata"]["namespace"] == namespace)
