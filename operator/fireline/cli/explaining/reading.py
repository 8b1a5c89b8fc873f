"""Gathers what an explanation is made of: from a cluster or from files, and from a Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import click

from fireline.api.conditions import found
from fireline.api.issues import Issue
from fireline.api.labels import SPEC_HASH
from fireline.api.resources import SLO
from fireline.api.slo import ServiceLevelObjective
from fireline.cli import output as out
from fireline.cli.cluster import Cluster, Unreachable, asking
from fireline.cli.explaining.alarms import alarms
from fireline.cli.explaining.arithmetic import numbers
from fireline.cli.explaining.check_reading import checks_from_files
from fireline.cli.explaining.mitigation_reading import mitigations_from_files
from fireline.cli.explaining.owner import owning, told_of
from fireline.cli.explaining.page import Explanation
from fireline.cli.explaining.policy_reading import policies_from_files
from fireline.cli.explaining.raw import Asked, ask
from fireline.cli.explaining.steps import steps
from fireline.cli.explaining.walking import Step, headline, headline_offline, valid_offline
from fireline.cli.explaining.world import Manifest, World, get_or_say, look_around
from fireline.cli.inputs import load
from fireline.cli.offline import of_check, shaped, sources_for
from fireline.cli.reach import Reach
from fireline.errors import MetricsError
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective


def from_cluster(
    cluster: Cluster, namespace: str, name: str, settings: Settings, reach: Reach | None, *, now: datetime
) -> Explanation:
    """One object of the cluster. Raises Unreachable when it is not there or nobody can be asked."""
    with asking(SLO):
        slo = get_or_say(cluster, SLO, namespace, name, what="SLO")
        world = look_around(cluster, slo, source=slo.get("spec", {}).get("prometheus", "default"))
    return _explained(world, settings, reach, now, where=f"slo/{name} in namespace {namespace}")


def from_files(
    path: str, settings: Settings, reach: Reach | None, *, namespace: str, now: datetime
) -> list[Explanation]:
    """All objects of ours in a file, a folder or stdin. Raises click's UsageError without any."""
    inputs = load([path], namespace=namespace)
    if inputs.findings:
        out.report(inputs.findings, output="text", stderr=True, summary={})
    if not inputs.objects:
        raise click.UsageError(f"nothing to explain: {out.counted(inputs)}")
    policies, checks = shaped(inputs.policies), shaped(inputs.checks)
    places = (f"{one.file}:{one.line()} ({one.label})" for one in inputs.documents)
    slos = [
        _explained(
            World(one.manifest, policies=policies or None, checks=checks), settings, reach, now, where=place
        )
        for one, place in zip(inputs.documents, places, strict=True)
    ]
    return [
        *slos,
        *policies_from_files(inputs, settings, now=now),
        *checks_from_files(inputs, settings, now=now),
        *mitigations_from_files(inputs, settings, now=now),
    ]


def _explained(
    world: World, settings: Settings, reach: Reach | None, now: datetime, *, where: str
) -> Explanation:
    slo, issues = _read(world.slo, settings)
    owner = owning(world.slo, world.policies) if slo else None
    check = of_check(world.slo, world.checks) if slo else None
    objective = compile_slo(slo, settings=settings, policy=owner, check=check) if slo else None
    status = world.slo.get("status") or {}
    offline = world.evaluators is None and not status
    asked = _ask(objective, reach, now)
    walked = [valid_offline(issues)] if offline else steps(world, issues, settings, now)
    walked = _with_loaded(walked, world, asked)
    spec = world.slo.get("spec")
    found_alarms = alarms(objective, status, now) if objective else []
    wanting = [] if objective else ["numbers and alerts are left out: they follow from a spec that is valid"]
    return Explanation(
        where=where,
        headline=headline_offline(issues) if offline else headline(walked, found(status, "Ready")),
        description=str(spec.get("description", "")) if isinstance(spec, dict) else "",
        now=now,
        steps=walked,
        lines=numbers(objective, status, now) if objective else (),
        alarms=found_alarms,
        raw=asked.lines if asked else (),
        sections=told_of(world, found_alarms) if objective else (),
        events=world.events,
        remarks=world.remarks,
        wanting=[*(objective.notes if objective else ()), *wanting],
    )


def _read(manifest: Manifest, settings: Settings) -> tuple[ServiceLevelObjective | None, list[Issue]]:
    """The typed object. Where only the operator knows the tier's objective, its status tells it."""
    judged = manifest.get("status", {}).get("objective", {}).get("value")
    spec = manifest.get("spec")
    if judged and isinstance(spec, dict) and "objective" not in spec:
        manifest = {**manifest, "spec": {**spec, "objective": judged}}
    return read(manifest, sources=sources_for(manifest, settings), tiers=settings.tiers)


def _ask(objective: Objective | None, reach: Reach | None, now: datetime) -> Asked | None:
    if objective is None or reach is None:
        return None
    try:
        return asyncio.run(ask(objective, reach.source(objective), now))
    except MetricsError as error:
        raise Unreachable(f"Prometheus: {error}") from error


def _with_loaded(walked: Sequence[Step], world: World, asked: Asked | None) -> list[Step]:
    """RulesLoaded with what Prometheus itself says about the very rules that are written."""
    rule = world.rule.manifest
    if asked is None or rule is None:
        return list(walked)
    written = (rule["metadata"].get("annotations") or {}).get(SPEC_HASH, "")
    if written in asked.loaded:
        words = "Prometheus evaluates the rules that are written now"
    elif asked.loaded:
        words = f"Prometheus evaluates older rules ({', '.join(asked.loaded)}) than those written ({written})"
    else:
        words = "Prometheus evaluates no rules of this SLO"
    return [
        replace(step, words=(*step.words, f"asked just now: {words}")) if step.name == "RulesLoaded" else step
        for step in walked
    ]
