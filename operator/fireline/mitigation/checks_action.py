"""What is wrong with the action of a Mitigation, beside its target. Part of ``checks``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.mitigation import Spec
from fireline.api.wire import wire_json
from fireline.mitigation.actions.table import action_of
from fireline.settings import MitigationSettings

Found = Iterator[Issue]
_WEBHOOK: Location = ("spec", "action", "webhook")
_PATCH: Location = ("spec", "action", "patch")
_LEVELS = 64
_DEEP = f"is nested deeper than {_LEVELS} levels"


def merge_is_a_change(spec: Spec) -> Found:
    """A merge patch is a JSON object with something in it."""
    merge = spec.action.patch.merge if spec.action.patch is not None else None
    if merge is None:
        return
    at, example = (*_PATCH, "merge"), 'write it like {"spec": {"replicas": 3}}'
    try:
        found = json.loads(merge)
        if _too_deep(found):
            yield Issue("InvalidPatch", at, _DEEP)
            return
        wire_json(found).encode()  # Python reads NaN and half a character, too
    except RecursionError:
        yield Issue("InvalidPatch", at, _DEEP)
        return
    except ValueError as error:
        yield Issue("InvalidPatch", at, f"is no JSON: {error}; {example}")
        return
    if not isinstance(found, dict) or not found:
        yield Issue("InvalidPatch", at, f"must be a JSON object that changes something; {example}")


def patch_says_each_field_once(spec: Spec) -> Found:
    """Two changes of one field, or of a field and of something inside of it, hide each other."""
    seen: list[str] = []
    for number, change in enumerate((spec.action.patch.ops if spec.action.patch else None) or ()):
        other = next((one for one in seen if _overlap(one, change.path)), None)
        if other is not None:
            what = "the same field as" if other == change.path else "a part of the same field as"
            at = (*_PATCH, "ops", number, "path")
            yield Issue("InvalidPatch", at, f"{change.path} is {what} {other}; say it once")
        seen.append(change.path)


def patch_values_are_given(spec: Spec) -> Found:
    """CEL sees no field of any type, so the API server cannot say this."""
    for number, change in enumerate((spec.action.patch.ops if spec.action.patch else None) or ()):
        given = "value" in change.model_fields_set
        if given == (change.op == "remove"):
            words = "op remove has no value" if given else f"op {change.op} needs value, such as value: 3"
            yield Issue("InvalidPatch", (*_PATCH, "ops", number), words)
        if _too_deep(change.value):
            yield Issue("InvalidPatch", (*_PATCH, "ops", number, "value"), _DEEP)


def webhook_has_an_address(spec: Spec) -> Found:
    """A pattern cannot say all of what makes a URL. It is not quoted: it may hold a secret."""
    for at, url in _given(spec):
        if not _is_readable(url):
            words = "is no URL that can be called: its host or port makes no sense; write it like "
            yield Issue(INVALID_SPEC, at, f"{words}https://hooks.example:8443/restart")


def webhook_is_careful(spec: Spec) -> Found:
    """No credential in the spec, and none sent in the clear."""
    for at, url in _urls(spec):
        if urlsplit(url).username is not None:
            words = (
                "a user and password in a URL are for everyone to read; put a token into a Secret, and name "
                "that in bearerToken"
            )
            yield Issue("InlineSecret", at, words)
        elif spec.action.webhook and spec.action.webhook.bearer_token and url.startswith("http:"):
            words = "the bearer token would be sent in the clear; use https"
            yield Issue("TokenInTheClear", at, words, note=True)


def webhook_is_reachable(spec: Spec, settings: MitigationSettings) -> Found:
    """The operator would refuse these addresses. Names are looked at when they are resolved."""
    for at, url in _urls(spec):
        network = _refused_by(urlsplit(url).hostname or "", settings)
        if network is not None:
            words = (
                f"is in {network}, which no webhook may reach (mitigations.webhook_refuse of the settings)"
            )
            yield Issue("RefusedAddress", at, words)


def revert_has_something_to_revert(spec: Spec) -> Found:
    """Only a note: what is said about revert never comes into effect."""
    if "revert" not in spec.model_fields_set:
        return
    if action_of(spec).reversibility(spec) != "Reversible":
        words = f"{spec.action.name} is never taken back by itself, so this has no effect"
        if spec.action.webhook is not None:
            words = "a webhook without revertURL cannot be taken back, so this has no effect"
        yield Issue("NeverReverted", ("spec", "revert"), words, note=True)


def _given(spec: Spec) -> Iterator[tuple[Location, str]]:
    webhook = spec.action.webhook
    if webhook is not None:
        yield (*_WEBHOOK, "url"), webhook.url
        if webhook.revert_url is not None:
            yield (*_WEBHOOK, "revertURL"), webhook.revert_url


def _urls(spec: Spec) -> Iterator[tuple[Location, str]]:
    """Those that can be read; ``webhook_has_an_address`` tells of the others."""
    return ((at, url) for at, url in _given(spec) if _is_readable(url))


def _is_readable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _refused_by(host: str, settings: MitigationSettings) -> Any:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return next((one for one in settings.webhook_refuse if address in ip_network(one, strict=False)), None)


def _too_deep(value: Any) -> bool:
    """Whether a JSON value is nested deeper than anything here wants to follow."""
    level = [value]
    for _ in range(_LEVELS + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
