"""Policies, SLOs and checks of a report, from files or a cluster; what is not valid is told and left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fireline.alerting.checks import read as read_policy
from fireline.api.alert_policy import AlertPolicy
from fireline.api.belonging import owner
from fireline.api.conditions import parse_timestamp
from fireline.api.resources import ALERT_POLICY, GROUP, SLO, SYNTHETIC_CHECK, Resource
from fireline.cli import output as out
from fireline.cli.checkshape import readable
from fireline.cli.cluster import Cluster, Unreachable, asking
from fireline.cli.inputs import load_any
from fireline.cli.offline import of_check, sources_for
from fireline.cli.standing import UNFIT
from fireline.refresh.quality import Member, members
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is reported: policies with their SLOs, and the SLOs without one."""

    members: tuple[Member, ...]
    alone: tuple[Objective, ...]
    only_slos: bool = False
    """Some SLOs were asked for: alerts of others, and of rules, are left out."""
    checks: tuple[Manifest, ...] = ()
    """SyntheticChecks, with their status."""

    def __bool__(self) -> bool:
        return bool(self.members or self.alone or self.checks)

    @property
    def objectives(self) -> list[Objective]:
        """All SLOs."""
        return [*(one for member in self.members for one in member.objectives), *self.alone]


def of_files(paths: Sequence[str], namespace: str | None) -> list[Manifest]:
    """Our objects among the documents of files; one without a namespace is in ``namespace``."""
    inputs = load_any(paths)
    if inputs.findings:
        out.report(inputs.findings, output="text", stderr=True, summary={})
        raise click.UsageError("the files cannot be read as Kubernetes objects")
    found = []
    for document in inputs.documents:
        manifest = document.manifest
        if _is_ours(manifest):
            manifest["metadata"].setdefault("namespace", namespace or "default")
            found.append(manifest)
    return found


def of_cluster(
    kubeconfig: Path | None, context: str | None, namespace: str | None, *, all_: bool
) -> list[Manifest]:
    """The objects of one namespace, or of all. Raises Unreachable."""
    with Cluster.connect(kubeconfig, context) as cluster:
        place = None if all_ else namespace or cluster.namespace
        found: list[Manifest] = []
        for resource in (ALERT_POLICY, SLO, SYNTHETIC_CHECK):
            listed = _listed(cluster, resource, place)
            found += ({**one, "kind": resource.kind, "apiVersion": resource.api_version} for one in listed)
        return found


def _listed(cluster: Cluster, resource: Resource, place: str | None) -> list[Manifest]:
    """All of a kind. Checks may be unknown to an older installation, or not for this user to read."""
    try:
        with asking(resource):
            return cluster.list(resource, place)
    except Unreachable as error:
        if resource != SYNTHETIC_CHECK or not (error.missing or error.forbidden):
            raise
        if error.forbidden:
            out.note(f"left out: {error.message}")
        return []


def chosen(
    manifests: Sequence[Manifest],
    settings: Settings,
    *,
    namespace: str | None,
    policies: Iterable[str],
    slos: Iterable[str],
    checks: Iterable[str] = (),
) -> Chosen:
    """Who belongs to whom is decided among all objects; then those that were not asked for are left out."""
    asked = frozenset(checks)
    listed = _checks(manifests, namespace, asked, others=bool(frozenset(policies) | frozenset(slos)))
    if asked and not (frozenset(policies) | frozenset(slos)):
        return Chosen((), (), checks=tuple(listed))
    here = [one for one in manifests if namespace in (None, one["metadata"].get("namespace"))]
    given = [one for one in here if one["kind"] == ALERT_POLICY.kind]
    beside = [one for one in here if one["kind"] == SYNTHETIC_CHECK.kind]
    compiled = [(one, _compiled(one, given, beside, settings)) for one in here if one["kind"] == SLO.kind]
    objectives = [one for _, one in compiled if one is not None]
    only, wanted = frozenset(slos), frozenset(policies)
    _known("--slo", only, {one.name for one in objectives})
    _known("--policy", wanted, {one["metadata"]["name"] for one in given})
    mine = [one for one in objectives if not only or one.name in only]
    named = [
        (policy, since)
        for policy, since in _policies(given, settings)
        if not wanted or policy.metadata.name in wanted
    ]
    alone = [] if wanted else [one for one in mine if one.policy is None]
    kept = [one for one in members(named, mine) if one.objectives or not only]
    return Chosen(tuple(kept), tuple(alone), only_slos=bool(only), checks=tuple(listed))


def _checks(
    manifests: Sequence[Manifest], namespace: str | None, asked: frozenset[str], *, others: bool
) -> list[Manifest]:
    """Those that were asked for; all of them when nothing else was asked for either."""
    found = []
    for one in manifests:
        if one["kind"] != SYNTHETIC_CHECK.kind or namespace not in (None, one["metadata"].get("namespace")):
            continue
        if readable(one):
            found.append(one)
        else:
            out.note(f"left out: SyntheticCheck {one['metadata'].get('name')}: {UNFIT.message}")
    _known("--check", asked, {one["metadata"]["name"] for one in found})
    if asked or others:
        return [one for one in found if one["metadata"]["name"] in asked]
    return found


def _is_ours(manifest: Any) -> bool:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("metadata"), dict):
        return False
    ours = str(manifest.get("apiVersion", "")).partition("/")[0] == GROUP
    return ours and str(manifest.get("kind")) in {SLO.kind, ALERT_POLICY.kind, SYNTHETIC_CHECK.kind}


def _known(option: str, wanted: frozenset[str], there: set[str]) -> None:
    if missing := sorted(wanted - there):
        names = ", ".join(sorted(there)) or "none"
        raise click.UsageError(f"{option}: there is no {', '.join(missing)}; known: {names}")


def _policies(given: Iterable[Manifest], settings: Settings) -> Iterator[tuple[AlertPolicy, int | None]]:
    for manifest in given:
        metadata = manifest["metadata"]
        policy, issues = read_policy(manifest, settings=settings, confined=False)
        if policy is None:
            wrong = next(str(issue) for issue in issues if not issue.note)
            out.note(f"left out: AlertPolicy {metadata.get('name')}: {wrong}")
            continue
        created = metadata.get("creationTimestamp")
        yield policy, int(parse_timestamp(created).timestamp()) if created else None


def _compiled(
    manifest: Manifest, policies: Sequence[Manifest], checks: Sequence[Manifest], settings: Settings
) -> Objective | None:
    metadata = manifest["metadata"]
    slo, issues = read(manifest, sources=sources_for(manifest, settings), tiers=settings.tiers)
    if slo is None:
        wrong = next(str(issue) for issue in issues if not issue.note)
        out.note(f"left out: ServiceLevelObjective {metadata.get('name')}: {wrong}")
        return None
    near = [one for one in policies if one["metadata"].get("namespace") == metadata.get("namespace")]
    belongs = owner(metadata.get("labels") or {}, near)
    return compile_slo(slo, settings=settings, policy=belongs, check=of_check(manifest, checks))
