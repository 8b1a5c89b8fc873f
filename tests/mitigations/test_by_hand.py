"""A mitigation without trigger, from a person's wish to what was there before, on the real API server."""

from __future__ import annotations

import pytest
from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.mitigations.scene import Aid

from fireline.api.resources import CONFIG_MAP

pytestmark = pytest.mark.bed


def test_it_is_proposed_approved_made_and_taken_back(aid: Aid):
    aid.config_map("shop", mode="fast", other="x")
    before = aid.client.get(CONFIG_MAP, "shop", aid.namespace)
    aid.apply("safe")
    proposed = aid.propose("safe")
    assert proposed["plan"]["paths"] == [{"path": "/data/mode", "before": '"fast"', "after": '"safe"'}]
    assert "-  mode: fast" in proposed["plan"]["diff"]
    assert "+  mode: safe" in proposed["plan"]["diff"]
    assert aid.data("shop") == {"mode": "fast", "other": "x"}
    aid.approve("safe", by="ann")
    active = aid.phase("safe", "Active")
    assert active["approvedBy"] == "ann"
    assert aid.data("shop") == {"mode": "safe", "other": "x"}
    aid.annotate("safe", revert="1")
    aid.phase("safe", "Reverted")
    after = aid.client.get(CONFIG_MAP, "shop", aid.namespace)
    assert after["data"] == before["data"]
    assert after["metadata"].get("annotations") == before["metadata"].get("annotations")
    wanted = ["Proposed", "Approved", "IntentPersisted", "Applied", "NotVerified", "AskedTo", "Reverted"]
    assert aid.reasons("safe") == wanted
    wait_for(lambda: told(aid, "safe") == aid.status("safe")["history"], what="the log has the same")


def told(aid: Aid, name: str) -> list[Manifest]:
    """The transitions of one Mitigation as the operator's log has them, a line each."""
    lines = [one for one in aid.rig.operator.logs() if one["event"] == "transition"]
    mine = [one for one in lines if one["key"].endswith(f"/{name}")]
    fields = {"seq", "time", "actor", "phase", "reason", "message", "trigger", "planHash", "paths", "result"}
    return [{field: one[field] for field in one.keys() & fields} for one in mine]


def test_two_of_one_target_go_one_after_the_other(aid: Aid):
    aid.config_map("shared", mode="fast")
    target = {"apiVersion": "v1", "kind": "ConfigMap", "name": "shared"}
    aid.apply("first", target=target)
    aid.apply("second", target=target, action={"configMapKey": {"key": "mode", "value": "off"}})
    aid.propose("first")
    aid.approve("first")
    aid.phase("first", "Active")
    aid.propose("second")
    aid.approve("second")

    def waits() -> bool:
        return aid.status("second").get("reason") == "TargetBusy"

    wait_for(waits, what="the second waits for the first")
    assert f"by mitigation {aid.namespace}/first" in aid.status("second")["message"]
    assert aid.data("shared") == {"mode": "safe"}
    aid.annotate("first", revert="1")
    aid.phase("first", "Reverted")
    # What was approved is no more what would be done, which goes from fast to off now.
    wait_for(lambda: "PlanChanged" in aid.reasons("second"), what="another plan")
    assert aid.data("shared") == {"mode": "fast"}
    aid.approve("second")
    aid.phase("second", "Active")
    assert aid.data("shared") == {"mode": "off"}
