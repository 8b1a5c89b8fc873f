"""Incidents for ``fireline incidents`` and ``fireline postmortem``: read from the status of SLOs, in a
cluster or in files as ``kubectl get slo -o yaml`` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fireline.api.conditions import parse_timestamp
from fireline.api.resources import SLO
from fireline.cli import output as out
from fireline.cli import standing
from fireline.cli.cluster import Cluster, asking
from fireline.cli.fileshape import is_time
from fireline.cli.inputs import Finding, load
from fireline.incident.identity import PREFIX, find

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One incident with the SLO it is of."""

    slo: Manifest
    incident: Manifest

    @property
    def place(self) -> str:
        """``namespace/name`` of the SLO."""
        return f"{self.slo['metadata']['namespace']}/{self.slo['metadata']['name']}"


@dataclass(frozen=True, slots=True)
class Found:
    """SLOs, and where they were looked for, in words."""

    slos: Sequence[Manifest]
    where: str

    def incidents(self) -> list[Recorded]:
        """All incidents: those that go on first, then the newest."""
        found = [
            Recorded(one, incident)
            for one in self.slos
            for incident in one.get("status", {}).get("incidents", ())
        ]
        newest = sorted(
            found, key=lambda one: (-parse_timestamp(one.incident["startedAt"]).timestamp(), one.place)
        )
        return sorted(newest, key=lambda one: one.incident["state"] != "Open")

    def meant(self, target: str) -> Recorded:
        """The incident of this id, or the newest of this SLO. Raises click's UsageError without one."""
        kind, slash, name = target.rpartition("/")
        all_ = self.incidents()
        if not slash and target.startswith(PREFIX):
            named = find([one.incident for one in all_], target)
            chosen = next((one for one in all_ if one.incident is named), None)
            if chosen is None:
                raise click.UsageError(
                    f"there is no incident {target} in {self.where}; fireline incidents -A lists all that "
                    "are recorded (the open one and the last ten of each SLO)"
                )
            return chosen
        if slash and kind.lower() not in {"slo", "slos", "servicelevelobjective", "servicelevelobjectives"}:
            raise click.UsageError(f"{target}: write the id of an incident, or slo/NAME for its newest")
        mine = [one for one in all_ if one.slo["metadata"]["name"] == name]
        if not mine:
            known = any(one["metadata"]["name"] == name for one in self.slos)
            why = "has no incident on record" if known else f"is not in {self.where}"
            raise click.UsageError(f"SLO {name} {why}")
        return mine[0]


def look(
    *,
    files: Sequence[str],
    namespace: str | None,
    all_namespaces: bool,
    kubeconfig: Path | None,
    context: str | None,
) -> Found:
    """The SLOs of files, or of a cluster without any. Raises click's UsageError, and Unreachable."""
    if namespace and all_namespaces:
        raise click.UsageError("-n and -A contradict each other; choose one")
    if files:
        if all_namespaces or kubeconfig or context:
            raise click.UsageError("-A, --kubeconfig and --context ask a cluster; leave them out with files")
        return Found(_of_files(files, namespace), "these files")
    with Cluster.connect(kubeconfig, context) as cluster:
        place = None if all_namespaces else namespace or cluster.namespace
        with asking(SLO):
            return Found(cluster.list(SLO, place), f"namespace {place}" if place else "all namespaces")


def _of_files(files: Sequence[str], namespace: str | None) -> list[Manifest]:
    inputs = load(files, namespace=namespace or "default")
    documents = inputs.of(SLO.kind)
    findings = [
        *inputs.findings,
        *(Finding.of(one, standing.UNFIT) for one in documents if not _readable(one.manifest)),
    ]
    if findings:
        out.report(findings, output="text", stderr=True, summary={})
        raise click.UsageError("the files cannot be read as SLOs with a status")
    found = [one.manifest for one in documents]
    return [one for one in found if namespace in {None, one["metadata"]["namespace"]}]


def _readable(manifest: Manifest) -> bool:
    """Whether the incidents of an object from a file have the shape the operator writes."""
    if not standing.readable(manifest):
        return False
    incidents = manifest.get("status", {}).get("incidents", [])
    return isinstance(incidents, list) and all(map(_is_incident, incidents))


def _is_incident(one: Any) -> bool:
    texts = ("id", "state", "startedAt", "severity", "alertname", "tier")
    if not isinstance(one, dict) or not all(isinstance(one.get(name), str) for name in texts):
        return False
    facts = one.get("facts", [])
    maps = ("phases", "budget", "evidence")
    return (
        is_time(one["startedAt"])
        and all(isinstance(one.get(name, {}), dict) for name in maps)
        and all(is_time(at) for at in one.get("phases", {}).values())
        and isinstance(facts, list)
        and all(_is_fact(fact) for fact in facts)
    )


def _is_fact(fact: Any) -> bool:
    texts = ("eventTime", "recordedTime", "phase", "type", "actor", "source", "summary")
    return (
        isinstance(fact, dict)
        and isinstance(fact.get("seq"), int)
        and all(isinstance(fact.get(name), str) for name in texts)
        and is_time(fact["eventTime"])
    )
