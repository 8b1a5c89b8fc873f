"""A namespace with a running operator, a ServiceAccount that may change a few things, and mitigations."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bed.cluster import Cluster
from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig

from fireline.api.labels import APPROVE, APPROVED_BY, PROPOSE
from fireline.api.resources import CONFIG_MAP, MITIGATION

ACCOUNT = "aid"
QUICK = {
    "tick_seconds": 0.2,
    "contested_seconds": 2.0,
    "delete_seconds": 5.0,
    "max_active": 50,
    "max_active_per_namespace": 50,
    "auto_namespaces": ["*"],
    "require_approval_guard": False,
}
"""Settings with which a test sees within seconds what users see within minutes."""


class Aid:
    """What tests do with mitigations in one namespace."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.client = rig.client
        self.namespace = rig.namespace

    def may(self, *rules: Mapping[str, Any]) -> None:
        """Give the ServiceAccount these rights in the namespace."""
        about = {"name": ACCOUNT, "namespace": self.namespace}
        self.client.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about})
        group = "rbac.authorization.k8s.io"
        role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": about, "rules": list(rules)}
        self.client.apply(role)
        self.client.apply(
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": about,
                "roleRef": {"apiGroup": group, "kind": "Role", "name": ACCOUNT},
                "subjects": [{"kind": "ServiceAccount", **about}],
            }
        )

    def config_map(self, name: str, **data: str) -> Manifest:
        """Write a ConfigMap."""
        about = {"name": name, "namespace": self.namespace}
        return self.client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data})

    def data(self, name: str) -> Manifest:
        """The data of a ConfigMap."""
        found: Manifest = self.client.get(CONFIG_MAP, name, self.namespace).get("data", {})
        return found

    def apply(self, name: str, **spec: Any) -> Manifest:
        """Write the usual Mitigation, see :func:`a_mitigation`."""
        return self.client.apply(a_mitigation(self.namespace, name, **spec))

    def status(self, name: str) -> Manifest:
        """Its status; empty while there is none."""
        found: Manifest = self.client.get(MITIGATION, name, self.namespace).get("status", {})
        return found

    def phase(self, name: str, *phases: str) -> Manifest:
        """Wait until it is in one of these phases (or ended with one of these results); its status.

        A result stays until the next episode: with a trigger that is false it is Idle again at once.
        """

        def there() -> Manifest | None:
            status = self.status(name)
            if {status.get("phase"), status.get("result")} & set(phases):
                return status
            raise LookupError(json.dumps({k: v for k, v in status.items() if k != "conditions"})[:1500])

        return wait_for(there, what=f"{name} is {' or '.join(phases)}")

    def annotate(self, name: str, **annotations: str | None) -> Manifest:
        """Set annotations by their last part: ``revert="1"`` is ``fireline.dev/revert: "1"``."""
        named = {f"fireline.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
        return self.client.patch(MITIGATION, name, self.namespace, {"metadata": {"annotations": named}})

    def propose(self, name: str, nonce: str = "1") -> Manifest:
        """Ask for a proposal; its status."""
        self.client.patch(MITIGATION, name, self.namespace, {"metadata": {"annotations": {PROPOSE: nonce}}})
        return self.phase(name, "Proposed")

    def approve(self, name: str, by: str = "ann") -> Manifest:
        """Say yes to what is proposed."""
        wanted = {APPROVE: self.status(name)["planHash"], APPROVED_BY: by}
        return self.client.patch(MITIGATION, name, self.namespace, {"metadata": {"annotations": wanted}})

    def reasons(self, name: str) -> list[str]:
        """The reasons of all transitions so far."""
        return [one["reason"] for one in self.status(name).get("history", ())]


USUAL: Mapping[str, Any] = {
    "serviceAccountName": ACCOUNT,
    "target": {"apiVersion": "v1", "kind": "ConfigMap", "name": "shop"},
    "action": {"configMapKey": {"key": "mode", "value": "safe"}},
    "limits": {"cooldown": "0m", "maxPerDay": 100},
}


def a_mitigation(namespace: str, name: str, **spec: Any) -> Manifest:
    """One that sets ``mode`` of ConfigMap ``shop`` to ``safe``, unless ``spec`` says more or (None) less."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "Mitigation",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {name: value for name, value in {**USUAL, **spec}.items() if value is not None},
    }


CONFIG_MAPS = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]}


@contextlib.contextmanager
def an_aid(
    cluster: Cluster, directory: Path, others: Mapping[str, Any] | None = None, **settings: Any
) -> Iterator[Aid]:
    """A scene with its operator running and leading; ``settings`` of mitigations, and ``others``."""
    told = {"mitigations": {**QUICK, **settings}, **(others or {})}
    rig = Rig(cluster, directory, toy=False, settings=told)
    try:
        rig.operator.start()
        rig.await_idle()
        aid = Aid(rig)
        aid.may(CONFIG_MAPS)
        yield aid
    finally:
        rig.close()
