"""A namespace with a Deployment under Kubernetes' own controllers, and a node that only says what is ready.

For tests of actions on workloads: pods run nowhere, and are ready when their image is good.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient, path_of
from tests.bed.node import Node
from tests.bed.waiting import wait_for

from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Call, Manifest
from fireline.api.resources import DEPLOYMENT, Resource
from fireline.api.wire import wire_json
from fireline.mitigation.actions.revisions import REVISION, template_finder
from fireline.mitigation.actions.rights import plural_of
from fireline.mitigation.actions.table import action_of, permissions_of
from fireline.mitigation.model import Around, Change, Refusal, Signal
from fireline.mitigation.patching import apply_ops, made, prepared, revert_ops
from fireline.mitigation.resume import judge, judge_revert
from fireline.mitigation.rollout import rollout_signal
from fireline.promql.durations import Duration

MARKER = "mitigations.fireline.dev/0b1c2d3e"
REPLICA_SET = Resource("apps", "v1", "replicasets", "ReplicaSet")
GOOD, BAD = "shop:good", "shop:bad"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Intent:
    """As much of an intent as the tables of ``resume`` read."""

    change: Change
    marker: str
    plan_hash: str
    made: tuple[str, ...]


class Shop:
    """A namespace with Deployment ``checkout``, and the node's word for its pods."""

    def __init__(self, cluster: Cluster, namespace: str = "") -> None:
        self.cluster, self.client = cluster, cluster.client()
        self.namespace = self.client.namespace(namespace or f"workloads-{next(_numbers)}")
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

    def node(self, *, ready: Callable[[str], bool] = lambda image: image == GOOD) -> Node:
        """Until the end, say of every pod with such an image that it is ready."""
        return Node(self.client, self.namespace, ready=ready)


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


def grant(shop: Shop, spec: Spec) -> None:
    """The Role of what a Mitigation needs, bound to its ServiceAccount."""
    rules = [
        {
            "apiGroups": [one.group],
            "resources": [one.resource],
            "verbs": list(one.verbs),
            **({"resourceNames": list(one.names)} if one.names else {}),
        }
        for one in permissions_of(spec)
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
