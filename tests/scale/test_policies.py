"""Hundreds of policies and SLOs (`make scale`: thousands): what one label costs then, and a restart."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, SLO

pytestmark = pytest.mark.bed

WHOLE = os.environ.get("FIRELINE_SCALE") == "whole"
POLICIES, SLOS = (1000, 2000) if WHOLE else (250, 500)
SECONDS = 500.0


def a_policy(namespace: str, number: int) -> Manifest:
    """The policy of team ``t<number>``."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": f"p{number}", "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"team": f"t{number}"}},
            "severities": [{"name": "sev0", "page": True, "receivers": ["hook"]}],
            "receivers": [{"name": "hook", "webhook": {"url": "http://hook.example:8080/"}}],
            "runbookURL": "https://runbooks.example/{alertname}",
        },
    }


def the_slo(namespace: str, number: int) -> Manifest:
    """Two SLOs for each team."""
    slo = an_slo(namespace, f"s{number}")
    slo["metadata"]["labels"] = {"team": f"t{number % POLICIES}"}
    return slo


def create_all(rig: Rig, manifests: Iterable[Manifest]) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(rig.client.create, manifests))


@pytest.mark.timeout(900)
def test_a_label_of_one_slo_costs_two_writes_and_no_routes(cluster: Cluster, tmp_path: Path):
    rig = Rig(cluster, tmp_path, toy=False)
    # A busy computer must not end the operator by its lease, which is not the matter here.
    patient = {"duration_seconds": 60.0, "renew_deadline_seconds": 50.0, "retry_seconds": 1.0}
    rig.operator = rig.make_operator(settings={"lease": {**patient, "namespace": rig.namespace}})
    try:
        create_all(rig, (a_policy(rig.namespace, number) for number in range(POLICIES)))
        create_all(rig, (the_slo(rig.namespace, number) for number in range(SLOS)))
        rig.operator.start()
        wait_for(lambda: settled(rig), what="everything is planned", seconds=SECONDS, every=2.0)
        rig.await_idle()
        rig.proxy.log.clear()

        relabel(rig, "s7", "t42")

        assert sorted(rig.writes()) == [
            "apply prometheusrules/slo-s7",
            "patch servicelevelobjectives/status/s7",
        ]

        rig.proxy.log.clear()
        rig.operator.stop()
        rig.operator.start()
        rig.await_idle()
        relabel(rig, "s8", "t43")  # watches deliver in order: all before it was planned, or needed no plan

        assert sorted(rig.writes()) == [
            "apply prometheusrules/slo-s8",
            "patch servicelevelobjectives/status/s8",
        ]
    finally:
        rig.close()


def settled(rig: Rig) -> bool:
    """Every policy and every SLO has a status."""
    return all(
        "observedGeneration" in one.get("status", {})
        for resource in (ALERT_POLICY, SLO)
        for one in rig.client.list(resource, rig.namespace)
    )


def relabel(rig: Rig, name: str, team: str) -> None:
    """Give an SLO to another team, and wait until its alerts say so and nothing more happens."""
    rig.client.patch(SLO, name, rig.namespace, {"metadata": {"labels": {"team": team}}})
    wanted = f"{rig.namespace}/p{team[1:]}"
    wait_for(lambda: rig.slo(name)["status"].get("alertPolicy") == wanted, what=f"{name} is {team}'s")
    rig.await_idle()
