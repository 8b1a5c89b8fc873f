"""Scale: the replicas of a workload, or the bounds of whoever scales it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.workloads import (
    a_scaled_object,
    a_spec,
    a_workload,
    an_autoscaler,
    around,
    listed,
)

from fireline.api.plan import Answer, Manifest
from fireline.mitigation import model
from fireline.mitigation.actions.scale import SCALE
from fireline.mitigation.model import ABSENT, Change, PathChange, Permission, Ref, Refusal

HPAS, SCALED_OBJECTS = "scale:hpas", "scale:scaledobjects"
NO_KEDA = Answer(404, message="the server could not find the requested resource")
KEDA_OWNED: dict[str, Any] = {
    "ownerReferences": [{"kind": "ScaledObject", "name": "checkout", "uid": "uid-so-checkout"}]
}


def planned(
    wish: dict[str, int],
    *autoscalers: Manifest,
    target: Manifest | None = None,
    keda: Answer = NO_KEDA,
) -> Change | Refusal:
    """What scaling comes to, with these HorizontalPodAutoscalers in the namespace."""
    answers = {HPAS: listed(*autoscalers), SCALED_OBJECTS: keda}
    return SCALE.plan(a_spec({"scale": wish}), target or a_workload(), around(answers))


def a_change(found: Change | Refusal) -> Change:
    """It must be a change."""
    assert isinstance(found, Change), found
    return found


def a_refusal(found: Change | Refusal, reason: str) -> Refusal:
    """It must be refused for this reason."""
    assert isinstance(found, Refusal), found
    assert found.reason == reason, found
    return found


def test_it_can_be_taken_back():
    assert SCALE.reversibility(a_spec({"scale": {"replicas": 6}})) == "Reversible"


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_replicas_of_a_workload_that_nobody_scales_are_changed(kind: str):
    change = a_change(planned({"replicas": 6}, target=a_workload(kind)))
    assert change.ref == Ref("apps/v1", kind, "shop", "checkout", a_workload()["metadata"]["uid"])
    assert change.paths == (PathChange("/spec/replicas", 3, 6),)
    assert change.summary == f"sets replicas of {kind} checkout from 3 to 6"


def test_more_replicas_say_that_load_may_need_them_when_they_are_taken_back():
    assert a_change(planned({"replicas": 6})).notes == (
        "taking it back stops 3 pods at once, by when load may need them",
    )


def test_no_replicas_at_all_are_called_an_outage():
    assert a_change(planned({"replicas": 0})).notes[0] == "no pod is left: an outage for everyone who uses it"


def test_as_many_replicas_as_there_are_need_no_change():
    a_refusal(planned({"replicas": 3}), "NotNeeded")


def test_bounds_without_an_autoscaler_are_refused_with_what_to_write():
    assert "set action.scale.replicas instead" in a_refusal(planned({"min": 4}), "NoAutoscaler").message


def test_with_an_autoscaler_its_bounds_are_changed_and_not_the_workload():
    change = a_change(planned({"min": 4, "max": 12}, an_autoscaler()))
    assert change.ref == Ref(
        "autoscaling/v2", "HorizontalPodAutoscaler", "shop", "checkout", "uid-hpa-checkout"
    )
    assert change.paths == (PathChange("/spec/minReplicas", 2, 4), PathChange("/spec/maxReplicas", 8, 12))
    assert change.summary == ("sets min from 2 to 4 and max from 8 to 12 of HorizontalPodAutoscaler checkout")


def test_autoscalers_of_others_do_not_matter():
    other = an_autoscaler("other", target="basket")
    assert a_change(planned({"replicas": 6}, other)).ref.kind == "Deployment"
    same_name = an_autoscaler("stateful")
    same_name["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    assert a_change(planned({"replicas": 6}, same_name)).ref.kind == "Deployment"


def test_the_bound_that_is_not_changed_must_stay_as_it_was_when_the_other_is_written():
    change = a_change(planned({"min": 4}, an_autoscaler()))
    assert change.tests == (model.Test("/spec/maxReplicas", 8, revert=False),)


@pytest.mark.parametrize("replicas", [0, 6])
def test_replicas_beside_an_autoscaler_are_refused_with_what_to_write(replicas: int):
    refusal = a_refusal(planned({"replicas": replicas}, an_autoscaler()), "Autoscaled")
    assert "set action.scale.min or max instead" in refusal.message
    assert ("switched off" in refusal.message) == (replicas == 0)


@pytest.mark.parametrize("wish", [{"min": 0}, {"max": 0}, {"min": 0, "max": 0}])
def test_zero_would_switch_an_autoscaler_off(wish: dict[str, int]):
    assert a_refusal(planned(wish, an_autoscaler()), "ZeroReplicas").lasting


def test_an_autoscaler_whose_workload_has_no_replicas_is_off_and_cannot_help():
    off = an_autoscaler()
    off["status"] = {
        "conditions": [{"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled"}]
    }
    a_refusal(planned({"min": 4}, off), "AutoscalerDisabled")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (
            {"min": 9},
            "min 9 would cross max, which is 8 in HorizontalPodAutoscaler checkout; set action.scale.max",
        ),
        (
            {"max": 1},
            "max 1 would cross min, which is 2 in HorizontalPodAutoscaler checkout; set action.scale.min",
        ),
    ],
)
def test_bounds_never_cross(wish: dict[str, int], words: str):
    assert words in a_refusal(planned(wish, an_autoscaler()), "BoundsCross").message


def test_a_bound_that_is_not_written_down_counts_as_its_default():
    assert a_change(planned({"min": 4}, an_autoscaler(low=None))).paths == (
        PathChange("/spec/minReplicas", ABSENT, 4),
    )


def test_two_autoscalers_fight_each_other_and_are_left_alone():
    refusal = a_refusal(planned({"min": 4}, an_autoscaler(), an_autoscaler("second")), "SeveralAutoscalers")
    assert "HorizontalPodAutoscaler checkout and HorizontalPodAutoscaler second" in refusal.message


def test_the_autoscaler_that_keda_makes_is_not_counted_beside_its_own():
    made = an_autoscaler("keda-hpa-checkout", **KEDA_OWNED)
    keda = listed(a_scaled_object(spec={"maxReplicaCount": 10}))
    change = a_change(planned({"max": 20}, made, keda=keda))
    assert change.ref.kind == "ScaledObject"
    assert change.paths == (PathChange("/spec/maxReplicaCount", 10, 20),)


def test_keda_and_an_autoscaler_of_somebody_else_fight_each_other():
    found = planned({"max": 20}, an_autoscaler(), keda=listed(a_scaled_object()))
    a_refusal(found, "SeveralAutoscalers")


def test_bounds_of_keda_that_are_not_there_are_put_there():
    change = a_change(planned({"min": 4, "max": 20}, keda=listed(a_scaled_object())))
    assert change.paths == (
        PathChange("/spec/minReplicaCount", ABSENT, 4),
        PathChange("/spec/maxReplicaCount", ABSENT, 20),
    )


def test_keda_may_scale_to_none():
    found = planned({"min": 0}, keda=listed(a_scaled_object(spec={"minReplicaCount": 2})))
    assert a_change(found).paths == (PathChange("/spec/minReplicaCount", 2, 0),)


def test_a_bound_of_keda_stays_above_its_idle_replicas():
    found = planned({"min": 1}, keda=listed(a_scaled_object(spec={"idleReplicaCount": 1})))
    a_refusal(found, "BoundsCross")


@pytest.mark.parametrize(
    ("annotation", "value"),
    [("paused", "true"), ("paused-replicas", "0"), ("paused-scale-in", "true"), ("paused-scale-out", "yes")],
)
def test_a_paused_scaled_object_is_refused(annotation: str, value: str):
    paused = a_scaled_object(annotations={f"autoscaling.keda.sh/{annotation}": value})
    refusal = a_refusal(planned({"min": 4}, keda=listed(paused)), "AutoscalerPaused")
    assert f"autoscaling.keda.sh/{annotation}" in refusal.message


def test_a_scaled_object_that_says_it_is_not_paused_is_not():
    running = a_scaled_object(annotations={"autoscaling.keda.sh/paused": "false"})
    assert isinstance(planned({"min": 4}, keda=listed(running)), Change)


def test_without_keda_nobody_is_asked_for_it():
    assert isinstance(planned({"replicas": 6}, keda=NO_KEDA), Change)


@pytest.mark.parametrize("name", [HPAS, SCALED_OBJECTS])
def test_a_list_that_may_not_be_read_is_refused_naming_the_right(name: str):
    answers = {HPAS: listed(), SCALED_OBJECTS: NO_KEDA} | {name: Answer(403, message="forbidden: list")}
    found = SCALE.plan(a_spec({"scale": {"replicas": 6}}), a_workload(), around(answers))
    message = a_refusal(found, "Forbidden").message
    assert "may not list" in message
    assert "fireline rbac" in message


@pytest.mark.parametrize("answer", [None, Answer(0, message="connection reset"), Answer(503)])
def test_a_list_that_is_not_known_is_not_taken_for_an_empty_one(answer: Answer | None):
    answers = {HPAS: listed()} | ({SCALED_OBJECTS: answer} if answer else {})
    found = SCALE.plan(a_spec({"scale": {"replicas": 6}}), a_workload(), around(answers))
    assert not a_refusal(found, "NotAnswered").lasting


def test_an_autoscaler_that_is_the_target_itself_needs_nothing_else():
    target = an_autoscaler()
    spec = a_spec({"scale": {"max": 12}})
    assert SCALE.reads(spec, target, user="u") == ()
    assert a_change(SCALE.plan(spec, target, around())).paths == (PathChange("/spec/maxReplicas", 8, 12),)


def test_an_autoscaler_of_keda_as_the_target_is_refused_naming_its_owner():
    made = an_autoscaler("keda-hpa-checkout", **KEDA_OWNED)
    refusal = a_refusal(SCALE.plan(a_spec({"scale": {"max": 12}}), made, around()), "AutoscalerOwned")
    assert "ScaledObject checkout" in refusal.message


def test_whoever_scales_a_workload_is_looked_up_with_the_rights_of_its_serviceaccount():
    user = "system:serviceaccount:shop:first-aid"
    calls = SCALE.reads(a_spec({"scale": {"replicas": 6}}), a_workload(), user=user)
    assert [(call.name, call.verb, call.kind, call.namespace, call.user) for call in calls] == [
        (HPAS, "list", "HorizontalPodAutoscaler", "shop", user),
        (SCALED_OBJECTS, "list", "ScaledObject", "shop", user),
    ]


def test_replicas_need_the_right_to_patch_the_workload_and_to_see_autoscalers():
    assert SCALE.permissions(a_spec({"scale": {"replicas": 6}})) == (
        Permission("apps", "deployments", ("get", "patch"), ("checkout",)),
        Permission("autoscaling", "horizontalpodautoscalers", ("list",)),
        Permission("keda.sh", "scaledobjects", ("list",)),
    )


def test_bounds_need_no_right_to_patch_the_workload():
    found = SCALE.permissions(a_spec({"scale": {"max": 12}}))
    assert Permission("apps", "deployments", ("get",), ("checkout",)) in found
    patched = [one.resource for one in found if "patch" in one.verbs]
    assert patched == ["horizontalpodautoscalers", "scaledobjects"]
    assert all(one.names == ("checkout",) for one in found if "patch" in one.verbs)


def test_an_autoscaler_as_target_needs_only_itself():
    target = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "name": "checkout"}
    assert SCALE.permissions(a_spec({"scale": {"max": 12}}, target)) == (
        Permission("autoscaling", "horizontalpodautoscalers", ("get", "patch"), ("checkout",)),
    )
