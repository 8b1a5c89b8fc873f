"""Where a patch can write, and what must be made first. Used by ``patching`` and ``resume``.

A JSON patch writes into a map that is there, and replaces the entries of lists. So maps that are missing
are *made* by the patch and removed by its inverse, and a map that is null is replaced as a whole
(*lifted*), because only that can be taken back exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fireline.api.labels import MARKER
from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change, PathChange, Refusal, Value
from fireline.mitigation.pointer import covers, escape, get, join, parents, parse

ANNOTATIONS = "/metadata/annotations"
_TYPED = (("metadata", "annotations"), ("metadata", "labels"))


def marker_path(marker: str) -> str:
    """Where the marker annotation is."""
    return join("metadata", "annotations", marker)


def nullable(path: str) -> bool:
    """Whether null could be kept there: not in annotations and labels, which hold texts in every kind."""
    return parse(path)[:2] not in _TYPED


def made(change: Change, live: Manifest) -> tuple[str, ...]:
    """Maps that must be made for a prepared change and its marker, the outermost first."""
    wanted = [one.path for one in change.paths if one.after is not ABSENT]
    found = {path for one in (*wanted, join("metadata", "annotations", "")) for path in _missing(live, one)}
    return tuple(sorted(found, key=lambda path: (len(parse(path)), path)))


def reachable(live: Manifest, path: str, making: Iterable[str]) -> bool:
    """Whether a place can be written when exactly the maps in ``making`` are made first.

    Annotations may have come or gone since: their map is of no consequence.
    """
    missing = _missing(live, path)
    below = [one for one in making if one in parents(path)]
    if [one for one in missing if one != ANNOTATIONS] != [one for one in below if one != ANNOTATIONS]:
        return False
    holders = [live, *(get(live, one) for one in parents(path) if one not in missing)]
    makeable = isinstance(holders[-1], dict) or get(live, path) is not ABSENT
    return makeable and all(isinstance(one, dict | list) for one in holders)


def lifted(paths: tuple[PathChange, ...], live: Manifest) -> tuple[PathChange, ...]:
    """The changes with each that is below a null replaced by one of that null, in their order."""
    found: dict[str, PathChange] = {}
    for one in paths:
        null = next((path for path in parents(one.path) if get(live, path) is None), None)
        if null is None:
            found[one.path] = one
        elif one.after is not ABSENT:
            before = found.get(null)
            whole = before.after if before is not None else {}
            inner = parse(one.path)[len(parse(null)) :]
            found[null] = PathChange(null, None, _with(whole, inner, one.after))
    return tuple(found.values())


def refusal(change: Change, live: Manifest) -> Refusal | None:
    """Why one JSON patch cannot make this change and take it back; None when it can."""
    words = next((found for one in change.paths if (found := _wrong(one, live)) is not None), None)
    words = words or _overlap([one.path for one in change.paths])
    if not change.paths:
        words = "there is nothing to change"
    return None if words is None else Refusal("CannotPatch", words)


def _wrong(one: PathChange, live: Manifest) -> str | None:
    if covers(one.path, ANNOTATIONS):
        return (
            f"{one.path or 'the whole object'} cannot be changed as a whole: change single fields, "
            "such as /metadata/annotations/example.com~1paused"
        )
    if one.path.startswith(f"{ANNOTATIONS}/{escape(MARKER)}"):
        return f"{one.path} belongs to Fireline: annotations that begin with {MARKER} cannot be changed"
    for path in parents(one.path):
        value = get(live, path)
        if value is ABSENT or value is None:
            return None if _makeable(path, live) else f"{path} is not in the list: {one.path}"
        if not isinstance(value, dict | list):
            return f"{path} is {_kind(value)}, which has no fields: {one.path}"
    holder = get(live, parents(one.path)[-1]) if parents(one.path) else live
    if isinstance(holder, list) and (one.before is ABSENT or one.after is ABSENT):
        return (
            f"entries of a list cannot be added or removed: {one.path}; "
            f"replace the whole list, {parents(one.path)[-1]}"
        )
    return None


def _makeable(absent: str, live: Manifest) -> bool:
    """Whether what is absent could be made: a map of a map, not an entry of a list."""
    around = parents(absent)
    return get(live, absent) is None or not around or isinstance(get(live, around[-1]), dict)


def _overlap(paths: list[str]) -> str | None:
    for place, one in enumerate(paths):
        for other in paths[place + 1 :]:
            if covers(one, other) or covers(other, one):
                return f"{one} and {other} change the same field: write one change for both"
    return None


def _missing(live: Manifest, path: str) -> list[str]:
    return [one for one in parents(path) if get(live, one) is ABSENT]


def _with(value: Value, tokens: tuple[str, ...], leaf: Any) -> Any:
    if not tokens:
        return leaf
    inner: Mapping[str, Any] = value if isinstance(value, dict) else {}
    return {**inner, tokens[0]: _with(inner.get(tokens[0], ABSENT), tokens[1:], leaf)}


def _kind(value: Any) -> str:
    return {bool: "true or false", str: "a text"}.get(type(value), "a number")
