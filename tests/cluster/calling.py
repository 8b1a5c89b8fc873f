"""What the tests of the engine's rounds share: targets, rights, and what the server says about both."""

from __future__ import annotations

from typing import Any

from tests.bed.calls import Call
from tests.bed.kubeclient import CONFIG_MAP, KubeClient
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, short

from fireline.api.plan import Manifest
from fireline.api.resources import SLO

MODULE = "tests.cluster.toy_rounds"
_RBAC = "rbac.authorization.k8s.io"


def a_target(kube: KubeClient, namespace: str, name: str = "target", **data: str) -> Manifest:
    """A ConfigMap to be changed."""
    metadata = {"name": name, "namespace": namespace}
    return kube.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"count": "0", **data}}
    )


def grant(
    kube: KubeClient,
    namespace: str,
    subject: Manifest,
    *verbs: str,
    resources: tuple[str, ...] = ("configmaps",),
) -> None:
    """A Role on these resources of the core group for a subject."""
    metadata = {
        "name": f"{subject['kind']}-{subject['name'].rpartition(':')[2]}".lower(),
        "namespace": namespace,
    }
    rules = [{"apiGroups": [""], "resources": list(resources), "verbs": list(verbs)}]
    kube.apply({"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    kube.apply(
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": metadata["name"]},
            "subjects": [subject],
        }
    )


def account(name: str, namespace: str) -> Manifest:
    """A ServiceAccount as the subject of a RoleBinding."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def group(name: str) -> Manifest:
    """A group as the subject of a RoleBinding."""
    return {"kind": "Group", "name": name, "apiGroup": _RBAC}


def count(rig: Rig, name: str = "target") -> int:
    """The number in a target."""
    return int(rig.client.get(CONFIG_MAP, name, rig.namespace)["data"]["count"])


def effects(rig: Rig) -> int:
    """How often the API server changed a target, as the proxy saw it."""
    return len(rig.proxy.log.calls(verb="patch", resource="configmaps", code=200))


def phase(rig: Rig, name: str = "a") -> tuple[str, str]:
    """Reason and message of the Ready condition as the server holds it; empty while there is none."""
    slo: Any = rig.client.find(SLO, name, rig.namespace) or {}
    for one in slo.get("status", {}).get("conditions", ()):
        return one["reason"], one["message"]
    return "", ""


def await_phase(rig: Rig, wanted: str, name: str = "a") -> None:
    """Wait until Ready has this reason."""
    wait_for(lambda: phase(rig, name)[0] == wanted, what=f"{name} is {wanted}, not {phase(rig, name)}")


def clear(rig: Rig) -> None:
    """No fault, an operator that works, and nothing of the story of a test."""
    rig.proxy.plan.clear()
    if not rig.operator.running:
        rig.operator.start()
    for slo in rig.client.list(SLO, rig.namespace):
        rig.client.delete(SLO, slo["metadata"]["name"], rig.namespace)
    wait_for(lambda: not rig.client.list(SLO, rig.namespace), what="no object is left")
    rig.client.delete(CONFIG_MAP, "target", rig.namespace)
    rig.await_idle()


def story(rig: Rig) -> list[str]:
    """What the operator wrote, in order."""
    return [short(call) for call in rig.proxy.log.writes()]


def unannounced(calls: list[Call]) -> list[Call]:
    """Changes of a target that did not follow at once on a status of the server's that says so: one that was
    written, or read as it is."""
    wrong = []
    persisted = False
    for call in calls:
        if call.resource == SLO.crd_name and (call.subresource == "status" or call.verb == "get"):
            persisted = call.code == 200
        elif call.resource == "configmaps" and call.verb == "patch":
            if not persisted:
                wrong.append(call)
            persisted = False
    return wrong
