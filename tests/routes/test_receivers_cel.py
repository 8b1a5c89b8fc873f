"""Every CEL rule about receivers on the real API server, by server-side dry run."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.unit.alerting.receiver_cases import CASES, ReceiverCase

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}


def a_policy(receiver: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": "checkout", "namespace": "default"},
        "spec": {
            "selector": {},
            "severities": [{"name": "sev0", "page": True, "receivers": [receiver["name"]]}],
            "receivers": [receiver],
        },
    }


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> KubeClient:
    return cluster.client()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_api_server_holds_the_rule(server: KubeClient, case: ReceiverCase):
    server.create(a_policy(case.good), params=DRY_RUN)

    with pytest.raises(ApiError) as refused:
        server.create(a_policy(case.bad), params=DRY_RUN)
    assert refused.value.code == 422
    causes = {
        (cause["field"].replace("[0]", "[]"), cause["message"].partition(": ")[2].partition(": ")[2])
        for cause in refused.value.body["details"]["causes"]
    }
    path = f"spec.receivers[].{case.path}".rstrip(".")
    assert (path, case.message) in causes
