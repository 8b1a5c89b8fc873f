"""A cluster with the admission policies of examples/install in force, and people with and without rights.

One of its own for these tests: the policies hold for everybody in a cluster.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.bed.waiting import wait_for
from tests.unit.api.mitigation_cases import a_mitigation

from fireline.api.plan import Answer, Call, Manifest
from fireline.api.resources import CONFIG_MAP, MITIGATION, Resource
from fireline.kube.auth import connect
from fireline.kube.calls import Calls
from fireline.kube.client import Client
from fireline.kube.discovery import Discovery
from fireline.kube.guard import Guard as WebhookGuard
from fireline.kube.metrics import Metrics
from fireline.kube.webhooks import Webhooks
from fireline.mitigation.model import Permission
from fireline.mitigation.permissions import user_of
from fireline.mitigation.policies import APPROVALS, RECORDS, SERVICE_ACCOUNTS
from fireline.mitigation.policies_operator import OWN_OBJECTS
from fireline.mitigation.rbac import Account, rights

INSTALL = Path(__file__).parents[2] / "examples" / "install"
OPERATOR = Account("fireline", "fireline")
_OPERATOR = user_of(OPERATOR.namespace, OPERATOR.name)
PLAN = "sha256:" + "a" * 32
DRY_RUN = {"dryRun": "All"}
_RBAC = "rbac.authorization.k8s.io"
_CLUSTER_ROLE = Resource(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
_WHOEVER = {"get", "list", "create", "update", "patch", "delete"}
_numbers = itertools.count(1)


class Guarded:
    """See the module. Every test takes a namespace of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.admin = cluster.client()
        self._clients: dict[str, KubeClient] = {}
        account = cluster.authority.client(_OPERATOR)
        self.operator_kubeconfig = cluster.write_kubeconfig("guarded-operator", account)
        for file in ("rbac.yaml", "rbac-users.yaml", "mitigation-policies.yaml"):
            cluster.kubectl("apply", "-f", str(INSTALL / file))
        self.await_in_force()

    def place(self) -> Place:
        """A namespace of its own."""
        return Place(self, self.admin.namespace(f"guarded-{next(_numbers)}"))

    def user(self, name: str) -> KubeClient:
        """A client of this user, by certificate."""
        if name not in self._clients:
            self._clients[name] = self.cluster.client(self.cluster.authority.client(name))
        return self._clients[name]

    def answers(self, calls: Sequence[Call]) -> dict[str, Answer]:
        """The calls of a plan, made as the operator makes them, with its rights and impersonation."""

        async def make() -> dict[str, Answer]:
            connection = await connect(connections=5)
            try:
                metrics = Metrics()
                client = Client(connection, metrics)
                made = Calls(client, Discovery(client), Webhooks(WebhookGuard(), metrics))
                return {call.name: await made.make(call) for call in calls}
            finally:
                await connection.close()

        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("KUBECONFIG", str(self.operator_kubeconfig))
            return asyncio.run(make())

    @property
    def operator(self) -> KubeClient:
        """A client with the rights of the operator, and nothing else."""
        return self.user(_OPERATOR)

    def await_in_force(self) -> None:
        """A policy refuses some moments after it was made. What is written before that must not be written
        again: an annotation that stays as it is is no approval."""
        place = self.place()
        place.admin_makes("probe")
        whoever = place.may("whoever", "mitigations", "mitigations/status", verbs=tuple(_WHOEVER))
        foreign: Manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "foreign", "namespace": place.name},
        }
        for policy, write in (
            (SERVICE_ACCOUNTS, lambda: whoever.create(place.mitigation("another"), params=DRY_RUN)),
            (
                APPROVALS,
                lambda: place.annotate(whoever, "probe", {"fireline.dev/approve": str(next(_numbers))}),
            ),
            (RECORDS, lambda: place.write_status(whoever, "probe", {"phase": "Idle"})),
            (OWN_OBJECTS, lambda: self.operator.create(foreign, params=DRY_RUN)),
        ):
            wait_for(lambda policy=policy, write=write: policy in refusal(write), what=f"{policy} refuses")


