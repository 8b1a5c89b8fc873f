"""What may be done next, after every read and every crash."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.drafts import HASH, MARKER, Draft, a_draft, a_thing, with_edit

from fireline.mitigation import model
from fireline.mitigation.model import ABSENT
from fireline.mitigation.resume import judge, judge_revert, moved, who_words

LIVE = a_thing({"replicas": 3, "paused": False}, annotations={"a": "b"})
DRAFT = a_draft(LIVE, {"/spec/replicas": 6, "/spec/limit/requests": 5})

BEFORE = {"replicas": 3}
AFTER = {"replicas": 6, "limit": {"requests": 5}}


def seen(spec, marker=None, **metadata):
    """The object with this spec, and this value of our marker."""
    annotations = {"a": "b"} | ({} if marker is None else {MARKER: marker})
    return a_thing(spec, annotations=annotations, **metadata)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (None, "Gone"),
        (seen(BEFORE, uid="another"), "Replaced"),
        (seen(AFTER, HASH, uid="another"), "Replaced"),
        (seen(BEFORE), "NeverApplied"),
        (seen(AFTER, HASH), "Applied"),
        (seen(AFTER), "SomebodyElse"),
        # Annotations are copied: to ReplicaSets, and back by an undo. Only our plan's hash counts.
        (seen(AFTER, "sha256:of-another-plan"), "SomebodyElse"),
        (seen(BEFORE, "sha256:of-another-plan"), "NeverApplied"),
        # Everything else is Changed, whatever the marker says.
        (seen(BEFORE, HASH), "Changed"),
        (seen({"replicas": 6}), "Changed"),
        (seen({"replicas": 6}, HASH), "Changed"),
        (seen({"replicas": 4}), "Changed"),
        (seen({}), "Changed"),
        (seen({"replicas": None}), "Changed"),
        (seen({"replicas": "3"}), "Changed"),
        (seen({**AFTER, "limit": {"requests": None}}, HASH), "Changed"),
        # Somebody made the map that we would have made, and would have removed again.
        (seen({**BEFORE, "limit": {}}), "Changed"),
        (seen({**BEFORE, "limit": None}), "Changed"),
        (seen({**BEFORE, "limit": "x"}), "Changed"),
        (seen({**BEFORE, "limit": [1]}), "Changed"),
    ],
)
def test_the_resume_table(found, verdict):
    assert judge(found, DRAFT) == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (None, "Gone"),
        (seen(AFTER, HASH, uid="another"), "Replaced"),
        (seen(AFTER, HASH), "Ours"),
        (seen({**AFTER, "paused": True}, HASH), "Ours"),
        (seen(AFTER), "Unmarked"),
        (seen(AFTER, "sha256:of-another-plan"), "Unmarked"),
        (seen(BEFORE, HASH), "OnlyMarker"),
        (seen({**BEFORE, "limit": {"burst": 9}}, HASH), "OnlyMarker"),
        (seen(BEFORE), "AlreadyBefore"),
        (seen({**AFTER, "replicas": 4}, HASH), "Changed"),
        (seen({**AFTER, "replicas": 3}, HASH), "Changed"),
        (seen({"replicas": 6}, HASH), "Changed"),
        (seen({}, HASH), "Changed"),
    ],
)
def test_the_table_of_taking_back(found, verdict):
    assert judge_revert(found, DRAFT) == verdict


def test_annotations_that_came_or_went_since_are_no_change():
    bare = a_thing({"replicas": 3})
    draft = a_draft(bare, {"/spec/replicas": 6})
    assert draft.made == ("/metadata/annotations",)
    assert judge(seen({"replicas": 3}), draft) == "NeverApplied"
    assert judge(bare, a_draft(LIVE, {"/spec/replicas": 6})) == "NeverApplied"


def test_another_entry_at_the_place_of_a_list_is_a_change():
    backends = [{"name": "v1", "weight": 50}, {"name": "v2", "weight": 50}]
    live = a_thing({"backends": backends})
    draft = a_draft(live, {"/spec/backends/1/weight": 0}, model.Test("/spec/backends/1/name", "v2"))
    turned = a_thing({"backends": backends[::-1]})
    assert judge(live, draft) == "NeverApplied"
    assert judge(turned, draft) == "Changed"
    applied = draft.applied(live)
    assert judge_revert(applied, draft) == "Ours"
    assert judge_revert(with_edit(applied, lambda one: one["spec"]["backends"].reverse()), draft) == "Changed"


def test_what_need_not_hold_any_more_changes_no_verdict_afterwards():
    draft = a_draft(LIVE, {"/spec/replicas": 6}, model.Test("/spec/paused", value=False, revert=False))
    paused = with_edit(draft.applied(LIVE), lambda one: one["spec"].update(paused=True))
    assert judge(paused, draft) == "Applied"
    assert judge_revert(paused, draft) == "Ours"
    assert judge(with_edit(LIVE, lambda one: one["spec"].update(paused=True)), draft) == "Changed"


def test_a_field_that_was_removed_is_not_ours_when_its_map_is_gone():
    live = a_thing({"limit": {"requests": 5}})
    draft = a_draft(live, {"/spec/limit/requests": ABSENT})
    applied = draft.applied(live)
    assert judge_revert(applied, draft) == "Ours"
    assert judge_revert(with_edit(applied, lambda one: one["spec"].pop("limit")), draft) == "Changed"


def test_a_map_that_became_a_list_is_a_change_even_if_the_field_is_absent_in_both():
    live = a_thing({"limits": {}})
    draft = a_draft(live, {"/spec/limits/requests": 5})
    assert judge(live, draft) == "NeverApplied"
    assert judge(a_thing({"limits": []}), draft) == "Changed"
    assert judge(a_thing({"limits": "none"}), draft) == "Changed"


def test_the_fields_somebody_else_changed_are_named():
    changed = seen({**AFTER, "replicas": 4}, HASH)
    assert [one.path for one in moved(changed, DRAFT)] == ["/spec/replicas"]
    assert moved(seen(AFTER, HASH), DRAFT) == ()


def test_who_did_it_is_said_in_the_words_of_the_api_server():
    entry = {
        "manager": "kubectl-edit",
        "operation": "Update",
        "time": "2026-11-22T03:12:00Z",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }
    changed = seen({**AFTER, "replicas": 4}, HASH, managedFields=[entry])
    assert who_words(changed, DRAFT) == " by kubectl-edit at 2026-11-22T03:12:00Z"
    assert who_words(seen({**AFTER, "replicas": 4}, HASH), DRAFT) == ""
    assert who_words(None, DRAFT) == ""
    assert who_words(changed, Draft(None)) == ""


def test_a_webhook_has_nothing_to_judge():
    with pytest.raises(ValueError, match="a webhook changes no object"):
        judge(LIVE, Draft(None))
