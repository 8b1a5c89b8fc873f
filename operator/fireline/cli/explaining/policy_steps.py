"""Why an AlertPolicy is, or is not, carried out: one step after the other, each with its fix. Pure.

The order is that in which one thing follows from another: spec, objects, selection, Secrets, Alertmanager's
configuration; then what it promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fireline.alerting.model import Policy
from fireline.alerting.names import config_name
from fireline.api.issues import Issue
from fireline.cli.explaining.policy_advice import advice
from fireline.cli.explaining.policy_world import PolicyWorld
from fireline.cli.explaining.walking import (
    Step,
    child,
    of_condition,
    seen,
    told,
    valid,
    with_look,
    written,
)
from fireline.selection.configs import config_selected
from fireline.settings import Alertmanager, Settings

_TOLD = ("SecretsResolved", "RoutesLoaded", "EscalationBounded", "RunbooksPresent")


def policy_steps(
    world: PolicyWorld, policy: Policy | None, issues: Sequence[Issue], settings: Settings, now: datetime
) -> list[Step]:
    """All steps, in order. ``policy`` is the compiled spec, None when it is not valid."""
    status = world.policy.get("status")
    rows = [
        seen(world.policy, world.leases, now),
        valid(status, issues),
        *([] if world.evaluators is None else [_written(world, policy)]),
        _selected(world, policy, settings),
        *(told(status, name) for name in _TOLD),
    ]
    return [_advised(row, world) for row in rows]


def _written(world: PolicyWorld, policy: Policy | None) -> Step:
    """Whether the routes, and the rules of the policy's own alerts, are there and are Fireline's."""
    name = world.policy["metadata"]["name"]
    wanted = [("AlertmanagerConfig", world.config)]
    if policy is not None and policy.groups:
        wanted.append(("PrometheusRule", world.rule))
    answers = [child(f"{kind} {config_name(name)}", found, name) for kind, found in wanted]
    return written(answers, world.policy.get("status"))


def _selected(world: PolicyWorld, policy: Policy | None, settings: Settings) -> Step:
    """What the operator says, and what the cluster says now if that can be read and differs."""
    said = told(world.policy.get("status"), "Selected")
    config = world.config.manifest
    by_secret = world.policy.get("status", {}).get("delivery", {}).get("mode") == "Secret"
    if world.evaluators is None or config is None or policy is None or by_secret:
        return said
    metadata = world.policy["metadata"]
    now = config_selected(
        metadata["namespace"],
        config["metadata"].get("labels") or {},
        name=config["metadata"]["name"],
        entry=policy.alertmanager,
        settings=settings.alertmanagers.get(policy.alertmanager, Alertmanager()),
        seen=world.evaluators,
    )
    # The rules of the policy's own alerts may be what the operator misses: that routes are taken is no news.
    if said.verdict == "No" and now.status == "True" and policy.groups:
        return said
    return with_look(said, of_condition(now))


def _advised(step: Step, world: PolicyWorld) -> Step:
    """The step with what to do about it, and what to type."""
    if step.verdict == "Yes":
        return step
    text, commands = advice(step.name, step.reason)
    metadata, spec = world.policy["metadata"], world.policy.get("spec") or {}
    where = {
        "name": str(metadata["name"]),
        "ns": str(metadata["namespace"]),
        "config": config_name(metadata["name"]),
        "alertmanager": str(spec.get("alertmanager", "default")),
    }
    return replace(
        step,
        advice=tuple(one.format(**where) for one in text),
        commands=tuple(one.format(**where) for one in commands),
    )
