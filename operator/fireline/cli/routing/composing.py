"""The effective configuration of everything that was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import click

from fireline.alerting import raw
from fireline.alerting.effective import (
    DEFAULT_BASE,
    Origin,
    Strategy,
    breaks_everything,
    merged,
    refused,
    refused_base,
)
from fireline.api.issues import Issue
from fireline.api.plan import Manifest
from fireline.cli.inputs import Document, Finding, Inputs
from fireline.cli.routing.given import Given
from fireline.cli.routing.policies import Carried, carried_out
from fireline.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """How to merge: into what, by whose rules, as of when."""

    at: datetime
    base: Manifest | None = None
    strategy: Strategy = "OnNamespace"
    alertmanager_namespace: str = "monitoring"


@dataclass(frozen=True, slots=True)
class Composed:
    """The configuration, and everything found on the way; with a finding that is no note it is not what
    Alertmanager would have."""

    configuration: Manifest
    carried: tuple[Carried, ...]
    findings: tuple[Finding, ...]


def compose(given: Given, settings: Settings, asked: Asked) -> Composed:
    """Merges policies and AlertmanagerConfigs into the base. Raises click's UsageError for no base or two."""
    carried, findings = carried_out(
        given,
        settings,
        at=asked.at,
        strategy=asked.strategy,
        alertmanager_namespace=asked.alertmanager_namespace,
    )
    base = _base(given, settings, asked)
    fragments = sorted(
        ((one.policy.namespace, one.policy.name, part) for one in carried if (part := one.fragment)),
        key=lambda one: one[:2],
    )
    with_fragments = raw.merged(base, [part for _, _, part in fragments]) if fragments else base
    objects = [(document, document.manifest) for document in given.configs]
    objects += [(one.document, one.config) for one in carried]
    sound = []
    found = [*given.findings, *findings]
    for document, config in objects:
        reasons = list(_against(config, with_fragments))
        found += [_finding(document, *reason) for reason in reasons]
        if not any(reason == "Rejected" for reason, _ in reasons):
            sound.append(config)
    configuration = merged(
        with_fragments,
        sound,
        strategy=asked.strategy,
        alertmanager_namespace=asked.alertmanager_namespace,
    )
    return Composed(configuration, tuple(carried), tuple(found))


def examine_policies(
    inputs: Inputs, settings: Settings, *, at: datetime
) -> tuple[list[Carried], list[Finding]]:
    """The policies that can be carried out, and everything found, what others would refuse included."""
    given = Given(policies=inputs.policies, slos=inputs.documents)
    usual = Asked(at)
    carried, findings = carried_out(
        given, settings, at=at, strategy=usual.strategy, alertmanager_namespace=usual.alertmanager_namespace
    )
    for one in carried:
        findings += [_finding(one.document, *reason) for reason in _against(one.config, {})]
    return carried, findings


def _against(config: Manifest, base: Manifest) -> Iterator[tuple[str, str]]:
    """Reason and words of everything that is wrong with an AlertmanagerConfig."""
    rejected = refused(config)
    for words in rejected:
        yield "Rejected", f"{words}; prometheus-operator leaves {Origin.of(config)} out"
    if not rejected:
        yield from (("StopsEverything", words) for words in breaks_everything(config, base=base))


def _finding(document: Document, reason: str, words: str) -> Finding:
    """At the whole object: the path of a rendered object is not one of the file."""
    return Finding.of(document, Issue(reason, (), words))


def _base(given: Given, settings: Settings, asked: Asked) -> Manifest:
    """``--base``, an alertmanager.yaml of the paths or of the settings, or prometheus-operator's default."""
    bases = [document.manifest for document in given.plain]
    if asked.base is not None:
        bases.append(asked.base)
    if len(bases) > 1:
        files = ", ".join(document.file for document in given.plain)
        raise click.UsageError(f"there can be one base configuration: {files}; use one, or --base")
    own = [entry.base for entry in settings.alertmanagers.values() if entry.base]
    base = next(iter([*bases, *(own if len(own) == 1 else [])]), DEFAULT_BASE)
    # Read as it is by Alertmanager, it may hold what prometheus-operator cannot merge into.
    reasons = refused_base(base) if given.configs or given.policies else []
    if reasons:
        raise click.UsageError(
            f"prometheus-operator cannot merge into the base configuration: {'; '.join(reasons)}"
        )
    return base
