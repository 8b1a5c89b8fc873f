"""Each action on real objects of the real kinds: planned, tried, made and taken back, byte by byte.

Everything is done as the ServiceAccount, with the rights that ``fireline rbac`` prints and no others.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.bed.kubeclient import ApiError, KubeClient
from tests.cluster.ward import (
    HASH,
    MARKER,
    Ward,
    a_spec,
    example,
    patched,
    planned,
    text,
    there_and_back,
    tried,
    where,
)

from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.mitigation.actions.refused import refuse_kind
from fireline.mitigation.actions.table import ACTIONS
from fireline.mitigation.gitops import PAUSE_PATH, Cleared, preflight
from fireline.mitigation.model import ABSENT, PathChange, Refusal
from fireline.mitigation.patching import apply_ops, prepared
from fireline.mitigation.pointer import get, join

pytestmark = pytest.mark.bed
FLAGS = "/spec/flagSpec/flags"
WEIGHTS = "/spec/rules/0/backendRefs"
WISHES: dict[tuple[str, str], dict[str, Any]] = {
    ("feature-flag", "old-payment"): {
        f"{FLAGS}/new-payment/targeting": ABSENT,
        f"{FLAGS}/new-payment/defaultVariant": "off",
    },
    ("feature-flag", "captcha-for-everyone"): {f"{FLAGS}/captcha/defaultVariant": "everyone"},
    ("config-map-key", "payment-cooldown"): {"/data/payment.cooldown": "30s"},
    ("rate-limit", "limit-checkout"): {
        "/spec/rateLimit": {
            "type": "Local",
            "local": {"rules": [{"limit": {"requests": 50, "unit": "Second"}}]},
        }
    },
    ("route-weights", "away-from-canary"): {f"{WEIGHTS}/0/weight": 100, f"{WEIGHTS}/1/weight": 0},
    ("suspend-cron-job", "no-reports"): {"/spec/suspend": True},
    ("patch", "no-sticky-sessions"): {"/spec/sessionAffinity": "None", "/spec/sessionAffinityConfig": ABSENT},
}
"""Example and Mitigation → what its target must look like while it is active."""


@pytest.mark.parametrize(("file", "name"), WISHES, ids=[name for _, name in WISHES])
def test_an_example_is_made_and_taken_back_with_nothing_left(ward: Ward, file: str, name: str):
    spec, target = example(file, name)
    made_there = ward.make(target)
    client = ward.helper(spec)
    live = client.request("GET", where(made_there))
    change = tried(client, planned(spec, live), live)
    during = there_and_back(client, change, live)
    assert {path: get(during, path) for path in WISHES[file, name]} == WISHES[file, name]


@pytest.mark.parametrize(
    ("data", "before", "value"),
    [
        ({}, ABSENT, "b"),
        ({}, ABSENT, ""),
        ({"data": {"other": "x"}}, ABSENT, "b"),
        ({"data": {"other": "x"}}, ABSENT, ""),
        ({"data": {"key": ""}}, "", "b"),
        ({"data": {"key": "a"}}, "a", "b"),
        ({"data": {"key": "a"}}, "a", ""),
    ],
    ids=lambda one: json.dumps(one, default=str),
)
def test_a_key_comes_back_as_it_was_absent_or_empty(ward: Ward, data: Manifest, before: Any, value: str):
    live = ward.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, **data})
    spec = a_spec({"configMapKey": {"key": "key", "value": value}}, live)
    client = ward.helper(spec)
    change = tried(client, planned(spec, live), live)
    assert change.paths == (PathChange("/data/key", before, value),)
    there_and_back(client, change, live)


def test_a_new_key_of_a_label_map_that_was_not_there_leaves_no_map_behind(ward: Ward):
    live = ward.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})
    spec = a_spec({"patch": {"ops": [{"op": "add", "path": "/metadata/labels/tier", "value": "x"}]}}, live)
    client = ward.helper(spec)
    change = tried(client, planned(spec, live), live)
    there_and_back(client, change, live)
    assert "labels" not in client.request("GET", where(live))["metadata"]


def test_the_limit_of_a_policy_is_exchanged_and_its_other_rules_stay(ward: Ward):
    _, target = example("rate-limit", "limit-checkout")
    partner = {
        "clientSelectors": [{"headers": [{"name": "x-partner", "value": "a"}]}],
        "limit": {"requests": 5, "unit": "Minute"},
    }
    everyone = {"limit": {"requests": 500, "unit": "Second"}}
    target["spec"]["rateLimit"] = {"local": {"rules": [partner, everyone]}}
    live = ward.make(target)
    spec = a_spec({"rateLimit": {"requests": 20, "unit": "Second"}}, live)
    client = ward.helper(spec)
    during = there_and_back(client, tried(client, planned(spec, live), live), live)
    rules = during["spec"]["rateLimit"]["local"]["rules"]
    assert [one["limit"]["requests"] for one in rules] == [5, 20]
    assert rules[0] == live["spec"]["rateLimit"]["local"]["rules"][0]


def test_weights_are_not_written_when_the_backends_were_put_in_another_order_meanwhile(ward: Ward):
    spec, target = example("route-weights", "away-from-canary")
    live = ward.make(target)
    client = ward.helper(spec)
    ops = apply_ops(planned(spec, live), live, MARKER, HASH)
    moved = copy.deepcopy(live)
    for one in moved["spec"]["rules"][0]["backendRefs"]:
        one["weight"] = 50
    moved["spec"]["rules"][0]["backendRefs"].reverse()
    changed = ward.admin.replace(moved)
    with pytest.raises(ApiError) as refused:
        patched(client, live, ops)
    assert refused.value.code == 422
    assert client.request("GET", where(live)) == changed


def test_a_rule_that_was_put_before_ours_is_not_changed_in_its_place(ward: Ward):
    spec, target = example("route-weights", "away-from-canary")
    live = ward.make(target)
    client = ward.helper(spec)
    ops = apply_ops(planned(spec, live), live, MARKER, HASH)
    other = copy.deepcopy(live)
    # The same backends with the same weights, for other requests.
    other["spec"]["rules"].insert(0, copy.deepcopy(live["spec"]["rules"][0]))
    other["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/admin"
    changed = ward.admin.replace(other)
    with pytest.raises(ApiError) as refused:
        patched(client, live, ops)
    assert refused.value.code == 422
    assert client.request("GET", where(live)) == changed


def test_a_flag_without_a_state_the_kind_knows_is_refused_by_the_api_server(ward: Ward):
    _, target = example("feature-flag", "old-payment")
    target["spec"]["flagSpec"]["flags"]["captcha"]["state"] = "MAYBE"
    with pytest.raises(ApiError) as refused:
        ward.make(target)
    assert refused.value.code == 422


def test_an_unknown_field_is_never_written_and_silently_lost(ward: Ward):
    _, target = example("patch", "no-sticky-sessions")
    live = ward.make(target)
    spec = a_spec({"patch": {"ops": [{"op": "add", "path": "/spec/stickiness", "value": 1}]}}, live)
    client = ward.helper(spec)
    with pytest.raises(ApiError) as refused:
        tried(client, planned(spec, live), live)
    assert refused.value.code in {400, 422}
    assert text(client.request("GET", where(live))) == text(live)


def test_the_rights_that_are_printed_reach_no_other_object(ward: Ward):
    spec, target = example("config-map-key", "payment-cooldown")
    live = ward.make(target)
    other = ward.make({**target, "metadata": {"name": "other"}})
    client = ward.helper(spec)
    client.request("GET", where(live))
    for method, body in (("GET", None), ("DELETE", None), ("PUT", other)):
        with pytest.raises(ApiError) as refused:
            client.request(method, where(other), body=body)
        assert refused.value.code == 403
    with pytest.raises(ApiError) as refused:
        patched(client, other, [{"op": "add", "path": "/data/x", "value": "y"}])
    assert refused.value.code == 403
    with pytest.raises(ApiError) as refused:
        client.request("DELETE", where(live))
    assert refused.value.code == 403


SERVES_PEOPLE = {
    *(("", kind) for kind in ("ConfigMap", "Pod", "PodTemplate", "ReplicationController", "Service")),
    *(("apps", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")),
    *(("batch", kind) for kind in ("CronJob", "Job")),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("policy", "PodDisruptionBudget"),
    ("networking.k8s.io", "Ingress"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("gateway.envoyproxy.io", "BackendTrafficPolicy"),
    ("keda.sh", "ScaledObject"),
    ("core.openfeature.dev", "FeatureFlag"),
    ("resource.k8s.io", "ResourceClaim"),
    ("resource.k8s.io", "ResourceClaimTemplate"),
}
"""Every kind of a namespace that may be changed, of those the bed serves. A new one must be thought about."""


def test_every_kind_the_api_server_knows_is_refused_or_known_to_serve_people(admin: KubeClient):
    open_to_change = {
        (group, kind)
        for group, version, kind in namespaced_kinds(admin)
        if refuse_kind(f"{group}/{version}" if group else version, kind) is None
    }
    assert open_to_change <= SERVES_PEOPLE, open_to_change - SERVES_PEOPLE
    named = {target for action in ACTIONS.values() for target in action.targets}
    assert named <= open_to_change


def namespaced_kinds(client: KubeClient) -> Iterator[tuple[str, str, str]]:
    """Group, version and kind of all that can be patched in a namespace."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    for path in ("/api", "/apis"):
        for group in client.request("GET", path, accept=accept)["items"]:
            if "example" in group["metadata"].get("name", ""):
                continue  # of another test
            for version in group["versions"]:
                for found in version.get("resources", ()):
                    if found["scope"] == "Namespaced" and "patch" in found["verbs"]:
                        kind = found["responseKind"]["kind"]
                        yield group["metadata"].get("name", ""), version["version"], kind


