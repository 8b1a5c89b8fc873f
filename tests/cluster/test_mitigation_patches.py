"""The patches of mitigations on the real API server: all or nothing, once, and back to the last byte.

The kind ``Thing`` keeps whatever it is given, null too, so that every kind of nothing can be tried. What
typed kinds do is tried in ``test_mitigation_patches_typed``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, path_of
from tests.cluster.things import THING, Server, a_server, kept, there_and_back, tried
from tests.unit.mitigation.drafts import MARKER, Draft, a_draft, a_thing
from tests.unit.mitigation.json_patch import Refused, patched
from tests.unit.mitigation.targets import VALUES, changes, things

from fireline.api.plan import Manifest
from fireline.mitigation import model
from fireline.mitigation.model import ABSENT
from fireline.mitigation.patching import made, prepared
from fireline.mitigation.resume import judge, judge_revert, who_words
from fireline.mitigation.values import canonical, same

pytestmark = pytest.mark.bed

NOTHINGS = [ABSENT, None, "", 0, False, [], {}]


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[Server]:
    with a_server(cluster, "patches") as running:
        yield running


def with_x(value: Any) -> Manifest:
    """A spec with one field, or none."""
    return {"y": 1} if value is ABSENT else {"x": copy.deepcopy(value), "y": 1}


@pytest.mark.parametrize("after", [ABSENT, None, "", 0, False, [], {}, "x"], ids=repr)
@pytest.mark.parametrize("before", NOTHINGS, ids=repr)
def test_each_kind_of_nothing_comes_back_as_itself(server: Server, before: Any, after: Any):
    live = server.thing(with_x(before))
    assert live["spec"] == with_x(before), "the server keeps it as it is"
    if same(before, after):
        return
    applied = there_and_back(server, live, a_draft(live, {"/spec/x": after}))
    assert canonical(applied["spec"]) == canonical(with_x(after))


@pytest.mark.parametrize("other", [*NOTHINGS, "x"], ids=repr)
@pytest.mark.parametrize("before", NOTHINGS, ids=repr)
def test_another_kind_of_nothing_is_not_written_over(server: Server, before: Any, other: Any):
    if before is other:
        return
    live = server.thing(with_x(before))
    operations = a_draft(live, {"/spec/x": "ours"}).apply_ops(live)
    assert server.refuses(server.replace(live, with_x(other)), operations)


@pytest.mark.parametrize("annotations", [None, {"a": "b"}], ids=["no annotations", "annotations"])
@pytest.mark.parametrize("spec", [{}, {"a": {}}, {"a": {"b": {}}}, {"a": None}, {"a": {"b": None}}], ids=str)
def test_maps_that_are_missing_or_null_come_back_as_they_were(server: Server, spec: Any, annotations: Any):
    live = server.thing(spec, annotations)
    applied = there_and_back(server, live, a_draft(live, {"/spec/a/b/c": 1, "/spec/a/d": "x"}))
    assert applied["spec"] == {"a": {"b": {"c": 1}, "d": "x"}}


@pytest.mark.parametrize(
    "value",
    [
        "a<b>&c",
        "\u2028\u2029",
        "é😀\x7f\x80",
        '"\\\n\t\r\x01',
        "\x08\x0c",
        0.1,
        1e-05,
        1e-07,
        1.5e300,
        2**53 + 1,
        -1,
        1.0,
        [None, "x"],
        [{"a": None}],
        {"a<b": ["<", {"&": 1e-09}]},
    ],
    ids=ascii,
)
def test_every_value_is_recognised_by_the_servers_own_comparison(server: Server, value: Any):
    live = server.thing({"x": value})
    there_and_back(server, live, a_draft(live, {"/spec/x": "ours"}))
    fresh = server.thing({"x": "theirs"})
    there_and_back(server, fresh, a_draft(fresh, {"/spec/x": value}))


def test_json_as_others_write_it_would_not_be_recognised(server: Server):
    """Why patches are encoded as Go does it: the server compares the bytes of texts and numbers."""
    live = server.thing({"x": "a<b", "y": 1e-5})
    for path, value in (("/spec/x", "a<b"), ("/spec/y", 1e-5)):
        test = [{"op": "test", "path": path, "value": value}]
        server.patch(live, test)
        with pytest.raises(ApiError) as refused:
            server.kube.request(
                "PATCH",
                path_of(THING, server.namespace, live["metadata"]["name"]),
                body=json.dumps(test).encode(),
                content_type="application/json-patch+json",
            )
        assert refused.value.code == 422


def test_null_in_a_list_crashes_the_servers_comparison_and_nothing_is_written(server: Server):
    """Why lists with null are guarded by the version alone; no answer is a reason to read again."""
    live = server.thing({"x": [1]})
    operations = a_draft(live, {"/spec/x": "ours"}).apply_ops(live)
    moved = server.edit(live, {"spec": {"x": [None]}})
    with pytest.raises(requests.ConnectionError):
        server.patch(moved, operations)
    assert server.kube.get(THING, live["metadata"]["name"], server.namespace) == moved
    there_and_back(server, moved, a_draft(moved, {"/spec/x": "ours"}))


def test_an_object_that_was_made_anew_is_not_touched(server: Server):
    live = server.thing({"x": 1})
    draft = a_draft(live, {"/spec/x": 2})
    operations = draft.apply_ops(live)
    server.kube.delete(THING, live["metadata"]["name"], server.namespace)
    with pytest.raises(ApiError) as gone:
        server.patch(live, operations)
    assert gone.value.code == 404
    metadata = {key: live["metadata"][key] for key in ("name", "namespace")}
    anew = server.kube.create({**live, "metadata": metadata})
    assert judge(anew, draft) == "Replaced"
    assert server.refuses(anew, operations)


def test_a_value_that_moved_meanwhile_is_not_written_over(server: Server):
    live = server.thing({"x": 1, "y": 1})
    draft = a_draft(live, {"/spec/x": 2, "/spec/y": 2})
    operations = draft.apply_ops(live)
    moved = server.edit(live, {"spec": {"y": 9}})
    assert server.refuses(moved, operations)
    assert judge(moved, draft) == "Changed"


def test_a_value_that_moved_while_it_was_in_place_is_not_taken_back(server: Server):
    live = server.thing({"x": 1, "y": 1})
    draft = a_draft(live, {"/spec/x": 2, "/spec/y": 2})
    applied = server.patch(live, draft.apply_ops(live))
    back = draft.revert_ops(applied)
    moved = server.edit(applied, {"spec": {"y": 9}})
    assert server.refuses(moved, back)
    assert judge_revert(moved, draft) == "Changed"
    assert " by " in who_words(moved, draft)


def test_edits_elsewhere_survive_there_and_back(server: Server):
    live = server.thing({"x": 1, "y": 1}, {"a": "b"})
    draft = a_draft(live, {"/spec/x": 2})
    operations = draft.apply_ops(live)
    server.edit(live, {"spec": {"y": 7}, "metadata": {"labels": {"l": "m"}}})
    applied = server.patch(live, operations)
    back = draft.revert_ops(applied)
    server.edit(applied, {"spec": {"z": 8}, "metadata": {"annotations": {"c": "d"}}})
    reverted = server.patch(applied, back)
    assert reverted["spec"] == {"x": 1, "y": 7, "z": 8}
    assert reverted["metadata"]["annotations"] == {"a": "b", "c": "d"}


def test_an_entry_of_a_list_is_only_changed_under_its_name(server: Server):
    backends = [{"name": "v1", "weight": 50}, {"name": "v2", "weight": 50}]
    live = server.thing({"backends": backends})
    named = model.Test("/spec/backends/1/name", "v2")
    draft = a_draft(live, {"/spec/backends/1/weight": 0}, named)
    operations = draft.apply_ops(live)
    turned = server.replace(live, {"backends": backends[::-1]})
    assert server.refuses(turned, operations)
    again = server.thing({"backends": backends})
    there_and_back(server, again, a_draft(again, {"/spec/backends/1/weight": 0}, named))


def test_a_marker_of_another_plan_does_not_count(server: Server):
    """A Deployment's annotations are copied to its ReplicaSets, and come back with an undo."""
    copied = {MARKER: "sha256:of-another-plan"}
    live = server.thing({"x": 1}, copied)
    draft = a_draft(live, {"/spec/x": 2})
    assert judge(live, draft) == "NeverApplied"
    by_hand = server.edit(live, {"spec": {"x": 2}})
    assert judge(by_hand, draft) == "SomebodyElse"
    live = server.edit(by_hand, {"spec": {"x": 1}})
    applied = server.patch(live, draft.apply_ops(live))
    assert judge(applied, draft) == "Applied"
    stolen = server.edit(applied, {"metadata": {"annotations": copied}})
    assert judge_revert(stolen, draft) == "Unmarked"
    assert server.refuses(stolen, draft.revert_ops(applied))


