"""Reads plain JSON field by field, and says of what cannot be read: ``path: found X; allowed: Y``.

For documents that a probe pod reads or writes: pydantic would take longer to import than a step to run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fireline.errors import FirelineError
from fireline.synthetic.text import readable

STEP_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
LONGEST_MS = 7 * 86_400_000

_EXAMPLES = {STEP_NAME: "login", REASON: "StatusMismatch"}


class Malformed(FirelineError):
    """A document has a field of another shape than agreed: its path, what was found, what is allowed."""


def mapping(path: str, found: Any) -> Mapping[str, Any]:
    """An object, as it is."""
    if not isinstance(found, Mapping):
        raise Malformed(f"{path}: found {shown(found)}; allowed: an object")
    return found


def entries(path: str, found: Any, *, most: int) -> list[tuple[str, Mapping[str, Any]]]:
    """Each object of a list with its own path; an absent list is empty."""
    if found is None:
        return []
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise Malformed(f"{path}: found {shown(found)}; allowed: a list")
    if len(found) > most:
        raise Malformed(f"{path}: found {len(found)} entries; allowed: at most {most}")
    return [(f"{path}[{i}]", mapping(f"{path}[{i}]", entry)) for i, entry in enumerate(found)]


def one_of(path: str, found: Any, allowed: Sequence[str]) -> str:
    """One of the words allowed."""
    if not isinstance(found, str) or found not in allowed:
        raise Malformed(f"{path}: found {shown(found)}; allowed: {', '.join(allowed)}")
    return found


def word(path: str, found: Any, shape: re.Pattern[str]) -> str:
    """A word that may become a label's value or a condition's reason, "" when absent."""
    if found is None or found == "":
        return ""
    if not isinstance(found, str) or not shape.fullmatch(found):
        raise Malformed(f"{path}: found {shown(found)}; allowed: a word like {_EXAMPLES[shape]}")
    return found


def step_name(path: str, found: Any) -> str:
    """The name of a step; must be there."""
    name = word(path, found, STEP_NAME)
    if not name:
        raise Malformed(f"{path}: missing; allowed: a step's name, like login")
    return name


def string(path: str, found: Any, *, default: str | None = None) -> str:
    """A text as it is; must be there when there is no default."""
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise Malformed(f"{path}: found {shown(found)}; allowed: a text")
    return found


def flag(path: str, found: Any, *, default: bool = False) -> bool:
    """True or false."""
    if found is None:
        return default
    if not isinstance(found, bool):
        raise Malformed(f"{path}: found {shown(found)}; allowed: true, false")
    return found


def whole(path: str, found: Any, least: int, most: int, *, default: int) -> int:
    """A whole number between two bounds."""
    if found is None:
        return default
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
        raise Malformed(f"{path}: found {shown(found)}; allowed: a whole number from {least} to {most}")
    return found


def milliseconds(path: str, found: Any) -> int:
    """A length of time in milliseconds, rounded to whole ones."""
    number = found if isinstance(found, (int, float)) and not isinstance(found, bool) else -1
    if not 0 <= number <= LONGEST_MS:
        raise Malformed(f"{path}: found {shown(found)}; allowed: milliseconds from 0 to {LONGEST_MS}")
    return round(number)


def moment(path: str, found: Any) -> datetime:
    """A point in time with its zone, in UTC."""
    try:
        time = datetime.fromisoformat(found)
        if time.tzinfo is None:
            raise ValueError
        return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Malformed(f"{path}: found {shown(found)}; allowed: a time like 2026-11-22T10:00:00Z") from None


def shown(found: Any) -> str:
    """What was found, short enough for a message."""
    if found is None:
        return "nothing"
    return readable(found if isinstance(found, str) else json.dumps(found), limit=60)
