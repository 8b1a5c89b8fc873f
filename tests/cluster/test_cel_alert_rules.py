"""Every CEL rule of alert rules on the real API server, by server-side dry run."""

from __future__ import annotations

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.unit.api.cel_alert_rules import CASES
from tests.unit.api.cel_fixtures import Case

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> KubeClient:
    client = cluster.client()
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-cel"}})
    return client


def _in_the_namespace(manifest: dict[str, object]) -> dict[str, object]:
    metadata = {"name": "cel", "namespace": "shop-cel"}
    return {**manifest, "metadata": metadata}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_api_server_holds_the_rule(client: KubeClient, case: Case) -> None:
    client.create(_in_the_namespace(case.good), params=DRY_RUN)

    with pytest.raises(ApiError) as refused:
        client.create(_in_the_namespace(case.bad), params=DRY_RUN)
    assert refused.value.code == 422
    causes = {
        (cause["field"].replace("[0]", "[]"), cause["message"].partition(": ")[2].partition(": ")[2])
        for cause in refused.value.body["details"]["causes"]
    }
    assert (case.path, case.message) in causes
