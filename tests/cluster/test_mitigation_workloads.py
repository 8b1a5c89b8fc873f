"""Scaling, restarting and going back with Kubernetes' own controllers: planned, patched, rolled out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.kubeclient import ApiError
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir
from tests.cluster.rig import a_rig
from tests.cluster.workshop import (
    BAD,
    GOOD,
    REPLICA_SET,
    Shop,
    a_change,
    fields,
    grant,
    number_of,
)

from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.api.resources import MITIGATION, POD, Resource
from fireline.api.wire import wire_json
from fireline.mitigation.actions.revisions import REVISION, REVISION_HISTORY
from fireline.mitigation.model import Change, Refusal
from fireline.mitigation.resume import judge

pytestmark = pytest.mark.bed

HPA = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}


@pytest.fixture(scope="module")
def controlled(tools: Tools) -> Iterator[Cluster]:
    """A control plane with the real controllers."""
    with workdir("workloads") as directory, Cluster(tools, directory, controllers=True) as running:
        yield running


@pytest.fixture
def shop(controlled: Cluster) -> Shop:
    """A namespace of its own."""
    return Shop(controlled)


def test_a_bad_rollout_is_noticed_and_gone_back_from_to_the_very_template_before(shop: Shop):
    with shop.node():
        shop.roll_out(GOOD)
        shop.await_signal("False")
        (good,) = shop.sets()
        before = wire_json(shop.live()["spec"]["template"])
        shop.roll_out(BAD)
        assert shop.revision() == "2"
        failed = shop.await_signal("True")
        assert failed.details["replicaSet"] != good["metadata"]["name"]
        assert "0 of 2 pods" in failed.message
        change = a_change(shop.plan({"rolloutUndo": {}}))
        assert "image of web: shop:bad → shop:good" in change.notes
        assert "hunter2" not in repr(change)
        shop.make(change, dry_run=True)
        assert shop.image() == BAD
        intent = shop.make(change)
        assert wire_json(shop.live()["spec"]["template"]) == before
        shop.await_signal("False")
        live = shop.live()
        assert judge(live, intent) == "Applied"
        assert live["metadata"]["annotations"][REVISION] == "3"
        again = shop.client.get(REPLICA_SET, good["metadata"]["name"], shop.namespace)
        assert again["metadata"]["annotations"][REVISION_HISTORY] == "1"
        assert number_of(again) == "3"


def test_going_back_twice_does_not_bring_the_bad_version_back(shop: Shop):
    with shop.node(ready=lambda _: True):
        shop.roll_out(GOOD)
        shop.await_signal("False")
        shop.roll_out(BAD)
        assert shop.revision() == "2"
        shop.await_signal("False")
        shop.undo()
        assert shop.image() == GOOD
        assert shop.revision() == "3"
        shop.await_signal("False")
        refusal = shop.plan({"rolloutUndo": {}})
        assert isinstance(refusal, Refusal)
        assert refusal.reason == "NothingToGoBackTo"
        assert "revision 2 was gone back from before, to revision 3" in refusal.message
        # What kubectl makes of it:
        shop.cluster.kubectl("-n", shop.namespace, "rollout", "undo", "deployment/checkout")
        assert shop.image() == BAD


def test_a_restart_of_the_bad_version_is_not_what_is_gone_back_to(shop: Shop):
    with shop.node(ready=lambda _: True):
        shop.roll_out(GOOD)
        shop.await_signal("False")
        shop.roll_out(BAD)
        assert shop.revision() == "2"
        shop.await_signal("False")
        shop.make(a_change(shop.plan({"restart": {}})))
        assert shop.revision() == "3"
        shop.await_signal("False")
        assert [number_of(one) for one in sorted(shop.sets(), key=number_of)] == ["1", "2", "3"]
        assert shop.image() == BAD
        shop.undo()
        assert shop.image() == GOOD
        assert shop.revision() == "4"


def test_a_revision_that_never_got_ready_is_passed_over(shop: Shop):
    with shop.node():
        shop.roll_out(GOOD)
        shop.await_signal("False")
        shop.roll_out(BAD)
        assert shop.revision() == "2"
        shop.roll_out("shop:worse")
        assert shop.revision() == "3"
        change = a_change(shop.plan({"rolloutUndo": {}}))
        assert change.summary.startswith("rolls Deployment checkout back from revision 3 to revision 1 ")
        shop.make(change)
        shop.await_signal("False")
        assert shop.image() == GOOD


def test_kubernetes_own_deadline_counts_and_not_for_the_revision_after(shop: Shop):
    with shop.node():
        shop.roll_out(GOOD, progressDeadlineSeconds=600)
        shop.await_signal("False")
        shop.roll_out(BAD, progressDeadlineSeconds=1)

        def exceeded() -> bool:
            conditions = shop.live()["status"]["conditions"]
            return any(one["reason"] == "ProgressDeadlineExceeded" for one in conditions)

        wait_for(exceeded, what="the controller gives up")
        assert "ProgressDeadlineExceeded" in shop.signal().message
        # The verdict stays there until the revision before gets further, and is not about that one.
        shop.undo()
        assert shop.revision() == "3"
        assert "ProgressDeadlineExceeded" not in shop.signal().message
        shop.await_signal("False")


def test_a_restart_changes_one_annotation_and_replaces_every_pod(shop: Shop):
    with shop.node():
        shop.roll_out(GOOD)
        shop.await_signal("False")
        old = {pod["metadata"]["uid"] for pod in shop.client.list(POD, shop.namespace)}
        change = a_change(shop.plan({"restart": {}}))
        intent = shop.make(change)
        assert judge(shop.live(), intent) == "Applied"
        with pytest.raises(ApiError) as refused:
            shop.patch(change, [{"op": "test", "path": change.paths[0].path, "value": None}])
        assert refused.value.code == 422

        def replaced() -> bool:
            pods = {pod["metadata"]["uid"] for pod in shop.client.list(POD, shop.namespace)}
            return len(pods) == 2 and not pods & old

        wait_for(replaced, what="every pod is another one")


def test_scaling_and_taking_it_back_leaves_the_deployment_as_it_was(shop: Shop):
    shop.roll_out(GOOD)
    assert shop.revision() == "1"
    before = fields(shop.live())
    intent = shop.make(a_change(shop.plan({"scale": {"replicas": 5}})))
    assert shop.live()["spec"]["replicas"] == 5
    wait_for(lambda: len(shop.client.list(POD, shop.namespace)) == 5, what="five pods")
    shop.take_back(intent)
    assert fields(shop.live()) == before
    wait_for(lambda: len(shop.client.list(POD, shop.namespace)) == 2, what="two pods")


def test_with_an_autoscaler_its_bounds_are_changed_and_taken_back(shop: Shop):
    shop.roll_out(GOOD)
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    shop.client.create(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "checkout", "namespace": shop.namespace},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
                "maxReplicas": 4,
                "metrics": [{"type": "Resource", "resource": cpu}],
            },
        }
    )
    refusal = shop.plan({"scale": {"replicas": 5}})
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "Autoscaled"
    deployment, before = fields(shop.live()), shop.client.get(HPA, "checkout", shop.namespace)
    intent = shop.make(a_change(shop.plan({"scale": {"min": 2, "max": 8}})))
    live = shop.client.get(HPA, "checkout", shop.namespace)
    assert (live["spec"]["minReplicas"], live["spec"]["maxReplicas"]) == (2, 8)
    shop.take_back(intent)
    assert fields(shop.client.get(HPA, "checkout", shop.namespace)) == fields(before)
    assert fields(shop.live()) == deployment


def test_with_keda_bounds_that_were_not_there_are_gone_again_after(shop: Shop):
    install_foreign_crds(shop.cluster)
    shop.roll_out(GOOD)
    shop.client.create(
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": "by-queue", "namespace": shop.namespace},
            "spec": {
                "scaleTargetRef": {"name": "checkout"},
                "triggers": [{"type": "cron", "metadata": {"desiredReplicas": "2"}}],
            },
        }
    )
    change = a_change(shop.plan({"scale": {"min": 2, "max": 8}}))
    assert (change.ref.kind, change.ref.name) == ("ScaledObject", "by-queue")
    before = fields(shop.object_of(change))
    intent = shop.make(change)
    live = shop.object_of(change)
    assert judge(live, intent) == "Applied"
    assert (live["spec"]["minReplicaCount"], live["spec"]["maxReplicaCount"]) == (2, 8)
    shop.take_back(intent)
    assert fields(shop.object_of(change)) == before


@pytest.mark.parametrize("action", [{"rolloutUndo": {}}, {"restart": {}}, {"scale": {"replicas": 4}}])
def test_the_rights_that_are_printed_are_enough_and_without_them_nothing_is_guessed(
    shop: Shop, action: Manifest
):
    with shop.node(ready=lambda _: True):
        for image in (GOOD, BAD):
            shop.roll_out(image)
            shop.revision()
            shop.await_signal("False")
    user = f"system:serviceaccount:{shop.namespace}:first-aid"
    asker = shop.cluster.client(shop.cluster.authority.client(user))
    spec = Spec.model_validate(
        {
            "action": action,
            "target": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
            "serviceAccountName": "first-aid",
        }
    )
    if "restart" not in action:
        refusal = shop.plan(action, asker=asker)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == "Forbidden"
    grant(shop, spec)
    change = wait_for(
        lambda: found if isinstance(found := shop.plan(action, asker=asker), Change) else None,
        what="the rights are in force",
    )

    def possible() -> bool:
        shop.make(change, client=asker, dry_run=True)
        return True

    wait_for(possible, what="the change may be made")


SETTINGS = {"mitigations": {"tick_seconds": 0.5, "require_approval_guard": False, "contested_seconds": 3}}


def test_a_failed_rollout_is_proposed_approved_undone_and_verified(controlled: Cluster, tmp_path: Path):
    with a_rig(controlled, tmp_path, toy=False, settings=SETTINGS) as rig:
        shop = Shop(controlled, rig.namespace)
        spec = {
            "trigger": {"rolloutFailed": {"within": "2s"}, "forTicks": 1},
            "target": TARGET,
            "action": {"rolloutUndo": {}},
            "verify": {"within": "2m"},
            "serviceAccountName": "first-aid",
        }
        grant(shop, Spec.model_validate(spec))
        meta = {"name": "back", "namespace": shop.namespace}
        mitigation = {"apiVersion": MITIGATION.api_version, "kind": "Mitigation", "metadata": meta}

        def status() -> Manifest:
            found: Manifest = shop.client.get(MITIGATION, "back", shop.namespace).get("status", {})
            return found

        def reached(name: str, value: str) -> Manifest:
            def found() -> Manifest | None:
                seen = status()
                assert seen.get(name) == value, seen.get("message")
                return seen

            return wait_for(found, what=f"its {name} is {value}")

        with shop.node():
            shop.roll_out(GOOD)
            shop.await_signal("False")
            shop.client.create(mitigation | {"spec": spec})
            wait_for(lambda: status().get("signal") == "False", what=f"the trigger is known: {status()}")
            shop.roll_out(BAD)
            proposed = reached("phase", "Proposed")
            assert "0 of 2 pods" in proposed["episode"]["trigger"]
            assert proposed["plan"]["summary"].startswith(
                "rolls Deployment checkout back from revision 2 to "
            )
            assert "image of web: shop:bad → shop:good" in proposed["plan"]["notes"]
            assert shop.image() == BAD
            wish = {"fireline.dev/approve": proposed["planHash"], "fireline.dev/approved-by": "anna"}
            shop.client.patch(MITIGATION, "back", shop.namespace, {"metadata": {"annotations": wish}})
            ended = reached("result", "Done")
        assert shop.image() == GOOD
        assert ended["verifiedAt"]
        assert "hunter2" not in wire_json(ended)
        reasons = [one["reason"] for one in ended["history"]]
        assert reasons == ["Proposed", "Approved", "IntentPersisted", "Applied", "Verified", "Done"]
