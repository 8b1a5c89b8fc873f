"""Letting go of the Lease: a leader that is told to end while it renews does not know its last version."""

from __future__ import annotations

from typing import Any

from tests.unit.kube.virtual import run

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.errors import Conflict, NotFound
from fireline.kube.lease import Leadership
from fireline.settings import LeaseSettings


class Server:
    """Keeps one Lease and takes a write of its newest version only, as an API server does."""

    def __init__(self) -> None:
        self.lease: Manifest | None = None
        self.version = 0
        self.refused = 0

    @property
    def holder(self) -> str:
        assert self.lease is not None
        return str(self.lease["spec"]["holderIdentity"])

    async def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        del resource, namespace
        if self.lease is None:
            raise NotFound(name, status=404)
        return self.lease

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        del resource
        return self.keep(manifest)

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        del resource
        if self.lease is None or manifest["metadata"].get("resourceVersion") != str(self.version):
            self.refused += 1
            raise Conflict("the object has been modified", status=409)
        return self.keep(manifest)

    def keep(self, manifest: Manifest, **spec: Any) -> Manifest:
        """As it is written, or as somebody writes it beside the leader."""
        self.version += 1
        metadata = {**manifest["metadata"], "resourceVersion": str(self.version)}
        self.lease = {**manifest, "metadata": metadata, "spec": {**manifest["spec"], **spec}}
        return self.lease


def a_leader(server: Server) -> Leadership:
    client: Any = server
    leadership = Leadership(client, LeaseSettings(), namespace="fireline", clock=lambda: 0.0)
    run(leadership.acquire())
    return leadership


def test_a_leader_lets_go_though_its_last_renewal_was_never_answered():
    server = Server()
    leadership = a_leader(server)
    assert server.lease is not None
    server.keep(server.lease, renewTime="carried out, but the answer was not awaited")
    run(leadership.release())
    assert server.holder == ""
    assert server.lease["spec"]["leaseDurationSeconds"] == 1


def test_what_another_replica_took_over_meanwhile_is_left_to_it():
    server = Server()
    leadership = a_leader(server)
    assert server.lease is not None
    server.keep(server.lease, holderIdentity="the next one")
    run(leadership.release())
    assert server.holder == "the next one"
    assert server.refused == 1


def test_a_lease_that_was_deleted_is_not_made_again():
    server = Server()
    leadership = a_leader(server)
    server.lease = None
    run(leadership.release())
    assert server.lease is None
