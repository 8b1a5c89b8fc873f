"""Lengths of time in a journey, and how they are told."""

from __future__ import annotations

from typing import Any

from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.synthetic import fields
from fireline.synthetic.fields import Malformed


def seconds(path: str, found: Any, *, default: float | None = None) -> float:
    """Seconds of a duration like ``800ms``. Raises Malformed."""
    if found is None and default is not None:
        return default
    try:
        return Duration.parse(fields.string(path, found)).seconds
    except PromQLError:
        raise Malformed(
            f"{path}: found {fields.shown(found)}; allowed: a duration like 5s or 800ms"
        ) from None


def told(length: float) -> str:
    """A length in seconds, as a user would have written it; ``0s`` for less than a millisecond."""
    return str(Duration(round(1000 * length)))
