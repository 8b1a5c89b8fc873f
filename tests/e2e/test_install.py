"""The operator runs in a cluster as its manifests install it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for

from fireline.api.resources import PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"


def test_it_becomes_ready_as_a_pod_and_stays_up(pods: World):
    (pod,) = pods.operator.pods()
    (status,) = pod["status"]["containerStatuses"]
    assert (status["ready"], status["restartCount"]) == (True, 0)


def test_it_turns_the_quickstart_into_rules(pods: World, namespace: str):
    applied = pods.apply(QUICKSTART, namespace)
    assert applied
    for slo in applied:
        name = slo["metadata"]["name"]
        wait_for(
            lambda name=name: pods.client.find(PROMETHEUS_RULE, f"slo-{name}", namespace),
            what=f"rules of {name}",
        )
        wait_for(
            lambda name=name: condition(pods, name, namespace, "Valid") == "True", what=f"{name} is Valid"
        )


def condition(pods: World, name: str, namespace: str, type_: str) -> str:
    """Status of one condition of an SLO; empty when it has none."""
    found = pods.client.get(SLO, name, namespace).get("status", {}).get("conditions", ())
    return next((one["status"] for one in found if one["type"] == type_), "")
