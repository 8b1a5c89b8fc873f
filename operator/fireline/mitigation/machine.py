"""The state machine: which phase is looked at, and what comes next.

Level-triggered: everything follows from the persisted status, what was read in this very reconcile, and the
time. A crash at any point is a restart of this function. The order of the questions is the contract.
"""

from __future__ import annotations

from fireline.api.labels import REVERT, SEEN
from fireline.mitigation.applying import applying
from fireline.mitigation.beginning import approved
from fireline.mitigation.contest import still_ours
from fireline.mitigation.holding import done_without_revert, failed, hold, leave, next_look, verification
from fireline.mitigation.intent import Intent
from fireline.mitigation.letting_go import left, released, unlock
from fireline.mitigation.reverting import begin_revert, reverting
from fireline.mitigation.sending import sending, taking_back
from fireline.mitigation.sight import STANDS_STILL, UNDER_WAY, Next, Sight
from fireline.mitigation.waiting import ended, idle, proposed

_STEPS = 12
"""More phases than there are cannot follow one another in one look."""


def run(sight: Sight) -> Next:
    """Go on until something must be read, done or waited for; ``sight.book`` says what is true then."""
    found = Next()
    for _ in range(_STEPS):
        found = _step(sight)
        if not found.again:
            break
    return found


def _step(sight: Sight) -> Next:
    book = sight.book
    if (nonce := sight.wish(SEEN)) is not None:
        # Said before anything was asked for, it is no answer to what comes later.
        book.carried_out(SEEN, nonce)
        book.seen()
    under_way = book.phase in UNDER_WAY
    if sight.suspended and not sight.going and not sight.released:
        book.say("Suspended", "spec.suspend is true: nothing is started, and nothing is taken back")
        return (None if under_way else unlock(sight)) or Next()
    if book["reason"] in STANDS_STILL:
        book.recall()
    if under_way:
        return _under_way(sight)
    goes_on = sight.spec is not None and not sight.released and not sight.going
    # A Lease that was taken before a crash is that of what is about to begin.
    unlocked = None if goes_on and book.phase == "Approved" else unlock(sight)
    if unlocked is not None:
        return unlocked
    if sight.spec is None or not goes_on:
        return _stands_still(sight)
    match book.phase:
        case "Proposed":
            return proposed(sight, sight.spec)
        case "Approved":
            return approved(sight, sight.spec)
        case "Ended":
            return ended(sight, sight.spec)
        case _:
            return idle(sight, sight.spec)


def _stands_still(sight: Sight) -> Next:
    """Nothing is begun: it goes, it is to forget all, or nobody knows what is wanted."""
    book = sight.book
    if sight.going or book.phase not in {"Proposed", "Approved"}:
        return Next()
    if sight.released:
        book.end("Released", "Released", "spec.release is true: what was proposed is not made")
        return Next(again=True)
    book.say("SpecInvalid", "the spec is wrong, see condition Valid: nothing is begun until it is mended")
    return Next()


def _under_way(sight: Sight) -> Next:
    book = sight.book
    intent = Intent.of(book.status, sight.key.namespace)
    if intent is None:
        # Somebody else wrote our status. Nothing is known, so nothing is touched.
        words = "status.intent is gone or cannot be read: look at the target yourself"
        book.end("Unknown", "IntentLost", words, human=True)
        return Next(again=True)
    if sight.going and "delete" not in (book["handled"] or {}):
        # Tries of before are none of those after which a deletion is given up.
        book.carried_out("delete", str(sight.metadata["deletionTimestamp"]))
        book.forget("revertTries")
    let_go = released(sight, intent)
    if let_go is not None:
        reason, words = let_go
        book.end("Released", reason, words, human=False)
        return Next(again=True)
    found = _phase(sight, intent)
    limit = left(sight)
    if limit is not None and found.wait is not None and limit < found.wait:
        found.wait = limit
    return found


def _phase(sight: Sight, intent: Intent) -> Next:
    change = intent.change
    match sight.book.phase:
        case "Applying":
            return sending(sight, intent) if change is None else applying(sight, intent, change)
        case "Reverting":
            return taking_back(sight, intent) if change is None else reverting(sight, intent, change)
        case _:
            return _in_place(sight, intent)


def _in_place(sight: Sight, intent: Intent) -> Next:
    """Verifying and Active."""
    lost = still_ours(sight, intent)
    if lost is not None:
        return lost
    why = leave(sight, intent)
    if why is not None:
        reason, words, actor = why
        if (nonce := sight.wish(REVERT)) is not None:
            sight.book.carried_out(REVERT, nonce)
        return begin_revert(sight, reason, words, actor=actor)
    wrong = failed(sight, intent)
    if wrong is not None:
        sight.book.ask_human("VerificationFailed", wrong)
        if intent.reversible == "Reversible":
            return begin_revert(sight, "VerificationFailed", wrong, warn=True)
        sight.book.end("Failed", "VerificationFailed", wrong, human=True)
        return Next(again=True)
    before = sight.book.phase
    verification(sight, intent)
    hold(sight, intent)
    done = done_without_revert(sight, intent)
    if done is not None:
        return done
    if sight.book.phase != before:
        return Next(again=True)
    return Next(wait=next_look(sight, intent))
