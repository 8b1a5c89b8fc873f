"""Whether another replica can lead by now: asked right before a call with an effect."""

from __future__ import annotations

from typing import Any

from tests.unit.kube.virtual import run

from fireline.api.plan import Manifest
from fireline.api.resources import Resource
from fireline.errors import Conflict, NotFound
from fireline.kube.lease import Leadership
from fireline.settings import LeaseSettings

REAL = LeaseSettings()


class Server:
    """Keeps one Lease; ``slow`` seconds pass until it answers."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slow = 0.0
        self.lease: Manifest | None = None

    async def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        del resource, namespace
        if self.lease is None:
            raise NotFound(name, status=404)
        return self.lease

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        del resource
        return self._keep(manifest)

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        del resource
        if self.lease is None or self.lease["spec"]["holderIdentity"] == "usurper":
            raise Conflict("changed", status=409)
        return self._keep(manifest)

    def _keep(self, manifest: Manifest) -> Manifest:
        self.now += self.slow
        self.lease = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self.now)}}
        return self.lease


def a_leader(server: Server) -> Leadership:
    client: Any = server
    leadership = Leadership(client, REAL, namespace="fireline", clock=lambda: server.now)
    assert not leadership.certain
    run(leadership.acquire())
    return leadership


def test_a_leader_is_certain_until_it_should_have_renewed():
    server = Server()
    leadership = a_leader(server)
    server.now += REAL.renew_deadline_seconds - 0.1
    assert leadership.certain
    server.now += 0.2
    assert not leadership.certain


def test_the_time_counts_from_before_the_request_since_a_standby_may_have_seen_it_then():
    server = Server()
    server.slow = REAL.renew_deadline_seconds - 1
    leadership = a_leader(server)
    assert leadership.certain
    server.now += 1
    assert not leadership.certain


def test_a_leader_that_let_go_is_not_certain():
    server = Server()
    leadership = a_leader(server)
    run(leadership.release())
    assert not leadership.certain
