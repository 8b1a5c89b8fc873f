"""Patches: what each field becomes, one by one, and what is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.unit.mitigation.objects import a_change, a_refusal, an_object, planned
from tests.unit.mitigation.workloads import a_spec, a_workload

from fireline.api.plan import Manifest
from fireline.mitigation.actions.patch import MOST_PATHS, PATCH
from fireline.mitigation.model import ABSENT, Change, PathChange, Permission, Refusal
from fireline.mitigation.model import Test as Still
from fireline.mitigation.pointer import get, parse

_NOTHING: Any = object()


def op(name: str, path: str, value: Any = _NOTHING) -> Manifest:
    return {"op": name, "path": path} | ({} if value is _NOTHING else {"value": value})


def ops(*changes: Manifest) -> Manifest:
    return {"patch": {"ops": list(changes)}}


def merge(value: Any) -> Manifest:
    return {"patch": {"type": "Merge", "merge": value if isinstance(value, str) else json.dumps(value)}}


def service(**spec: Any) -> Manifest:
    return an_object("v1", "Service", spec={"type": "ClusterIP", "sessionAffinity": "ClientIP", **spec})


def deployment(**container: Any) -> Manifest:
    made = a_workload()
    made["spec"]["template"]["spec"]["containers"][0] |= container
    return made


def test_operations_become_changes_of_fields():
    action = ops(
        op("replace", "/spec/sessionAffinity", "None"),
        op("remove", "/spec/sessionAffinityConfig"),
        op("add", "/metadata/annotations/example.com~1why", "slow"),
    )
    target = service(sessionAffinityConfig={"clientIP": {"timeoutSeconds": 60}})
    change = a_change(planned(action, target))
    assert change.paths == (
        PathChange("/spec/sessionAffinity", "ClientIP", "None"),
        PathChange("/spec/sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 60}}, ABSENT),
        PathChange("/metadata/annotations/example.com~1why", ABSENT, "slow"),
    )
    assert change.summary == (
        'in Service checkout: sets /spec/sessionAffinity to "None", removes /spec/sessionAffinityConfig, '
        'sets /metadata/annotations/example.com~1why to "slow"'
    )


@pytest.mark.parametrize("value", [None, "", 0, False, {}, [], {"a": None}], ids=repr)
def test_add_sets_a_field_to_whatever_json_it_says(value: Any):
    assert a_change(planned(ops(op("add", "/spec/x", value)), service())).paths == (
        PathChange("/spec/x", ABSENT, value),
    )


def test_add_goes_over_what_is_there():
    assert a_change(planned(ops(op("add", "/spec/type", "NodePort")), service())).paths == (
        PathChange("/spec/type", "ClusterIP", "NodePort"),
    )


def test_replace_needs_something_to_replace():
    refusal = a_refusal(planned(ops(op("replace", "/spec/none", 1)), service()), "PathNotFound")
    assert refusal.message == "replace /spec/none: Service checkout has nothing there; use add"


def test_removing_what_is_not_there_needs_nothing():
    a_refusal(planned(ops(op("remove", "/spec/none")), service()), "NotNeeded")


def test_a_field_of_a_lists_entry_is_changed_while_the_entry_is_the_one_that_is_meant():
    change = a_change(
        planned(ops(op("replace", "/spec/template/spec/containers/0/image", "shop:1")), deployment())
    )
    assert change.paths == (PathChange("/spec/template/spec/containers/0/image", "shop:2", "shop:1"),)
    assert change.tests == (Still("/spec/template/spec/containers/0/name", "web"),)
    assert "all pods are replaced now" in change.notes[0]


def test_entries_on_the_way_are_recognised_at_every_depth():
    target = deployment(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
    change = a_change(
        planned(ops(op("replace", "/spec/template/spec/containers/0/env/1/value", "3")), target)
    )
    assert change.tests == (
        Still("/spec/template/spec/containers/0/name", "web"),
        Still("/spec/template/spec/containers/0/env/1/name", "B"),
    )


@pytest.mark.parametrize(
    "change",
    [
        op("add", "/spec/ports/0", {"port": 2}),
        op("add", "/spec/ports/-", {"port": 2}),
        op("remove", "/spec/ports/0"),
        op("replace", "/spec/ports/0", {"port": 2}),
        op("replace", "/spec/ports/0/port", 2),
    ],
    ids=lambda change: f"{change['op']} {change['path']}",
)
def test_entries_of_lists_are_not_added_removed_or_exchanged(change: Manifest):
    refusal = a_refusal(planned(ops(change), service(ports=[{"port": 1}])), "ListEntry")
    assert "replace /spec/ports as a whole" in refusal.message


def test_an_entry_without_anything_that_tells_it_apart_is_not_changed_inside():
    target = service(rules=[{"matches": [], "weight": [1]}])
    a_refusal(planned(ops(op("add", "/spec/rules/0/weight", 2)), target), "ListEntry")


def test_a_text_of_a_list_may_be_replaced_where_it_stands():
    target = deployment(args=["--workers", "4"])
    change = a_change(planned(ops(op("replace", "/spec/template/spec/containers/0/args/1", "2")), target))
    assert change.paths[0].before == "4"


def test_a_list_is_replaced_as_a_whole():
    change = a_change(planned(ops(op("replace", "/spec/ports", [])), service(ports=[{"port": 1}])))
    assert change.paths == (PathChange("/spec/ports", [{"port": 1}], []),)
    assert "a list is replaced as a whole" in change.notes[0]


def test_two_changes_of_one_field_are_refused():
    action = ops(op("add", "/spec/a", {}), op("add", "/spec/a/b", 1))
    assert "change the same field" in a_refusal(planned(action, service()), "CannotPatch").message


def test_nothing_is_put_inside_of_a_number_or_a_text():
    a_refusal(planned(ops(op("add", "/spec/type/x", 1)), service()), "CannotPatch")


def test_a_merge_patch_changes_each_leaf_by_itself():
    target = service(internal={"a": 1, "b": 2, "gone": 3}, externalTrafficPolicy="Local")
    action = merge({"spec": {"internal": {"a": 5, "gone": None, "c": {"d": [1]}}, "type": "ClusterIP"}})
    change = a_change(planned(action, target))
    assert change.paths == (
        PathChange("/spec/internal/a", 1, 5),
        PathChange("/spec/internal/gone", 3, ABSENT),
        PathChange("/spec/internal/c/d", ABSENT, [1]),
    )
    assert change.tests == (Still("/spec/type", "ClusterIP", revert=False),)


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "null", "3"])
def test_a_merge_patch_that_is_no_object_is_refused(text: str):
    # Shorter texts are refused by the schema.
    a_refusal(planned(merge(text.ljust(2)), service()), "InvalidPatch")


def test_a_merge_patch_of_nothing_needs_nothing():
    a_refusal(planned(merge({"spec": {}}), service()), "NotNeeded")


def test_a_patch_of_more_fields_than_are_kept_is_refused():
    fields = {f"f{number}": number for number in range(MOST_PATHS + 1)}
    assert "write several" in a_refusal(planned(merge({"spec": fields}), service()), "TooManyFields").message


@pytest.mark.parametrize(
    "path",
    ["/status/x", "/metadata/name", "/metadata/ownerReferences", "/metadata/finalizers", "/spec", "/kind"],
)
def test_refused_fields_are_refused_in_both_ways_of_writing(path: str):
    a_refusal(planned(ops(op("add", path, "x")), service()), "RefusedPath")
    nested: Any = "x"
    for token in reversed(parse(path)):
        nested = {token: nested}
    a_refusal(
        planned(merge(nested), service() if path != "/spec" else an_object("v1", "Service")), "RefusedPath"
    )


def test_refused_kinds_are_refused_again_when_it_is_planned():
    a_refusal(planned(ops(op("add", "/data/x", "eA==")), an_object("v1", "Secret")), "RefusedKind")


POD = "/spec/template/spec"


@pytest.mark.parametrize(
    "action",
    [
        ops(op("add", f"{POD}/serviceAccountName", "admin")),
        ops(op("add", f"{POD}/hostNetwork", True)),
        ops(op("add", f"{POD}/containers/0/securityContext", {"privileged": True})),
        ops(op("replace", f"{POD}/containers", [{"name": "web", "securityContext": {"privileged": True}}])),
        ops(op("add", f"{POD}/volumes", [{"name": "v", "hostPath": {"path": "/"}}])),
        ops(op("add", f"{POD}/volumes", [{"name": "v", "secret": {"secretName": "db"}}])),
        ops(
            op(
                "add",
                f"{POD}/containers/0/env",
                [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db"}}}],
            )
        ),
        merge({"spec": {"template": {"spec": {"automountServiceAccountToken": True}}}}),
        merge({"spec": {"template": {"metadata": {"annotations": {"iam.amazonaws.com/role": "admin"}}}}}),
    ],
    ids=lambda action: json.dumps(action)[:80],
)
def test_a_patch_never_changes_with_whose_rights_something_runs(action: Manifest):
    refusal = a_refusal(planned(action, deployment()), "ChangesRights")
    assert "no first aid: deploy it" in refusal.message


def test_taking_a_restriction_away_is_a_change_of_rights_too():
    target = deployment(securityContext={"runAsNonRoot": True})
    a_refusal(planned(ops(op("remove", f"{POD}/containers/0/securityContext")), target), "ChangesRights")
    bare = [{"name": "web", "image": "shop:2"}]
    a_refusal(planned(ops(op("replace", f"{POD}/containers", bare)), target), "ChangesRights")


def test_a_list_that_keeps_all_rights_may_be_replaced():
    kept = {"name": "web", "image": "shop:1", "securityContext": {"runAsNonRoot": True}}
    target = deployment(securityContext={"runAsNonRoot": True})
    a_change(planned(ops(op("replace", f"{POD}/containers", [kept])), target))


def test_it_needs_to_read_and_patch_the_one_object():
    target = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "shop"}
    spec = a_spec(ops(op("add", "/spec/x", 1)), target)
    assert PATCH.permissions(spec) == (
        Permission("networking.k8s.io", "ingresses", ("get", "patch"), ("shop",)),
    )
    assert PATCH.reversibility(spec) == "Reversible"


_NAMES = some.sampled_from(["a", "b", "c", "x/y", "x~1y", ""])
_LEAVES = some.one_of(
    some.integers(0, 3), some.booleans(), some.sampled_from(["", "t"]), some.lists(some.integers(0, 2))
)
_LIVE = some.dictionaries(
    _NAMES,
    some.recursive(_LEAVES, lambda inner: some.dictionaries(_NAMES, inner, max_size=3), max_leaves=6),
    max_size=3,
)
_MERGE = some.dictionaries(
    _NAMES,
    some.recursive(
        some.one_of(_LEAVES, some.none()),
        lambda inner: some.dictionaries(_NAMES, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def written(target: Any, changes: tuple[PathChange, ...]) -> Any:
    """A document with these fields as they are to become, and the maps that this takes."""
    found = copy.deepcopy(target)
    for one in changes:
        *around, last = parse(one.path)
        holder = found
        for token in around:
            holder = holder.setdefault(token, {})
        if one.after is ABSENT:
            del holder[last]
        else:
            holder[last] = one.after
    return found


def same_json(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(live=_LIVE, patch=_MERGE)
def test_a_merge_patch_comes_to_what_its_standard_says(live: Manifest, patch: Manifest):
    target = an_object("example.com/v1", "Thing", spec=live)
    found = planned(merge({"spec": patch}), target)
    wanted = merged(target, {"spec": patch})
    if isinstance(found, Refusal):
        assert found.reason == "NotNeeded"
        assert same_json(wanted, target)
    else:
        assert isinstance(found, Change)
        assert same_json(written(target, found.paths), wanted)
        assert all(
            one.before is get(target, one.path) or one.before == get(target, one.path) for one in found.paths
        )


@given(live=_LIVE, patch=_MERGE)
def test_a_patch_that_was_made_needs_nothing_more(live: Manifest, patch: Manifest):
    target = an_object("example.com/v1", "Thing", spec=live)
    again = planned(merge({"spec": patch}), merged(target, {"spec": patch}))
    a_refusal(again, "NotNeeded")
