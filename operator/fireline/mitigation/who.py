"""Who changed a field: the client that the API server notes in managedFields, not the user behind it.

Best effort, for people only; nothing is decided by it, and it never raises. The format (fieldsV1) is that of
server-side apply: ``f:name`` a field, ``k:{…}`` the entry of a list with these keys, ``v:…`` one with this
value, ``i:…`` one at this place; a set that ends before the field owns all below it::

    who(live, "/spec/replicas") -> Who | None
    words_for(live, paths) -> " by kubectl-edit at 2026-11-22T03:12:00Z" | " (perhaps by …)" | ""
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.plan import Manifest
from fireline.mitigation.pointer import index_of, parse


@dataclass(frozen=True, slots=True)
class Who:
    """A client as it named itself, and when it last wrote (RFC 3339, ``""`` when that was not noted).

    ``certain``: it owns the very field. Otherwise nobody does, as when the field was removed, and it is
    only the last one who wrote anything else than the status.
    """

    manager: str
    time: str
    certain: bool


def who(live: Mapping[str, Any], path: str) -> Who | None:
    """The last one who wrote a field, or else the last one who wrote; None when nobody is noted."""
    try:
        entries = [one for one in live["metadata"]["managedFields"] if not one.get("subresource")]
        owners = [one for one in entries if _owns(one.get("fieldsV1") or {}, parse(path), live)]
        found = max(owners or entries, key=lambda one: str(one.get("time") or ""), default=None)
        if found is None or not found.get("manager"):
            return None
        return Who(str(found["manager"]), str(found.get("time") or ""), bool(owners))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # whatever a server may note there


def words_for(live: Manifest, paths: Iterable[str]) -> str:
    """Who changed these fields, to follow "was changed"; empty when nobody is noted."""
    found = [one for one in (who(live, path) for path in paths) if one is not None]
    if not found:
        return ""
    last = max(found, key=lambda one: (one.certain, one.time))
    words = f"by {last.manager}" + (f" at {last.time}" if last.time else "")
    return f" {words}" if last.certain else f" (perhaps {words}, who wrote last)"


def _owns(fields: Mapping[str, Any], tokens: tuple[str, ...], value: Any) -> bool:
    if not tokens:
        return True
    if not fields:
        return False
    token, rest = tokens[0], tokens[1:]
    if isinstance(value, list):
        index = index_of(value, token)
        if index is None:
            return False
        item = value[index]
        return any(_reaches(inner, rest, item) for key, inner in fields.items() if _is(key, index, item))
    below = value.get(token) if isinstance(value, dict) else None
    return f"f:{token}" in fields and _reaches(fields[f"f:{token}"], rest, below)


def _reaches(fields: Mapping[str, Any], rest: tuple[str, ...], value: Any) -> bool:
    """An empty set is the end of what is noted: it owns all below."""
    return not fields or _owns(fields, rest, value)


def _is(key: str, index: int, item: Any) -> bool:
    """Whether an entry of a list is the one a key of fieldsV1 means."""
    kind, _, text = key.partition(":")
    if kind == "i":
        return text == str(index)
    if kind == "v":
        return bool(json.loads(text) == item)
    if kind != "k" or not isinstance(item, dict):
        return False
    return all(item.get(name) == wanted for name, wanted in json.loads(text).items())
