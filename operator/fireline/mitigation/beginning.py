"""Approved: look once more, take the lock, write the intent down. Nothing is touched yet.

What was approved is bytes: if the change would be another one by now, it is proposed again.
"""

from __future__ import annotations

from datetime import timedelta

from fireline.api.conditions import timestamp
from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.mitigation.actions.webhook import call_text
from fireline.mitigation.approval import unguarded
from fireline.mitigation.guards import Held, begun_lately, holds_auto, holds_start
from fireline.mitigation.hashing import intent_id
from fireline.mitigation.holding import seconds
from fireline.mitigation.intent import spec_text
from fireline.mitigation.locking import lock
from fireline.mitigation.model import Refusal
from fireline.mitigation.plan_change import Planned, change_now, marker_of
from fireline.mitigation.proposal import propose, same_plan
from fireline.mitigation.sight import Next, Sight
from fireline.mitigation.stored import change_to
from fireline.mitigation.waiting import AUTO, rejected, withdrawn

_BEGIN_WITHIN = timedelta(minutes=2)
"""A change that could not be begun for so long after it was written down is not begun any more."""
_LATELY_TICKS = 3


def approved(sight: Sight, spec: Spec) -> Next:
    """From yes to a persisted intent."""
    book = sight.book
    stopped = _over(sight, spec) or _held_back(sight, spec) or _not_guarded(sight)
    if stopped is not None:
        return stopped
    found = change_now(sight, spec)
    if isinstance(found, Next):
        return found
    if isinstance(found, Refusal):
        return _wait(sight, found.reason, found.message)
    if not same_plan(book, found):
        book.forget("approvedBy", "approvedAt")
        propose(sight, spec, found, again=True)
        book.move(
            "Proposed", "PlanChanged", "what would be done has changed since it was approved", warn=True
        )
        return Next(again=True)
    locked = lock(sight, found)
    if isinstance(locked, Refusal):
        return _wait(sight, locked.reason, locked.message)
    if locked is not None:
        return locked
    _write_down(sight, spec, found)
    return Next(again=True)


def _over(sight: Sight, spec: Spec) -> Next | None:
    """The end of what is not wanted any more, or came too late."""
    book = sight.book
    if (no := rejected(sight)) is not None:
        return no
    expires = book.time("expiresAt")
    if expires is not None and expires <= sight.now:
        words = f"it was approved, but could not begin until {timestamp(expires)}: {book['message']}"
        book.end("Expired", "ApprovalExpired", words, human=True)
        return Next(again=True)
    if withdrawn(sight, spec):
        book.end("Withdrawn", "Withdrawn", "the trigger turned false before it began")
        return Next(again=True)
    return None


def _held_back(sight: Sight, spec: Spec) -> Next | None:
    if sight.book["approvedBy"] == AUTO and (unsure := _still_auto(sight, spec)) is not None:
        return unsure
    held = holds_start(sight)
    return None if held is None else _wait(sight, held.reason, held.message)


def _still_auto(sight: Sight, spec: Spec) -> Next | None:
    """What to do instead when it must not go on by itself any more: wait to know, or ask a person."""
    book = sight.book
    held = holds_auto(sight)
    if spec.mode != "Auto":
        held = Held("ModeChanged", "spec.mode is not Auto any more")
    if held is None:
        return None
    if held.reason == "TriggerUnknown":
        # It was true when it was approved; for that moment it need not be asked again.
        lately = timedelta(seconds=_LATELY_TICKS * sight.settings.tick_seconds)
        known = abs(sight.now - (book.time("approvedAt") or sight.now)) <= lately
        return None if known else _wait(sight, held.reason, held.message)
    if held.reason == "StormUnknown":
        return _wait(sight, held.reason, held.message)
    return _to_a_person(sight, held)


def _not_guarded(sight: Sight) -> Next | None:
    """As for mode Auto in ``waiting``, right before it begins: it may have waited for long."""
    found = unguarded(sight) if sight.book["approvedBy"] == AUTO else None
    if not isinstance(found, Refusal):
        return found
    if found.reason == "ApprovalGuardUnknown":
        return _wait(sight, found.reason, found.message)
    return _to_a_person(sight, found)


def _to_a_person(sight: Sight, why: Held | Refusal) -> Next:
    sight.book.forget("approvedBy", "approvedAt")
    sight.book.move("Proposed", why.reason, f"{why.message}: a person decides", warn=True)
    return Next(again=True)


def _write_down(sight: Sight, spec: Spec, planned: Planned) -> None:
    book = sight.book
    intent: Manifest = {
        "id": intent_id(sight.uid, book["episode"]["id"], planned.hash),
        "planHash": planned.hash,
        "action": planned.action.name,
        "reversible": planned.reversible,
        "serviceAccount": spec.service_account_name,
        "spec": spec_text(sight.raw),
        "at": timestamp(sight.now),
        "deadline": timestamp(sight.now + _BEGIN_WITHIN),
        "verifyBy": timestamp(sight.now + seconds(spec.verify.within)),
    }
    if planned.reversible == "Reversible" and "TTL" in spec.revert.when:
        intent["expiresAt"] = timestamp(sight.now + seconds(spec.revert.ttl))
    if planned.change is not None:
        intent |= {"marker": marker_of(sight.uid), "made": list(planned.made)} | change_to(planned.change)
    else:
        intent["call"] = call_text(spec)
    book["intent"] = intent
    book["begun"] = [*begun_lately(book["begun"] or (), sight.now), timestamp(sight.now)]
    book.forget("expiresAt")
    book.move("Applying", "IntentPersisted", f"begins: {planned.summary}", actor=str(book["approvedBy"]))


def _wait(sight: Sight, reason: str, message: str) -> Next:
    if sight.book["reason"] != reason or reason not in _WITH_FIGURES:
        sight.book.say(reason, message)
    return Next(wait=timedelta(seconds=sight.settings.tick_seconds))


_WITH_FIGURES = frozenset({"StormUnknown", "TriggerUnknown"})
"""Whose words change with every look, which is worth no write."""
