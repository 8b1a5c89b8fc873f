"""Kubernetes conditions, built the same way for every kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from fireline.api.plan import Event, Manifest

State = Literal["True", "False", "Unknown"]
_MESSAGE_LIMIT = 4096
DEFERRED = "Deferred"
"""Reason of a condition while a change waits for an alert to resolve."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect of an object's state, without the bookkeeping the API adds."""

    type: str
    status: State
    reason: str
    message: str


def timestamp(moment: datetime) -> str:
    """A time as Kubernetes writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """The time in a status field."""
    return datetime.fromisoformat(text)


def found(status: Mapping[str, Any] | None, type_: str) -> Manifest | None:
    """The condition of this type in a status, or None."""
    return next((c for c in (status or {}).get("conditions", ()) if c["type"] == type_), None)


def rendered(
    conditions: Iterable[Condition], *, old: Mapping[str, Any] | None, generation: int, now: datetime
) -> list[Manifest]:
    """The conditions as JSON; ``lastTransitionTime`` moves only when the status changes."""
    result = []
    for condition in conditions:
        before = found(old, condition.type)
        same = before is not None and before["status"] == condition.status
        result.append(
            {
                "type": condition.type,
                "status": condition.status,
                "observedGeneration": generation,
                "lastTransitionTime": before["lastTransitionTime"] if before and same else timestamp(now),
                "reason": condition.reason,
                "message": condition.message[:_MESSAGE_LIMIT],
            }
        )
    return result


def of_a_wrong_spec(
    types: Iterable[str],
    *,
    old: Mapping[str, Any] | None,
    reason: str,
    message: str,
    kept: bool,
    stays: str = " The last good rules stay in place.",
) -> tuple[Condition, ...]:
    """The conditions of a spec that cannot be carried out; ``types``: those after Ready, Stalled, Valid.

    What was said about the last good spec stays while its objects do (``kept``), which ``stays`` says.
    """
    return (
        Condition("Ready", "False", reason, message + (stays if kept else "")),
        Condition("Stalled", "True", reason, message),
        Condition("Valid", "False", reason, message),
        *(
            Condition(
                type_,
                before["status"] if (before := found(old, type_)) and kept else "Unknown",
                before["reason"] if before and kept else reason,
                before["message"] if before and kept else "the spec is not valid",
            )
            for type_ in types
        ),
    )


def transitions(
    conditions: Iterable[Condition], *, old: Mapping[str, Any] | None, warn_on: Mapping[str, State]
) -> tuple[Event, ...]:
    """At most one Event for a whole change of status: the first condition that got worse, else Ready.

    ``warn_on`` maps a condition type to the status that is bad. Conditions that were never written
    before, and those that are merely Unknown, make no noise.
    """
    changed = [c for c in conditions if _changed(c, old)]
    worse = [c for c in changed if warn_on.get(c.type) == c.status]
    if worse:
        return (Event("Warning", worse[0].reason, worse[0].message[:1024]),)
    ready = [c for c in changed if c.type == "Ready" and c.status == "True"]
    return tuple(Event("Normal", c.reason, c.message[:1024]) for c in ready)


def transitions_but_waiting(
    conditions: Iterable[Condition],
    *,
    old: Mapping[str, Any] | None,
    warn_on: Mapping[str, State],
    waiting: str,
) -> tuple[Event, ...]:
    """The same, when the condition of type ``waiting`` may say that a change waits for an alert to resolve.

    That is no warning: it is what is best for everyone.
    """
    given = list(conditions)
    waits = [one for one in given if one.type == waiting and one.reason == DEFERRED]
    others = transitions([one for one in given if one not in waits], old=old, warn_on=warn_on)
    before = found(old, waiting)
    if not waits or (before is not None and before["reason"] == DEFERRED):
        return others
    return (*others, Event("Normal", DEFERRED, waits[0].message[:1024]))


def _changed(condition: Condition, old: Mapping[str, Any] | None) -> bool:
    before = found(old, condition.type)
    return before is None or before["status"] != condition.status or before["reason"] != condition.reason
