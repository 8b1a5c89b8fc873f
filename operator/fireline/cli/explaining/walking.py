"""The steps of an explanation, and those that every kind has. Pure.

The steps of SLOs are in :mod:`fireline.cli.explaining.steps`, those of AlertPolicies in
:mod:`fireline.cli.explaining.policy_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from fireline.api import labels
from fireline.api.conditions import Condition, found, parse_timestamp
from fireline.api.issues import Issue
from fireline.cli.explaining.world import Found, Manifest
from fireline.cli.words import rough

Verdict = Literal["Yes", "No", "Unknown"]
_VERDICTS: dict[str, Verdict] = {"True": "Yes", "False": "No"}
_PATIENCE_SECONDS = 30.0
"""An operator at work writes a first status within seconds."""
Status = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One question about an object: answered yes, no or unknown; what to do, and what to type next."""

    name: str
    verdict: Verdict
    reason: str
    words: tuple[str, ...]
    advice: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def headline(walked: Sequence[Step], ready: Manifest | None) -> str:
    """The answer in one line: what ``Ready`` says, and the first step that fails."""
    failing = next((step for step in walked if step.verdict == "No"), None)
    state = {"True": "Ready", "False": "not Ready"}.get(
        (ready or {}).get("status", ""), "not known to be Ready"
    )
    if failing is None:
        unknown = (step for step in walked if step.verdict == "Unknown")
        open_ = next((step for step in unknown if not _harmless(step)), None)
        return f"{state}; unknown: {open_.name} ({open_.reason})" if open_ else f"{state}, and all is well"
    return f"{state}; look at {failing.name}: {failing.reason}"


def _harmless(step: Step) -> bool:
    """Whether that it is not known is as it should be: nobody has anything to do about it."""
    return step.name == "FiguresAgree" or step.reason in {"ByProvider", "Suspended"}


def seen(manifest: Manifest, leases: Sequence[Manifest], now: datetime) -> Step:
    """Whether an operator has looked at this generation of the object."""
    metadata, status = manifest["metadata"], manifest.get("status") or {}
    generation, looked_at = metadata.get("generation"), status.get("observedGeneration")
    if looked_at is None:
        age = _age(metadata, now)
        if age is not None and age < _PATIENCE_SECONDS:
            return Step(
                "Seen",
                "Unknown",
                "Fresh",
                (f"created {rough(age)} ago; no operator has written a status yet",),
            )
        return Step("Seen", "No", "NoStatus", ("no operator has written a status", *map(leader, leases)))
    if generation is not None and looked_at < generation:
        words = f"the status is about generation {looked_at}, the spec is at {generation}"
        return Step("Seen", "Unknown", "OlderGeneration", (words,))
    return Step("Seen", "Yes", "Seen", (f"an operator has carried out generation {looked_at}",))


def _age(metadata: Manifest, now: datetime) -> float | None:
    created = metadata.get("creationTimestamp")
    return (now - parse_timestamp(created)).total_seconds() if created else None


def leader(lease: Manifest) -> str:
    """Who leads, and since when nothing was heard of them."""
    spec = lease.get("spec", {})
    where = f"{lease['metadata']['namespace']}/{lease['metadata']['name']}"
    holder, renewed = spec.get("holderIdentity") or "nobody", spec.get("renewTime", "never")
    return f"lease {where} is held by {holder}, renewed {renewed}"


def valid(status: Status, issues: Sequence[Issue]) -> Step:
    """Whether the spec can be carried out: what this program finds, then what the operator says."""
    wrong = tuple(str(issue) for issue in issues if not issue.note)
    notes = tuple(str(issue) for issue in issues if issue.note)
    if wrong:
        return Step("Valid", "No", next(issue.reason for issue in issues if not issue.note), wrong + notes)
    said = told(status, "Valid")
    if said.reason == "NotSaid":
        return Step("Valid", "Yes", "Valid", ("the spec is valid", *notes))
    # The operator's own words hold the notes already.
    return replace(said, words=(*said.words, *(note for note in notes if note not in said.words[0])))


def valid_offline(issues: Sequence[Issue]) -> Step:
    """The one step of an object of a file."""
    wrong = [issue for issue in issues if not issue.note]
    words = tuple(str(issue) for issue in issues)
    if wrong:
        fix = "change the spec at the path that is named"
        return Step("Valid", "No", wrong[0].reason, words, (fix,))
    return Step("Valid", "Yes", "Valid", words or ("the spec is valid",))


def headline_offline(issues: Sequence[Issue]) -> str:
    """The answer in one line for an object of a file."""
    wrong = any(not issue.note for issue in issues)
    return "not valid" if wrong else "valid; not applied as far as this file tells"


def child(what: str, looked_for: Found, owner: str) -> tuple[Verdict, str, str]:
    """Whether an object the operator writes (``PrometheusRule slo-pay``) is there and is its own."""
    if looked_for.unreadable:
        return "Unknown", "Unreadable", f"{what}: {looked_for.unreadable}"
    if looked_for.manifest is None:
        return "No", "Missing", f"{what} is not there"
    carried = looked_for.manifest["metadata"].get("labels") or {}
    if carried.get(labels.MANAGED_BY) != labels.MANAGER or carried.get(labels.OWNER_NAME) != owner:
        return (
            "No",
            "NameConflict",
            f"{what} is there, but not Fireline's: it does not carry its labels",
        )
    return "Yes", "Written", f"{what} is there"


def written(answers: Sequence[tuple[Verdict, str, str]], status: Status) -> Step:
    """Whether every object is written that should be; the worst answer counts."""
    worst: Verdict = next((v for v in ("No", "Unknown") if any(v == one[0] for one in answers)), "Yes")
    reason = next((reason for verdict, reason, _ in answers if verdict == worst), "Written")
    ready = found(status, "Ready") or {}
    why = (
        (f"the operator says: {ready['message']}",)
        if worst == "No" and ready.get("status") == "False"
        else ()
    )
    return Step("Written", worst, reason, (*(words for _, _, words in answers), *why))


def with_look(said: Step, now: Step) -> Step:
    """What the operator says, and what the cluster says now if it differs."""
    if said.verdict == now.verdict and said.reason == now.reason:
        return said
    if said.reason == "NotSaid" or (said.verdict == "Unknown" and now.verdict != "Unknown"):
        return now
    return replace(said, words=(*said.words, f"looked at just now, with your rights: {now.words[0]}"))


def told(status: Status, name: str) -> Step:
    """A condition as the operator wrote it."""
    condition = found(status, name)
    if condition is None:
        return Step(name, "Unknown", "NotSaid", ("the operator has not said so far",))
    return of_condition(Condition(name, condition["status"], condition["reason"], condition["message"]))


def of_condition(condition: Condition) -> Step:
    """A condition as a step."""
    verdict = _VERDICTS.get(condition.status, "Unknown")
    return Step(condition.type, verdict, condition.reason, (condition.message,))
