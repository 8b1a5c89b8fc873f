"""Which client set a field, from ``metadata.managedFields`` (FieldsV1 of structured-merge-diff).

The API server keeps, for each client, the tree of fields it set: ``f:name`` is a field of a map, ``k:{…}``
an entry of a list by its keys, ``v:…`` an entry by its value, ``i:…`` by its place, ``.`` the thing itself. A
branch that ends is a value that was set as a whole. It names clients, never users.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import entries
from fireline.mitigation.pointer import index_of, parse


@dataclass(frozen=True, slots=True)
class Manager:
    """A client that set a field. ``operation``: ``Apply`` or ``Update``; ``time``: of its last write."""

    name: str
    operation: str
    time: str = ""


def managers_of(target: Manifest, path: str) -> tuple[Manager, ...]:
    """Who set a field, or something inside of it; the latest first. Empty when nobody is known to have."""
    found = [
        Manager(str(one.get("manager", "")), str(one.get("operation", "")), str(one.get("time", "")))
        for one in entries(target, "metadata", "managedFields")
        if _sets(one.get("fieldsV1") or {}, target, parse(path))
    ]
    return tuple(sorted(found, key=lambda one: one.time, reverse=True))


def all_managers(target: Manifest) -> frozenset[str]:
    """Names of all clients that are known to have set any field."""
    return frozenset(str(one.get("manager")) for one in entries(target, "metadata", "managedFields"))


def _sets(fields: Mapping[str, Any], document: Any, tokens: tuple[str, ...]) -> bool:
    for depth, token in enumerate(tokens):
        if depth and not fields:
            # Set as a whole, with all that is inside.
            return True
        branch, document = _branch(fields, document, token)
        if branch is None:
            return False
        fields = branch
    return True


def _branch(fields: Mapping[str, Any], document: Any, token: str) -> tuple[Mapping[str, Any] | None, Any]:
    """The branch of a field, and what of the document it is about."""
    if not isinstance(document, list):
        inner = document.get(token) if isinstance(document, Mapping) else None
        return fields.get(f"f:{token}"), inner
    index = index_of(document, token)
    if index is None:
        return None, None
    entry = document[index]
    name = next((name for name in fields if _is_entry(name, entry, index)), None)
    return (None if name is None else fields[name]), entry


def _is_entry(name: str, entry: Any, index: int) -> bool:
    kind, _, rest = name.partition(":")
    if kind == "i":
        return rest == str(index)
    if kind == "v":
        return bool(json.loads(rest) == entry)
    if kind == "k" and isinstance(entry, Mapping):
        return all(entry.get(key) == value for key, value in json.loads(rest).items())
    return False