FLUX = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


def deployment(replicas: int | None = 3, **metadata: Any) -> Manifest:
    spec: Manifest = {
        "selector": {"matchLabels": {"app": "checkout"}},
        "template": {
            "metadata": {"labels": {"app": "checkout"}},
            "spec": {"containers": [{"name": "web", "image": "shop:2"}]},
        },
    }
    spec |= {} if replicas is None else {"replicas": replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout", **metadata},
        "spec": spec,
    }


def merge(live: Manifest, **spec: Any) -> Spec:
    """Action patch, with a merge patch of the spec."""
    return a_spec({"patch": {"type": "Merge", "merge": json.dumps({"spec": spec})}}, live)


def test_flux_owns_what_it_applied_and_nothing_else(ward: Ward):
    wanted = deployment(labels=FLUX)
    wanted["metadata"]["namespace"] = ward.namespace
    live = ward.admin.apply(wanted, manager="kustomize-controller")
    scaled, paused = (
        planned(merge(live, **spec), live).paths for spec in ({"replicas": 6}, {"paused": True})
    )
    refusal = preflight(live, scaled, "ProceedIfUnowned")
    assert isinstance(refusal, Refusal)
    assert "Flux (flux-system/shop)" in refusal.message
    assert "spec.replicas from 3 to 6" in refusal.message
    assert isinstance(preflight(live, paused, "ProceedIfUnowned"), Cleared)


