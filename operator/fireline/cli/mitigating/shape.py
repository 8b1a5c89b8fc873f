"""Whether a Mitigation of a file has the shape the API server sees to: in a file anything may stand.

Used by ``status`` and ``explain``, which read the status of objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from fireline.api.conditions import parse_timestamp
from fireline.api.mitigation_status import Status

_TIMES = frozenset({"time", "since", "deadline", "verifyBy", "lastTransitionTime"})
"""Names of fields that hold a time, beside ``at`` and all that end with ``At`` or ``Since``."""


def readable(manifest: dict[str, Any]) -> bool:
    """Whether an object has the shape that its standing is read from."""
    metadata, spec, status = (manifest.get(part, {}) for part in ("metadata", "spec", "status"))
    if not all(isinstance(part, dict) for part in (metadata, spec, status)) or _has_null(status):
        return False
    named = all(isinstance(metadata.get(key), str) for key in ("name", "namespace"))
    parts = (spec.get(part) for part in ("action", "trigger", "target"))
    if not named or not all(part is None or isinstance(part, dict) for part in parts):
        return False
    if not isinstance(metadata.get("generation", 1), int):
        return False
    try:
        Status.model_validate(status, strict=True)
    except ValidationError:
        return False
    return all(map(_is_time, _times(status)))


def _times(value: Any) -> Iterator[str]:
    """Everything in a status that is a time, by its name."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, str) and (key in _TIMES or key == "at" or key.endswith(("At", "Since"))):
            yield inner
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _times(inner)


def _is_time(text: str) -> bool:
    try:
        return parse_timestamp(text).tzinfo is not None
    except ValueError:
        return False


def _has_null(value: Any) -> bool:
    """The API server keeps none."""
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return any(map(_has_null, value)) if isinstance(value, list) else value is None
