"""Weights of an HTTPRoute's backends: by name, on the very rule that was meant."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.objects import a_change, a_refusal, an_object, planned

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, PathChange
from fireline.mitigation.model import Test as Still

MATCHES = [{"path": {"type": "PathPrefix", "value": "/checkout"}}]
STABLE: Manifest = {"name": "stable", "port": 80, "weight": 80}
CANARY: Manifest = {"name": "canary", "port": 80, "weight": 20}


def route(*rules: Manifest, metadata: Manifest | None = None) -> Manifest:
    spec = {"rules": list(rules) or [rule(STABLE, CANARY)]}
    return an_object("gateway.networking.k8s.io/v1", "HTTPRoute", spec=spec, metadata=metadata)


def rule(*backends: Manifest, **more: Any) -> Manifest:
    return {"matches": MATCHES, "backendRefs": list(backends), **more}


def weights(number: int = 0, **wanted: int) -> Manifest:
    listed = [{"backend": name, "weight": weight} for name, weight in wanted.items()]
    return {"routeWeights": {"rule": number, "weights": listed}}


def test_weights_are_set_where_the_backends_are():
    change = a_change(planned(weights(canary=0, stable=100), route()))
    assert change.paths == (
        PathChange("/spec/rules/0/backendRefs/1/weight", 20, 0),
        PathChange("/spec/rules/0/backendRefs/0/weight", 80, 100),
    )
    assert change.summary == "shifts traffic of rule 0 of HTTPRoute checkout: canary to 0, stable to 100"


def test_it_is_tested_that_the_entries_are_still_those_backends_in_that_rule():
    change = a_change(planned(weights(canary=0), route()))
    assert change.tests == (
        Still("/spec/rules/0/matches", MATCHES),
        Still("/spec/rules/0/backendRefs/1/name", "canary"),
    )


def test_a_rule_with_a_name_is_known_by_it():
    change = a_change(planned(weights(canary=0), route(rule(STABLE, CANARY, name="pay"))))
    assert change.tests[0] == Still("/spec/rules/0/name", "pay")


def test_a_backend_without_weight_has_weight_one():
    bare = {"name": "canary", "port": 80}
    change = a_change(planned(weights(canary=3), route(rule({"name": "stable"}, bare))))
    assert change.paths == (PathChange("/spec/rules/0/backendRefs/1/weight", ABSENT, 3),)
    assert change.notes[0].startswith("shares after that: stable 25 %, canary 75 %")


def test_another_rule_can_be_meant():
    target = route(rule(STABLE), rule(STABLE, CANARY))
    assert (
        a_change(planned(weights(1, canary=0), target)).paths[0].path == "/spec/rules/1/backendRefs/1/weight"
    )


def test_backends_that_are_not_named_keep_their_weight():
    assert [one.path for one in a_change(planned(weights(canary=0), route())).paths] == [
        "/spec/rules/0/backendRefs/1/weight"
    ]


def test_an_unknown_backend_is_refused_with_those_there_are():
    refusal = a_refusal(planned(weights(old=1), route()), "BackendNotFound")
    assert refusal.message == "rule 0 of HTTPRoute checkout has no backend 'old'; it has: canary, stable"


def test_a_name_that_two_backends_have_is_refused():
    target = route(rule(STABLE, {"name": "stable", "port": 81}))
    a_refusal(planned(weights(stable=1), target), "AmbiguousBackend")


@pytest.mark.parametrize(
    "wish", [weights(stable=0, canary=0), weights(stable=0)], ids=["both named", "the other is 0"]
)
def test_a_rule_is_not_left_without_any_backend(wish: Manifest):
    target = route(rule(STABLE, {**CANARY, "weight": 0}))
    assert "answered with 500" in a_refusal(planned(wish, target), "NoBackendLeft").message


def test_a_rule_that_is_not_there_is_refused():
    refusal = a_refusal(planned(weights(2, stable=1), route()), "RuleNotFound")
    assert "no rule 2: it has 1" in refusal.message


@pytest.mark.parametrize(
    ("metadata", "tool"),
    [
        ({"labels": {"rollouts.argoproj.io/gatewayapi-canary": "in-progress"}}, "Argo Rollouts"),
        ({"managedFields": [{"manager": "rollouts-controller"}]}, "Argo Rollouts"),
        (
            {"ownerReferences": [{"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "c"}]},
            "Flagger",
        ),
        ({"managedFields": [{"manager": "flagger"}]}, "Flagger"),
    ],
    ids=["rollouts label", "rollouts manager", "flagger owner", "flagger manager"],
)
def test_a_route_that_a_delivery_controller_steers_is_left_alone(metadata: Manifest, tool: str):
    refusal = a_refusal(planned(weights(canary=0), route(metadata=metadata)), "OwnedByDelivery")
    assert f"is steered by {tool}" in refusal.message


def test_weights_that_are_so_already_need_nothing():
    a_refusal(planned(weights(canary=20), route()), "NotNeeded")
