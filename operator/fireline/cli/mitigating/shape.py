"""Whether a Mitigation of a file has the shape the API server sees to: in a file anything may stand.

Used by ``status`` and ``explain``, which read the status of objects.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from fireline.api.mitigation_status import Status
from fireline.cli.fileshape import has_null, is_time, times

_TIMES = frozenset({"time", "since", "deadline", "verifyBy", "lastTransitionTime"})
"""Names of fields that hold a time, beside ``at`` and all that end with ``At`` or ``Since``."""


def readable(manifest: dict[str, Any]) -> bool:
    """Whether an object has the shape that its standing is read from."""
    metadata, spec, status = (manifest.get(part, {}) for part in ("metadata", "spec", "status"))
    if not all(isinstance(part, dict) for part in (metadata, spec, status)) or has_null(status):
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
    return all(map(is_time, times(status, _is_named_so)))


def _is_named_so(key: str) -> bool:
    return key in _TIMES or key == "at" or key.endswith(("At", "Since"))
