"""The patches that make a change and take it back, written out."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.drafts import HASH, MARKER, REF, UID, Draft, a_draft, a_thing, with_edit
from tests.unit.mitigation.json_patch import Refused, patched

from fireline.mitigation import model
from fireline.mitigation.model import ABSENT, Change, Kept, PathChange
from fireline.mitigation.patching import apply_ops, made, prepared, refusal, revert_ops
from fireline.mitigation.values import Unresolved, digest, same

AT = "/metadata/annotations/mitigations.fireline.dev~10123abcd"


def test_a_field_is_changed_with_its_marker_in_one_write():
    live = a_thing({"replicas": 3}, annotations={"a": "b"})
    assert a_draft(live, {"/spec/replicas": 6}).apply_ops(live) == [
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "test", "path": "/spec/replicas", "value": 3},
        {"op": "test", "path": AT, "value": None},
        {"op": "add", "path": "/spec/replicas", "value": 6},
        {"op": "add", "path": AT, "value": HASH},
    ]


def test_it_is_taken_back_with_its_marker_in_one_write():
    live = a_thing({"replicas": 3}, annotations={"a": "b"})
    draft = a_draft(live, {"/spec/replicas": 6})
    assert draft.revert_ops(draft.applied(live)) == [
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "test", "path": "/spec/replicas", "value": 6},
        {"op": "test", "path": AT, "value": HASH},
        {"op": "add", "path": "/spec/replicas", "value": 3},
        {"op": "remove", "path": AT},
    ]


def test_maps_that_are_missing_are_made_and_removed_again():
    live = a_thing({"replicas": 3})
    draft = a_draft(live, {"/spec/limit/local/requests": 5})
    assert draft.made == ("/metadata/annotations", "/spec/limit", "/spec/limit/local")
    assert draft.apply_ops(live) == [
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "test", "path": "/spec/limit", "value": None},
        {"op": "test", "path": "/metadata/annotations", "value": None},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "41"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/spec/limit", "value": {}},
        {"op": "add", "path": "/spec/limit/local", "value": {}},
        {"op": "add", "path": "/spec/limit/local/requests", "value": 5},
        {"op": "add", "path": AT, "value": HASH},
    ]
    applied = draft.applied(live)
    assert applied["spec"]["limit"] == {"local": {"requests": 5}}
    reverted = draft.reverted(applied)
    assert reverted["spec"] == {"replicas": 3}
    assert "annotations" not in reverted["metadata"]


def test_a_map_that_was_made_stays_when_somebody_else_uses_it():
    live = a_thing({})
    draft = a_draft(live, {"/spec/limit/local/requests": 5})
    used = with_edit(draft.applied(live), lambda one: one["spec"]["limit"].update({"global": {}}))
    assert draft.reverted(used)["spec"] == {"limit": {"global": {}}}


def test_somebody_who_uses_a_made_map_at_that_very_moment_makes_the_removal_fail():
    live = a_thing({})
    draft = a_draft(live, {"/spec/limit/requests": 5})
    applied = draft.applied(live)
    operations = draft.revert_ops(applied)
    used = with_edit(applied, lambda one: one["spec"]["limit"].update(burst=9))
    with pytest.raises(Refused):
        patched(used, operations)
    assert draft.reverted(used)["spec"] == {"limit": {"burst": 9}}


def test_a_map_that_is_null_comes_back_as_null():
    live = a_thing({"limit": None})
    draft = a_draft(live, {"/spec/limit/local/requests": 5, "/spec/limit/burst": 9})
    assert draft.change is not None
    assert draft.change.paths == (PathChange("/spec/limit", None, {"local": {"requests": 5}, "burst": 9}),)
    assert draft.made == ("/metadata/annotations",)
    assert draft.reverted(draft.applied(live))["spec"] == {"limit": None}


def test_preparing_twice_changes_nothing():
    live = a_thing({"limit": None})
    once = prepared(Change(REF, (PathChange("/spec/limit/x", ABSENT, 1),)), live)
    assert prepared(once, live) == once


@pytest.mark.parametrize("before", [ABSENT, None, "", 0, False, [], {}])
@pytest.mark.parametrize("after", [ABSENT, None, "", 0, False, [], {}, "x"])
def test_each_kind_of_nothing_comes_back_as_itself(before, after):
    if same(before, after):
        return
    live = a_thing({} if before is ABSENT else {"x": before})
    draft = a_draft(live, {"/spec/x": after})
    applied = draft.applied(live)
    assert applied["spec"] == ({} if after is ABSENT else {"x": after})
    assert draft.reverted(applied)["spec"] == live["spec"]


@pytest.mark.parametrize(("before", "other"), [(ABSENT, None), (None, ABSENT)])
def test_null_that_turns_absent_meanwhile_is_not_written_over(before, other):
    def spec(value):
        return {} if value is ABSENT else {"x": value}

    live = a_thing(spec(before))
    operations = a_draft(live, {"/spec/x": 1}).apply_ops(live)
    with pytest.raises(Refused):
        patched(with_edit(live, lambda one: one.update(spec=spec(other))), operations)


def test_an_entry_of_a_list_is_replaced_not_inserted():
    live = a_thing({"args": ["a", "b"]})
    draft = a_draft(live, {"/spec/args/1": "c"})
    applied = draft.applied(live)
    assert applied["spec"] == {"args": ["a", "c"]}
    assert draft.reverted(applied)["spec"] == {"args": ["a", "b"]}


def test_a_list_with_null_is_guarded_by_the_version_alone():
    live = a_thing({"x": [None, 1]}, annotations={"a": "b"})
    operations = a_draft(live, {"/spec/x": []}).apply_ops(live)
    assert {"op": "test", "path": "/metadata/resourceVersion", "value": "41"} in operations
    assert not any(one["path"] == "/spec/x" and one["op"] == "test" for one in operations)


def test_an_edit_elsewhere_disturbs_neither_patch():
    live = a_thing({"replicas": 3, "paused": False}, annotations={"a": "b"})
    draft = a_draft(live, {"/spec/replicas": 6})
    applied = patched(with_edit(live, lambda one: one["spec"].update(paused=True)), draft.apply_ops(live))
    moved = with_edit(applied, lambda one: one["metadata"]["annotations"].update(a="c"))
    reverted = patched(moved, draft.revert_ops(applied))
    assert reverted["spec"] == {"replicas": 3, "paused": True}
    assert reverted["metadata"]["annotations"] == {"a": "c"}


def test_what_must_also_hold_is_tested_in_the_same_write():
    live = a_thing({"backends": [{"name": "v1", "weight": 90}, {"name": "v2", "weight": 10}]})
    named = model.Test("/spec/backends/1/name", "v2")
    draft = a_draft(live, {"/spec/backends/1/weight": 0}, named)
    applied = draft.applied(live)
    turned = with_edit(applied, lambda one: one["spec"]["backends"].reverse())
    with pytest.raises(Refused):
        patched(turned, draft.revert_ops(applied))


def test_what_need_not_hold_any_more_is_not_tested_when_it_is_taken_back():
    live = a_thing({"replicas": 3, "paused": False})
    draft = a_draft(live, {"/spec/replicas": 6}, model.Test("/spec/paused", value=False, revert=False))
    operations = draft.apply_ops(live)
    assert {"op": "test", "path": "/spec/paused", "value": False} in operations
    applied = draft.applied(live)
    paused = with_edit(applied, lambda one: one["spec"].update(paused=True))
    for operations in (draft.revert_ops(applied), draft.revert_ops(paused)):
        assert patched(paused, operations)["spec"] == {"replicas": 3, "paused": True}


def test_another_object_of_the_same_name_is_not_touched():
    live = a_thing({"replicas": 3})
    operations = a_draft(live, {"/spec/replicas": 6}).apply_ops(live)
    with pytest.raises(Refused):
        patched(a_thing({"replicas": 3}, uid="another"), operations)


def test_a_marker_that_somebody_copied_is_replaced_by_ours():
    live = a_thing({"replicas": 3}, annotations={MARKER: "sha256:of-another-plan"})
    draft = a_draft(live, {"/spec/replicas": 6})
    applied = draft.applied(live)
    assert applied["metadata"]["annotations"] == {MARKER: HASH}
    assert draft.reverted(applied)["metadata"]["annotations"] == {}


def test_only_our_marker_goes_when_somebody_else_took_the_change_back():
    live = a_thing({"replicas": 3}, annotations={"a": "b"})
    draft = a_draft(live, {"/spec/replicas": 6})
    back = with_edit(draft.applied(live), lambda one: one["spec"].update(replicas=3))
    assert [one for one in draft.revert_ops(back) if one["op"] != "test"] == [{"op": "remove", "path": AT}]


def test_a_patch_is_not_made_for_an_object_that_is_not_as_it_was():
    live = a_thing({"replicas": 3})
    draft = a_draft(live, {"/spec/replicas": 6})
    with pytest.raises(ValueError, match="judge it first"):
        draft.apply_ops(a_thing({"replicas": 4}))
    with pytest.raises(ValueError, match="judge it first"):
        draft.revert_ops(with_edit(draft.applied(live), lambda one: one["spec"].update(replicas=7)))
    with pytest.raises(ValueError, match="judge it first"):
        draft.revert_ops(with_edit(draft.applied(live), lambda one: one["metadata"].pop("annotations")))


def test_values_that_are_kept_elsewhere_are_written_and_tested_as_themselves():
    old, new = {"image": "shop:1"}, {"image": "shop:2"}
    stored = {digest(old): old, digest(new): new}
    change = Change(
        REF, (PathChange("/spec/template", Kept(digest(new), "rs-2"), Kept(digest(old), "rs-1")),)
    )
    live = a_thing({"template": new})
    operations = apply_ops(change, live, MARKER, HASH, lambda kept: stored[kept.hash])
    assert {"op": "test", "path": "/spec/template", "value": new} in operations
    applied = patched(live, operations)
    assert applied["spec"] == {"template": old}
    with pytest.raises(Unresolved, match="rs-2 is not there any more"):
        revert_ops(change, applied, MARKER, HASH)


ANNOTATED = a_thing({"list": [1], "text": "x", "null": None, "map": {}}, annotations={"a": "b"})


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "there is nothing to change"),
        ({"/spec/map": 1, "/spec/map/x": 2}, "/spec/map and /spec/map/x change the same field"),
        ({"/spec/list/1": 2}, "replace the whole list, /spec/list"),
        ({"/spec/list/0": ABSENT}, "entries of a list cannot be added or removed: /spec/list/0"),
        ({"/spec/list/-": 2}, "replace the whole list"),
        ({"/spec/list/5/x": 2}, "/spec/list/5 is not in the list"),
        ({"/spec/text/x": 2}, "/spec/text is a text, which has no fields"),
        ({"": {}}, "the whole object cannot be changed as a whole"),
        ({"/metadata": {}}, "/metadata cannot be changed as a whole"),
        ({"/metadata/annotations": {}}, "change single fields, such as /metadata/annotations/example.com~1"),
        ({AT: "x"}, "belongs to Fireline"),
    ],
)
def test_what_a_patch_cannot_take_back_is_refused_with_what_to_do(wanted, words):
    paths = tuple(PathChange(path, model.ABSENT, after) for path, after in wanted.items())
    if wanted == {"/spec/list/0": ABSENT}:
        paths = (PathChange("/spec/list/0", 1, ABSENT),)
    found = refusal(Change(REF, paths), ANNOTATED)
    assert found is not None
    assert found.reason == "CannotPatch"
    assert words in found.message


@pytest.mark.parametrize("path", ["/spec/map/x/y", "/spec/null/x", "/spec/list/0", "/metadata/annotations/c"])
def test_what_a_patch_can_take_back_is_not_refused(path):
    assert a_draft(ANNOTATED, {path: "2"}).change is not None
    assert refusal(Change(REF, (PathChange(path, 1, "2"),)), ANNOTATED) is None


def test_made_maps_are_told_from_the_outside():
    change = Change(REF, (PathChange("/spec/a/b/c", ABSENT, 1), PathChange("/spec/z", ABSENT, 1)))
    assert made(change, a_thing({}, annotations={"a": "b"})) == ("/spec/a", "/spec/a/b")


def test_a_draft_of_a_webhook_has_no_patch():
    with pytest.raises(AssertionError):
        Draft(None).apply_ops(a_thing())
