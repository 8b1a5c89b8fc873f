"""Applying and Reverting of a webhook: noted before it is sent, so that a crash never sends it twice.

What cannot be seen from here is not guessed: a call whose answer was lost ends as Unknown, unless its service
says that it is idempotent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Answer
from fireline.mitigation.actions.fields import given
from fireline.mitigation.actions.webhook import About, Outcome, What, outcome, webhook_call
from fireline.mitigation.alert_rules import slo_of
from fireline.mitigation.applying import must_not_begin, not_begun, paused
from fireline.mitigation.intent import Intent
from fireline.mitigation.reverting import needs_nobody
from fireline.mitigation.sight import Next, Sight

APPLY = "webhook:apply"
REVERT = "webhook:revert"
_RESERVE = timedelta(seconds=5)
"""Beside its time-out: what sending and writing down take."""
_TRY_BACK = timedelta(minutes=10)
"""For so long taking back is tried; a deletion does not wait for it."""
_SECOND = timedelta(seconds=1)
"""Times are kept in whole seconds."""


def sending(sight: Sight, intent: Intent) -> Next:
    """Send it, or see what became of that."""
    stopped = _stopped(sight, intent)
    if stopped is not None:
        return stopped
    found = _call(sight, intent, "apply", APPLY)
    if isinstance(found, Next):
        return found
    book = sight.book
    book.forget("sent")
    if found.state == "Done":
        book["appliedAt"] = sight.now
        book["expiresAt"] = timestamp(intent.expires_at) if intent.expires_at else None
        book.move("Verifying", "Applied", f"the webhook said so: {found.message}")
    elif found.state == "Refused":
        book.end("Failed", "WebhookRefused", found.message, human=True)
    else:
        book.end("Unknown", "WebhookUnknown", found.message, human=True)
    return Next(again=True)


def _stopped(sight: Sight, intent: Intent) -> Next | None:
    """What follows when it must not be sent (again); None when it may, or an answer is waited for."""
    book, sent = sight.book, sight.book["sent"]
    if sight.answer(APPLY) is not None or (sent is not None and not sent.get("retryAt")):
        return None
    stop, doubt = must_not_begin(sight, intent), bool((sent or {}).get("doubt"))
    if stop is not None and not doubt:
        return not_begun(sight, intent, stop)
    if doubt and intent.deadline <= sight.now:
        words = f"it is not sent again, and may have been done or not: {stop}; look there yourself"
        book.end("Unknown", "WebhookUnknown", words, human=True)
        return Next(again=True)
    # In doubt it is sent again whoever says stop: only its answer tells what there is to take back.
    return paused(sight, sight.paused) if sight.paused is not None and not doubt else None


def taking_back(sight: Sight, intent: Intent) -> Next:
    """Call the webhook that takes it back."""
    found = _call(sight, intent, "revert", REVERT)
    if isinstance(found, Next):
        return found
    book = sight.book
    book.forget("sent")
    if found.state == "Done":
        book["revertedAt"] = sight.now
        needs_nobody(book)
        book.end("Reverted", "Reverted", f"the webhook said so: {found.message}")
    elif found.state == "Refused":
        book.end("Failed", "RevertFailed", found.message, human=True)
    else:
        book.end("Unknown", "WebhookUnknown", found.message, human=True)
    return Next(again=True)


def _call(sight: Sight, intent: Intent, what: What, name: str) -> Outcome | Next:
    """What became of a call; or note it, and make it."""
    answer, sent = sight.answer(name), sight.book["sent"]
    if answer is None and sent is None:
        return _note(sight, intent, what, name)
    if answer is None and sent.get("retryAt"):
        wait = parse_timestamp(sent["retryAt"]) - sight.now
        return _note(sight, intent, what, name) if wait <= timedelta(0) else Next(wait=wait)
    webhook = given(intent.spec.action.webhook)
    found = _outcome(sight, intent, what, answer, idempotent=webhook.idempotent)
    if isinstance(found, Next) or found.state != "Again":
        return found
    wait = found.wait or timedelta(0)
    sight.book.say("WebhookTried", found.message)
    again = {"retryAt": timestamp(sight.now + wait)} | ({"doubt": True} if found.doubt else {})
    sight.book["sent"] = {**(sent or {}), **again}
    return Next(wait=wait + _SECOND)


def _note(sight: Sight, intent: Intent, what: What, name: str) -> Next:
    call = webhook_call(given(intent.spec.action.webhook), what, _about(sight, intent))
    if call is None:
        sight.book.end("Released", "NoRevertURL", "it cannot be taken back: there is no revertURL")
        return Next(again=True)
    before = sight.book["sent"] or {}
    sight.book["sent"] = {
        "what": what.capitalize(),
        "since": before.get("since") or timestamp(sight.now),
        "at": timestamp(sight.now),
        "deadline": timestamp(sight.now + timedelta(seconds=call.timeout) + _RESERVE),
        **({"doubt": True} if before.get("doubt") else {}),
    }
    user = sight.user(intent.service_account)
    return Next(action=call.as_call(name, namespace=sight.key.namespace, user=user))


def _outcome(
    sight: Sight, intent: Intent, what: What, answer: Answer | None, *, idempotent: bool
) -> Outcome | Next:
    sent = sight.book["sent"] or {}
    until = parse_timestamp(sent["deadline"]) if sent else sight.now
    if answer is None and until > sight.now:
        # Another process, or this one before it ended, may still be waiting for the answer.
        sight.book.say("WebhookPending", "a call is on its way, or was when its process ended")
        return Next(wait=until - sight.now)
    return outcome(
        answer,
        idempotent=idempotent,
        since=parse_timestamp(sent["since"]) if sent else sight.now,
        now=sight.now,
        deadline=_give_up(sight, intent, what),
        doubt=bool(sent.get("doubt")),
    )


def _give_up(sight: Sight, intent: Intent, what: What) -> datetime:
    if what == "apply":
        return intent.deadline
    since = (sight.book["sent"] or {}).get("since")
    begun = parse_timestamp(since) if since else sight.now
    return begun + _TRY_BACK


def _about(sight: Sight, intent: Intent) -> About:
    episode = sight.book["episode"] or {}
    return About(
        uid=sight.uid,
        intent=intent.id,
        mitigation=sight.key.name,
        namespace=sight.key.namespace,
        slo=slo_of(intent.spec) or "",
        episode=str(episode.get("id", "")),
        trigger=str(episode.get("trigger", "")),
        plan_hash=intent.plan_hash,
    )
