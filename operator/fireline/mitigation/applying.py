"""Applying: the intent is persisted; make the change exactly once, or find out that it was made.

After a crash nothing is remembered but the intent, so every look begins with the target itself: the resume
table (``fireline.mitigation.resume``) says what its state means. The change is one JSON patch that tests what
it changes, so that it cannot be made twice, by whomever.
"""

from __future__ import annotations

from datetime import timedelta

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.labels import REJECT, REVERT
from fireline.api.plan import Answer, Call
from fireline.mitigation.actions.rollout_undo import replica_sets
from fireline.mitigation.intent import Intent
from fireline.mitigation.model import Change, Kept
from fireline.mitigation.patching import apply_ops
from fireline.mitigation.plan_change import resolver_of, said
from fireline.mitigation.resume import judge, marked, who_words
from fireline.mitigation.sight import Next, Sight
from fireline.mitigation.values import Unresolved
from fireline.mitigation.waiting import withdrawn

LIVE = "apply:live"
MADE = "apply:made"
AGAIN = "apply:again"


def applying(sight: Sight, intent: Intent, change: Change) -> Next:
    """Make it, or see what became of it."""
    made = sight.answer(MADE)
    if made is None:
        live = sight.answer(LIVE)
        if live is None:
            return Next(reads=(look(sight, intent, change, LIVE), *_sources(sight, intent, change)))
        return _begin(sight, intent, change, live)
    if made.ok and judge(made.body, intent) == "Applied":
        return _in_place(sight, intent)
    again = sight.answer(AGAIN)
    if again is None:
        return Next(reads=(look(sight, intent, change, AGAIN),))
    return _after(sight, intent, change, made, again)


def look(sight: Sight, intent: Intent, change: Change, name: str) -> Call:
    """A read of the object that is changed, with the rights of the intent's ServiceAccount."""
    ref, user = change.ref, sight.user(intent.service_account)
    return Call(name, "get", ref.api_version, ref.kind, ref.namespace, ref.name, user=user)


def _sources(sight: Sight, intent: Intent, change: Change) -> tuple[Call, ...]:
    """Where values are that the intent does not keep."""
    if not any(isinstance(one.after, Kept) for one in change.paths):
        return ()
    return (replica_sets(change.ref.namespace, sight.user(intent.service_account)),)


def _begin(sight: Sight, intent: Intent, change: Change, live: Answer) -> Next:
    if not live.ok and live.status != 404:
        return _not_known(sight, intent, live)
    verdict = judge(live.body if live.ok else None, intent)
    if verdict != "NeverApplied":
        return _settled(sight, intent, change, verdict, live)
    stop = must_not_begin(sight, intent)
    if stop is not None:
        return not_begun(sight, intent, stop)
    if sight.paused is not None:
        return paused(sight, sight.paused)
    try:
        found = resolver_of(live.body, sight)
        ops = apply_ops(change, live.body, intent.marker, intent.plan_hash, found)
    except Unresolved as error:
        sight.book.end("Failed", "ValueGone", str(error), human=True)
        return Next(again=True)
    ref, user = change.ref, sight.user(intent.service_account)
    return Next(
        action=Call(MADE, "patch", ref.api_version, ref.kind, ref.namespace, ref.name, body=ops, user=user)
    )


def _after(sight: Sight, intent: Intent, change: Change, made: Answer, again: Answer) -> Next:
    """The write was refused, lost, or brought something else about: what is there now decides."""
    if not again.ok and again.status != 404:
        return _not_known(sight, intent, again)
    verdict = judge(again.body if again.ok else None, intent)
    if verdict != "NeverApplied":
        return _settled(sight, intent, change, verdict, again)
    if made.status in {400, 403, 404, 405, 413, 415}:
        sight.book.end("Failed", "ApplyRefused", f"the change was refused: {said(made)}", human=True)
        return Next(again=True)
    # 409, 422, 429, 5xx or no answer: something else moved, or the server was away. It was not made.
    sight.book.say("ApplyTried", f"not made yet: {said(made)}")
    return Next(wait=_pause(sight))


def _settled(sight: Sight, intent: Intent, change: Change, verdict: str, seen: Answer) -> Next:
    book, ref = sight.book, change.ref
    named = f"{ref.kind} {ref.name}"
    if verdict == "Applied":
        return _in_place(sight, intent)
    if verdict == "SomebodyElse":
        words = f"{named} was already as it should be, and not by us: nothing to do, and nothing to take back"
        book.end("NotNeeded", "NotNeeded", words)
    elif verdict in {"Gone", "Replaced"}:
        words = f"{named} is gone" if verdict == "Gone" else f"{named} is another object of that name now"
        book.end("Superseded", verdict, words)
    else:
        who = who_words(seen.body, intent)
        words = f"{named} was changed meanwhile{who}: nothing was written"
        if marked(seen.body, intent):
            words = f"it was made, and changed since{who}: {named} is theirs now, and is left alone"
        book.end("Contested", "Contested", words, human=True)
    return Next(again=True)


def _in_place(sight: Sight, intent: Intent) -> Next:
    book = sight.book
    book.answered("TargetUnknown")
    book["appliedAt"] = sight.now
    book["expiresAt"] = timestamp(intent.expires_at) if intent.expires_at else None
    since = (book["episode"] or {}).get("since")
    took = f", {_seconds_since(since, sight)} s after its trigger" if since else ""
    book.move("Verifying", "Applied", f"it is in place{took}", paths=(book["plan"] or {}).get("paths"))
    return Next(again=True)


def must_not_begin(sight: Sight, intent: Intent) -> str | None:
    """Why a change that was never made is not made any more."""
    if sight.going:
        return "the Mitigation is being deleted"
    if sight.annotations.get(REJECT) == intent.plan_hash:
        return "a person rejected it"
    if (nonce := sight.wish(REVERT)) is not None:
        return f"a person asked to take it back ({REVERT}: {nonce})"
    if withdrawn(sight, intent.spec):
        return "the trigger turned false"
    if intent.deadline <= sight.now:
        return _too_late(intent)
    return None


def _too_late(intent: Intent) -> str:
    return f"it had to begin by {timestamp(intent.deadline)}"


def not_begun(sight: Sight, intent: Intent, stop: str) -> Next:
    """The end of what was never made. Somebody who said yes must hear that it was too late."""
    book = sight.book
    tried = f" ({book['message']})" if book["reason"] in {"ApplyTried", "WebhookTried"} else ""
    book.end("Withdrawn", "NotBegun", f"it was not begun: {stop}{tried}", human=stop == _too_late(intent))
    return Next(again=True)


def paused(sight: Sight, why: str) -> Next:
    """Someone with the overview said stop after it was written down, and before it was made."""
    sight.book.say("Paused", f"mitigations are paused: {why}")
    return Next(wait=_pause(sight))


def _not_known(sight: Sight, intent: Intent, answer: Answer) -> Next:
    words = f"the target cannot be read: {said(answer)}"
    sight.book.say("TargetUnknown", words)
    if intent.deadline <= sight.now:
        sight.book.remind("TargetUnknown", f"nobody can tell whether the change was made: {words}")
    return Next(wait=_pause(sight))


def _pause(sight: Sight) -> timedelta:
    return timedelta(seconds=sight.settings.tick_seconds)


def _seconds_since(since: str, sight: Sight) -> int:
    return max(0, round((sight.now - parse_timestamp(since)).total_seconds()))
