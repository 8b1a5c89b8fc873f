"""Workloads, their revisions and autoscalers, as the API server shows them; changed where a test needs it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.api.conditions import timestamp
from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Manifest
from fireline.mitigation.model import Around

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
UID = "0b1c2d3e-0000-4000-8000-000000000001"


def ago(minutes: float) -> datetime:
    """So many minutes before now."""
    return NOW - timedelta(minutes=minutes)


def a_spec(action: dict[str, Any], target: dict[str, Any] | None = None) -> Spec:
    """A spec with this action; the target is Deployment checkout unless it is a webhook."""
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}
    fields: dict[str, Any] = {"action": action, "serviceAccountName": "first-aid"}
    if "webhook" not in action:
        fields["target"] = target or deployment
    return Spec.model_validate(fields)


def a_template(image: str = "shop:2", *, annotations: dict[str, str] | None = None, **env: str) -> Manifest:
    """A pod template of one container."""
    metadata: Manifest = {"labels": {"app": "checkout"}}
    if annotations:
        metadata["annotations"] = annotations
    container: Manifest = {"name": "web", "image": image}
    if env:
        container["env"] = [{"name": name, "value": value} for name, value in env.items()]
    return {"metadata": metadata, "spec": {"containers": [container]}}


def a_workload(kind: str = "Deployment", *, spec: Manifest | None = None, **metadata: Any) -> Manifest:
    """A workload with three replicas that its controller has seen."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "checkout", "namespace": "shop", "uid": UID, "generation": 4, **metadata},
        "spec": {"replicas": 3, "template": a_template(), **(spec or {})},
        "status": {"observedGeneration": 4},
    }


def a_replica_set(
    number: int,
    template: Manifest,
    *,
    minutes: float,
    wanted: int = 0,
    available: int = 0,
    earlier: str = "",
    owner: str = UID,
) -> Manifest:
    """The ReplicaSet of a revision, made so many minutes ago."""
    name = f"checkout-{number}"
    template = copy.deepcopy(template)
    template["metadata"]["labels"]["pod-template-hash"] = str(number)
    annotations = {"deployment.kubernetes.io/revision": str(number)}
    if earlier:
        annotations["deployment.kubernetes.io/revision-history"] = earlier
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{number}",
            "creationTimestamp": timestamp(ago(minutes)),
            "annotations": annotations,
            "ownerReferences": [{"kind": "Deployment", "name": "checkout", "uid": owner, "controller": True}],
        },
        "spec": {"replicas": wanted, "template": template},
        "status": {"replicas": wanted, **({"availableReplicas": available} if available else {})},
    }


def a_condition(type_: str, status: str, *, minutes: float, reason: str = "", message: str = "") -> Manifest:
    """A condition of a Deployment that became so, and was last updated, so many minutes ago."""
    at = timestamp(ago(minutes))
    told = {"reason": reason, "message": message, "lastUpdateTime": at, "lastTransitionTime": at}
    return {"type": type_, "status": status, **told}


def an_autoscaler(
    name: str = "checkout",
    *,
    low: int | None = 2,
    high: int | None = 8,
    target: str = "checkout",
    **metadata: Any,
) -> Manifest:
    """A HorizontalPodAutoscaler of a Deployment."""
    bounds = {"minReplicas": low, "maxReplicas": high}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-hpa-{name}", **metadata},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            **{field: number for field, number in bounds.items() if number is not None},
        },
    }


def a_scaled_object(
    name: str = "checkout", *, spec: Manifest | None = None, target: str = "checkout", **metadata: Any
) -> Manifest:
    """KEDA's ScaledObject of a Deployment, with no bounds of its own."""
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-so-{name}", **metadata},
        "spec": {"scaleTargetRef": {"name": target}, "triggers": [], **(spec or {})},
    }


def listed(*objects: Manifest) -> Answer:
    """A list as the API server answers: its items do not say what they are."""
    items = [{key: part for key, part in one.items() if key not in {"apiVersion", "kind"}} for one in objects]
    return Answer(200, {"items": items})


def around(answers: dict[str, Answer] | None = None, *, before: datetime | None = None) -> Around:
    """What an action sees besides its target."""
    return Around(answers or {}, NOW, before)
