"""The one JSON patch that makes a change, and the one that takes it back: all of it, or nothing.

Called by the machine after :mod:`fireline.mitigation.resume` said how things are, with the object that was
just read. Whatever else happens meanwhile, the API server decides: each patch tests everything it relies
on, and a failed test is an HTTP 422 with nothing written. Then read and judge again, never read the text::

    refusal(change, live) -> Refusal | None       # at planning: a patch cannot do this
    prepared(change, live) -> Change              # at planning, before anything is hashed or kept
    made(change, live) -> tuple[str, ...]         # at planning: for status.intent.made
    apply_ops(change, live, marker, value, resolve) -> list     # when judge() says NeverApplied; dry runs
    revert_ops(change, live, marker, value, made=…, resolve=…)  # when judge_revert() says Ours or OnlyMarker

``marker`` is the name of the annotation and ``value`` the plan's hash. After the dry run a change must be
completed with its answer (``fireline.mitigation.completed``). Bodies of Calls must be encoded with
:func:`fireline.api.wire.wire_json`, because the server's ``test`` compares bytes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change, Value
from fireline.mitigation.places import lifted, made, marker_path, nullable, refusal
from fireline.mitigation.pointer import get, parents, parse
from fireline.mitigation.standing import back, in_place, untouched
from fireline.mitigation.values import Resolve, plain, provable, real, same

__all__ = ["apply_ops", "made", "prepared", "refusal", "revert_ops", "written"]

Op = dict[str, Any]
"""One operation of a JSON patch (RFC 6902)."""
_VERSION = "/metadata/resourceVersion"


def prepared(change: Change, live: Manifest) -> Change:
    """The same change as a patch can make and take back: a field below a map that is null becomes that map.

    Doing it twice changes nothing. Plan hash, intent and patch must all be of the prepared change.
    """
    return replace(change, paths=lifted(change.paths, live))


def apply_ops(
    change: Change, live: Manifest, marker: str, value: str, resolve: Resolve | None = None
) -> list[Op]:
    """The patch that makes a prepared change, on an object that is as it was when it was planned
    (:func:`fireline.mitigation.resume.judge`: NeverApplied).

    ``resolve`` finds values that are not kept in the status. Raises
    :class:`fireline.mitigation.values.Unresolved` when one is gone, and ValueError when the object is not as
    it was: then there is nothing that could be written.
    """
    if not untouched(live, change, made(change, live)):
        raise ValueError("the object is not as it was when the change was planned: judge it first")
    tests = _Tests(live, change.ref.uid)
    for path in (*_paths(change), *(one.path for one in change.tests), marker_path(marker)):
        tests.unchanged(path)
    writes: list[Op] = [{"op": "add", "path": path, "value": {}} for path in made(change, live)]
    for one in change.paths:
        writes += _write(live, one.path, real(one.after, resolve))
    return tests.ops() + writes + _write(live, marker_path(marker), value)


def revert_ops(
    change: Change,
    live: Manifest,
    marker: str,
    value: str,
    *,
    made: Iterable[str] = (),
    resolve: Resolve | None = None,
) -> list[Op]:
    """The patch that takes it back, on an object that :func:`fireline.mitigation.resume.judge_revert` found
    Ours (or OnlyMarker: then only the marker goes): what was before, no marker, and no map of ``made``, the
    maps that were made for it, that is empty then.

    ``resolve`` and errors as :func:`apply_ops`.
    """
    ours = get(live, marker_path(marker)) == value
    if not ours or not (in_place(live, change) or back(live, change)):
        raise ValueError("the change is not in place, or not ours: judge it first")
    tests = _Tests(live, change.ref.uid)
    also = (one.path for one in change.tests if one.revert)
    for path in (*_paths(change), *also, marker_path(marker)):
        tests.unchanged(path)
    writes: list[Op] = []
    for one in change.paths:
        writes += _write(live, one.path, real(one.before, resolve))
    writes += _write(live, marker_path(marker), ABSENT)
    writes += _tidying(live, writes, made, tests)
    return tests.ops() + writes


def _paths(change: Change) -> tuple[str, ...]:
    return tuple(one.path for one in change.paths)


def _tidying(live: Manifest, writes: list[Op], made: Iterable[str], tests: _Tests) -> list[Op]:
    """Removals of the maps that were made and are empty after ``writes``, the innermost first."""
    found: list[Op] = []
    for path in sorted(made, key=lambda one: -len(parse(one))):
        if get(written(live, [*writes, *found]), path) == {}:
            tests.unchanged(path)
            found.append({"op": "remove", "path": path})
    return found


class _Tests:
    """The tests that hold for an object as it is, and for no other."""

    def __init__(self, live: Manifest, uid: str) -> None:
        self._live = live
        self._found: list[Op] = [_test("/metadata/uid", uid)]
        self._version = False

    def unchanged(self, path: str) -> None:
        """That this place is as it is."""
        path = _witness(self._live, path)
        value = get(self._live, path)
        if value is ABSENT:
            value = None
        if plain(value):
            self._found.append(_test(path, value))
        self._version |= not provable(value) and nullable(path)

    def ops(self) -> list[Op]:
        """All of them, each once."""
        found = list(self._found)
        if self._version:
            found.append(_test(_VERSION, self._live["metadata"]["resourceVersion"]))
        return [one for place, one in enumerate(found) if one not in found[:place]]


def _witness(live: Manifest, path: str) -> str:
    """The place that proves by its value that this one is as it is.

    Usually the place itself; but a test below something that is not there, or that has no fields, fails
    whatever it asks for.
    """
    for outer, inner in pairwise([*parents(path), path]):
        holder = get(live, outer)
        if not isinstance(holder, dict) and (not isinstance(holder, list) or get(live, inner) is ABSENT):
            return outer
    return path


def _test(path: str, value: Any) -> Op:
    return {"op": "test", "path": path, "value": value}


def _write(live: Manifest, path: str, value: Value) -> list[Op]:
    """What sets one place of an object as it is; nothing when it is so already."""
    if same(get(live, path), value):
        return []
    if value is ABSENT:
        return [{"op": "remove", "path": path}]
    around = parents(path)
    # An `add` to a list would insert an entry.
    in_list = bool(around) and isinstance(get(live, around[-1]), list)
    return [{"op": "replace" if in_list else "add", "path": path, "value": value}]


def written(live: Manifest, writes: Iterable[Op]) -> Manifest:
    """What our own writes make of an object; each of them is known to apply."""
    found = copy.deepcopy(live)
    for one in writes:
        *around, last = parse(one["path"])
        holder: Any = found
        for token in around:
            holder = holder[int(token)] if isinstance(holder, list) else holder[token]
        key = int(last) if isinstance(holder, list) else last
        if one["op"] == "remove":
            del holder[key]
        else:
            holder[key] = copy.deepcopy(one["value"])
    return found
