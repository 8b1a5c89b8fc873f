"""What a status out of a file must be before it is read: there anything may stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fireline.api.conditions import parse_timestamp


def is_time(text: Any) -> bool:
    """Whether it is a time of some zone."""
    try:
        return parse_timestamp(text).tzinfo is not None
    except (TypeError, ValueError):
        return False


def has_null(value: Any) -> bool:
    """Whether there is a null anywhere inside: the API server keeps none."""
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return any(map(has_null, value)) if isinstance(value, list) else value is None


def times(value: Any, named: Callable[[str], bool]) -> Iterator[str]:
    """Every text inside whose field has a name of a time."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if named(key) and isinstance(inner, str):
            yield inner
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from times(inner, named)
