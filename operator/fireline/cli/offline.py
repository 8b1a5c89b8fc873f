"""What can be said about objects without a cluster: the same checks the operator makes, with places.

Shared by ``render`` and ``validate``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from fireline import __version__
from fireline.api.belonging import Policies
from fireline.api.issues import Issue
from fireline.api.plan import Manifest
from fireline.api.slo import ServiceLevelObjective
from fireline.cli.inputs import Document, Finding, Inputs
from fireline.errors import SettingsInvalid
from fireline.settings import Alertmanager, Settings, Source, load_settings, read_file
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from fireline.slo.runs import OfCheck, check_of

SOME_IMAGE = f"fireline:{__version__}"
"""Stands for the image that runs the steps of checks, where the operator's settings were not given."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A document that nothing is wrong with."""

    document: Document
    slo: ServiceLevelObjective
    objective: Objective


def operator_settings(config: Path | None) -> Settings:
    """The operator's settings from a file (or ``FIRELINE_CONFIG``, or the defaults).

    Raises click's UsageError when they are not valid.
    """
    try:
        return load_settings(read_file(config) if config else {})
    except SettingsInvalid as error:
        raise click.UsageError(f"the operator's settings are not valid:\n{error}") from error


def examine(inputs: Inputs, settings: Settings) -> tuple[list[Sound], list[Finding]]:
    """The documents that can be carried out, and everything found, unreadable files included."""
    sound: list[Sound] = []
    findings = list(inputs.findings)
    first: dict[tuple[str, str], Document] = {}
    policies, checks = policies_of(inputs.policies), shaped(inputs.checks)
    for document in inputs.documents:
        slo, issues = read(
            document.manifest, sources=sources_for(document.manifest, settings), tiers=settings.tiers
        )
        findings += [Finding.of(document, issue) for issue in issues]
        if slo is None:
            continue
        other = first.setdefault((slo.metadata.namespace, slo.metadata.name), document)
        if other is not document:
            findings.append(Finding.of(document, duplicate(document, other)))
            continue
        near = policies.get(slo.metadata.namespace)
        owner = near.owner(slo.metadata.labels or {}) if near else None
        objective = compile_slo(
            slo, settings=settings, policy=owner, check=of_check(document.manifest, checks)
        )
        findings += [
            Finding.of(document, Issue("Adjusted", ("spec", "objective"), note, note=True))
            for note in objective.notes
        ]
        sound.append(Sound(document, slo, objective))
    return sound, findings


def refused(findings: Collection[Finding]) -> bool:
    """Whether some finding is more than a note."""
    return any(not finding.issue.note for finding in findings)


def of_check(slo: Manifest, checks: Iterable[Manifest]) -> OfCheck | None:
    """What is known of the check an SLO is about, if it is among some; None when it is not, or about none."""
    name = check_of(slo)
    if name is None:
        return None
    from fireline.synthetic.cadence import cadence_of  # noqa: PLC0415 - other SLOs need none of it

    here = (name, slo["metadata"]["namespace"])
    found = (one for one in checks if (one["metadata"]["name"], one["metadata"]["namespace"]) == here)
    return next((OfCheck.seen(name, one, cadence_of) for one in found), None)


def policies_of(documents: Iterable[Document]) -> dict[str, Policies]:
    """The policies of each namespace: an SLO's alerts carry the name of the one it belongs to."""
    found: dict[str, list[Manifest]] = {}
    for manifest in shaped(documents):
        found.setdefault(manifest["metadata"]["namespace"], []).append(manifest)
    return {namespace: Policies(given) for namespace, given in found.items()}


def shaped(documents: Iterable[Document]) -> list[Manifest]:
    """Those that have what the question of who belongs to whom relies on: a file may hold anything."""
    return [document.manifest for document in documents if _has_shape(document.manifest)]


def _has_shape(manifest: Manifest) -> bool:
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return False
    group_by, alerting = spec.get("groupBy") or [], spec.get("alerting")
    return (
        isinstance(metadata.get("name"), str)
        and isinstance(metadata.get("namespace"), str)
        and isinstance(metadata.get("creationTimestamp", ""), str)
        and isinstance(metadata.get("labels", {}), dict)
        and all(isinstance(value, str) for value in metadata.get("labels", {}).values())
        and isinstance(group_by, list)
        and all(isinstance(label, str) for label in group_by)
        and (alerting is None or isinstance(alerting, dict))
    )


def duplicate(document: Document, other: Document) -> Issue:
    """Two objects of one kind, namespace and name."""
    return Issue(
        "Duplicate",
        ("metadata", "name"),
        f"{document.label} is already defined in {other.file}:{other.line()}; rename or remove one of them",
    )


def sources_for(manifest: Manifest, settings: Settings) -> set[str]:
    """Sources that may be named: those of the settings, or any when no settings were given."""
    if "sources" in settings.model_fields_set:
        return set(settings.sources)
    spec = manifest.get("spec")
    named = spec.get("prometheus") if isinstance(spec, dict) else None
    return {*settings.sources, *([named] if isinstance(named, str) else [])}


def knowing(settings: Settings, manifest: Manifest) -> Settings:
    """Settings in which the policy's Alertmanager and source exist: a file is judged without them."""
    spec = manifest.get("spec")
    found = spec if isinstance(spec, dict) else {}
    update: dict[str, object] = {}
    alertmanager, source = found.get("alertmanager", "default"), found.get("prometheus", "default")
    if "alertmanagers" not in settings.model_fields_set and isinstance(alertmanager, str):
        update["alertmanagers"] = {alertmanager: Alertmanager(), **settings.alertmanagers}
    if "sources" not in settings.model_fields_set and isinstance(source, str):
        update["sources"] = {source: Source(), **settings.sources}
    return settings.model_copy(update=update) if update else settings


def with_image(settings: Settings) -> Settings:
    """Settings in which something can run the steps of checks: a file is judged without the operator's."""
    if "checks" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"checks": settings.checks.model_copy(update={"image": SOME_IMAGE})})
