"""Who may write: one replica at a time, and the way in and out of that role."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
import requests
from tests.bed.operator import Operator
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig

from fireline.api.plan import Manifest
from fireline.api.resources import LEASE

pytestmark = pytest.mark.bed


@pytest.fixture
def standby(toy: Rig) -> Iterator[Operator]:
    """A second replica of the rig's operator."""
    second = toy.make_operator("standby")
    second.start()
    yield second
    second.stop()


def lease(rig: Rig) -> Manifest:
    spec: Manifest = rig.client.get(LEASE, "fireline", rig.namespace)["spec"]
    return spec


def leads(operator: Operator) -> bool:
    found: bool = requests.get(f"{operator.url}/status", timeout=30).json()["leading"]
    return found


def test_a_standby_is_ready_sees_everything_and_writes_nothing(toy: Rig, standby: Operator):
    toy.apply("a")
    toy.await_reason("a", "Applied")
    assert requests.get(f"{standby.url}/readyz", timeout=30).status_code == 200
    assert not leads(standby)
    wait_for(
        lambda: (
            'fireline_cache_objects{kind="PrometheusRule"} 1.0'
            in requests.get(f"{standby.url}/metrics", timeout=30).text
        ),
        what="the standby's cache is warm",
    )
    assert toy.writes() == ["apply prometheusrules/slo-a", "patch servicelevelobjectives/status/a"]


def test_a_leader_that_ends_hands_over_at_once(toy: Rig, standby: Operator):
    before = lease(toy)
    assert toy.operator.stop() == 0
    wait_for(lambda: leads(standby), what="the standby leads")
    after = lease(toy)
    assert after["holderIdentity"] not in {"", before["holderIdentity"]}
    assert after["leaseTransitions"] == before["leaseTransitions"] + 1
    assert any(line["event"] == "lease released" for line in toy.operator.logs())


def test_a_killed_leader_is_replaced_once_its_lease_ran_out(toy: Rig, standby: Operator):
    toy.operator.killed = None
    toy.operator.kill()
    toy.apply("a")
    wait_for(lambda: leads(standby), what="the standby leads")
    toy.await_reason("a", "Applied")


def test_a_leader_whose_lease_was_taken_ends_and_says_why(toy: Rig):
    toy.client.patch(
        LEASE,
        "fireline",
        toy.namespace,
        {"spec": {"holderIdentity": "usurper", "leaseDurationSeconds": 3600}},
    )
    assert toy.operator.wait(120) == 1
    assert "LeaseLost" in toy.operator.log.read_text()
    assert "usurper holds it now" in toy.operator.log.read_text()


def test_a_deleted_lease_is_made_again(toy: Rig):
    before = lease(toy)["holderIdentity"]
    toy.client.delete(LEASE, "fireline", toy.namespace)
    wait_for(lambda: lease(toy)["holderIdentity"] == before, what="the leader's lease is back")
    assert toy.operator.running


def test_a_paused_leader_does_not_come_back_as_a_second_one(toy: Rig, standby: Operator):
    toy.operator.pause()
    wait_for(lambda: leads(standby), what="the standby leads")
    toy.operator.resume()
    assert toy.operator.wait(120) == 1
    assert leads(standby)


def test_an_interrupted_operator_ends_in_order(toy: Rig):
    os.kill(toy.operator.pid, signal.SIGINT)
    assert toy.operator.wait(120) == 0
    assert lease(toy)["holderIdentity"] == ""


def test_a_standby_that_never_led_ends_in_order(toy: Rig, standby: Operator):
    holder = lease(toy)["holderIdentity"]
    assert standby.stop() == 0
    assert lease(toy)["holderIdentity"] == holder
