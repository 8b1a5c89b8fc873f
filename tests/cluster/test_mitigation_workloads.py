"""Scaling, restarting and going back with Kubernetes' own controllers: planned, patched, rolled out.

Pods run nowhere: a double of the kubelet says of those with a good image that they are ready.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.kubeclient import ApiError, KubeClient, path_of
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir

from fireline.api.conditions import timestamp
from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Call, Manifest
from fireline.api.resources import DEPLOYMENT, POD, Resource
from fireline.api.wire import wire_json
from fireline.mitigation.actions.revisions import REVISION, REVISION_HISTORY, template_finder
from fireline.mitigation.actions.rights import plural_of
from fireline.mitigation.actions.table import action_of
from fireline.mitigation.model import Around, Change, Refusal, Signal
from fireline.mitigation.patching import apply_ops, made, prepared, revert_ops
from fireline.mitigation.resume import judge, judge_revert
from fireline.mitigation.rollout import rollout_signal
from fireline.promql.durations import Duration

pytestmark = pytest.mark.bed

MARKER = "mitigations.fireline.dev/0b1c2d3e"
REPLICA_SET = Resource("apps", "v1", "replicasets", "ReplicaSet")
HPA = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
GOOD, BAD = "shop:good", "shop:bad"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def controlled(tools: Tools) -> Iterator[Cluster]:
    """A control plane with the real controllers."""
    with workdir("workloads") as directory, Cluster(tools, directory, controllers=True) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Intent:
    """As much of an intent as the tables of ``resume`` read."""

    change: Change
    marker: str
    plan_hash: str
    made: tuple[str, ...]


class Shop:
    """A namespace with Deployment ``checkout``, and the node's word for its pods."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.client = cluster, cluster.client()
        self.namespace = self.client.namespace(f"workloads-{next(_numbers)}")
        account = Resource("", "v1", "serviceaccounts", "ServiceAccount")
        wait_for(lambda: self.client.find(account, "default", self.namespace), what="pods can be made")

    def roll_out(self, image: str, *, replicas: int = 2, **spec: Any) -> None:
        """Apply the Deployment with this image, as whoever delivers it does."""
        container = {"name": "web", "image": image, "env": [{"name": "PASSWORD", "value": "hunter2"}]}
        self.client.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "checkout", "namespace": self.namespace},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": {"app": "checkout"}},
                    "template": {
                        "metadata": {"labels": {"app": "checkout"}},
                        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
                    },
                    **spec,
                },
            },
            manager="delivery",
        )

    def live(self) -> Manifest:
        """The Deployment."""
        return self.client.get(DEPLOYMENT, "checkout", self.namespace)

    def sets(self) -> list[Manifest]:
        """Its ReplicaSets."""
        return self.client.list(REPLICA_SET, self.namespace)

    def signal(self, earlier: Signal | None = None) -> Signal:
        """What rolloutFailed says now, when two seconds without progress are too long."""
        within, now = Duration.parse("2s"), datetime.now(UTC)
        return rollout_signal(self.live(), self.sets(), within=within, now=now, earlier=earlier)

    def await_signal(self, state: str) -> Signal:
        """Wait for a verdict."""

        def found() -> Signal | None:
            signal = self.signal()
            return signal if signal.state == state else None

        return wait_for(found, what=f"rolloutFailed is {state}")

    def image(self) -> str:
        """What the Deployment runs."""
        image: str = self.live()["spec"]["template"]["spec"]["containers"][0]["image"]
        return image

    def revision(self) -> str:
        """Its number, once the controller has seen the last change."""

        def seen() -> str | None:
            live = self.live()
            fresh = live["status"].get("observedGeneration") == live["metadata"]["generation"]
            number: str = live["metadata"]["annotations"].get(REVISION, "")
            return number if fresh else None

        return wait_for(seen, what="the controller has seen the change")

    def plan(self, action: Manifest, *, asker: KubeClient | None = None, kind: str = "Deployment") -> Any:
        """The Change or Refusal of an action on ``checkout``, and all that was read for it."""
        target = {"apiVersion": "apps/v1", "kind": kind, "name": "checkout"}
        spec = Spec.model_validate({"action": action, "target": target, "serviceAccountName": "first-aid"})
        live, client = self.live(), asker or self.client
        reads = action_of(spec).reads(spec, live, user="")
        answers = {call.name: ask(client, call) for call in reads}
        around = Around(answers, datetime.now(UTC), datetime.now(UTC))
        return action_of(spec).plan(spec, live, around)

    def make(self, change: Change, *, client: KubeClient | None = None, dry_run: bool = False) -> Intent:
        """Send the one patch that makes a change."""
        live = self.object_of(change)
        change = prepared(change, live)
        intent = Intent(change, MARKER, f"sha256:{next(_numbers):032x}", made(change, live))
        assert judge(live, intent) == "NeverApplied"
        resolve = template_finder(live, self.sets()) if change.ref.kind == "Deployment" else None
        ops = apply_ops(change, live, MARKER, intent.plan_hash, resolve)
        self.patch(change, ops, client=client, dry_run=dry_run)
        return intent

    def take_back(self, intent: Intent) -> None:
        """Send the one patch that takes a change back."""
        live = self.object_of(intent.change)
        assert judge_revert(live, intent) == "Ours"
        ops = revert_ops(intent.change, live, MARKER, intent.plan_hash, made=intent.made)
        self.patch(intent.change, ops)

    def patch(
        self, change: Change, ops: Any, *, client: KubeClient | None = None, dry_run: bool = False
    ) -> None:
        """One JSON patch, as the engine sends it."""
        params = {"fieldManager": "fireline-mitigation", "fieldValidation": "Strict"}
        (client or self.client).request(
            "PATCH",
            self.path(change),
            body=wire_json(ops).encode(),
            content_type="application/json-patch+json",
            params=params | ({"dryRun": "All"} if dry_run else {}),
        )

    def object_of(self, change: Change) -> Manifest:
        """What is changed, as it is."""
        return self.client.request("GET", self.path(change))

    def path(self, change: Change) -> str:
        """Its URL path."""
        return path_of(a_resource(change.ref.api_version, change.ref.kind), self.namespace, change.ref.name)

    def undo(self) -> Intent:
        """Go back, as our action does."""
        return self.make(a_change(self.plan({"rolloutUndo": {}})))

    @contextlib.contextmanager
    def node(self, *, ready: Callable[[str], bool] = lambda image: image == GOOD) -> Iterator[None]:
        """Until the end, say of every pod with such an image that it is ready."""
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                for pod in self.client.list(POD, self.namespace):
                    with contextlib.suppress(ApiError):  # a pod that has gone meanwhile
                        self._tell(pod, ready(pod["spec"]["containers"][0]["image"]))
                stop.wait(0.1)

        thread = threading.Thread(target=run, name="node")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _tell(self, pod: Manifest, ready: bool) -> None:
        conditions = pod.get("status", {}).get("conditions", ())
        said = next((one["status"] for one in conditions if one["type"] == "Ready"), "False")
        if said == str(ready):
            return
        told = {"type": "Ready", "status": str(ready), "lastTransitionTime": timestamp(datetime.now(UTC))}
        status = {"phase": "Running", "conditions": [told]}
        name = pod["metadata"]["name"]
        self.client.patch(POD, name, self.namespace, {"status": status}, subresource="status")


