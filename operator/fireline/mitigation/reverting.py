"""Reverting: put back what was there, only while the value is still ours.

Compare and swap, as in applying: a value that somebody changed is theirs, and is left alone.
"""

from __future__ import annotations

from datetime import timedelta

from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.applying import look
from fireline.mitigation.intent import Intent
from fireline.mitigation.model import Change
from fireline.mitigation.patching import revert_ops
from fireline.mitigation.plan_change import said
from fireline.mitigation.resume import judge_revert, who_words
from fireline.mitigation.sight import Book, Next, Sight

LIVE = "revert:live"
MADE = "revert:made"
AGAIN = "revert:again"
_LONGEST = timedelta(minutes=5)
_BY_OTHER = "RevertedByOther"
_TAKEN_BACK = "is taken back: "


def begin_revert(
    sight: Sight, reason: str, message: str, *, actor: str = "operator", warn: bool = False
) -> Next:
    """From now on it is taken back."""
    sight.book.forget("revertTries")
    sight.book.move("Reverting", reason, f"{_TAKEN_BACK}{message}", actor=actor, warn=warn)
    return Next(again=True)


def reverting(sight: Sight, intent: Intent, change: Change) -> Next:
    """Take it back, or see what became of that."""
    made = sight.answer(MADE)
    if made is None:
        live = sight.answer(LIVE)
        if live is None:
            return Next(reads=(look(sight, intent, change, LIVE),))
        return _begin(sight, intent, change, live)
    if made.ok:
        return _put_back(sight, change)
    again = sight.answer(AGAIN)
    if again is None:
        return Next(reads=(look(sight, intent, change, AGAIN),))
    if not again.ok and again.status != 404:
        return _tried(sight, again)
    verdict = judge_revert(again.body if again.ok else None, intent)
    if verdict in {"Ours", "OnlyMarker"}:
        return _tried(sight, made)
    # Lost on the way back: it was ours, we wrote, and now it is as it was before.
    if verdict == "AlreadyBefore" and made.status == 0:
        return _put_back(sight, change)
    return _settled(sight, intent, change, verdict, again)


def _begin(sight: Sight, intent: Intent, change: Change, live: Answer) -> Next:
    if not live.ok and live.status != 404:
        return _tried(sight, live)
    verdict = judge_revert(live.body if live.ok else None, intent)
    if verdict == "AlreadyBefore":
        # Values and marker go in one write of ours, whoever else puts the values back leaves the marker: this
        # was us, before a crash.
        return _put_back(sight, change)
    if verdict not in {"Ours", "OnlyMarker"}:
        return _settled(sight, intent, change, verdict, live)
    if verdict == "OnlyMarker":
        # Written down before the write, after which nothing tells any more who it was.
        sight.book.say(_BY_OTHER, "what was there is back, and not by us: only our mark is left to take off")
    elif sight.book["reason"] == _BY_OTHER:
        sight.book.recall()
    ops = revert_ops(change, live.body, intent.marker, intent.plan_hash, made=intent.made)
    ref, user = change.ref, sight.user(intent.service_account)
    return Next(
        action=Call(MADE, "patch", ref.api_version, ref.kind, ref.namespace, ref.name, body=ops, user=user)
    )


def _put_back(sight: Sight, change: Change) -> Next:
    book = sight.book
    if book["reason"] == _BY_OTHER:
        return _by_other(sight, change)
    book["revertedAt"] = sight.now
    why = _begun(book).get("message", "").removeprefix(_TAKEN_BACK)
    needs_nobody(book)
    book.end("Reverted", "Reverted", f"what was there is back: {why}".rstrip(": "))
    return Next(again=True)


def needs_nobody(book: Book) -> None:
    """It is back, so nobody is needed, unless it did not help: that is still to be looked at."""
    begun = _begun(book)
    failed = begun.get("reason") == "VerificationFailed"
    if not failed or book.asked_for != "VerificationFailed":
        book.answered()
    if failed:
        book.remind("VerificationFailed", begun.get("message", ""))


def _begun(book: Book) -> Manifest:
    """The record of why it is taken back."""
    ring: list[Manifest] = book["history"] or []
    return next((one for one in reversed(ring) if one["phase"] == "Reverting"), {})


def _by_other(sight: Sight, change: Change) -> Next:
    """Somebody else put back what was there. Nobody is needed for that, unless it did not help."""
    book = sight.book
    book["revertedAt"] = sight.now
    needs_nobody(book)
    named = f"{change.ref.kind} {change.ref.name}"
    book.end(_BY_OTHER, _BY_OTHER, f"{named} is back as it was before; not by us")
    return Next(again=True)


def _settled(sight: Sight, intent: Intent, change: Change, verdict: str, seen: Answer) -> Next:
    book, ref = sight.book, change.ref
    named = f"{ref.kind} {ref.name}"
    if verdict == "AlreadyBefore":
        return _by_other(sight, change)
    if verdict in {"Gone", "Replaced"}:
        book.end("Superseded", verdict, f"{named} is gone" if verdict == "Gone" else f"{named} was made anew")
    else:
        who = who_words(seen.body, intent)
        words = f"{named} was changed meanwhile{who}: it is theirs now, and is left alone"
        book.end("Contested", "Contested", words, human=True)
    return Next(again=True)


def _tried(sight: Sight, answer: Answer) -> Next:
    """It could not be taken back yet: try on, ever more slowly, and ask a person meanwhile."""
    book = sight.book
    tries = int(book["revertTries"] or 0) + 1
    book["revertTries"] = tries
    words = f"it could not be taken back yet: {said(answer)}"
    book.say("RevertTried", words)
    if tries >= sight.settings.delete_tries or answer.status in {403, 405}:
        book.remind("RevertFailed", f"{words}; after {tries} tries it is tried on")
    pause = timedelta(seconds=sight.settings.tick_seconds) * 2 ** min(tries - 1, 6)
    return Next(wait=min(pause, _LONGEST))
