"""Whether the Secrets that policies name are there, with their keys, and of use.

A Secret without its key, or with a value that is no URL where one is needed, makes prometheus-operator
leave a policy out, or Alertmanager refuse the configuration of everyone. The operator may read them only
where a Role allows it. Values are looked at and let go: nothing keeps, compares or logs them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from fireline.alerting.observation import SecretSeen
from fireline.alerting.situation import SecretAt
from fireline.api.plan import Manifest
from fireline.errors import Forbidden, NotFound

Get = Callable[[str, str], Awaitable[Manifest]]
"""Reads one Secret by namespace and name."""
Known = dict[tuple[str, str, str], SecretSeen]


async def look(get: Get, wanted: Iterable[SecretAt]) -> Known:
    """What is known of each key. Raises ApiError when the API server does not answer."""
    found: Known = {}
    places: dict[tuple[str, str], list[SecretAt]] = {}
    for one in wanted:
        places.setdefault((one.namespace, one.name), []).append(one)
    for (namespace, name), keys in places.items():
        try:
            data = (await get(namespace, name)).get("data") or {}
        except NotFound:
            words = f"there is no Secret {name} in namespace {namespace}"
            found |= {_key(one): SecretSeen("NoSecret", words) for one in keys}
        except Forbidden:
            words = f"the operator may not get Secret {name} in namespace {namespace}, so it cannot tell"
            found |= {_key(one): SecretSeen("Forbidden", words) for one in keys}
        else:
            found |= {_key(one): _judged(one, data) for one in keys}
    return found


def _key(one: SecretAt) -> tuple[str, str, str]:
    return one.namespace, one.name, one.key


def _judged(one: SecretAt, data: Manifest) -> SecretSeen:
    """Says what is wrong with a value, and never what it is."""
    if one.key not in data:
        there = ", ".join(sorted(data)) or "nothing"
        words = f"Secret {one.name} has no key {one.key}; it has {there}"
        return SecretSeen("NoKey", words)
    where = f"key {one.key} of Secret {one.name}"
    try:
        text = base64.b64decode(data[one.key] or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return SecretSeen("Unusable", f"{where} holds no text")
    if not text.strip():
        return SecretSeen("Unusable", f"{where} is empty")
    if one.holds in {"URL", "ExactURL"} and not _is_url(text.strip()):
        return SecretSeen("Unusable", f"{where} must hold an http or https URL, and holds something else")
    if one.holds == "ExactURL" and text != text.strip():
        words = f"{where} must hold nothing but the URL, and has a space or line break around it"
        return SecretSeen("Unusable", f"{words}; write it with printf instead of echo")
    return SecretSeen("Found")


def _is_url(text: str) -> bool:
    """As strict as Go, which refuses what Python puts up with: blanks, and a % that begins no escape."""
    if re.search(r"[^!-~]|%(?![0-9A-Fa-f]{2})", text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
