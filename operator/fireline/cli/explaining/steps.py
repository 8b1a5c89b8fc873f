"""Why an SLO is, or is not, carried out: one step after the other, each with its fix. Pure.

The order is that of the operator's conditions, from the spec to the figures: the first step that fails
is the one to mend, later ones mostly follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from fireline.api import labels
from fireline.api.conditions import Condition, found, parse_timestamp
from fireline.api.issues import Issue
from fireline.cli.explaining.advice import advice
from fireline.cli.explaining.world import Found, Manifest, World
from fireline.cli.words import rough
from fireline.settings import Settings, Source
from fireline.slo import names
from fireline.selection.rules import selected

Verdict = Literal["Yes", "No", "Unknown"]
_VERDICTS: dict[str, Verdict] = {"True": "Yes", "False": "No"}
_PATIENCE_SECONDS = 30.0
"""An operator at work writes a first status within seconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """One question about an SLO: answered yes, no or unknown; what to do, and what to type next."""

    name: str
    verdict: Verdict
    reason: str
    words: tuple[str, ...]
    advice: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def steps(world: World, issues: Sequence[Issue], settings: Settings, now: datetime) -> list[Step]:
    """All steps, in order. ``issues`` are what this program itself finds in the spec."""
    rows = [
        _seen(world, now),
        _valid(world, issues),
        *([] if world.evaluators is None else [_written(world)]),
        _selected(world, settings),
        *(_told(world, name) for name in ("RulesLoaded", "DataPresent", "BudgetHealthy")),
    ]
    return [_advised(row, world) for row in rows]


def headline(walked: Sequence[Step], ready: Manifest | None) -> str:
    """The answer in one line: what ``Ready`` says, and the first step that fails."""
    failing = next((step for step in walked if step.verdict == "No"), None)
    state = {"True": "Ready", "False": "not Ready"}.get(
        (ready or {}).get("status", ""), "not known to be Ready"
    )
    if failing is None:
        open_ = next((step for step in walked if step.verdict == "Unknown"), None)
        return f"{state}; unknown: {open_.name} ({open_.reason})" if open_ else f"{state}, and all is well"
    return f"{state}; look at {failing.name}: {failing.reason}"


def _seen(world: World, now: datetime) -> Step:
    """Whether an operator has looked at this generation of the object."""
    metadata, status = world.slo["metadata"], world.slo.get("status") or {}
    generation, seen = metadata.get("generation"), status.get("observedGeneration")
    if seen is None:
        age = _age(metadata, now)
        if age is not None and age < _PATIENCE_SECONDS:
            return Step(
                "Seen",
                "Unknown",
                "Fresh",
                (f"created {rough(age)} ago; no operator has written a status yet",),
            )
        return Step(
            "Seen", "No", "NoStatus", ("no operator has written a status", *map(_leader, world.leases))
        )
    if generation is not None and seen < generation:
        words = f"the status is about generation {seen}, the spec is at {generation}"
        return Step("Seen", "Unknown", "OlderGeneration", (words,))
    return Step("Seen", "Yes", "Seen", (f"an operator has carried out generation {seen}",))


def _age(metadata: Manifest, now: datetime) -> float | None:
    created = metadata.get("creationTimestamp")
    return (now - parse_timestamp(created)).total_seconds() if created else None


def _leader(lease: Manifest) -> str:
    spec = lease.get("spec", {})
    where = f"{lease['metadata']['namespace']}/{lease['metadata']['name']}"
    holder, renewed = spec.get("holderIdentity") or "nobody", spec.get("renewTime", "never")
    return f"lease {where} is held by {holder}, renewed {renewed}"


def _valid(world: World, issues: Sequence[Issue]) -> Step:
    wrong = tuple(str(issue) for issue in issues if not issue.note)
    notes = tuple(str(issue) for issue in issues if issue.note)
    if wrong:
        return Step("Valid", "No", next(issue.reason for issue in issues if not issue.note), wrong + notes)
    told = _told(world, "Valid")
    if told.reason == "NotSaid":
        return Step("Valid", "Yes", "Valid", ("the spec is valid", *notes))
    return replace(told, words=told.words + notes)


def _written(world: World) -> Step:
    """Whether both rule objects are there and are Fireline's."""
    metadata = world.slo["metadata"]
    source = world.slo.get("spec", {}).get("prometheus", "default")
    wanted = (
        (names.rule_name(metadata["name"]), world.rule, metadata["name"]),
        (names.windows_name(source), world.windows, source),
    )
    answers = [_object(name, seen, owner) for name, seen, owner in wanted]
    worst: Verdict = next((v for v in ("No", "Unknown") if any(v == one[0] for one in answers)), "Yes")
    reason = next((reason for verdict, reason, _ in answers if verdict == worst), "Written")
    ready = found(world.slo.get("status"), "Ready") or {}
    why = (
        (f"the operator says: {ready['message']}",)
        if worst == "No" and ready.get("status") == "False"
        else ()
    )
    return Step("Written", worst, reason, (*(words for _, _, words in answers), *why))


def _object(name: str, seen: Found, owner: str) -> tuple[Verdict, str, str]:
    if seen.unreadable:
        return "Unknown", "Unreadable", f"PrometheusRule {name}: {seen.unreadable}"
    if seen.manifest is None:
        return "No", "Missing", f"PrometheusRule {name} is not there"
    carried = seen.manifest["metadata"].get("labels") or {}
    if carried.get(labels.MANAGED_BY) != labels.MANAGER or carried.get(labels.OWNER_NAME) != owner:
        return (
            "No",
            "NameConflict",
            f"PrometheusRule {name} is there, but not Fireline's: it does not carry its labels",
        )
    return "Yes", "Written", f"PrometheusRule {name} is there"


def _selected(world: World, settings: Settings) -> Step:
    """What the operator says, and what the cluster says now if that can be read and differs."""
    told = _told(world, "Selected")
    rules = [seen.manifest for seen in (world.rule, world.windows) if seen.manifest is not None]
    if world.evaluators is None or not rules:
        return told
    name = world.slo.get("spec", {}).get("prometheus", "default")
    own = selected(
        rules,
        namespace=world.slo["metadata"]["namespace"],
        source_name=name,
        source=settings.sources.get(name, Source()),
        seen=world.evaluators,
    )
    now = _of(own)
    if told.verdict == now.verdict and told.reason == now.reason:
        return told
    if told.reason == "NotSaid" or (told.verdict == "Unknown" and now.verdict != "Unknown"):
        return now
    return replace(told, words=(*told.words, f"looked at just now, with your rights: {now.words[0]}"))


def _told(world: World, name: str) -> Step:
    """A condition as the operator wrote it."""
    condition = found(world.slo.get("status"), name)
    if condition is None:
        return Step(name, "Unknown", "NotSaid", ("the operator has not said so far",))
    return _of(Condition(name, condition["status"], condition["reason"], condition["message"]))


def _of(condition: Condition) -> Step:
    verdict = _VERDICTS.get(condition.status, "Unknown")
    return Step(condition.type, verdict, condition.reason, (condition.message,))


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
