"""A change together with what the API server makes of it: the dry run's answer, compared with the plan.

The server completes what it stores: it drops unknown fields, writes quantities its own way, and fills in
defaults in and around what was set (a Deployment's strategy brings ``rollingUpdate`` with it). All of that
must be known before anything is hashed, shown and approved: otherwise our own write would look like somebody
else's, and taking it back would leave something behind. Used by ``fireline.mitigation.plan_change``::

    completed(change, live, answer) -> Change | Refusal    # change prepared; answer: body of its dry run
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change, Kept, PathChange, Refusal, Value
from fireline.mitigation.patching import written
from fireline.mitigation.places import made
from fireline.mitigation.pointer import covers, get, join
from fireline.mitigation.values import same

MOST = 32
"""Fields of one change, as the schema of the intent has it."""
_NOT_OURS = frozenset({"apiVersion", "kind", "metadata", "status"})
"""Not a matter of defaults: what a change sets there itself is looked at by its path."""


def completed(change: Change, live: Manifest, answer: Manifest) -> Change | Refusal:
    """The change with every value as the server keeps it, and with every field the server sets along with it.

    Refused: ``TargetMoved`` when the answer is about another version of the object, so that one cannot tell
    who changed what; ``Pruned`` when the server drops a field; ``NotNeeded`` when nothing is different in the
    end; ``CannotPatch`` when it changes more than can be written down.
    """
    if answer["metadata"].get("resourceVersion") != live["metadata"].get("resourceVersion"):
        words = f"{change.ref.kind} {change.ref.name} was changed while it was looked at; tried again soon"
        return Refusal("TargetMoved", words)
    found = []
    for one in change.paths:
        kept = get(answer, one.path)
        refused = _refused(one, kept)
        if refused is not None:
            return refused
        found.append(one if same(one.after, kept) else replace(one, after=kept))
    if all(same(one.before, one.after) for one in found):
        places = ", ".join(one.path for one in found)
        return Refusal("NotNeeded", f"the API server keeps {places} as it is: nothing would change")
    ours = tuple(one for one in found if not same(one.before, one.after))
    along = tuple(_along(change, live, answer))
    if any(covers(one.path, other.path) for one in along for other in ours) or len(ours + along) > MOST:
        places = ", ".join(one.path for one in along[:3])
        words = f"the API server changes more along with it than can be taken back: {places}"
        return Refusal("CannotPatch", words)
    return replace(change, paths=ours + along)


def _refused(one: PathChange, kept: Value) -> Refusal | None:
    if isinstance(one.after, Kept) and not same(one.after, kept):
        words = f"the API server would not keep {one.path} as it is in {one.after.source}"
        return Refusal("CannotPatch", words)
    if kept is ABSENT and one.after is not ABSENT:
        words = (
            f"the API server drops {one.path}: this kind has no such field (or keeps no null or empty one). "
            "kubectl explain shows its fields"
        )
        return Refusal("Pruned", words, lasting=True)
    return None


def _along(change: Change, live: Manifest, answer: Manifest) -> Iterator[PathChange]:
    """Fields that are neither as they were nor as we wrote them, outside of what we wrote."""
    writes = [{"op": "add", "path": path, "value": {}} for path in made(change, live)]
    # What we wrote ourselves is taken as it came, so that only the rest differs.
    for one in change.paths:
        kept = get(answer, one.path)
        if kept is not ABSENT:
            writes.append({"op": "add", "path": one.path, "value": kept})
        elif get(live, one.path) is not ABSENT:
            writes.append({"op": "remove", "path": one.path})
    wrote = written(live, writes)
    for name in sorted((wrote.keys() | answer.keys()) - _NOT_OURS):
        for path in _different(wrote.get(name, ABSENT), answer.get(name, ABSENT), join(name)):
            yield PathChange(path, get(live, path), get(answer, path))


def _different(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            below = f"{path}{join(name)}"
            yield from _different(one.get(name, ABSENT), other.get(name, ABSENT), below)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (inner, there) in enumerate(zip(one, other, strict=True)):
            yield from _different(inner, there, f"{path}/{place}")
    elif not same(one, other):
        yield path
