"""Verifying and Active: the change is in place. Does it help, is it still ours, when does it go?

Every answer has three values. Unknown verifies nothing, recovers nothing and takes nothing back; what is
not known for too long is given to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from fireline.api.conditions import timestamp
from fireline.api.labels import REVERT
from fireline.api.mitigation import Spec
from fireline.api.strings import zero_or_seconds
from fireline.incident.model import A_PERSON
from fireline.mitigation.intent import Intent
from fireline.mitigation.model import NOT_LOOKED, Signal
from fireline.mitigation.sight import Next, Sight

LAST_LOOK = timedelta(minutes=1)
"""So long after its deadline a verification may wait for a look: one that was away then asks first."""


def seconds(duration: str) -> timedelta:
    """A duration of the spec."""
    return timedelta(seconds=zero_or_seconds(duration))


def leave(sight: Sight, intent: Intent) -> tuple[str, str, str] | None:
    """Why the change is taken back now: reason, words, actor; None while it stays."""
    return next(_leave(sight, intent), None) if intent.reversible == "Reversible" else None


def _leave(sight: Sight, intent: Intent) -> Iterator[tuple[str, str, str]]:
    spec, book = intent.spec, sight.book
    # A person's word comes first.
    if (nonce := sight.wish(REVERT)) is not None:
        yield "AskedTo", f"a person asked for it ({REVERT}: {nonce})", A_PERSON
    if sight.going and "Delete" in spec.revert.when:
        yield "Deleted", "the Mitigation is being deleted", "operator"
    if recovered := _recovered(sight, spec):
        yield "Recovered", recovered, "operator"
    if (expires := book.time("expiresAt")) is not None and expires <= sight.now:
        if spec.revert.ttl_policy == "Always":
            yield "TTLExpired", f"its time ended at {timestamp(expires)}", "operator"
        # Without a trigger nothing says that it is still needed.
        well = spec.trigger is None or _says(sight.signal, "False")
        if spec.revert.ttl_policy == "RevertIfHealthy" and well:
            words = f"its time ended at {timestamp(expires)}, and no trigger is true"
            yield "TTLExpired", words, "operator"


def _recovered(sight: Sight, spec: Spec) -> str | None:
    """That it has been well for long enough, in words."""
    since, signal = _healthy_since(sight), sight.signal
    if "Recovery" not in spec.revert.when or since is None or signal is None:
        return None
    # Both are of one look: a clock that jumps after it heals nobody.
    if signal.at - since < seconds(spec.revert.healthy_for):
        return None
    return f"the trigger has been false since {timestamp(since)}, for at least {spec.revert.healthy_for}"


def _healthy_since(sight: Sight) -> datetime | None:
    """Never from before the change was made: what was well then proves nothing."""
    signal, applied = sight.signal, sight.book.time("appliedAt")
    if signal is None or signal.state != "False" or signal.false_since is None or applied is None:
        return None
    return max(signal.false_since, applied)


def verification(sight: Sight, intent: Intent) -> None:
    """Write down whether it helped; what is still open stays open until its deadline, then a person is asked.

    Changes the book only; a reversible change whose verification failed is left to :func:`failed`.
    """
    book = sight.book
    if book["verifiedAt"] is not None or book.phase != "Verifying":
        return
    asked = _asked(sight, intent)
    if asked is None:
        book.move("Active", "NotVerified", "nothing to verify it by: no trigger, and verify is empty")
    elif asked.state == "True":
        book["verifiedAt"] = sight.now
        book.answered()
        book.move("Active", "Verified", f"it helped: {asked.message}")
    elif asked.state == "Unknown" and _nobody_can_tell(sight, intent, asked):
        words = f"after {intent.spec.verify.within} nobody can tell whether it helped: {asked.message}"
        book.move("Active", "VerificationUnknown", words, warn=True)
        book.ask_human("VerificationUnknown", words)


def _nobody_can_tell(sight: Sight, intent: Intent, asked: Signal) -> bool:
    """Whether its time is over, and somebody has looked and could not tell."""
    by = intent.verify_by
    return by is not None and by <= sight.now and (asked.looked or sight.now - by >= LAST_LOOK)


def failed(sight: Sight, intent: Intent) -> str | None:
    """That it did not help within its time, in words; None otherwise."""
    if sight.book.phase != "Verifying" or intent.verify_by is None or intent.verify_by > sight.now:
        return None
    asked = _asked(sight, intent)
    if asked is None or asked.state != "False":
        return None
    return f"it did not help within {intent.spec.verify.within}: {asked.message}"


def _asked(sight: Sight, intent: Intent) -> Signal | None:
    """What tells whether it helped; None when there is nothing. True is good."""
    verify, nobody = intent.spec.verify, {"reason": NOT_LOOKED}
    if verify.query is not None or verify.check is not None:
        return sight.verification or Signal("Unknown", "not looked at yet", sight.now, details=nobody)
    if intent.spec.trigger is None:
        return None
    signal = sight.signal or Signal("Unknown", "not looked at yet", sight.now, details=nobody)
    if signal.at < (sight.book.time("appliedAt") or sight.now):
        return Signal("Unknown", "not looked at since it was made", sight.now, details=nobody)
    turned: dict[str, Literal["True", "False"]] = {"True": "False", "False": "True"}
    return replace(signal, state=turned.get(signal.state, "Unknown"))


def hold(sight: Sight, intent: Intent) -> None:
    """Its time is over, and it stays because all is not known to be well: say so, and in the end ask."""
    book, spec = sight.book, intent.spec
    expires = book.time("expiresAt")
    if intent.reversible != "Reversible" or "TTL" not in spec.revert.when or expires is None:
        return
    if expires > sight.now:
        return
    said = sight.signal.message if sight.signal else "the trigger has not been looked at yet"
    if spec.revert.ttl_policy == "Hold":
        book.remind("Held", f"its time ended at {timestamp(expires)}; revert.ttlPolicy is Hold: take it back")
        return
    if book["heldSince"] is None:
        book["heldSince"] = sight.now
        book.record(book.phase, "Held", f"its time is over, but it stays: {said}", warn=True)
    if sight.now - expires >= seconds(spec.revert.max_hold):
        words = (
            f"held since {book['heldSince']} for more than revert.maxHold ({spec.revert.max_hold}): {said}"
        )
        book.remind("Held", words)


def next_look(sight: Sight, intent: Intent) -> timedelta:
    """When time alone changes something, or the target must be looked at again."""
    book, spec = sight.book, intent.spec
    times = [intent.verify_by if book.phase == "Verifying" else None, book.time("expiresAt")]
    if (expires := book.time("expiresAt")) is not None:
        times.append(expires + seconds(spec.revert.max_hold))
    if (since := _healthy_since(sight)) is not None:
        times.append(since + seconds(spec.revert.healthy_for))
    tick = timedelta(seconds=sight.settings.tick_seconds)
    applied = book.time("appliedAt") or sight.now
    watched = sight.now - applied < timedelta(seconds=sight.settings.contested_seconds)
    look = tick if watched else 6 * tick
    ahead = [one - sight.now for one in times if one is not None and one > sight.now]
    return min([look, *ahead])


def done_without_revert(sight: Sight, intent: Intent) -> Next | None:
    """A sticky or irreversible change is over once it is verified, or nobody can tell."""
    if intent.reversible == "Reversible" or sight.book.phase != "Active":
        return None
    applied = sight.book.time("appliedAt") or sight.now
    if (
        sight.now - applied < timedelta(seconds=sight.settings.contested_seconds)
        and intent.change is not None
    ):
        return None
    sight.book.end("Done", "Done", _done(intent))
    return Next(again=True)


def _done(intent: Intent) -> str:
    if intent.reversible == "Sticky":
        return "it stays: taking it back would bring the bad version back"
    return "it stays: it cannot be taken back"


def _says(signal: Signal | None, state: str) -> bool:
    return signal is not None and signal.state == state
