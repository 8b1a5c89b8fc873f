"""JSON pointers (RFC 6901): where in an object a mitigation reads and writes.

Used by everything in this room that touches a target::

    get(document, pointer) -> Value     # ABSENT, None for null, or the value
    parse(pointer) -> tuple[str, ...]   # its tokens, unescaped
    join("metadata", "annotations", "a/b") -> "/metadata/annotations/a~1b"
    parents(pointer) -> ["/spec", "/spec/template"]   # of /spec/template/x, the outermost first
    covers(outer, inner) -> bool        # the same place, or one around it
"""

from __future__ import annotations

import re
from typing import Any

from fireline.mitigation.model import ABSENT, Value

_POINTER = re.compile(r"(/([^~/]|~[01])*)*\Z")
_INDEX = re.compile(r"(0|[1-9][0-9]*)\Z")


def parse(pointer: str) -> tuple[str, ...]:
    """The tokens of a pointer, unescaped; none for the whole document.

    Raises ValueError with an example when it is no pointer.
    """
    if not _POINTER.match(pointer):
        raise ValueError(
            f"{pointer!r} is not a JSON pointer, such as /spec/replicas; "
            "write / inside of a name as ~1 and ~ as ~0"
        )
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def escape(token: str) -> str:
    """A name as it is written inside of a pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def join(*tokens: str | int) -> str:
    """The pointer of a path of names and list indices."""
    return "".join(f"/{escape(str(token))}" for token in tokens)


def parents(pointer: str) -> list[str]:
    """All places around this one, without the whole document; the outermost first."""
    tokens = parse(pointer)
    return [join(*tokens[:length]) for length in range(1, len(tokens))]


def covers(outer: str, inner: str) -> bool:
    """Whether ``outer`` is the same place as ``inner``, or one around it."""
    around = parse(outer)
    return parse(inner)[: len(around)] == around


def get(document: Any, pointer: str) -> Value:
    """What is there: ABSENT, None for null, or the value. Below something absent or null all is absent.

    A list is read by index; the ``-`` after its end is absent, as is what is not an index.
    """
    found = document
    for token in parse(pointer):
        found = _step(found, token)
    return found


def index_of(found: list[Any], token: str) -> int | None:
    """The index a token names in a list; None when there is no such entry."""
    if not _INDEX.match(token) or int(token) >= len(found):
        return None
    return int(token)


def _step(found: Any, token: str) -> Value:
    if isinstance(found, dict):
        return found.get(token, ABSENT)
    if isinstance(found, list):
        index = index_of(found, token)
        return ABSENT if index is None else found[index]
    return ABSENT
