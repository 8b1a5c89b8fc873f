"""Why an SLO is, or is not, carried out: one step after the other, each with its fix. Pure.

The order is that of the operator's conditions, from the spec to the figures: the first step that fails
is the one to mend, later ones mostly follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fireline.api.issues import Issue
from fireline.cli.explaining.advice import advice
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
from fireline.cli.explaining.world import World
from fireline.selection.rules import selected
from fireline.settings import Settings, Source
from fireline.slo import names


def steps(world: World, issues: Sequence[Issue], settings: Settings, now: datetime) -> list[Step]:
    """All steps, in order. ``issues`` are what this program itself finds in the spec."""
    status = world.slo.get("status")
    rows = [
        seen(world.slo, world.leases, now),
        valid(status, issues),
        *([] if world.evaluators is None else [_written(world)]),
        _selected(world, settings),
        *(told(status, name) for name in ("RulesLoaded", "DataPresent", "BudgetHealthy")),
        *_figures_agree(world),
    ]
    return [_advised(row, world) for row in rows]


def _written(world: World) -> Step:
    """Whether both rule objects are there and are Fireline's."""
    metadata = world.slo["metadata"]
    source = world.slo.get("spec", {}).get("prometheus", "default")
    wanted = (
        (names.rule_name(metadata["name"]), world.rule, metadata["name"]),
        (names.windows_name(source), world.windows, source),
    )
    answers = [child(f"PrometheusRule {name}", found, owner) for name, found, owner in wanted]
    return written(answers, world.slo.get("status"))


def _selected(world: World, settings: Settings) -> Step:
    """What the operator says, and what the cluster says now if that can be read and differs."""
    said = told(world.slo.get("status"), "Selected")
    rules = [found.manifest for found in (world.rule, world.windows) if found.manifest is not None]
    if world.evaluators is None or not rules:
        return said
    name = world.slo.get("spec", {}).get("prometheus", "default")
    own = selected(
        rules,
        namespace=world.slo["metadata"]["namespace"],
        source_name=name,
        source=settings.sources.get(name, Source()),
        seen=world.evaluators,
    )
    return with_look(said, of_condition(own))


def _figures_agree(world: World) -> list[Step]:
    """Whether recorded and raw history tell the same; a composite has one history only."""
    said = told(world.slo.get("status"), "FiguresAgree")
    indicator = world.slo.get("spec", {}).get("indicator")
    composite = isinstance(indicator, dict) and "composite" in indicator
    return [] if composite and said.reason == "NotSaid" else [said]


def _advised(step: Step, world: World) -> Step:
    """The step with what to do about it, and what to type."""
    if step.verdict == "Yes":
        return step
    metadata = world.slo["metadata"]
    text, commands = advice(step.name, step.reason)
    where: dict[str, Any] = {
        "name": metadata["name"],
        "ns": metadata["namespace"],
        "rule": names.rule_name(metadata["name"]),
        "windows": names.windows_name(world.slo.get("spec", {}).get("prometheus", "default")),
    }
    fill: Callable[[str], str] = lambda template: template.format(**where)  # noqa: E731 - short and local
    return replace(step, advice=tuple(map(fill, text)), commands=tuple(map(fill, commands)))
