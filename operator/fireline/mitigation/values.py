"""When two values are the same, and their hash: as the API server sees them, not as Python does.

``1`` is ``1.0`` (the server writes both as 1) but not ``true``; absent, null, ``""``, ``0`` and ``{}`` are
all different::

    canonical(value) -> str              # the server's own JSON text
    same(one, other) -> bool             # three states; either may be a Kept
    digest(value) -> "sha256:…"          # of the canonical text; what Kept.hash is
    provable(value) -> bool              # whether the `test` of a JSON patch can be trusted with it
    real(value, resolve) -> Value        # a Kept resolved and checked; raises Unresolved
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from fireline.api.wire import wire_json
from fireline.errors import FirelineError
from fireline.mitigation.model import ABSENT, Kept, Value

Resolve = Callable[[Kept], Value]
"""Finds a value that is not kept in the status: ABSENT when it is gone. Its hash is checked by us."""


class Unresolved(FirelineError):
    """A value that is not kept in the status is no longer where it was, or is another by now."""


def canonical(value: Any) -> str:
    """The API server's JSON text of a value (null for None). Raises TypeError for ABSENT and non-JSON."""
    return wire_json(value)


def digest(value: Any) -> str:
    """``sha256:`` and 64 hex digits of the canonical text. Raises TypeError for ABSENT."""
    return f"sha256:{hashlib.sha256(canonical(value).encode()).hexdigest()}"


def same(one: Value | Kept, other: Value | Kept) -> bool:
    """Whether both are the same of absent, null or value; a Kept is the value with its hash."""
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, Kept) or isinstance(other, Kept):
        return _hash(one) == _hash(other)
    return canonical(one) == canonical(other)


def provable(value: Value) -> bool:
    r"""Whether a ``test`` can tell this value from all others.

    It takes null for absent; it crashes on null in a list (no answer, and nothing written); and ``\b`` and
    ``\f`` are written in two ways, depending on the server's version of Go. All these need a test of the
    resourceVersion.
    """
    return value is not ABSENT and value is not None and plain(value)


def plain(value: Value) -> bool:
    """Whether a ``test`` with this value passes when it is there, even if it cannot tell it from others."""
    if isinstance(value, str):
        return "\b" not in value and "\f" not in value
    if isinstance(value, dict):
        return all(inner is None or plain(inner) for inner in value.values())
    if isinstance(value, list):
        return all(inner is not None and plain(inner) for inner in value)
    return True


def real(value: Value | Kept, resolve: Resolve | None = None) -> Value:
    """The value itself. Raises Unresolved when a Kept is gone, or is not what its hash says."""
    if not isinstance(value, Kept):
        return value
    found = ABSENT if resolve is None else resolve(value)
    if found is ABSENT:
        raise Unresolved(f"{value.source} is not there any more, and with it the value {value.hash}")
    if digest(found) != value.hash:
        raise Unresolved(f"{value.source} is not what it was: {digest(found)}, not {value.hash}")
    return found


def _hash(value: Value | Kept) -> str:
    return value.hash if isinstance(value, Kept) else digest(value)
