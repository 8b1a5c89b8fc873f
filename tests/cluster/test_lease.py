"""Leadership with the times Fireline ships with (15, 10 and 2 seconds); other tests use short ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from tests.bed.cluster import Cluster
from tests.bed.operator import Operator
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import LEASE
from fireline.settings import LeaseSettings

pytestmark = pytest.mark.bed

REAL = LeaseSettings()


@pytest.fixture
def rig(cluster: Cluster, tmp_path: Path) -> Iterator[Rig]:
    """A namespace with one SLO, and no operator yet."""
    with contextlib.closing(Rig(cluster, tmp_path, toy=False)) as made:
        made.client.apply(an_slo(made.namespace, "a"))
        yield made


def replica(rig: Rig, name: str, **times: float) -> Operator:
    """An operator, not started, with the shipped times unless told otherwise."""
    return rig.make_operator(name, settings={"lease": {"namespace": rig.namespace, **times}})


def leads(operator: Operator) -> bool:
    """Whether this replica says that it leads."""
    found: bool = requests.get(f"{operator.url}/status", timeout=30).json()["leading"]
    return found


def lease(rig: Rig) -> Manifest:
    """What the Lease says."""
    found: Manifest = rig.client.get(LEASE, "fireline", rig.namespace)["spec"]
    return found


def test_the_lease_is_held_before_the_first_write(rig: Rig):
    replica(rig, "first").start()
    wait_for(lambda: rig.ready("a")["status"] == "True", what="a is Ready")
    held = rig.proxy.log.calls(verb="create", resource=LEASE.crd_name)
    assert [call.code for call in held] == [201]
    assert held[0].number < rig.proxy.log.writes()[0].number
    assert lease(rig)["leaseDurationSeconds"] == REAL.duration_seconds == 15


def test_a_leader_told_to_end_hands_over_before_its_lease_would_run_out(rig: Rig):
    first, second = replica(rig, "first", duration_seconds=3600), replica(rig, "second")
    first.start()
    wait_for(lambda: rig.ready("a")["status"] == "True", what="a is Ready")
    second.start()
    assert first.stop() == 0
    assert [line["event"] for line in first.logs()][-2:] == ["lease released", "ended"]
    wait_for(lambda: leads(second), what="the second replica leads")
    rig.client.apply(an_slo(rig.namespace, "b"))
    wait_for(lambda: rig.ready("b")["status"] == "True", what="b is Ready")


def test_a_killed_leader_is_succeeded_after_its_lease_ran_out_and_not_before(rig: Rig):
    first, second = replica(rig, "first"), replica(rig, "second")
    first.start()
    wait_for(lambda: rig.ready("a")["status"] == "True", what="a is Ready")
    second.start()
    first.kill()
    before = lease(rig)
    assert before["holderIdentity"]
    rig.proxy.log.clear()
    rig.client.apply(an_slo(rig.namespace, "b"))
    wait_for(lambda: leads(second), what="the second replica leads")
    wait_for(lambda: rig.ready("b")["status"] == "True", what="b is Ready")
    taken = rig.proxy.log.calls(verb="update", resource=LEASE.crd_name)[0]
    assert taken.number < rig.proxy.log.writes()[0].number
    after = lease(rig)
    assert after["leaseTransitions"] == before["leaseTransitions"] + 1
    ran_out = datetime.fromisoformat(before["renewTime"]) + timedelta(seconds=REAL.duration_seconds)
    assert datetime.fromisoformat(after["acquireTime"]) >= ran_out
