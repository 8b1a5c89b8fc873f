"""When a child counts as changed: by what our apply owns, and by nothing else."""

from __future__ import annotations

import copy

from tests.unit.kube.objects import a_rule, applied, stamped

from fireline.api import labels
from fireline.kube.ownership import live_digest, wanted_digest


def test_an_object_just_applied_equals_what_was_wanted():
    wanted = stamped()
    assert live_digest(applied(wanted)) == wanted_digest(wanted)


def test_the_correlation_id_makes_no_difference():
    wanted = stamped()
    traced = copy.deepcopy(wanted)
    traced["metadata"]["annotations"][labels.CORRELATION_ID] = "f00"
    assert live_digest(applied(traced)) == wanted_digest(wanted) == wanted_digest(traced)


def test_fields_others_add_make_no_difference():
    wanted = stamped()
    live = applied(wanted)
    live["metadata"]["labels"]["team"] = "theirs"
    live["metadata"]["finalizers"] = ["theirs/keep"]
    live["spec"]["groups"].append({"name": "theirs", "rules": []})
    live["spec"]["groups"][0]["limit"] = 5
    assert live_digest(live) == wanted_digest(wanted)


def test_a_value_changed_by_hand_differs_even_before_ownership_moves():
    wanted = stamped()
    live = applied(wanted)
    live["spec"]["groups"][0]["rules"][0]["expr"] = "vector(2)"
    assert live_digest(live) != wanted_digest(wanted)


def test_a_field_taken_over_by_someone_else_differs():
    wanted = stamped()
    live = applied(wanted)
    del live["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:labels"][f"f:{labels.INSTANCE}"]
    assert live_digest(live) != wanted_digest(wanted)


def test_a_field_we_no_longer_want_differs():
    before, after = stamped(), stamped()
    before["metadata"]["annotations"]["fireline.dev/old"] = "1"
    assert live_digest(applied(before)) != wanted_digest(after)


def test_another_expression_differs():
    assert live_digest(applied(stamped(a_rule(expr="vector(1)")))) != wanted_digest(
        stamped(a_rule(expr="vector(2)"))
    )


def test_an_object_we_never_applied_owns_nothing():
    live = applied(stamped())
    live["metadata"]["managedFields"][0]["manager"] = "kubectl"
    assert live_digest(live) == ""


def test_an_update_by_a_manager_of_our_name_is_not_our_apply():
    live = applied(stamped())
    live["metadata"]["managedFields"][0]["operation"] = "Update"
    assert live_digest(live) == ""


def test_set_items_and_places_are_projected_by_value_and_by_index():
    wanted = {
        "apiVersion": "v1",
        "kind": "Thing",
        "metadata": {"name": "a", "namespace": "b", "finalizers": ["ours/x"]},
        "spec": {"places": [{"a": 1}]},
    }
    live = copy.deepcopy(wanted)
    live["metadata"]["finalizers"] = ["theirs/y", "ours/x"]
    live["spec"]["places"] = [{"a": 1, "b": 2}, {"a": 3}]
    live["metadata"]["managedFields"] = [
        {
            "manager": labels.MANAGER,
            "operation": "Apply",
            "fieldsV1": {
                "f:metadata": {"f:finalizers": {'v:"ours/x"': {}}},
                "f:spec": {"f:places": {"i:0": {"f:a": {}}}},
            },
        }
    ]
    assert live_digest(live) == wanted_digest(wanted)
