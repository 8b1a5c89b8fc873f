"""The patches of mitigations on kinds with a schema: what the API server fills in, rewrites and refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import CONFIG_MAP
from tests.cluster.things import Server, numbers, there_and_back, tried
from tests.unit.mitigation.drafts import Draft, a_draft

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.mitigation.completed import completed
from fireline.mitigation.model import ABSENT, Refusal
from fireline.mitigation.resume import judge_revert, who_words

pytestmark = pytest.mark.bed

DEPLOYMENT = Resource("apps", "v1", "deployments", "Deployment")


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Server:
    kube = cluster.client()
    return Server(kube, kube.namespace("patches-typed"))


def a_deployment(server: Server, **spec: Any) -> Manifest:
    """A Deployment that nothing runs."""
    pod = {"containers": [{"name": "app", "image": "shop:1"}]}
    return server.kube.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"checkout-{next(numbers)}", "namespace": server.namespace},
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "checkout"}},
                "template": {"metadata": {"labels": {"app": "checkout"}}, "spec": pod},
                **spec,
            },
        }
    )


def of(live: Manifest, draft: Draft) -> Draft:
    """The draft as one of this kind of object."""
    assert draft.change is not None
    ref = replace(draft.change.ref, api_version=live["apiVersion"], kind=live["kind"])
    return replace(draft, change=replace(draft.change, ref=ref))


@pytest.mark.parametrize(
    "wanted",
    [
        {"/spec/replicas": 6},
        {"/spec/replicas": 0},
        {"/spec/paused": True},
        {"/spec/template/spec/containers/0/image": "shop:2"},
        {"/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt": "2026-11-22T03:12:00Z"},
        {"/spec/template/spec/containers/0/resources/limits/cpu": "1000m"},
        {"/spec/template/spec/nodeSelector/disk": "ssd", "/spec/minReadySeconds": 5},
        {"/spec/strategy": {"type": "Recreate"}},
        {"/spec/replicas": ABSENT},
    ],
    ids=str,
)
def test_a_deployment_comes_back_to_the_last_byte(server: Server, wanted: Any):
    live = a_deployment(server)
    draft = tried(server, live, of(live, a_draft(live, wanted)), DEPLOYMENT)
    there_and_back(server, live, draft, DEPLOYMENT)


def test_defaults_that_come_with_a_strategy_go_with_it(server: Server):
    """Otherwise the way back would be refused: rollingUpdate is forbidden with Recreate."""
    live = a_deployment(server, strategy={"type": "Recreate"})
    draft = of(live, a_draft(live, {"/spec/strategy/type": "RollingUpdate"}))
    applied = server.patch(live, draft.apply_ops(live), DEPLOYMENT, dryRun="All")
    assert "rollingUpdate" in applied["spec"]["strategy"]
    whole = tried(server, live, draft, DEPLOYMENT)
    assert whole.change is not None
    assert [one.path for one in whole.change.paths] == ["/spec/strategy/type", "/spec/strategy/rollingUpdate"]
    there_and_back(server, live, whole, DEPLOYMENT)


def test_a_dry_run_answers_with_the_version_it_looked_at(server: Server):
    live = a_deployment(server)
    draft = of(live, a_draft(live, {"/spec/replicas": 6}))
    answer = server.patch(live, draft.apply_ops(live), DEPLOYMENT, dryRun="All")
    assert answer["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]
    server.edit(live, {"spec": {"minReadySeconds": 9}}, DEPLOYMENT)
    later = server.patch(live, draft.apply_ops(live), DEPLOYMENT, dryRun="All")
    assert draft.change is not None
    moved = completed(draft.change, live, later)
    assert isinstance(moved, Refusal)
    assert moved.reason == "TargetMoved"


def test_an_unknown_field_is_refused_and_not_silently_dropped(server: Server):
    live = a_deployment(server)
    draft = of(live, a_draft(live, {"/spec/replica": 6}))
    operations = draft.apply_ops(live)
    assert server.refuses(live, operations, DEPLOYMENT)
    answer = server.patch(live, operations, DEPLOYMENT, fieldValidation="Ignore", dryRun="All")
    assert draft.change is not None
    dropped = completed(draft.change, live, answer)
    assert isinstance(dropped, Refusal)
    assert dropped.reason == "Pruned"


@pytest.mark.parametrize("data", [None, {"other": "x"}, {"captcha": ""}, {"captcha": "off"}], ids=str)
def test_a_key_of_a_config_map_comes_back_as_it_was(server: Server, data: Any):
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"shop-{next(numbers)}", "namespace": server.namespace},
    }
    live = server.kube.create(manifest if data is None else {**manifest, "data": data})
    there_and_back(server, live, of(live, a_draft(live, {"/data/captcha": "on <now>"})), CONFIG_MAP)


def test_who_scales_it_meanwhile_is_named(cluster: Cluster, server: Server):
    """``kubectl scale`` and autoscalers write by a subresource of its own, which managedFields tell apart."""
    live = a_deployment(server)
    draft = of(live, a_draft(live, {"/spec/replicas": 6}))
    applied = server.patch(live, draft.apply_ops(live), DEPLOYMENT)
    name = f"deployment/{applied['metadata']['name']}"
    cluster.kubectl("-n", server.namespace, "scale", name, "--replicas=9")
    now = server.kube.get(DEPLOYMENT, applied["metadata"]["name"], server.namespace)
    assert judge_revert(now, draft) == "Changed"
    assert who_words(now, draft) == " by kubectl"  # of this subresource the server notes no time
