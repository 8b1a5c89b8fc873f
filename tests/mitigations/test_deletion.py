"""Deleting a Mitigation or its target never hangs (without an operator: see test_way_out.py).

The bound of the settings is five seconds here; what is waited for is given much more, for busy computers.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest
from tests.bed.faults import Answer
from tests.bed.waiting import wait_for
from tests.mitigations.scene import Aid

from fireline.api.labels import MARKER
from fireline.api.resources import CONFIG_MAP, LEASE, MITIGATION

pytestmark = pytest.mark.bed
_numbers = itertools.count(1)


@pytest.fixture
def active(aid: Aid) -> Iterator[str]:
    """A Mitigation that is in place: its name, which is that of its target too."""
    name = f"del-{next(_numbers)}"
    aid.config_map(name, mode="fast")
    aid.apply(name, target={"apiVersion": "v1", "kind": "ConfigMap", "name": name})
    aid.propose(name)
    aid.approve(name)
    aid.phase(name, "Active")
    yield name
    aid.rig.proxy.plan.clear()
    if not aid.rig.operator.running:
        aid.rig.operator.start()


def gone(aid: Aid, name: str) -> None:
    """Wait until the Mitigation is gone, and nothing of it is left."""
    wait_for(lambda: aid.client.find(MITIGATION, name, aid.namespace) is None, what=f"{name} is gone")
    leases = [one["metadata"]["name"] for one in aid.client.list(LEASE, aid.namespace)]
    assert [one for one in leases if one.startswith("mitigation-")] == []


def test_deleting_it_takes_the_change_back_first(aid: Aid, active: str):
    aid.client.delete(MITIGATION, active, aid.namespace)
    gone(aid, active)
    live = aid.client.get(CONFIG_MAP, active, aid.namespace)
    assert live["data"] == {"mode": "fast"}
    assert not [one for one in live["metadata"].get("annotations") or {} if one.startswith(MARKER)]


def test_a_change_that_cannot_be_taken_back_is_left_and_told(aid: Aid, active: str):
    no = aid.rig.proxy.inject(
        Answer(503),
        when=lambda call: call.resource == "configmaps" and call.verb == "patch",
        times=None,
    )
    aid.client.delete(MITIGATION, active, aid.namespace)
    gone(aid, active)
    assert no.hits > 0
    assert aid.data(active) == {"mode": "safe"}
    told = json.loads(aid.rig.cluster.kubectl("get", "events", "-n", aid.namespace, "-o", "json"))["items"]
    mine = [one for one in told if one["involvedObject"]["name"] == active]
    assert "GivenUp" in {one["reason"] for one in mine}


def test_without_its_target_it_goes_at_once(aid: Aid, active: str):
    aid.client.delete(CONFIG_MAP, active, aid.namespace)
    aid.phase(active, "Superseded")
    aid.client.delete(MITIGATION, active, aid.namespace)
    gone(aid, active)


def test_what_is_not_in_place_goes_without_a_wait(aid: Aid):
    aid.config_map("rest", mode="fast")
    aid.apply("rest", target={"apiVersion": "v1", "kind": "ConfigMap", "name": "rest"})
    aid.propose("rest")
    assert not aid.client.get(MITIGATION, "rest", aid.namespace)["metadata"].get("finalizers")
    aid.client.delete(MITIGATION, "rest", aid.namespace)
    gone(aid, "rest")
