"""``patch``: changes any field that is not refused, written as a JSON patch or as a JSON merge patch.

Both are read as "this field becomes that", one field at a time, so that each can be compared and taken back
by itself: the order of operations does not matter, a list is one value, and entries of lists are neither
added nor removed. A field inside of a list's entry is only changed when the entry can be recognised.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import PatchOp
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, given, shown
from fireline.mitigation.actions.refused import refuse_object, refuse_path, refuse_rights
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import ABSENT, Around, Change, Refusal, Test, Value
from fireline.mitigation.places import refusal
from fireline.mitigation.pointer import get, join, parents, parse

MOST_PATHS = 30
"""Fields one patch may change: the status keeps 32, and Flux may need one to be paused."""
_IDENTITIES = ("name", "key", "id", "type", "containerPort", "port", "mountPath", "ip", "host")
"""Fields by which entries of lists are told apart, the most telling first."""
_Wanted = list[tuple[str, Value]]


class _Patch(SimpleAction):
    name = "patch"
    targets = ()

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - the target is enough
        wish = given(spec.action.patch)
        found = refuse_object(target)
        if found is not None:
            return found
        wanted = (
            _from_merge(target, wish.merge) if wish.merge is not None else _from_ops(target, wish.ops or [])
        )
        return wanted if isinstance(wanted, Refusal) else _planned(target, wanted)


def _planned(target: Manifest, wanted: _Wanted) -> Change | Refusal:
    for path, _ in wanted:
        if (found := refuse_path(path)) is not None:
            return found
    if len(wanted) > MOST_PATHS:
        words = (
            f"changes {len(wanted)} fields, at most {MOST_PATHS} are kept track of; write several Mitigations"
        )
        return Refusal("TooManyFields", words, lasting=True)
    tests = _recognised(target, [path for path, _ in wanted])
    if isinstance(tests, Refusal):
        return tests
    planned = change(
        target, wanted, summary=_summary(target, wanted), tests=tests, notes=tuple(_notes(target, wanted))
    )
    if isinstance(planned, Refusal):
        return planned
    # Only what can be written may be tried on a copy.
    return refusal(planned, target) or refuse_rights(target, _as_it_would_be(target, wanted)) or planned


def _from_ops(target: Manifest, ops: list[PatchOp]) -> _Wanted | Refusal:
    wanted: _Wanted = []
    for one in ops:
        found = _misplaced(target, one)
        if found is not None:
            return found
        wanted.append((one.path, ABSENT if one.op == "remove" else one.value))
    return wanted


def _misplaced(target: Manifest, one: PatchOp) -> Refusal | None:
    around = join(*parse(one.path)[:-1])
    if one.op != "replace" and isinstance(get(target, around), list):
        words = (
            f"{one.op} {one.path}: entries of a list are not added or removed; replace {around} as a whole"
        )
        return Refusal("ListEntry", words)
    if one.op == "replace" and get(target, one.path) is ABSENT:
        words = f"replace {one.path}: {called(target)} has nothing there; use add"
        return Refusal("PathNotFound", words)
    return None


def _from_merge(target: Manifest, text: str) -> _Wanted | Refusal:
    try:
        merge = json.loads(text)
    except ValueError as error:
        return Refusal("InvalidPatch", f"action.patch.merge is no JSON: {error}", lasting=True)
    if not isinstance(merge, dict):
        words = f'must be an object, such as {{"spec": {{"replicas": 3}}}}, found {shown(merge)}'
        return Refusal("InvalidPatch", f"action.patch.merge {words}", lasting=True)
    return list(_leaves(target, merge, ()))


def _leaves(live: Value, merge: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    """What a merge patch (RFC 7396) makes of each field: null removes, a map goes into a map."""
    for name, value in merge.items():
        path = (*at, name)
        now = live.get(name, ABSENT) if isinstance(live, Mapping) else ABSENT
        if value is None:
            yield join(*path), ABSENT
        elif not isinstance(value, Mapping):
            yield join(*path), value
        elif isinstance(now, Mapping) or (now is ABSENT and _without_nulls(value)):
            yield from _leaves(now, value, path)
        else:
            # It takes the place of something that is no map, or is an empty one.
            yield join(*path), _without_nulls(value)


def _without_nulls(merge: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in merge.items()
        if value is not None
    }


def _recognised(target: Manifest, paths: list[str]) -> tuple[Test, ...] | Refusal:
    """Tests that each entry of a list on the way is still the one that is meant."""
    tests: list[Test] = []
    for path in paths:
        for place in (*parents(path), path):
            holder = get(target, join(*parse(place)[:-1]))
            entry = get(target, place)
            if not isinstance(holder, list) or not isinstance(entry, Mapping):
                continue
            names = [name for name in _IDENTITIES if isinstance(entry.get(name), str | int)]
            if not names or path in {place, f"{place}/{names[0]}"}:
                words = (
                    f"{path} is in entry {parse(place)[-1]} of a list, which could be another one by then: "
                    f"nothing that stays tells which it is; replace {join(*parse(place)[:-1])} as a whole"
                )
                return Refusal("ListEntry", words)
            tests.append(Test(f"{place}/{names[0]}", entry[names[0]]))
    return tuple(dict.fromkeys(tests))


def _as_it_would_be(target: Manifest, wanted: _Wanted) -> Manifest:
    found = copy.deepcopy(target)
    for path, value in wanted:
        *around, last = parse(path)
        holder: Any = found
        for token in around:
            holder = holder[int(token)] if isinstance(holder, list) else _inside(holder, token)
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is ABSENT:
            holder.pop(last, None)
        else:
            holder[last] = value
    return found


def _inside(holder: dict[str, Any], token: str) -> Any:
    if holder.get(token) is None:
        holder[token] = {}
    return holder[token]


def _summary(target: Manifest, wanted: _Wanted) -> str:
    said = [
        f"removes {path}" if value is ABSENT else f"sets {path} to {shown(value, path)}"
        for path, value in wanted[:3]
    ]
    more = f" and {len(wanted) - 3} more" if len(wanted) > 3 else ""
    return f"in {called(target)}: {', '.join(said)}{more}"


def _notes(target: Manifest, wanted: _Wanted) -> Iterator[str]:
    kind, paths = target["kind"], [path for path, _ in wanted]
    if kind in {"Deployment", "StatefulSet", "DaemonSet"} and any(
        one.startswith("/spec/template/") for one in paths
    ):
        yield "the pod template changes: all pods are replaced now, and again when it is taken back"
    if "/spec/replicas" in paths:
        yield "an autoscaler would set replicas again; action scale knows about autoscalers"
    if any(isinstance(get(target, path), list) or isinstance(value, list) for path, value in wanted):
        yield "a list is replaced as a whole: what others change in it meanwhile makes it theirs"


PATCH = _Patch()
