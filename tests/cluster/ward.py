"""A namespace in which mitigations are tried step by step on a real API server, without the operator.

Everything is done as the ServiceAccount, with the rights that ``fireline rbac`` prints and no others.
"""

from __future__ import annotations

import copy
import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import yaml
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient, path_of

from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.api.wire import wire_json
from fireline.mitigation.actions.rights import plural_of
from fireline.mitigation.actions.table import action_of
from fireline.mitigation.completed import completed
from fireline.mitigation.model import Around, Change
from fireline.mitigation.patching import apply_ops, made, prepared, revert_ops
from fireline.mitigation.pointer import get
from fireline.mitigation.rbac import Account, rights

EXAMPLES = Path(__file__).parents[2] / "examples" / "mitigation"
MARKER, HASH = "mitigations.fireline.dev/0b1c2d3e", "sha256:0123456789abcdef0123456789abcdef"
_NUMBERS = itertools.count(1)


class Ward:
    """One namespace with a ServiceAccount, and what is done there with its rights."""

    def __init__(self, cluster: Cluster, admin: KubeClient, namespace: str = "") -> None:
        self.cluster, self.admin = cluster, admin
        self.namespace = namespace or admin.namespace(f"ward-{next(_NUMBERS)}")
        self._clients: list[KubeClient] = []

    def make(self, manifest: Manifest) -> Manifest:
        """Create an object in this namespace."""
        return self.admin.create(self._here(manifest))

    def put(self, manifest: Manifest) -> Manifest:
        """Create an object in this namespace, or make it what the manifest says."""
        return self.admin.apply(self._here(manifest))

    def grant(self, spec: Spec, mitigation: str = "it") -> Account:
        """The ServiceAccount of a Mitigation, with the rights that it needs and no others."""
        account = Account(self.namespace, spec.service_account_name)
        operator = Account("fireline", "fireline")
        for one in rights(mitigation, account, action_of(spec).permissions(spec), operator=operator):
            self.admin.apply(one)
        return account

    def helper(self, spec: Spec) -> KubeClient:
        """A client with these rights."""
        account = self.grant(spec)
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{account.name}/token"
        wish = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token = self.admin.request("POST", path, body=wish)["status"]["token"]
        client = KubeClient(self.cluster.url, ca_file=str(self.cluster.ca_file), token=token)
        self._clients.append(client)
        return client

    def _here(self, manifest: Manifest) -> Manifest:
        found = copy.deepcopy(manifest)
        found["metadata"]["namespace"] = self.namespace
        return found

    def close(self) -> None:
        """Close the clients."""
        for one in self._clients:
            one.close()


def where(target: Manifest) -> str:
    """The address of an object."""
    group, _, version = target["apiVersion"].rpartition("/")
    kind = target["kind"]
    resource = Resource(group, version, plural_of(kind), kind)
    return path_of(resource, target["metadata"]["namespace"], target["metadata"]["name"])


def patched(client: KubeClient, target: Manifest, ops: list[Manifest], *, dry_run: bool = False) -> Manifest:
    """One JSON patch, as the operator sends it."""
    params = {"fieldManager": "fireline", "fieldValidation": "Strict"} | (
        {"dryRun": "All"} if dry_run else {}
    )
    body = wire_json(ops).encode()
    kind = "application/json-patch+json"
    return client.request("PATCH", where(target), body=body, content_type=kind, params=params)


def planned(spec: Spec, live: Manifest) -> Change:
    """The change of an action, prepared."""
    found = action_of(spec).plan(spec, live, Around({}, datetime.now(UTC)))
    assert isinstance(found, Change), found
    return prepared(found, live)


def tried(client: KubeClient, change: Change, live: Manifest) -> Change:
    """The same after the API server's dry run."""
    answer = patched(client, live, apply_ops(change, live, MARKER, HASH), dry_run=True)
    found = completed(change, live, answer)
    assert isinstance(found, Change), found
    return found


def put_in_place(client: KubeClient, change: Change, live: Manifest) -> Manifest:
    """Make a change; the object while it is in place."""
    during = patched(client, live, apply_ops(change, live, MARKER, HASH))
    assert during["metadata"]["annotations"][MARKER] == HASH
    assert all(get(during, one.path) == one.after for one in change.paths)
    return during


def take_back(client: KubeClient, change: Change, live: Manifest, during: Manifest) -> Manifest:
    """Take a change of ``live`` back; the object afterwards."""
    return patched(client, during, revert_ops(change, during, MARKER, HASH, made=made(change, live)))


def there_and_back(client: KubeClient, change: Change, live: Manifest) -> Manifest:
    """Make the change, take it back; the object while it was in place. All but what the server counts is the
    same text before and after."""
    before = text(client.request("GET", where(live)))
    during = put_in_place(client, change, live)
    assert text(during) != before
    take_back(client, change, live, during)
    assert text(client.request("GET", where(live))) == before
    return during


def text(found: Manifest) -> str:
    """An object as the server writes it, without what it counts for itself."""
    kept = copy.deepcopy(found)
    for name in ("resourceVersion", "generation", "managedFields"):
        kept["metadata"].pop(name, None)
    return json.dumps(kept)


def example(file: str, name: str) -> tuple[Spec, Manifest]:
    """A Mitigation of an example, and the object it is about."""
    documents = list(yaml.safe_load_all((EXAMPLES / f"{file}.yaml").read_text()))
    (mitigation,) = [
        one for one in documents if one["metadata"]["name"] == name and one["kind"] == "Mitigation"
    ]
    wanted = mitigation["spec"]["target"]
    (target,) = [
        one for one in documents if (one["kind"], one["metadata"]["name"]) == (wanted["kind"], wanted["name"])
    ]
    return Spec.model_validate(mitigation["spec"]), target


def a_spec(action: Manifest, live: Manifest) -> Spec:
    """A spec with this action on this object."""
    target = {name: live[name] for name in ("apiVersion", "kind")} | {"name": live["metadata"]["name"]}
    return Spec.model_validate({"target": target, "action": action, "serviceAccountName": "first-aid"})
