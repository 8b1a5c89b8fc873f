"""Sorts what was read: AlertPolicies, SLOs, AlertmanagerConfigs, a plain alertmanager.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, GROUP, SLO
from fireline.cli import output as out
from fireline.cli.inputs import Document, Finding, Inputs, load_any, load_one


@dataclass(slots=True)
class Given:
    """Documents by what they are. ``foreign`` counts those of other kinds."""

    policies: list[Document] = field(default_factory=list)
    slos: list[Document] = field(default_factory=list)
    configs: list[Document] = field(default_factory=list)
    plain: list[Document] = field(default_factory=list)
    foreign: int = 0
    findings: list[Finding] = field(default_factory=list)

    def __str__(self) -> str:
        counts = (
            (len(self.policies), "AlertPolicy", "AlertPolicies"),
            (len(self.configs), "AlertmanagerConfig", "AlertmanagerConfigs"),
            (len(self.plain), "alertmanager.yaml", "alertmanager.yaml"),
        )
        parts = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
        if others := self.foreign + len(self.slos):
            parts.append(f"{others} other document{'' if others == 1 else 's'}")
        return ", ".join(parts) or "nothing"


def read(paths: Sequence[str], *, namespace: str) -> Given:
    """Everything below the paths; objects without a namespace get ``namespace``.

    Raises click's UsageError for a path that is not there.
    """
    return sort(load_any(paths), namespace=namespace)


def sort(inputs: Inputs, *, namespace: str) -> Given:
    """Documents by what they are."""
    given = Given(findings=inputs.findings)
    for document in inputs.documents:
        manifest = document.manifest
        if not isinstance(manifest, dict):
            given.foreign += 1
            continue
        kind, group = manifest.get("kind"), str(manifest.get("apiVersion", "")).partition("/")[0]
        if kind is None and isinstance(manifest.get("route"), dict):
            given.plain.append(document)
            continue
        place = {
            (GROUP, ALERT_POLICY.kind): given.policies,
            (GROUP, SLO.kind): given.slos,
            (ALERTMANAGER_CONFIG.group, ALERTMANAGER_CONFIG.kind): given.configs,
        }.get((group, str(kind)))
        if place is None or not isinstance(manifest.get("metadata"), dict):
            given.foreign += 1
            continue
        manifest["metadata"].setdefault("namespace", namespace)
        place.append(document)
    return given


def plain_file(path: str) -> Manifest:
    """An alertmanager.yaml. Raises click's UsageError when it is none."""
    document, findings = load_one(path)
    out.report(findings, output="text", stderr=True, summary={})
    manifest = document.manifest
    if not isinstance(manifest, dict) or not isinstance(manifest.get("route"), dict):
        raise click.UsageError(f"{path}: is no alertmanager.yaml: it has no route")
    return manifest