@pytest.fixture
def shop(controlled: Cluster) -> Shop:
    """A namespace of its own."""
    return Shop(controlled)


def a_resource(api_version: str, kind: str) -> Resource:
    """A resource by the rule of the generators, which `fireline rbac` uses too."""
    group, _, version = api_version.rpartition("/")
    return Resource(group, version, plural_of(kind), kind)


def ask(client: KubeClient, call: Call) -> Answer:
    """What a read comes to."""
    assert call.verb == "list"
    try:
        found = client.request("GET", path_of(a_resource(call.api_version, call.kind), call.namespace))
    except ApiError as error:
        return Answer(error.code, error.body, error.body.get("message", ""))
    return Answer(200, found)


def a_change(found: Change | Refusal) -> Change:
    """It must be a change."""
    assert isinstance(found, Change), found
    return found


def fields(manifest: Manifest) -> str:
    """The bytes of what people wrote: spec and annotations, without the controllers' own."""
    annotations = manifest["metadata"].get("annotations", {})
    return wire_json([manifest["spec"], annotations])


def number_of(replica_set: Manifest) -> str:
    """The revision of a ReplicaSet."""
    number: str = replica_set["metadata"]["annotations"][REVISION]
    return number


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


def grant(shop: Shop, spec: Spec) -> None:
    """The Role of an action's permissions, bound to its ServiceAccount."""
    rules = [
        {
            "apiGroups": [one.group],
            "resources": [one.resource],
            "verbs": list(one.verbs),
            **({"resourceNames": list(one.names)} if one.names else {}),
        }
        for one in action_of(spec).permissions(spec)
    ]
    rbac = "rbac.authorization.k8s.io"
    meta = {"name": "first-aid", "namespace": shop.namespace}
    shop.client.create({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": meta, "rules": rules})
    shop.client.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "first-aid"},
            "subjects": [{"kind": "ServiceAccount", "name": "first-aid", "namespace": shop.namespace}],
        }
    )