def test_only_the_marker_goes_when_somebody_else_took_it_back(server: Server):
    live = server.thing({"x": 1})
    draft = a_draft(live, {"/spec/x": 2})
    back = server.edit(server.patch(live, draft.apply_ops(live)), {"spec": {"x": 1}})
    assert judge_revert(back, draft) == "OnlyMarker"
    assert kept(server.patch(back, draft.revert_ops(back))) == kept(live)


def test_a_default_in_a_map_that_was_made_goes_with_it(server: Server):
    live = server.thing({})
    draft = tried(server, live, a_draft(live, {"/spec/limit/requests": 5}))
    applied = there_and_back(server, live, draft)
    assert applied["spec"] == {"limit": {"requests": 5, "unit": "Second"}}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(things(), st.data())
def test_any_change_of_any_object_goes_there_and_back(server: Server, wanted: Manifest, data: Any):
    """And the interpreter of the unit tests does what the server does."""
    live = server.thing(wanted["spec"], wanted["metadata"].get("annotations"))
    asked = data.draw(changes(live))
    assume(asked.paths)
    change = prepared(replace(asked, ref=replace(asked.ref, uid=live["metadata"]["uid"])), live)
    draft = Draft(change, made(change, live))
    applied = there_and_back(server, live, draft)
    assert canonical(applied["spec"]) == canonical(patched(live, draft.apply_ops(live))["spec"])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(things(), st.data())
def test_the_interpreter_of_the_unit_tests_refuses_what_the_server_refuses(
    server: Server, wanted: Manifest, data: Any
):
    live = server.thing(wanted["spec"], wanted["metadata"].get("annotations"))
    asked = data.draw(changes(live))
    assume(asked.paths)
    change = prepared(replace(asked, ref=replace(asked.ref, uid=live["metadata"]["uid"])), live)
    operations = Draft(change, made(change, live)).apply_ops(live)
    edited = server.replace(live, data.draw(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)))
    try:
        expected = patched(edited, operations)
    except Refused:
        assert server.refuses(edited, operations)
    else:
        assert canonical(server.patch(edited, operations)["spec"]) == canonical(expected["spec"])


def test_a_thing_of_the_unit_tests_is_one_the_server_could_have(server: Server):
    assert a_thing({"x": None})["metadata"].keys() <= server.thing({"x": None})["metadata"].keys()
