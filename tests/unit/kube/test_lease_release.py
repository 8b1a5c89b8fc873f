"""Letting go of the Lease: a leader that is told to end while it renews does not know its last version."""

from __future__ import annotations

from typing import Any

from tests.unit.kube.test_lease_certain import Server, a_leader
from tests.unit.kube.virtual import run

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.errors import Conflict


class Strict(Server):
    """Takes a write of the newest version only, as an API server does."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    @property
    def holder(self) -> str:
        assert self.lease is not None
        return str(self.lease["spec"]["holderIdentity"])

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        newest = self.lease and self.lease["metadata"]["resourceVersion"]
        if manifest["metadata"].get("resourceVersion") != newest:
            self.refused += 1
            raise Conflict("the object has been modified", status=409)
        return await super().replace(resource, manifest)

    def happens(self, **spec: Any) -> None:
        """Somebody writes it beside the leader."""
        assert self.lease is not None
        self.now += 1
        self._keep({**self.lease, "spec": {**self.lease["spec"], **spec}})


def test_a_leader_lets_go_though_its_last_renewal_was_never_answered():
    server = Strict()
    leadership = a_leader(server)
    server.happens(renewTime="carried out, but the answer was not awaited")
    run(leadership.release())
    assert server.holder == ""
    assert server.lease is not None
    assert server.lease["spec"]["leaseDurationSeconds"] == 1


def test_what_another_replica_took_over_meanwhile_is_left_to_it():
    server = Strict()
    leadership = a_leader(server)
    server.happens(holderIdentity="the next one")
    run(leadership.release())
    assert server.holder == "the next one"
    assert server.refused == 1


def test_a_lease_that_was_deleted_is_not_made_again():
    server = Strict()
    leadership = a_leader(server)
    server.lease = None
    run(leadership.release())
    assert server.lease is None
