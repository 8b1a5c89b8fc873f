"""``webhook``: a call to a service of the user's own, instead of a change of an object.

:func:`webhook_call` says what is sent, :func:`outcome` what an answer (or none) means. The planner keeps the
rest: it notes a call in ``status.sent`` before it is made, and asks :func:`outcome` afterwards, also after a
crash. Which addresses may be reached is for whoever makes the call to say, once a name is resolved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import Webhook
from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.actions.fields import given
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, Permission, Refusal, Reversibility
from fireline.promql.durations import Duration

What = Literal["apply", "revert"]
_LONGEST = 30.0
"""Seconds one request may take, whatever the spec says."""
_PATIENCE = 30.0
"""Seconds between two tries at most."""
_NOT_NOW = frozenset({408, 425, 429})
"""Not done, and worth another try: RFC 9110 (408), RFC 8470 (425), RFC 6585 (429)."""
_IN_WORK = 409
"""To a key that is seen again: the first request is still being worked on (IETF draft on Idempotency-Key)."""


@dataclass(frozen=True, slots=True)
class About:
    """What a service is told about a mitigation, the same for all tries of one application of it."""

    uid: str
    intent: str
    mitigation: str
    namespace: str
    slo: str
    episode: str
    trigger: str
    plan_hash: str


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One POST: everything but the bearer token, which is read from its Secret when it is sent."""

    url: str = field(repr=False)
    body: Manifest
    headers: Mapping[str, str]
    timeout: float
    """Seconds."""
    token: tuple[str, str] | None = None
    """Name and key of a Secret."""

    def as_call(self, name: str, *, namespace: str, user: str) -> Call:
        """For the engine. ``user`` reads the Secret."""
        return Call(
            name,
            "post",
            namespace=namespace,
            body=self.body,
            user=user,
            url=self.url,
            headers=self.headers,
            secret=self.token,
            timeout=self.timeout,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call.

    ``Done``; ``Refused``: certainly not done; ``Again``: to be sent once more after ``wait``; ``Unknown``: it
    may be done or not, and nobody can tell from here. ``doubt`` is to be given to the next :func:`outcome`.
    """

    state: Literal["Done", "Refused", "Again", "Unknown"]
    message: str
    wait: timedelta | None = None
    doubt: bool = False


def webhook_call(webhook: Webhook, what: What, about: About) -> WebhookCall | None:
    """What is sent to apply it, or to take it back; None when it cannot be taken back."""
    url = webhook.url if what == "apply" else webhook.revert_url
    if url is None:
        return None
    body: Manifest = {
        "mitigation": about.mitigation,
        "namespace": about.namespace,
        "slo": about.slo,
        "episode": about.episode,
        "trigger": about.trigger,
        "action": what,
        "planHash": about.plan_hash,
    }
    token = webhook.bearer_token
    return WebhookCall(
        url,
        body,
        {"Content-Type": "application/json", "Idempotency-Key": f"{about.uid}/{about.intent}/{what}"},
        min(Duration.parse(webhook.timeout).seconds, _LONGEST),
        (token.name, token.key) if token is not None else None,
    )


def webhook_subject(webhook: Webhook) -> Manifest:
    """What a person approves, for the hash of the plan. It names the Secret and never holds its value."""
    return webhook.model_dump(mode="json", by_alias=True, exclude_none=True)


def call_text(spec: Spec) -> str:
    """The same as text, for ``status.intent.call``. Raises LookupError when the spec has another action."""
    return json.dumps(webhook_subject(given(spec.action.webhook)), sort_keys=True, separators=(",", ":"))


def webhook_summary(webhook: Webhook) -> str:
    """What would be done, in one sentence. Of the URL only its host: paths and queries may be secret."""
    back = f", and {_host(webhook.revert_url)} to take it back" if webhook.revert_url is not None else ""
    return f"calls {_host(webhook.url)}{back}"


def webhook_notes(webhook: Webhook) -> tuple[str, ...]:
    """What a person should know before saying yes."""
    once = "it is called at most once: when the answer is lost, nobody knows whether it was done"
    return (
        *(() if webhook.idempotent else (once,)),
        *(("it has no revertURL, so it cannot be taken back",) if webhook.revert_url is None else ()),
    )


def webhook_refusal(webhook: Webhook) -> Refusal | None:
    """Why it is not called: a URL is for everyone to read."""
    for name, url in (("url", webhook.url), ("revertURL", webhook.revert_url)):
        found = urlsplit(url or "")
        if found.username is not None or found.password is not None:
            words = (
                f"action.webhook.{name} has a user or password in it, for everyone to read; put a token into "
                f"a Secret and name it in action.webhook.bearerToken, for example {{name: pager, key: token}}"
            )
            return Refusal("InlineSecret", words, lasting=True)
    return None


def outcome(
    answer: Answer | None,
    *,
    idempotent: bool,
    since: datetime,
    now: datetime,
    deadline: datetime,
    doubt: bool = False,
) -> Outcome:
    """What became of a call that was noted at ``since``; None: its answer was lost, as by a crash.

    Done by 2xx. Not done by 3xx (redirects are not followed), by 4xx, and when it reached nobody. After any
    other answer, or none, it may be done: an idempotent one is sent again, any other is Unknown. ``doubt``:
    an earlier try may have done it, so that a refusal now proves nothing.
    """
    if answer is not None and answer.ok:
        return Outcome("Done", f"HTTP {answer.status}")
    said = _said(answer)
    certain = answer is not None and (not answer.sent or 300 <= answer.status < 500)
    in_work = idempotent and answer is not None and answer.status == _IN_WORK
    doubt = doubt or not certain or in_work
    if _worth_another_try(answer, idempotent=idempotent, certain=certain):
        wait = _pause(since, now)
        if now + wait < deadline:
            return Outcome("Again", f"{said}; it is sent again", wait, doubt)
        said = f"{said}; it was tried until its deadline"
    if doubt:
        look = "it may have been done or not: look there yourself"
        return Outcome("Unknown", f"{said}; {look}", doubt=True)
    return Outcome("Refused", f"{said}; it was not done")


def _worth_another_try(answer: Answer | None, *, idempotent: bool, certain: bool) -> bool:
    if answer is not None and not answer.sent:
        return True  # it reached nobody, so this is still the first time for them
    if not idempotent:
        return False
    return not certain or (answer is not None and answer.status in {*_NOT_NOW, _IN_WORK})


def _pause(since: datetime, now: datetime) -> timedelta:
    """As long as it has been tried already: every pause doubles, and nothing needs to be remembered."""
    return timedelta(seconds=min(max((now - since).total_seconds(), 1.0), _PATIENCE))


def _said(answer: Answer | None) -> str:
    if answer is None:
        return "its answer was lost with the process that called"
    final = "; give the URL it redirects to" if 300 <= answer.status < 400 else ""
    return (answer.message or (f"HTTP {answer.status}" if answer.status else "no answer")) + final


def _host(url: str) -> str:
    return urlsplit(url).hostname or "its URL"


class _Webhook(SimpleAction):
    name = "webhook"
    targets = ()

    def reversibility(self, spec: Spec) -> Reversibility:
        """Reversible by a call to ``revertURL``."""
        return "Irreversible" if given(spec.action.webhook).revert_url is None else "Reversible"

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - no object is changed
        """Always refused: no object is changed, see :func:`webhook_call`."""
        return Refusal("NoTarget", "a webhook changes no object: leave spec.target out", lasting=True)

    def permissions(self, spec: Spec) -> Sequence[Permission]:
        """To read the Secret with its token."""
        token = given(spec.action.webhook).bearer_token
        return () if token is None else (Permission("", "secrets", ("get",), (token.name,)),)


WEBHOOK = _Webhook()
