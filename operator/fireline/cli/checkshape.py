"""Whether a SyntheticCheck of a file has the shape the API server sees to: in a file anything may stand.

Used by ``status``, ``explain`` and ``report``, which read the status of objects.
"""

from __future__ import annotations

from fractions import Fraction

from pydantic import ValidationError

from fireline.api.conditions import parse_timestamp
from fireline.api.synthetic_check_status import Status
from fireline.cli.checkstanding import COVERAGE, Manifest
from fireline.cli.fileshape import has_null, is_time, times

_TIMES = frozenset(
    {
        *("slot", "until", "startedAt", "endedAt", "notAfter", "lastTransitionTime", "lastSuccess"),
        *("lastScheduled", "hour", "since", "next", "through", "busyUntil"),
    }
)
"""Fields of a status that hold one."""


def readable(manifest: Manifest) -> bool:
    """Whether an object, of a file, has the shape that a check's standing is read from."""
    metadata, spec, status = (manifest.get(part, {}) for part in ("metadata", "spec", "status"))
    if not all(isinstance(part, dict) for part in (metadata, spec, status)) or has_null(status):
        return False
    texts = (metadata.get("name"), metadata.get("namespace"), spec.get("location", ""))
    if not (isinstance(metadata.get("generation", 1), int) and all(isinstance(one, str) for one in texts)):
        return False
    try:
        Status.model_validate(status, strict=True)
        parse_timestamp(metadata.get("creationTimestamp", "2026-01-01T00:00:00Z"))
        Fraction(spec.get("alert", {}).get("coverageBelow", COVERAGE))
        for given in (spec.get("availability", {}), status.get("availability", {})):
            int(given.get("window", "30d").removesuffix("d"))
            Fraction(given.get("value", "1")) / (100 - Fraction(given.get("target", "1")))
    except (ValidationError, AttributeError, TypeError, ValueError, ZeroDivisionError):
        return False
    return all(map(is_time, times(status, _TIMES.__contains__)))
