"""A place to try patches on the real API server: Things, which keep whatever they are given, and the way
there and back with all that must hold on it.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import CRD, ApiError, KubeClient, path_of
from tests.bed.waiting import wait_for
from tests.unit.mitigation.drafts import HASH, MARKER, Draft

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.kube.client import encoded
from fireline.mitigation.completed import completed
from fireline.mitigation.model import Change
from fireline.mitigation.patching import made
from fireline.mitigation.resume import judge, judge_revert
from fireline.mitigation.values import canonical

THING = Resource("example.com", "v1", "things", "Thing")
STRICT = {"fieldValidation": "Strict", "fieldManager": "fireline"}
numbers = itertools.count(1)

_KEEPS_ALL = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": THING.crd_name},
    "spec": {
        "group": THING.group,
        "names": {"kind": THING.kind, "plural": THING.plural, "singular": "thing"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": THING.version,
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                **_KEEPS_ALL,
                                "properties": {
                                    "limit": {
                                        **_KEEPS_ALL,
                                        "properties": {"unit": {"type": "string", "default": "Second"}},
                                    }
                                },
                            },
                            "status": _KEEPS_ALL,
                        },
                    }
                },
            }
        ],
    },
}


class Server:
    """The API server, and one namespace of its own."""

    def __init__(self, kube: KubeClient, namespace: str) -> None:
        self.kube = kube
        self.namespace = namespace

    def thing(self, spec: Any, annotations: Any = None) -> Manifest:
        """A new Thing."""
        metadata = {"name": f"thing-{next(numbers)}", "namespace": self.namespace}
        if annotations is not None:
            metadata["annotations"] = annotations
        return self.kube.create(
            {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": metadata, "spec": spec}
        )

    def patch(
        self, seen: Manifest, operations: list[Any], resource: Resource = THING, **parameters: str
    ) -> Manifest:
        """Carry out a JSON patch, encoded as the engine does. Raises ApiError."""
        return self.kube.request(
            "PATCH",
            path_of(resource, self.namespace, seen["metadata"]["name"]),
            body=encoded(operations),
            content_type="application/json-patch+json",
            params=STRICT | parameters,
        )

    def refuses(self, seen: Manifest, operations: list[Any], resource: Resource = THING) -> bool:
        """Whether a patch is a 422 (or no answer, see the test of null in lists) that writes nothing."""
        name = seen["metadata"]["name"]
        before = self.kube.get(resource, name, self.namespace)
        with pytest.raises((ApiError, requests.ConnectionError)) as refused:
            self.patch(seen, operations, resource)
        said = getattr(refused.value, "code", 422)
        return said == 422 and self.kube.get(resource, name, self.namespace) == before

    def edit(self, seen: Manifest, patch: Manifest, resource: Resource = THING) -> Manifest:
        """What somebody else does, as a merge patch."""
        return self.kube.patch(resource, seen["metadata"]["name"], self.namespace, patch)

    def replace(self, seen: Manifest, spec: Any) -> Manifest:
        """What somebody else does, as a whole new spec."""
        return self.kube.replace({**seen, "spec": spec})


@contextlib.contextmanager
def a_server(cluster: Cluster, namespace: str) -> Iterator[Server]:
    """The API server with the kind Thing, which is gone afterwards."""
    kube = cluster.client()
    kube.apply(_CRD)
    try:
        wait_for(lambda: _serves_things(kube), what="the API server serves Things")
        yield Server(kube, kube.namespace(namespace))
    finally:
        kube.delete(CRD, THING.crd_name)


def _serves_things(kube: KubeClient) -> bool:
    try:
        found = kube.request("GET", "/apis/example.com/v1")["resources"]
    except ApiError:
        return False
    return any(one["kind"] == "Thing" for one in found)


def kept(one: Manifest) -> str:
    """All that a mitigation could have left behind: everything but times, versions and their bookkeeping."""
    metadata = {
        name: value
        for name, value in one["metadata"].items()
        if name not in {"managedFields", "resourceVersion", "generation"}
    }
    return canonical({**one, "metadata": metadata})


def there_and_back(server: Server, live: Manifest, draft: Draft, resource: Resource = THING) -> Manifest:
    """Apply and take back, with all that must hold on the way; returns the object in between."""
    assert judge(live, draft) == "NeverApplied"
    operations = draft.apply_ops(live)
    applied = server.patch(live, operations, resource)
    assert judge(applied, draft) == "Applied"
    assert applied["metadata"]["annotations"][MARKER] == HASH
    assert server.refuses(applied, operations, resource)
    assert judge_revert(applied, draft) == "Ours"
    back = draft.revert_ops(applied)
    reverted = server.patch(applied, back, resource)
    assert kept(reverted) == kept(live)
    assert judge_revert(reverted, draft) == "AlreadyBefore"
    assert server.refuses(reverted, back, resource)
    return applied


def tried(server: Server, live: Manifest, draft: Draft, resource: Resource = THING) -> Draft:
    """A planned change, completed with the server's own dry run."""
    assert draft.change is not None
    answer = server.patch(live, draft.apply_ops(live), resource, dryRun="All")
    found = completed(draft.change, live, answer)
    assert isinstance(found, Change), found
    return replace(draft, change=found, made=made(found, live))
