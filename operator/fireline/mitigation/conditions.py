"""The conditions of a Mitigation, each in a function of its own; ``status`` puts them together.

A mitigation that is proposed, active or contested is a healthy object: only a spec that cannot be carried out
is not Ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.conditions import Condition, found
from fireline.api.plan import Problem
from fireline.mitigation.sight import STANDS_STILL, UNDER_WAY, Book

LATER = ("Selected", "Permitted", "Proposed", "Active", "Verified", "Contested")
"""After Ready, Stalled and Valid."""


def ready(problem: Problem | None, selected: Condition) -> Condition:
    """Everything the mitigation needs is written."""
    if problem is not None:
        return Condition("Ready", "False", problem.reason, problem.message)
    if selected.status == "False":
        return Condition("Ready", "False", selected.reason, selected.message)
    return Condition("Ready", "True", "Ready", "the mitigation is looked after; what it does says its phase")


def stalled(problem: Problem | None) -> Condition:
    """Whether only a person can go on."""
    if problem is None or not problem.permanent:
        return Condition("Stalled", "False", "Progressing", "nothing needs a person")
    return Condition("Stalled", "True", problem.reason, problem.message)


def valid(notes: tuple[str, ...]) -> Condition:
    """Valid, with what is worth knowing."""
    return Condition("Valid", "True", "Valid", "; ".join(notes) or "the spec is valid")


def course(book: Book, old: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Proposed, Active, Verified and Contested: where it is, for tools that wait for a condition."""
    return (_proposed(book), _active(book), _verified(book, old), _contested(book))


def _proposed(book: Book) -> Condition:
    if book.phase == "Proposed" and book["reason"] in STANDS_STILL:
        return Condition("Proposed", "False", book["reason"], str(book["message"]))
    if book.phase == "Proposed":
        return Condition("Proposed", "True", "WaitsForApproval", f"{book['planHash']} can be approved")
    return Condition("Proposed", "False", book.phase, "nothing waits for approval")


def _active(book: Book) -> Condition:
    if book.phase in {"Verifying", "Active"}:
        return Condition("Active", "True", book.phase, f"in place since {book['appliedAt']}")
    if book.phase in UNDER_WAY:
        return Condition("Active", "Unknown", book.phase, "it is being made or taken back")
    return Condition("Active", "False", book["result"] or book.phase, "nothing is in place")


def _verified(book: Book, old: Mapping[str, Any]) -> Condition:
    asked = (book["needsHuman"] or {}).get("reason")
    if book["verifiedAt"] is not None:
        return Condition("Verified", "True", "Verified", f"it was seen to help at {book['verifiedAt']}")
    if asked == "VerificationFailed":
        return Condition("Verified", "False", "VerificationFailed", book["needsHuman"]["message"])
    if book.phase == "Verifying":
        return Condition("Verified", "Unknown", "Verifying", "it is not known yet whether it helps")
    if book.phase == "Active":
        before = found(old, "Verified")
        reason = "VerificationUnknown" if asked == "VerificationUnknown" else "NotVerified"
        words = before["message"] if before and before["reason"] == reason else str(book["message"])
        return Condition("Verified", "Unknown", reason, words)
    return Condition("Verified", "Unknown", "NothingToVerify", "nothing is in place")


def _contested(book: Book) -> Condition:
    if book.phase == "Ended" and book["result"] == "Contested":
        return Condition("Contested", "True", "Contested", str(book["message"]))
    return Condition("Contested", "False", "NotContested", "nobody changed what we changed")
