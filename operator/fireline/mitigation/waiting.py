"""Idle, Proposed and Ended: nothing is changed yet, or not any more.

A proposal is made once for each episode: after it ended, the trigger must have been false (known to be, not
unknown) before another one can begin. A person can ask for one at any time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from fireline.api.conditions import timestamp
from fireline.api.labels import PROPOSE, REJECT, REJECT_REASON, REVERT
from fireline.api.mitigation import Spec
from fireline.api.strings import zero_or_seconds
from fireline.incident.model import A_PERSON
from fireline.mitigation.approval import Approved, approval_of, unguarded
from fireline.mitigation.guards import Held, holds_auto, holds_proposal
from fireline.mitigation.model import Refusal
from fireline.mitigation.plan_change import change_now
from fireline.mitigation.proposal import propose, same_plan
from fireline.mitigation.sight import OVER_WITH_THE_EPISODE, Book, Next, Sight

AUTO = "operator (mode Auto)"
"""Who approved where nobody is asked."""


def idle(sight: Sight, spec: Spec) -> Next:
    """Wait for the trigger, or for a person; then propose."""
    called = _called(sight, spec)
    if called is None:
        sight.book.say(*_watching(sight, spec))
        return Next()
    # A person who asks knows why: pauses between two are for what nobody decides.
    blocked = holds_proposal(sight, spec) if _asked(sight) is None else None
    if blocked is not None:
        sight.book.say(blocked.reason, blocked.message)
        return Next(wait=_until(sight, blocked))
    before = dict(sight.book.status)
    _begin(sight, called)
    found = change_now(sight, spec)
    if isinstance(found, Next):
        return found
    if isinstance(found, Refusal):
        sight.book.status = before  # nothing has begun
        _cannot(sight, found)
        return Next(wait=None if found.lasting else _retry(sight))
    propose(sight, spec, found)
    return Next(again=True)


def ended(sight: Sight, spec: Spec) -> Next:
    """Wait until the trigger was false once, so that the next time is another episode."""
    if _asked(sight) is not None:
        _rearm(sight)
        return Next(again=True)
    if spec.trigger is None:
        return Next()
    if sight.signal is not None and sight.signal.state == "False":
        _rearm(sight)
        return Next()
    return Next()


def proposed(sight: Sight, spec: Spec) -> Next:
    """Wait for a person, or go on alone where that is allowed; give up when it is not needed any more."""
    book = sight.book
    expires = book.time("expiresAt")
    if (no := rejected(sight)) is not None:
        return no
    if withdrawn(sight, spec):
        book.end("Withdrawn", "Withdrawn", "the trigger turned false before anybody approved it")
        return Next(again=True)
    if expires is not None and expires <= sight.now:
        words = f"nobody approved it until {timestamp(expires)}"
        book.end("Expired", "ApprovalExpired", words, human=not _by_hand(book))
        return Next(again=True)
    found = change_now(sight, spec)
    if isinstance(found, Next):
        return found
    if isinstance(found, Refusal):
        _cannot(sight, found)
        return Next(wait=_retry(sight))
    if not same_plan(book, found):
        book.record("Proposed", "PlanChanged", "what would be done has changed; see the new plan")
        propose(sight, spec, found, again=True)
    return _decide(sight, spec)


def rejected(sight: Sight) -> Next | None:
    """The end of a plan to which a person said no; None when nobody did."""
    if sight.annotations.get(REJECT) != sight.book["planHash"]:
        return None
    why = sight.annotations.get(REJECT_REASON)
    words = f"a person rejected it: {why}" if why else "a person rejected it"
    sight.book.end("Rejected", "Rejected", words, actor=A_PERSON)
    return Next(again=True)


def _decide(sight: Sight, spec: Spec) -> Next:
    book = sight.book
    held: Held | Refusal | None = None
    if sight.storm[0] is False:
        book.answered("BreakerOpen")
    if spec.mode == "Auto" and not _by_hand(book):
        found = holds_auto(sight) or unguarded(sight)
        if isinstance(found, Next):
            return found
        if found is None:
            return _approved(sight, AUTO, "Auto", "mode Auto: nobody is asked")
        held = found
        if held.reason == "BreakerOpen":
            book.remind("BreakerOpen", f"{held.message}: mode Auto only proposes now")
        if held.reason != book["reason"]:  # figures in its words are worth no write
            book.say(held.reason, held.message)
    verdict = approval_of(sight, spec)
    if isinstance(verdict, Next):
        return verdict
    if isinstance(verdict, Approved):
        return _approved(sight, verdict.by[:256], "Approved", f"approved by {verdict.by}")
    if verdict is not None:
        book.say(verdict.reason, verdict.message)
    elif held is None:
        book.recall()  # what kept it from being planned is over
    return Next(wait=_retry(sight))


def _approved(sight: Sight, by: str, reason: str, message: str) -> Next:
    book = sight.book
    book["approvedBy"], book["approvedAt"] = by, sight.now
    if by == AUTO:
        book.answered("BreakerOpen")
    else:
        book.answered()  # whoever says yes was shown what is open
    book.move("Approved", reason, message, actor="operator" if by == AUTO else by)
    return Next(again=True)


_BY_HAND = "asked for by a person"


def _by_hand(book: Book) -> bool:
    return (book["episode"] or {}).get("trigger") == _BY_HAND


def _called(sight: Sight, spec: Spec) -> tuple[str, datetime, str] | None:
    """What calls for it: words, since when, and the value seen; None when nothing does."""
    asked = _asked(sight)
    if asked is not None:
        return _BY_HAND, sight.now, asked
    signal = sight.signal
    if spec.trigger is None or signal is None or signal.state != "True":
        return None
    if signal.ticks < spec.trigger.for_ticks:
        return None
    return signal.message, signal.since or sight.now, signal.value


def _asked(sight: Sight) -> str | None:
    """The wish of a person that was not carried out yet."""
    return sight.wish(PROPOSE)


def _begin(sight: Sight, called: tuple[str, datetime, str]) -> None:
    """A new episode: nothing of the last one is left but its history, what limits need, and what nobody has
    looked at."""
    words, since, value = called
    book = sight.book
    if (asked := _asked(sight)) is not None:
        book.carried_out(PROPOSE, asked)
    if (nonce := sight.wish(REVERT)) is not None:
        # Said of the last one, or of none: it takes back nothing that is yet to come.
        book.carried_out(REVERT, nonce)
    _forget_last(sight)
    # An alert that began at one time may call twice, as after a restart of Prometheus: the number of the last
    # record makes them two, or a yes to the one would be a yes to the other.
    last = (book["history"] or [{}])[-1].get("seq", 0)
    told = f"{sight.uid}/{timestamp(since)}/{asked or ''}/{last}"
    book["episode"] = {
        "id": hashlib.sha256(told.encode()).hexdigest()[:12],
        "since": timestamp(since),
        "trigger": words[:1024],
        **({"value": value[:128]} if value else {}),
        **({"incident": sight.incident} if sight.incident else {}),
    }


def _forget_last(sight: Sight) -> None:
    sight.book.forget(
        "result",
        "intent",
        "approvedBy",
        "approvedAt",
        "appliedAt",
        "verifiedAt",
        "revertedAt",
        "healthySince",
        "heldSince",
        "expiresAt",
        "revertTries",
        "sent",
    )
    sight.book.unsee()


def _rearm(sight: Sight) -> None:
    sight.book.status["phase"] = "Idle"
    sight.book.forget("plan", "planHash", "episode")
    sight.book.answered(*OVER_WITH_THE_EPISODE)


def withdrawn(sight: Sight, spec: Spec) -> bool:
    """Whether what called for it is known to be over. A wish of a person is not."""
    return (
        not _by_hand(sight.book)
        and spec.trigger is not None
        and sight.signal is not None
        and sight.signal.state == "False"
    )


def _watching(sight: Sight, spec: Spec) -> tuple[str, str]:
    if spec.trigger is None:
        return "Waiting", "it has no trigger: a person proposes it"
    if sight.signal is None or sight.signal.state == "Unknown":
        why = sight.signal.message if sight.signal else "it has not been looked at yet"
        return "TriggerUnknown", f"nobody can tell whether it is needed: {why}"
    if sight.signal.state == "True":
        return "TriggerTrue", f"the trigger is true, and must be for {spec.trigger.for_ticks} looks in a row"
    return "Waiting", "the trigger is false"


def _cannot(sight: Sight, refusal: Refusal) -> None:
    sight.book.say(refusal.reason, refusal.message)


def _until(sight: Sight, held: Held) -> timedelta | None:
    return None if held.until is None else max(timedelta(seconds=1), held.until - sight.now)


def _retry(sight: Sight) -> timedelta:
    return timedelta(seconds=6 * sight.settings.tick_seconds)


def expiry(sight: Sight, spec: Spec) -> datetime:
    """Until when a proposal made now can be approved."""
    return sight.now + timedelta(seconds=zero_or_seconds(spec.approval.expires_after))
