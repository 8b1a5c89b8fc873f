"""Is the change still there? Whoever changes it back, or to something else, has taken it over: we let go.

Never fought over: one write from us, and none against anybody's will. Within two minutes it is most likely a
GitOps tool, and the way to go is a change in Git.
"""

from __future__ import annotations

from datetime import timedelta

from fireline.mitigation.applying import look
from fireline.mitigation.intent import Intent
from fireline.mitigation.plan_change import said
from fireline.mitigation.resume import judge, judge_revert, who_words
from fireline.mitigation.sight import Next, Sight

LIVE = "hold:live"


def still_ours(sight: Sight, intent: Intent) -> Next | None:
    """None while the change is in place, or nobody can tell; otherwise what follows."""
    change = intent.change
    if change is None:
        return None
    live = sight.answer(LIVE)
    if live is None:
        return Next(reads=(look(sight, intent, change, LIVE),))
    named = f"{change.ref.kind} {change.ref.name}"
    if not live.ok and live.status != 404:
        sight.book.say("TargetUnknown", f"{named} cannot be read: {said(live)}")
        return None
    verdict = judge(live.body if live.ok else None, intent)
    if verdict == "Applied":
        if sight.book["reason"] == "TargetUnknown":
            sight.book.recall()
        return None
    if verdict in {"Gone", "Replaced"}:
        words = f"{named} is gone" if verdict == "Gone" else f"{named} was made anew"
        sight.book.end("Superseded", verdict, words)
        return Next(again=True)
    back = judge_revert(live.body, intent) in {"OnlyMarker", "AlreadyBefore"}
    if intent.reversible == "Sticky" and not back:
        # A newer rollout is what is hoped for after going back.
        sight.book.end(
            "Superseded", "NewerRollout", f"{named} was changed since{who_words(live.body, intent)}"
        )
        return Next(again=True)
    applied = sight.book.time("appliedAt") or sight.now
    soon = sight.now - applied <= timedelta(seconds=sight.settings.contested_seconds)
    advice = "; if a GitOps tool does it, make the change in Git instead" if soon else ""
    words = f"{named} was changed{who_words(live.body, intent)}: it is theirs now, and we let go{advice}"
    sight.book.end("Contested", "Contested", words, human=True)
    return Next(again=True)
