"""Why a SyntheticCheck is, or is not, carried out: one step after the other, each with its fix. Pure.

The order is that in which one thing follows from another: spec, objects, selection of its alerts, start of
runs, their age, what came of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fireline.api.issues import Issue
from fireline.api.labels import CHECK, OWNER_KIND, OWNER_NAME
from fireline.api.resources import DEPLOYMENT
from fireline.cli.checkstanding import overdue
from fireline.cli.explaining.check_advice import advice
from fireline.cli.explaining.check_world import CheckWorld, runner_of
from fireline.cli.explaining.walking import (
    Step,
    child,
    headline,
    leader,
    of_condition,
    seen,
    told,
    valid,
    with_look,
    written,
)
from fireline.cli.explaining.world import Manifest
from fireline.selection.rules import selected
from fireline.settings import Settings, Source
from fireline.synthetic.names import rule_name


def check_steps(world: CheckWorld, issues: Sequence[Issue], settings: Settings, now: datetime) -> list[Step]:
    """All steps, in order. ``issues`` are what this program itself finds in the spec."""
    status = world.check.get("status")
    rows = [
        seen(world.check, world.leases, now),
        valid(status, issues),
        *([] if world.evaluators is None else [_written(world)]),
        _selected(world, settings),
        told(status, "Scheduled"),
        _fresh(world, now),
        told(status, "Healthy"),
    ]
    wrong = next((row.reason for row in rows if row.name == "Valid" and row.verdict == "No"), None)
    return [row if row.verdict == "Unknown" and row.reason == wrong else _advised(row, world) for row in rows]


def check_headline(walked: Sequence[Step], ready: Manifest | None) -> str:
    """The answer in one line: how it goes matters more than who would load its alerts."""
    failing = [step for step in walked if step.verdict == "No"]
    if failing and all(step.reason == "Suspended" for step in failing):
        return f"{headline([], ready).partition(',')[0]}, and suspended"
    return headline(sorted(walked, key=lambda step: step.name == "Selected"), ready)


def _written(world: CheckWorld) -> Step:
    """Whether what runs it, and its alerts, are there and are Fireline's; a prober has many checks."""
    name = world.check["metadata"]["name"]
    resource, runner = runner_of(world.check)
    owner = _prober(runner) if resource == DEPLOYMENT else name
    answers = [child(f"{resource.kind} {runner}", world.runner, owner)]
    if not (world.check.get("spec") or {}).get("alert", {}).get("disabled"):
        answers.append(child(f"PrometheusRule {rule_name(name)}", world.rule, name))
    return written(answers, world.check.get("status"))


def _prober(deployment: str) -> str:
    """Name of a prober: that of its location."""
    return deployment.partition("fireline-prober-")[2] or "default"


def _selected(world: CheckWorld, settings: Settings) -> Step:
    """What the operator says, and what the cluster says now if that can be read and differs."""
    said = told(world.check.get("status"), "Selected")
    if world.evaluators is None or world.rule.manifest is None:
        return said
    name = world.check.get("spec", {}).get("prometheus", "default")
    now = selected(
        [world.rule.manifest],
        namespace=world.check["metadata"]["namespace"],
        source_name=name,
        source=settings.sources.get(name, Source()),
        seen=world.evaluators,
    )
    return with_look(said, of_condition(now))


def _fresh(world: CheckWorld, now: datetime) -> Step:
    """The operator's word holds as long as it is at work: a status that nobody keeps up says nothing."""
    status: Mapping[str, Any] = world.check.get("status") or {}
    said = told(status, "Fresh")
    if said.verdict != "Yes" or not overdue(status, now):
        return said
    through = status["ledger"]["through"]
    words = f"runs are counted up to {through} only, and others were due since"
    return Step("Fresh", "No", "StatusTooOld", (words, *map(leader, world.leases)))


def _advised(step: Step, world: CheckWorld) -> Step:
    """The step with what to do about it, and what to type."""
    if step.verdict == "Yes":
        return step
    metadata, status = world.check["metadata"], world.check.get("status") or {}
    resource, runner = runner_of(world.check)
    last = status.get("lastRun", {})
    text, commands = advice(step.name, step.reason, measured=step.verdict == "No")
    job = status.get("waiting", {}).get("job") or last.get("job")
    prober = resource == DEPLOYMENT
    where = {
        "name": str(metadata["name"]),
        "ns": str(metadata["namespace"]),
        "started": f"deployment {runner}" if prober else f"job {job or 'JOB'}",
        "pods": f"{OWNER_KIND}=Prober,{OWNER_NAME}={_prober(runner)}"
        if prober
        else f"{CHECK}={metadata['name']}",
        "rule": rule_name(metadata["name"]),
        "runs": f"{resource.kind.lower()} {runner}",
    }
    return replace(
        step,
        advice=tuple(one.format(**where) for one in text),
        commands=tuple(one.format(**where) for one in commands),
    )
