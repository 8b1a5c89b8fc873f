"""Every CEL rule of Mitigation, and every wrong one, on the real API server, by server-side dry run."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.bed.waiting import wait_for
from tests.unit.api.cel_fixtures import Case
from tests.unit.api.mitigation_cases import ABSENT, CASES, WRONG, a_mitigation

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> KubeClient:
    return cluster.client()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_api_server_holds_the_rule(client: KubeClient, case: Case) -> None:
    client.create(case.good, params=DRY_RUN)

    with pytest.raises(ApiError) as refused:
        client.create(case.bad, params=DRY_RUN)
    assert refused.value.code == 422
    causes = {
        (cause["field"].replace("[0]", "[]"), cause["message"].partition(": ")[2].partition(": ")[2])
        for cause in refused.value.body["details"]["causes"]
    }
    assert (case.path or "<nil>", case.message) in causes


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused(client: KubeClient, wrong: Manifest) -> None:
    with pytest.raises(ApiError) as refused:
        client.create(wrong, params=DRY_RUN)
    assert refused.value.code in {400, 422}
    assert "spec" in refused.value.body["message"]


def test_defaults_are_the_careful_ones(client: KubeClient) -> None:
    spec = client.create(a_mitigation(), params=DRY_RUN)["spec"]

    assert (spec["mode"], spec["gitOps"], spec["suspend"], spec["release"]) == (
        "Propose",
        "ProceedIfUnowned",
        False,
        False,
    )
    assert spec["revert"] == {
        "when": ["Recovery", "TTL", "Delete"],
        "ttl": "1h",
        "ttlPolicy": "RevertIfHealthy",
        "healthyFor": "10m",
        "maxHold": "6h",
    }
    assert spec["limits"] == {"cooldown": "30m", "maxPerDay": 3}
    assert spec["approval"] == {"expiresAfter": "30m"}
    assert spec["trigger"] == {"slo": "checkout", "forTicks": 3}


def test_what_nobody_set_stays_away(client: KubeClient) -> None:
    """A later release may give it a meaning; an object of today must not have chosen one."""
    spec = client.create(a_mitigation({"spec.trigger": ABSENT}), params=DRY_RUN)["spec"]

    assert not {"trigger", "slo", "description"} & spec.keys()
    assert not {"query", "check"} & spec["verify"].keys()


def test_values_of_any_kind_are_kept_as_they_are(client: KubeClient) -> None:
    value = {"list": [1, "two", {"three": True}], "text": "", "zero": 0}
    op = {"op": "add", "path": "/spec/template/metadata/annotations", "value": value}

    spec = client.create(a_mitigation({"spec.action": {"patch": {"ops": [op]}}}), params=DRY_RUN)["spec"]

    assert spec["action"]["patch"]["ops"] == [op]


def test_a_status_cannot_be_brought_along(client: KubeClient) -> None:
    forged = {**a_mitigation(), "status": {"phase": "Approved", "planHash": "sha256:forged"}}

    assert "status" not in client.create(forged, params=DRY_RUN)


def test_every_field_is_explained(cluster: Cluster) -> None:
    """The API server publishes the schema of a new kind a moment after the kind."""
    for path in (
        "mit.spec",
        "mit.spec.trigger.rolloutFailed",
        "mit.spec.action.patch.ops",
        "mit.spec.revert",
        "mit.status",
        "mit.status.intent.paths",
    ):
        wait_for(lambda at=path: "FIELD" in cluster.kubectl("explain", at, check=False), what=path)
        assert "<empty>" not in cluster.kubectl("explain", path)
