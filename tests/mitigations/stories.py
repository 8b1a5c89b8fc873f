"""One story per action for the crash matrix: a target as it is, and what is done to it.

Targets are those of ``examples/mitigation`` where there are any, so that what is tortured is what is shown.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tests.bed.kubeclient import Manifest
from tests.mitigations.scene import Aid

from fireline.api.resources import DEPLOYMENT, Resource
from fireline.mitigation.actions.rights import plural_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "mitigation"
CHECK = "flow"
_SAFE = {"configMapKey": {"key": "mode", "value": "safe"}}
_SHOP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}}
REPLICA_SET = Resource("apps", "v1", "replicasets", "ReplicaSet")
ANYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "patch"]}
"""Here nobody asks about rights; other tests do."""


@dataclass(frozen=True, slots=True)
class Story:
    """``name`` is unique, ``action`` that of the spec. ``reverts``: it is taken back at the end."""

    name: str
    action: str
    spec: Mapping[str, Any]
    target: Manifest | None = None
    also: Callable[[Aid, Manifest], None] = field(default=lambda _aid, _target: None)
    reverts: bool = True
    asked_back: frozenset[str] = frozenset({"Verifying", "Active"})
    """In which phases somebody wants it back. Empty: nobody does, it goes by itself or stays."""
    once: bool = True
    """Whatever happens, it is done exactly once; otherwise (a webhook that is not idempotent) at most."""

    @property
    def resource(self) -> Resource | None:
        """That of the object that is changed."""
        return None if self.target is None else resource_of(self.target)


def resource_of(manifest: Mapping[str, Any]) -> Resource:
    """How the API server addresses an object."""
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    return Resource(group, version, plural_of(manifest["kind"]), manifest["kind"])


def stories(webhook: str) -> tuple[Story, ...]:
    """All of them. ``webhook``: URL of a service that may be called."""
    return (
        *(_of_example(name) for name in _EXAMPLES),
        Story(
            "absent key of a ConfigMap",
            "configMapKey",
            {"action": {"configMapKey": {"key": "mode", "value": ""}}},
            _SHOP,
        ),
        Story(
            "verified by a check",
            "configMapKey",
            {"action": _SAFE, "verify": {"check": CHECK, "within": "10m"}},
            _SHOP,
            also=_with_a_check,
            asked_back=frozenset({"Active"}),
        ),
        Story(
            "that does not help",
            "configMapKey",
            {"action": _SAFE, "verify": {"query": 'sum(up{job="prometheus"}) > bool 9', "within": "2s"}},
            _SHOP,
            asked_back=frozenset(),
        ),
        Story(
            "restart",
            "restart",
            {"action": {"restart": {}}},
            _of_kind("restart", "Deployment"),
            reverts=False,
        ),
        Story(
            "rolloutUndo",
            "rolloutUndo",
            {"action": {"rolloutUndo": {}}},
            _of_kind("rollout-undo", "Deployment"),
            also=_two_revisions,
            reverts=False,
        ),
        Story(
            "webhook that is idempotent",
            "webhook",
            {"action": {"webhook": _calls(webhook, idempotent=True)}},
        ),
        Story(
            "webhook that is not",
            "webhook",
            {"action": {"webhook": _calls(webhook, idempotent=False)}},
            once=False,
        ),
    )


def _with_a_check(aid: Aid, _target: Manifest) -> None:
    """A check that runs when it is asked; the scene ends its Jobs."""
    aid.client.apply(
        {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "SyntheticCheck",
            "metadata": {"name": CHECK, "namespace": aid.namespace},
            "spec": {
                "schedule": {"every": "12h"},
                "steps": [{"name": "home", "http": {"url": "https://shop.example/health"}}],
            },
        }
    )


def _calls(url: str, *, idempotent: bool) -> Manifest:
    return {"url": f"{url}/ok/on", "revertURL": f"{url}/ok/off", "idempotent": idempotent, "timeout": "2s"}


_EXAMPLES = (
    "feature-flag",
    "config-map-key",
    "rate-limit",
    "route-weights",
    "suspend-cron-job",
    "patch",
    "scale",
)


def _documents(name: str) -> list[Manifest]:
    text = (EXAMPLES / f"{name}.yaml").read_text()
    return [one for one in yaml.safe_load_all(text) if one]


def _of_kind(name: str, kind: str) -> Manifest:
    return _bare(next(one for one in _documents(name) if one["kind"] == kind))


def _bare(manifest: Manifest) -> Manifest:
    found = copy.deepcopy(manifest)
    found["metadata"] = {"name": found["metadata"]["name"]}
    return found


def _of_example(name: str) -> Story:
    """The first Mitigation of an example, and the object it names."""
    documents = _documents(name)
    spec = next(one for one in documents if one["kind"] == "Mitigation")["spec"]
    named = (spec["target"]["kind"], spec["target"]["name"])
    target = next(one for one in documents if (one["kind"], one["metadata"]["name"]) == named)
    (action,) = spec["action"]
    return Story(name, action, {"action": spec["action"]}, _bare(target))


def _two_revisions(aid: Aid, deployment: Manifest) -> None:
    """A good revision that was available and the bad one that runs, as its controller leaves them."""
    bad = copy.deepcopy(deployment["spec"]["template"])
    good = copy.deepcopy(bad)
    good["spec"]["containers"][0]["image"] += "-good"
    for number, template in enumerate((good, bad), start=1):
        _revision(aid, deployment, number, template)
    aid.client.patch(
        DEPLOYMENT,
        deployment["metadata"]["name"],
        aid.namespace,
        {"status": {"observedGeneration": deployment["metadata"]["generation"]}},
        subresource="status",
    )


def _revision(aid: Aid, deployment: Manifest, number: int, template: Manifest) -> None:
    metadata, labels = deployment["metadata"], {"pod-template-hash": f"h{number}"}
    template = copy.deepcopy(template)
    template["metadata"] = {"labels": {**template["metadata"].get("labels", {}), **labels}}
    selector = {**deployment["spec"]["selector"]["matchLabels"], **labels}
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    name = f"{metadata['name']}-h{number}"
    aid.client.create(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "namespace": aid.namespace,
                "labels": selector,
                "annotations": {"deployment.kubernetes.io/revision": str(number)},
                "ownerReferences": [owner],
            },
            "spec": {"replicas": 1, "selector": {"matchLabels": selector}, "template": template},
        }
    )
    counts = {"replicas": 1, "availableReplicas": 1, "readyReplicas": 1} if number == 1 else {"replicas": 1}
    aid.client.patch(REPLICA_SET, name, aid.namespace, {"status": counts}, subresource="status")
