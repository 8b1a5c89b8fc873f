"""Whatever the object and whatever the change: all or nothing, once, and back to the last byte."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.mitigation.drafts import Draft, with_edit
from tests.unit.mitigation.json_patch import Refused, patched
from tests.unit.mitigation.targets import VALUES, changes, things

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT
from fireline.mitigation.patching import made, prepared
from fireline.mitigation.pointer import covers, get, parents, parse
from fireline.mitigation.resume import judge, judge_revert
from fireline.mitigation.stored import change_from, change_to
from fireline.mitigation.values import canonical, same

MANY = settings(deadline=None, max_examples=100)


@st.composite
def planned(draw: st.DrawFn) -> tuple[Manifest, Draft]:
    """An object and a planned change of it, read back from the status."""
    live = draw(things())
    wanted = draw(changes(live))
    assume(wanted.paths)
    change = prepared(wanted, live)
    return live, Draft(change_from(change_to(change), "shop"), made(change, live))


def whole(thing: Manifest) -> str:
    """All of an object but its version."""
    metadata = {key: value for key, value in thing["metadata"].items() if key != "resourceVersion"}
    return canonical({**thing, "metadata": metadata})


@MANY
@given(planned())
def test_applied_and_taken_back_leaves_every_byte_as_it_was(case):
    live, draft = case
    assert judge(live, draft) == "NeverApplied"
    applied = draft.applied(live)
    assert judge(applied, draft) == "Applied"
    assert judge_revert(applied, draft) == "Ours"
    for one in draft.change.paths:
        assert same(get(applied, one.path), one.after)
    reverted = draft.reverted(applied)
    assert whole(reverted) == whole(live)
    assert judge_revert(reverted, draft) == "AlreadyBefore"


@MANY
@given(planned())
def test_no_patch_can_be_carried_out_twice(case):
    live, draft = case
    operations = draft.apply_ops(live)
    applied = patched(live, operations)
    with pytest.raises(Refused):
        patched(applied, operations)
    back = draft.revert_ops(applied)
    reverted = patched(applied, back)
    with pytest.raises(Refused):
        patched(reverted, back)


@MANY
@given(planned(), st.data())
def test_an_edit_of_what_is_changed_makes_the_whole_patch_fail(case, data):
    live, draft = case
    for seen, operations in (
        (live, draft.apply_ops(live)),
        (draft.applied(live), draft.revert_ops(draft.applied(live))),
    ):
        edited = with_edit(seen, _edit_of(data.draw, [one.path for one in draft.change.paths]))
        touched = (one.path for one in draft.change.paths)
        assume(any(not same(get(edited, path), get(seen, path)) for path in touched))
        before = copy.deepcopy(edited)
        with pytest.raises(Refused):
            patched(edited, operations)
        assert edited == before


@MANY
@given(planned(), st.data())
def test_an_edit_elsewhere_survives_both_patches(case, data):
    live, draft = case
    first = _edit_elsewhere(data.draw, draft)
    second = _edit_elsewhere(data.draw, draft)
    applied = _pushed(draft.apply_ops, live, first)
    assert judge(applied, draft) == "Applied"
    reverted = _pushed(draft.revert_ops, applied, second)
    for path, value in (first, second):
        if path == second[0] or not covers(path, second[0]):
            assert same(get(reverted, path), second[1] if path == second[0] else value)
    for one in draft.change.paths:
        assert same(get(reverted, one.path), one.before)


@MANY
@given(planned(), st.data())
def test_every_object_has_one_verdict_and_only_ours_is_written(case, data):
    """Any number of edits anywhere: a patch that the verdict allows is taken, and no other is made."""
    live, draft = case
    seen = draft.applied(live) if data.draw(st.booleans()) else live
    for _ in range(data.draw(st.integers(0, 3))):
        anywhere = [*(one.path for one in draft.change.paths), "/spec/a", "/metadata/annotations"]
        seen = with_edit(seen, _edit_of(data.draw, anywhere))
    if judge(seen, draft) == "NeverApplied":
        assert judge(draft.applied(seen), draft) == "Applied"
    elif judge_revert(seen, draft) in {"Ours", "OnlyMarker"}:
        assert judge_revert(draft.reverted(seen), draft) == "AlreadyBefore"
    else:
        with pytest.raises(ValueError, match="judge it first"):
            draft.revert_ops(seen)


def _pushed(ops: Any, seen: Manifest, edit: tuple[str, Any]) -> Manifest:
    """A write that raced with an edit: tried as it was planned, and once more on what is there then."""
    operations = ops(seen)
    edited = with_edit(seen, lambda one: _put(one, *edit))
    try:
        return patched(edited, operations)
    except Refused:
        return patched(edited, ops(edited))


def _edit_elsewhere(draw: Any, draft: Draft) -> tuple[str, Any]:
    """A field that is not changed, nor around what is, nor in a map that is made or must be there."""
    assert draft.change is not None
    paths = [*(one.path for one in draft.change.paths), *draft.made]
    places = [f"/spec/{name}" for name in ("a", "b", "mine")] + ["/status", "/metadata/finalizers"]
    free = [one for one in places if not any(covers(path, one) or covers(one, path) for path in paths)]
    return draw(st.sampled_from(free)), draw(VALUES)


def _edit_of(draw: Any, paths: list[str]) -> Any:
    """Another value, none, or null, at one of these places or around it."""
    path = draw(st.sampled_from(paths))
    around = [one for one in parents(path) if one not in {"/metadata", "/spec"}]
    place = draw(st.sampled_from([path, *around]))
    if place == "/metadata/annotations":
        value = draw(st.sampled_from([ABSENT, {"other": "x"}]))
    else:
        value = draw(VALUES | st.just(ABSENT) | st.none())
    return lambda one: _put(one, place, value)


def _put(thing: Any, path: str, value: Any) -> None:
    """What kubectl edit would do; nothing when there is no place for it."""
    *around, last = parse(path)
    holder = thing
    for token in around:
        if isinstance(holder, dict):
            holder = holder.setdefault(token, {})
        elif isinstance(holder, list) and token.isdigit() and int(token) < len(holder):
            holder = holder[int(token)]
        else:
            return
    if isinstance(holder, dict):
        holder.pop(last, None)
        if value is not ABSENT:
            holder[last] = copy.deepcopy(value)
    elif isinstance(holder, list) and value is not ABSENT and last.isdigit() and int(last) < len(holder):
        holder[int(last)] = copy.deepcopy(value)