def test_an_image_that_flux_applied_is_its_own_inside_of_the_list(ward: Ward):
    wanted = deployment(labels=FLUX)
    wanted["metadata"]["namespace"] = ward.namespace
    live = ward.admin.apply(wanted, manager="kustomize-controller")
    pod = "/spec/template/spec/containers/0"
    for field, owned in ((f"{pod}/image", True), (f"{pod}/imagePullPolicy", False)):
        ops = [{"op": "add", "path": field, "value": "Always"}]
        found = preflight(
            live, planned(a_spec({"patch": {"ops": ops}}, live), live).paths, "ProceedIfUnowned"
        )
        assert isinstance(found, Refusal) is owned, field


def test_what_argo_cd_set_by_an_update_is_its_own(ward: Ward):
    tracking = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/checkout"}
    live = ward.make(deployment(annotations=tracking))
    live = ward.admin.request(
        "PATCH",
        where(live),
        body={"spec": {"replicas": 4}},
        content_type="application/merge-patch+json",
        params={"fieldManager": "argocd-controller"},
    )
    scaled, paused = (
        planned(merge(live, **spec), live).paths for spec in ({"replicas": 6}, {"paused": True})
    )
    assert isinstance(preflight(live, scaled, "ProceedIfUnowned"), Refusal)
    assert isinstance(preflight(live, paused, "ProceedIfUnowned"), Cleared)


def test_flux_is_paused_and_let_go_again_together_with_the_change(ward: Ward):
    wanted = deployment(labels=FLUX)
    wanted["metadata"]["namespace"] = ward.namespace
    live = ward.admin.apply(wanted, manager="kustomize-controller")
    spec = merge(live, replicas=6)
    client = ward.helper(spec)
    change = planned(spec, live)
    cleared = preflight(live, change.paths, "PauseObject")
    assert isinstance(cleared, Cleared)
    whole = prepared(replace(change, paths=(*change.paths, *cleared.pause)), live)
    during = there_and_back(client, tried(client, whole, live), live)
    assert get(during, PAUSE_PATH) == "disabled"
    assert during["spec"]["replicas"] == 6


def test_a_list_that_the_server_completes_is_taken_back_as_it_was(ward: Ward):
    live = ward.make(deployment())
    containers = [{"name": "web", "image": "shop:1", "env": [{"name": "WORKERS", "value": "2"}]}]
    ops = [{"op": "replace", "path": "/spec/template/spec/containers", "value": containers}]
    spec = a_spec({"patch": {"ops": ops}}, live)
    client = ward.helper(spec)
    change = tried(client, planned(spec, live), live)
    during = there_and_back(client, change, live)
    assert during["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"]


def test_the_name_of_a_flag_with_a_slash_is_found(ward: Ward):
    _, target = example("feature-flag", "old-payment")
    flags = target["spec"]["flagSpec"]["flags"]
    flags["team/pay~new"] = flags.pop("captcha")
    live = ward.make(target)
    spec = a_spec({"featureFlag": {"name": "team/pay~new", "set": "Disabled"}}, live)
    client = ward.helper(spec)
    during = there_and_back(client, tried(client, planned(spec, live), live), live)
    assert get(during, join("spec", "flagSpec", "flags", "team/pay~new", "state")) == "DISABLED"