class Place:
    """One namespace of a guarded cluster, with a ServiceAccount that mitigates there."""

    def __init__(self, guarded: Guarded, name: str) -> None:
        self.guarded = guarded
        self.admin = guarded.admin
        self.name = name

    def mitigation(self, name: str = "a", *, account: str = "mitigator", **annotations: str) -> Manifest:
        """A Mitigation of this namespace; ``annotations`` are those of fireline.dev, with _ for -."""
        made = a_mitigation({"spec.serviceAccountName": account}, name=name, namespace=self.name)
        if annotations:
            keys = {f"fireline.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
            made["metadata"]["annotations"] = keys
        return made

    def admin_makes(self, name: str = "a", **given: Any) -> Manifest:
        """A Mitigation that is there."""
        return self.admin.create(self.mitigation(name, **given))

    def admin_forgets(self, name: str) -> None:
        """It is gone."""
        self.admin.delete(MITIGATION, name, self.name)

    def may(
        self,
        user: str,
        *resources: str,
        verbs: Sequence[str],
        names: Sequence[str] = (),
        group: str = "fireline.dev",
    ) -> KubeClient:
        """A client of a user who gets these rights here, beside those they have."""
        rule = {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
        self.bind(user, [rule | ({"resourceNames": list(names)} if names else {})])
        return self.guarded.user(user)

    def bind(self, user: str, rules: list[Manifest]) -> None:
        """A Role with these rules for a user."""
        metadata = {"name": f"role-{next(_numbers)}", "namespace": self.name}
        self.admin.create({"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
        self._bind("Role", metadata["name"], user)

    def is_a(self, user: str, *roles: str) -> KubeClient:
        """A client of a user who has these ClusterRoles here, with all that joins them."""
        for role in roles:
            for one in self._joined(role):
                self._bind("ClusterRole", one, user)
        return self.guarded.user(user)

    def _joined(self, role: str) -> set[str]:
        """A ClusterRole, and those that a controller, which does not run here, would copy into it."""
        if role not in {"view", "edit", "admin"}:
            return {role}
        label = f"{_RBAC}/aggregate-to-{role}=true"
        names = [one["metadata"]["name"] for one in self.admin.list(_CLUSTER_ROLE, labels=label)]
        return {role}.union(*map(self._joined, names))

    def _bind(self, kind: str, role: str, user: str) -> None:
        self.admin.create(
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": {"name": f"binding-{next(_numbers)}", "namespace": self.name},
                "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": role},
                "subjects": [{"kind": "User", "name": user, "apiGroup": _RBAC}],
            }
        )

    def author(self, user: str = "author", account: str = "mitigator") -> KubeClient:
        """A user who may edit Mitigations, and may act as one ServiceAccount."""
        self.may(user, "serviceaccounts", verbs=("impersonate",), names=(account,), group="")
        return self.is_a(user, "fireline-edit", "fireline-view")

    def grant(self, mitigation: str, permissions: Sequence[Permission], account: str = "mitigator") -> None:
        """What ``fireline rbac`` prints is applied."""
        for one in rights(mitigation, Account(self.name, account), permissions, operator=OPERATOR):
            self.admin.apply(one)

    def annotate(self, client: KubeClient, name: str, annotations: dict[str, str | None]) -> Manifest:
        """A merge patch of annotations; None takes one off."""
        return client.patch(MITIGATION, name, self.name, {"metadata": {"annotations": annotations}})

    def write_status(self, client: KubeClient, name: str, status: Manifest) -> Manifest:
        """A merge patch of the status."""
        return client.patch(MITIGATION, name, self.name, {"status": status}, subresource="status")

    def get(self, name: str = "a") -> Manifest:
        """As it is."""
        return self.admin.get(MITIGATION, name, self.name)

    def config_map(self, name: str, **metadata: Any) -> Manifest:
        """A ConfigMap that is there, of somebody else unless ``metadata`` says otherwise."""
        whole = {"name": name, "namespace": self.name, **metadata}
        return self.admin.create(
            {"apiVersion": "v1", "kind": CONFIG_MAP.kind, "metadata": whole, "data": {"count": "0"}}
        )


def refusal(write: Callable[[], object]) -> str:
    """What the API server says to a write that it forbids; empty when it does not."""
    try:
        write()
    except ApiError as error:
        if error.code != 403:
            raise
        return str(error.body["message"])
    return ""
