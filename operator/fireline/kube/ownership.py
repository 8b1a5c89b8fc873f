"""Digests that tell whether a child on the server still is what we applied.

Server-side apply records which fields each manager owns. A live object is projected on the fields our
own apply owns and compared with the wanted manifest by digest: fields others add never cause a write,
a field someone took from us always does. The cache keeps only the digest, not the object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from fireline.api import labels
from fireline.api.plan import Manifest

_IDENTITY = frozenset({"name", "namespace"})
_EMPTY = re.compile(r":(\{\}|\[\]|null)")
"""May match inside a string too, which only costs time."""
_UNSENT = frozenset({"apiVersion", "kind", "metadata", "status"})


def wanted_digest(manifest: Manifest) -> str:
    """Digest of a manifest we are about to apply; equal to ``live_digest`` right after the apply."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _IDENTITY}
    body = {key: value for key, value in manifest.items() if key not in _UNSENT}
    return _digest(body, metadata)


def live_digest(live: Manifest) -> str:
    """Digest of the fields that our apply owns in an object as the server holds it."""
    owned = owned_fields(live)
    if owned is None:
        return ""
    found = _project(live, owned)
    metadata = found.pop("metadata", {})
    return _digest(found, metadata)


def owned_fields(live: Manifest) -> Mapping[str, Any] | None:
    """The ``fieldsV1`` set of our own server-side apply, or None when we never applied this object."""
    for entry in live["metadata"].get("managedFields", ()):
        ours = entry.get("manager") == labels.MANAGER and entry.get("operation") == "Apply"
        if ours and not entry.get("subresource"):
            fields: Mapping[str, Any] = entry["fieldsV1"]
            return fields
    return None


def _digest(body: Manifest, metadata: Manifest) -> str:
    annotations = metadata.get("annotations")
    if annotations and labels.CORRELATION_ID in annotations:  # differs at each write
        kept = {key: value for key, value in annotations.items() if key != labels.CORRELATION_ID}
        metadata = {**metadata, "annotations": kept}
    text = _canonical([metadata, body])
    if _EMPTY.search(text):
        text = _canonical(_without_empty([metadata, body]))
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _without_empty(value: Any) -> Any:
    """The same JSON without empty maps and lists in maps: whether those are owned depends on the schema."""
    if isinstance(value, dict):
        tidy = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in tidy.items() if inner not in ({}, [], None)}
    if isinstance(value, list):
        return [_without_empty(inner) for inner in value]
    return value


def _project(value: Any, fields: Mapping[str, Any]) -> Any:
    """The part of ``value`` that a fieldsV1 set names. An empty set names the whole value."""
    if not fields:
        return value
    if isinstance(value, dict):
        return _project_map(value, fields)
    if isinstance(value, list):
        return _project_list(value, fields)
    return value


def _project_map(value: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for path, inner in fields.items():
        name = path[2:]
        if path.startswith("f:") and name in value:
            found[name] = _project(value[name], inner)
    return found


def _project_list(value: list[Any], fields: Mapping[str, Any]) -> list[Any]:
    """Owned items in the order of the live list: by key (``k:``), by value (``v:``) or place (``i:``)."""
    keys = [(json.loads(path[2:]), inner) for path, inner in fields.items() if path.startswith("k:")]
    values = [json.loads(path[2:]) for path in fields if path.startswith("v:")]
    places = {int(path[2:]): inner for path, inner in fields.items() if path.startswith("i:")}
    found = []
    for place, item in enumerate(value):
        if place in places:
            found.append(_project(item, places[place]))
        elif item in values:
            found.append(item)
        else:
            found += [_project(item, inner) for key, inner in keys if _has(item, key)]
    return found


def _has(item: Any, key: Mapping[str, Any]) -> bool:
    return isinstance(item, dict) and all(item.get(name) == value for name, value in key.items())
