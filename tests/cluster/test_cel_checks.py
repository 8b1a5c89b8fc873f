"""Every CEL rule of SyntheticCheck, and every wrong check, on the real API server, by server-side dry run."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.bed.waiting import wait_for
from tests.unit.api.cel_fixtures import Case
from tests.unit.api.check_cases import ALL_CASES, LOCATION
from tests.unit.synthetic.bad_check import Bad
from tests.unit.synthetic.bad_checks import BAD_CHECKS
from tests.unit.synthetic.specs import ABSENT, a_check

from fireline.api.resources import SYNTHETIC_CHECK

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> KubeClient:
    return cluster.client()


def as_applied(manifest: Manifest) -> Manifest:
    """In a namespace that is there."""
    return {**manifest, "metadata": {"name": manifest["metadata"]["name"], "namespace": "default"}}


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.path}-{case.message[:32]}")
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


@pytest.mark.parametrize("bad", BAD_CHECKS, ids=lambda bad: bad.title)
def test_a_wrong_check_is_refused_by_the_layer_it_names(client: KubeClient, bad: Bad) -> None:
    if bad.layer == "Schema":
        with pytest.raises(ApiError) as refused:
            client.create(as_applied(bad.manifest), params=DRY_RUN)
        assert refused.value.code in {400, 422}
    else:
        client.create(as_applied(bad.manifest), params=DRY_RUN)


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        ("eu-1", "eu-1", True),
        (ABSENT, ABSENT, True),
        ("eu-1", "eu-2", False),
        ("eu-1", ABSENT, False),
        (ABSENT, "eu-1", False),
    ],
    ids=lambda value: "absent" if value is ABSENT else str(value),
)
def test_a_location_stays_what_it_is(client: KubeClient, before: Any, after: Any, accepted: bool) -> None:
    made = client.create(_at(before))
    try:
        later = {**_at(after), "metadata": made["metadata"] | {"labels": {"changed": "yes"}}}
        if accepted:
            assert client.replace(later)["metadata"]["labels"] == {"changed": "yes"}
            return
        with pytest.raises(ApiError) as refused:
            client.replace(later)
        assert LOCATION in refused.value.body["message"]
    finally:
        client.delete(SYNTHETIC_CHECK, made["metadata"]["name"], "default")


def _at(location: Any) -> Manifest:
    check = a_check({} if location is ABSENT else {"spec.location": location}, name="somewhere")
    return as_applied(check)


def test_defaults_are_written_into_the_check(client: KubeClient) -> None:
    spec = client.create(as_applied(a_check()), params=DRY_RUN)["spec"]

    assert (spec["runner"], spec["suspend"], spec["history"]) == ("Job", False, 20)
    assert (spec["timeout"], spec["cleanupTimeout"], spec["prometheus"]) == ("20s", "10s", "default")
    assert spec["retries"] == {"count": 0, "backoff": "1s"}
    assert spec["alert"] == {
        "consecutiveFailures": 3,
        "severity": "sev1",
        "coverageBelow": "90",
        "disabled": False,
    }
    assert spec["availability"] == {"window": "30d"}


def test_what_nobody_set_stays_away(client: KubeClient) -> None:
    """A later release may give it a meaning; a check of today must not have chosen one."""
    spec = client.create(as_applied(a_check()), params=DRY_RUN)["spec"]

    assert not {"location", "cleanup", "sweep", "container", "maintenance"} & spec.keys()


def test_json_of_any_kind_is_kept_as_it_is(client: KubeClient) -> None:
    body = {"list": [1, "two", {"three": None}], "nested": {"a.b": True}}
    check = a_check({"spec.steps.0.http.json": body})

    spec = client.create(as_applied(check), params=DRY_RUN)["spec"]

    assert spec["steps"][0]["http"]["json"] == body


def test_every_field_is_explained(cluster: Cluster) -> None:
    """The API server publishes the schema of a new kind a moment after the kind."""
    for path in (
        "syn.spec",
        "syn.spec.steps",
        "syn.spec.steps.http",
        "syn.spec.steps.assert",
        "syn.spec.sweep.forEach",
        "syn.status",
        "syn.status.lastRun",
    ):
        wait_for(lambda at=path: "FIELD" in cluster.kubectl("explain", at, check=False), what=path)
        assert "<empty>" not in cluster.kubectl("explain", path)
