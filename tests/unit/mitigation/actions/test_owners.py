"""Who else rules an object, by the marks they leave, and who set which field."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.objects import an_object

from fireline.api.plan import Manifest
from fireline.mitigation.actions.managed_fields import managers_of
from fireline.mitigation.actions.owners import deliverer, owners

ARGO = {"argocd.argoproj.io/tracking-id": "shop-prod:apps/Deployment:shop/checkout"}
FLUX = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
FLUX_HELM = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "shop"}
HELM_LABEL = {"app.kubernetes.io/managed-by": "Helm"}
HELM = {"meta.helm.sh/release-name": "shop"}
INSTANCE = {"app.kubernetes.io/instance": "shop"}


def thing(spec: Manifest | None = None, **metadata: Any) -> Manifest:
    return an_object("apps/v1", "Deployment", metadata=metadata, spec=spec or {})


def manager(name: str, fields: Manifest | None = None, *, time: str = "2026-11-22T03:00:00Z") -> Manifest:
    return {"manager": name, "operation": "Update", "time": time, "fieldsV1": fields or {}}


def owned_by(kind: str, api_version: str = "apps/v1", *, controller: bool = True) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "name": "checkout", "controller": controller}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, []),
        ({"labels": INSTANCE}, []),
        ({"annotations": ARGO}, ["Argo CD (shop-prod)"]),
        ({"labels": INSTANCE, "managedFields": [manager("argocd-controller")]}, ["Argo CD (shop)"]),
        ({"managedFields": [manager("argocd-controller")]}, ["Argo CD"]),
        ({"labels": FLUX}, ["Flux (flux-system/shop)"]),
        ({"labels": FLUX_HELM | HELM_LABEL, "annotations": HELM}, ["Flux Helm (shop/shop)"]),
        ({"labels": HELM_LABEL, "annotations": HELM}, ["Helm (shop)"]),
        ({"labels": HELM_LABEL}, ["Helm"]),
        ({"labels": HELM_LABEL, "annotations": ARGO}, ["Argo CD (shop-prod)"]),
        ({"annotations": ARGO, "labels": FLUX}, ["Argo CD (shop-prod)", "Flux (flux-system/shop)"]),
        ({"ownerReferences": [owned_by("Deployment")]}, ["a controller (Deployment checkout)"]),
        ({"ownerReferences": [owned_by("Deployment", controller=False)]}, []),
        ({"ownerReferences": [owned_by("Canary", "flagger.app/v1beta1")]}, ["Flagger (checkout)"]),
        ({"ownerReferences": [owned_by("Rollout", "argoproj.io/v1alpha1")]}, ["Argo Rollouts (checkout)"]),
        ({"annotations": {"rollout.argoproj.io/revision": "2"}}, ["Argo Rollouts"]),
        ({"managedFields": [manager("flagger")]}, ["Flagger"]),
    ],
    ids=lambda one: str(one)[:60],
)
def test_owners_are_known_by_their_marks(metadata: Manifest, expected: list[str]):
    assert [str(one) for one in owners(thing(**metadata))] == expected


def test_where_it_can_be_seen_is_told():
    assert owners(thing(annotations=ARGO))[0].evidence == "annotation argocd.argoproj.io/tracking-id"
    found = owners(thing(labels=INSTANCE, managedFields=[manager("argocd-controller")]))
    assert found[0].evidence == "field manager argocd-controller and label app.kubernetes.io/instance"


def test_only_a_delivery_controller_steers():
    assert deliverer(thing(annotations=ARGO, labels=FLUX)) is None
    found = deliverer(thing(annotations=ARGO, managedFields=[manager("rollouts-controller")]))
    assert found is not None
    assert found.tool == "Argo Rollouts"


CONTAINERS: Manifest = {
    "replicas": 3,
    "template": {
        "spec": {
            "containers": [
                {"name": "web", "image": "shop:2", "args": ["a", "b"], "ports": [{"containerPort": 80}]},
                {"name": "proxy", "image": "proxy:1"},
            ]
        }
    },
    "selector": {"matchLabels": {"app": "checkout"}},
    "finalizers": ["x", "y"],
}
WEB = {"f:image": {}, ".": {}, "f:name": {}, "f:args": {}, "f:ports": {'k:{"containerPort":80}': {".": {}}}}
FIELDS: Manifest = {
    "f:spec": {
        "f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': WEB}}},
        "f:selector": {},
        "f:finalizers": {".": {}, 'v:"y"': {}},
    }
}


@pytest.mark.parametrize(
    ("path", "is_set"),
    [
        ("/spec/template/spec/containers/0/image", True),
        ("/spec/template/spec/containers/1/image", False),
        ("/spec/template/spec/containers/0/args", True),
        ("/spec/template/spec/containers/0/args/1", True),
        ("/spec/template/spec/containers/0/ports/0", True),
        ("/spec/template/spec/containers/0/ports/0/protocol", False),
        ("/spec/template/spec/containers/0/env", False),
        ("/spec/template/spec/containers/7/image", False),
        ("/spec/template", True),
        ("/spec/template/spec/containers", True),
        ("/spec/selector/matchLabels/app", True),
        ("/spec/finalizers/1", True),
        ("/spec/finalizers/0", False),
        ("/spec/replicas", False),
        ("/spec/absent/deep", False),
    ],
)
def test_who_set_a_field_is_read_from_managed_fields(path: str, is_set: bool):
    target = thing(CONTAINERS, managedFields=[manager("argocd-controller", FIELDS)])
    assert [one.name for one in managers_of(target, path)] == (["argocd-controller"] if is_set else [])


def test_an_entry_may_be_known_by_its_place():
    target = thing(
        {"list": [{"a": 1}]}, managedFields=[manager("m", {"f:spec": {"f:list": {"i:0": {"f:a": {}}}}})]
    )
    assert [one.name for one in managers_of(target, "/spec/list/0/a")] == ["m"]


def test_the_last_who_set_a_field_comes_first():
    entries = [manager("old", FIELDS, time="2026-11-21T03:00:00Z"), manager("new", FIELDS)]
    target = thing(CONTAINERS, managedFields=entries)
    assert [one.name for one in managers_of(target, "/spec/selector")] == ["new", "old"]


def test_nobody_is_known_without_managed_fields():
    assert managers_of(thing(CONTAINERS), "/spec/replicas") == ()
    assert managers_of(thing(CONTAINERS, managedFields=[manager("m")]), "/spec/replicas") == ()
