"""Every CEL rule on the real API server, by server-side dry run."""

from __future__ import annotations

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.unit.api.cel_fixtures import CASES, Case, rules_of_crd
from tests.unit.api.objects import an_slo
from tests.unit.slo.bad_specs import BAD_SPECS, Bad

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> KubeClient:
    return cluster.client()


def test_no_rule_of_the_crd_is_untested() -> None:
    assert rules_of_crd() == {case.key for case in CASES}


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


@pytest.mark.parametrize("bad", BAD_SPECS, ids=lambda bad: bad.title)
def test_a_wrong_spec_is_refused_by_the_layer_it_names(client: KubeClient, bad: Bad) -> None:
    if bad.layer == "Schema":
        with pytest.raises(ApiError) as refused:
            client.create(bad.manifest, params=DRY_RUN)
        assert refused.value.code in {400, 422}
    else:
        client.create(bad.manifest, params=DRY_RUN)


def test_defaults_are_written_into_the_object(client: KubeClient) -> None:
    spec = client.create(an_slo(), params=DRY_RUN)["spec"]

    assert spec["window"] == {"rolling": "30d"}
    assert spec["budgeting"] == "Occurrences"
    assert spec["prometheus"] == "default"
    assert spec["alerting"] == {
        "disabled": False,
        "budget": [{"consumed": "50"}, {"consumed": "100"}],
        "noData": {"after": "5m", "action": "Alert"},
        "ineffective": "Alert",
    }


def test_a_chosen_window_gets_no_second_one_by_default(client: KubeClient) -> None:
    spec = client.create(an_slo({"spec.window": {"calendar": "Month"}}), params=DRY_RUN)["spec"]

    assert spec["window"] == {"calendar": "Month"}


def test_fields_nobody_set_stay_away(client: KubeClient) -> None:
    """A later release may give them a meaning; an object of today must not have chosen one."""
    alerting = client.create(an_slo(), params=DRY_RUN)["spec"]["alerting"]

    assert not {"minEvents", "minBadEvents", "burnRates", "per"} & alerting.keys()


def test_a_misspelt_field_is_refused(client: KubeClient) -> None:
    with pytest.raises(ApiError, match=r'unknown field "spec\.objectiv"'):
        client.create(an_slo({"spec.objectiv": "99"}), params=DRY_RUN)


def test_every_field_is_explained(cluster: Cluster) -> None:
    text = cluster.kubectl("explain", "slo.spec.alerting", "--recursive=false")

    assert "Burn-rate alerts instead of the standard tiers" in text
    assert "<empty>" not in cluster.kubectl("explain", "slo.spec")
