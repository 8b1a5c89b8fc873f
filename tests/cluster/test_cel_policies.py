"""Every CEL rule of AlertPolicy, and every wrong policy, on the real API server, by server-side dry run.

Rules about receivers and alert rules are asked about in tests/routes/test_receivers_cel.py and
tests/cluster/test_cel_alert_rules.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.bed.waiting import wait_for
from tests.unit.alerting.bad_policies import BAD_POLICIES
from tests.unit.alerting.bad_policy import Bad
from tests.unit.alerting.policies import a_policy
from tests.unit.api.cel_fixtures import Case
from tests.unit.api.policy_cases import OWN_CASES

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> KubeClient:
    return cluster.client()


def as_applied(manifest: Manifest) -> Manifest:
    """In a namespace that is there, without what the API server itself sets."""
    return {**manifest, "metadata": {"name": manifest["metadata"]["name"], "namespace": "default"}}


@pytest.mark.parametrize("case", OWN_CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
def test_the_api_server_holds_the_rule(client: KubeClient, case: Case) -> None:
    client.create(as_applied(case.good), params=DRY_RUN)

    with pytest.raises(ApiError) as refused:
        client.create(as_applied(case.bad), params=DRY_RUN)
    assert refused.value.code == 422
    causes = {
        (cause["field"].replace("[0]", "[]"), cause["message"].partition(": ")[2].partition(": ")[2])
        for cause in refused.value.body["details"]["causes"]
    }
    assert (case.path or "<nil>", case.message) in causes


@pytest.mark.parametrize("bad", BAD_POLICIES, ids=lambda bad: bad.title)
def test_a_wrong_policy_is_refused_by_the_layer_it_names(client: KubeClient, bad: Bad) -> None:
    if bad.layer == "Schema":
        with pytest.raises(ApiError) as refused:
            client.create(as_applied(bad.manifest), params=DRY_RUN)
        assert refused.value.code in {400, 422}
    else:
        client.create(as_applied(bad.manifest), params=DRY_RUN)


def test_defaults_are_written_into_the_policy(client: KubeClient) -> None:
    spec = client.create(as_applied(a_policy()), params=DRY_RUN)["spec"]

    assert spec["grouping"] == {
        "by": ["alertname", "slo", "namespace"],
        "wait": "30s",
        "interval": "5m",
        "repeat": {"sev0": "1h", "sev1": "4h", "sev2": "24h"},
    }
    assert (spec["priority"], spec["alertmanager"], spec["prometheus"]) == (0, "default", "default")
    assert (spec["delivery"], spec["inhibition"]) == ({"mode": "Auto"}, {"pageInhibitsTicket": "Auto"})


def test_what_nobody_set_stays_away(client: KubeClient) -> None:
    """A later release may give it a meaning; a policy of today must not have chosen one."""
    spec = client.create(as_applied(a_policy()), params=DRY_RUN)["spec"]

    assert not {"escalation", "fallback", "deadman", "hours", "rules", "tiers", "runbookURL"} & spec.keys()


def test_every_field_is_explained(cluster: Cluster) -> None:
    """The API server publishes the schema of a new kind a moment after the kind."""
    for path in (
        "ap.spec",
        "ap.spec.escalation",
        "ap.spec.escalation.levels",
        "ap.spec.receivers",
        "ap.status",
    ):
        wait_for(lambda at=path: "FIELD" in cluster.kubectl("explain", at, check=False), what=path)
        assert "<empty>" not in cluster.kubectl("explain", path)
