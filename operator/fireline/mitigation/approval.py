"""Whether a proposal is approved, by whom, and if not, why an approval does not count.

An approval is two annotations on the Mitigation: the hash of the very plan, and the user who says so. Anybody
may write annotations who may change the object, so they count only while the API server itself checks who
writes them (``guard``). Asked by the phase Proposed.

The hash must be that of one proposal and no other: it covers the episode, so that an annotation that was left
behind never approves the same change the next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.labels import APPROVE, APPROVED_BY
from fireline.api.mitigation import Spec
from fireline.mitigation.guard import Guard, guard_calls, guard_state
from fireline.mitigation.model import Refusal
from fireline.mitigation.sight import Next, Sight

_REASONS = {
    "Missing": "ApprovalGuardMissing",
    "Changed": "ApprovalGuardChanged",
    "Unknown": "ApprovalGuardUnknown",
}


@dataclass(frozen=True, slots=True)
class Approved:
    """Somebody who may said yes to this very plan."""

    by: str


def approval_of(sight: Sight, spec: Spec) -> Next | Approved | Refusal | None:
    """What the annotations of a proposal come to. None: nobody approved anything; Next: ask this first."""
    book = sight.book
    verdict = judge(
        sight.annotations,
        plan_hash=book["planHash"],
        expires_at=book.time("expiresAt"),
        now=sight.now,
        within=spec.approval.expires_after,
    )
    if not isinstance(verdict, Approved) or not sight.settings.require_approval_guard:
        return verdict
    guard = _guard_of(sight)
    return guard if isinstance(guard, Next) else guarded(verdict, guard, proposed_at=_proposed_at(sight))


def unguarded(sight: Sight) -> Next | Refusal | None:
    """Why mode Auto only proposes: without the policies nobody checks who names which ServiceAccount, and so
    whose rights would be used without anybody being asked. None when it may go on; Next: ask this first.
    """
    if not sight.settings.require_approval_guard:
        return None
    guard = _guard_of(sight)
    if isinstance(guard, Next):
        return guard
    return None if guard.state == "InForce" else _refusal(guard, "mode Auto only proposes")


def _guard_of(sight: Sight) -> Next | Guard:
    calls = guard_calls(sight.key, sight.annotations)
    missing = tuple(call for call in calls if sight.answer(call.name) is None)
    return Next(reads=missing) if missing else guard_state(sight.answer)


def _refusal(guard: Guard, what: str) -> Refusal:
    return Refusal(_REASONS[guard.state], f"{what}: {guard.message}")


def _proposed_at(sight: Sight) -> datetime | None:
    at = (sight.book["plan"] or {}).get("at")
    return parse_timestamp(at) if at else None


def judge(
    annotations: Mapping[str, str],
    *,
    plan_hash: str | None,
    expires_at: datetime | None,
    now: datetime,
    within: str,
) -> Approved | Refusal | None:
    """What the annotations say about a proposal, if they can be trusted.

    ``within`` is approval.expiresAfter, for the words.
    """
    approved = annotations.get(APPROVE)
    if not approved or plan_hash is None:
        return None
    if approved != plan_hash:
        words = (
            f"{APPROVE} says {approved}, which is another plan: {plan_hash} is proposed. Read it, then "
            "approve it (fireline mitigations diff, approve)"
        )
        return Refusal("StalePlanHash", words)
    if expires_at is not None and expires_at <= now:
        words = f"it could be approved until {timestamp(expires_at)} (approval.expiresAfter is {within})"
        return Refusal("ApprovalExpired", words)
    by = annotations.get(APPROVED_BY)
    if not by:
        return Refusal("ApprovalIncomplete", f"{APPROVE} needs {APPROVED_BY} beside it: who says so?")
    return Approved(by)


def guarded(approved: Approved, guard: Guard, *, proposed_at: datetime | None) -> Approved | Refusal:
    """The approval, if the API server has checked who wrote it."""
    if guard.state != "InForce":
        return _refusal(guard, "approvals do not count")
    if guard.since is not None and proposed_at is not None and guard.since > proposed_at:
        words = (
            f"the approval may be older than the policies that say who may approve (made at "
            f"{timestamp(guard.since)}): approve the next proposal"
        )
        return Refusal("ApprovalGuardTooNew", words)
    return approved
