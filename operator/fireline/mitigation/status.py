"""What the machine wrote into its book → the whole status. Called by ``plan``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.conditions import Condition, of_a_wrong_spec, rendered, transitions
from fireline.api.plan import Event, Manifest, Problem
from fireline.mitigation import conditions as told
from fireline.mitigation.sight import Book

_WARN_ON: Mapping[str, Any] = {"Valid": "False", "Ready": "False", "Permitted": "False", "Selected": "False"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole status, and the events of its changes."""

    status: Manifest
    events: tuple[Event, ...]


def valid_status(
    book: Book,
    *,
    old: Mapping[str, Any],
    generation: int,
    selected: Condition,
    permitted: Condition,
    problem: Problem | None,
    notes: tuple[str, ...],
) -> Verdict:
    """Status of a spec that is carried out."""
    conditions = (
        told.ready(problem, selected),
        told.stalled(problem),
        told.valid(notes),
        selected,
        permitted,
        *told.course(book, old),
    )
    return _verdict(book, conditions, old, generation)


def invalid_status(
    book: Book, *, old: Mapping[str, Any], generation: int, reason: str, message: str
) -> Verdict:
    """Status of a spec that cannot be carried out; what is in place is looked after as it was approved."""
    stays = "; what is in place is taken back as it was approved"
    kept = book.phase not in {"Idle", "Ended"}
    wrong = of_a_wrong_spec(told.LATER[:2], old=old, reason=reason, message=message, kept=kept, stays=stays)
    return _verdict(book, (*wrong, *told.course(book, old)), old, generation)


def _verdict(
    book: Book, conditions: tuple[Condition, ...], old: Mapping[str, Any], generation: int
) -> Verdict:
    status: Manifest = {
        **book.status,
        "phase": book.phase,
        "observedGeneration": generation,
        "conditions": rendered(conditions, old=old, generation=generation, now=book.now),
    }
    # What happened tells the book; conditions tell only what is wrong with the object.
    events = [one for one in transitions(conditions, old=old, warn_on=_WARN_ON) if one.type == "Warning"]
    return Verdict(status, (*book.events, *events))
