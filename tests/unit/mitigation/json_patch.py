"""A small JSON patch interpreter that does what the API server does, written without looking at ours.

RFC 6902 with the one liberty of the server's library: ``test`` with null passes where nothing is, if there
is a place for it. Everything else is strict, stricter than the library where that is lenient (``replace`` of
what is not there). ``tests/cluster/test_mitigation_patches.py`` holds it against a real API server.
"""

from __future__ import annotations

import copy
import json
from typing import Any


class Refused(Exception):
    """HTTP 422: nothing was written."""


def patched(document: Any, operations: list[dict[str, Any]]) -> Any:
    """The document after all operations, with the next resourceVersion. Raises Refused."""
    found = copy.deepcopy(document)
    for operation in operations:
        found = _one(found, operation)
    found["metadata"]["resourceVersion"] = str(int(document["metadata"]["resourceVersion"]) + 1)
    return found


def _one(document: Any, operation: dict[str, Any]) -> Any:
    kind, value = operation["op"], copy.deepcopy(operation.get("value"))
    *around, last = [
        token.replace("~1", "/").replace("~0", "~") for token in operation["path"].split("/")[1:]
    ]
    holder = document
    for token in around:
        holder = _below(holder, token)
    if isinstance(holder, dict):
        _in_map(holder, kind, last, value)
    elif isinstance(holder, list):
        _in_list(holder, kind, last, value)
    else:
        raise Refused(f"{operation['path']}: nothing to hold it")
    return document


def _below(holder: Any, token: str) -> Any:
    if isinstance(holder, dict) and holder.get(token) is not None:
        return holder[token]
    if isinstance(holder, list) and _is_index(token) and int(token) < len(holder):
        return holder[int(token)]
    raise Refused(f"{token}: missing path")


def _in_map(holder: dict[str, Any], kind: str, name: str, value: Any) -> None:
    if kind == "test":
        _test(holder.get(name), value)
    elif kind == "add":
        holder[name] = value
    elif name not in holder:
        raise Refused(f"{name}: missing")
    elif kind == "remove":
        del holder[name]
    else:
        assert kind == "replace"
        holder[name] = value


def _in_list(holder: list[Any], kind: str, name: str, value: Any) -> None:
    if not _is_index(name) or int(name) > len(holder) - (kind != "add"):
        raise Refused(f"{name}: no such entry")
    place = int(name)
    if kind == "test":
        _test(holder[place], value)
    elif kind == "add":
        holder.insert(place, value)
    elif kind == "remove":
        del holder[place]
    else:
        assert kind == "replace"
        holder[place] = value


def _test(found: Any, value: Any) -> None:
    if _nulls_in_lists(value):
        raise AssertionError("the server's library crashes on null in a list")
    if json.dumps(found, sort_keys=True) != json.dumps(value, sort_keys=True):
        raise Refused("test failed")


def _nulls_in_lists(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_nulls_in_lists(inner) for inner in value.values())
    return isinstance(value, list) and any(inner is None or _nulls_in_lists(inner) for inner in value)


def _is_index(token: str) -> bool:
    return token.isascii() and token.isdigit() and str(int(token)) == token
