"""Checks of runner Prober on a real API server, with the operator and a prober as real processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import CONFIG_MAP
from tests.bed.ports import free_port
from tests.bed.waiting import wait_for
from tests.cluster.prober_pod import ProberPod
from tests.cluster.rig import Rig, a_rig
from tests.unit.synthetic.prober.target import Target

from fireline.api.plan import Manifest
from fireline.api.resources import DEPLOYMENT, SYNTHETIC_CHECK

pytestmark = pytest.mark.bed

APPLY_DEPLOYMENT = "apply deployments/fireline-prober"
APPLY_JOURNEYS = "apply configmaps/fireline-prober-journeys-0"
QUIET = "1h"
"""No slot passes while a test counts calls."""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def running(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Rig]:
    """The real operator in a namespace of its own, for the whole module."""
    checks = {"image": "registry.example/fireline:1", "prober_port": port, "prober_seconds": 0.5}
    settings = {"checks": checks, "status_interval_seconds": 0}
    with a_rig(cluster, tmp_path_factory.mktemp("prober"), toy=False, settings=settings) as rig:
        yield rig


@pytest.fixture
def rig(running: Rig) -> Iterator[Rig]:
    """Without any check, before and after."""
    yield running
    for one in running.client.list(SYNTHETIC_CHECK, running.namespace):
        running.client.delete(SYNTHETIC_CHECK, one["metadata"]["name"], running.namespace)
    wait_for(lambda: not objects(running), what="the prober is gone")
    running.await_idle()


def a_check(rig: Rig, url: str, name: str = "health", **spec: Any) -> Manifest:
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name, "namespace": rig.namespace},
        "spec": {
            "runner": "Prober",
            "schedule": {"every": "5s"},
            "timeout": "3s",
            "cleanupTimeout": "1s",
            "steps": [{"name": "home", "http": {"url": url}}],
            "alert": {"disabled": True},
            **spec,
        },
    }


def objects(rig: Rig) -> list[str]:
    """What the operator has written for the prober."""
    found = [*rig.client.list(DEPLOYMENT, rig.namespace), *rig.client.list(CONFIG_MAP, rig.namespace)]
    return [name for one in found if (name := one["metadata"]["name"]).startswith("fireline-prober")]


def status(rig: Rig, name: str = "health") -> dict[str, Any]:
    found: dict[str, Any] = rig.client.get(SYNTHETIC_CHECK, name, rig.namespace).get("status", {})
    return found


def successes(rig: Rig, name: str = "health") -> int:
    return int(status(rig, name).get("totals", {}).get("success", 0))


def settled(rig: Rig) -> None:
    """All is written, and the counters were shown as 0."""
    wait_for(lambda: len(objects(rig)) == 2, what="Deployment and ConfigMap")
    wait_for(
        lambda: (
            rig.metric("fireline_check_expected")
            and all(
                status(rig, one["metadata"]["name"]).get("counted")
                for one in rig.client.list(SYNTHETIC_CHECK, rig.namespace)
            )
        ),
        what="the checks are planned and exported",
    )
    rig.await_idle()
    rig.proxy.log.clear()


def children_written(rig: Rig) -> list[str]:
    return [call for call in rig.writes() if not call.startswith("patch syntheticchecks/status")]


def test_runs_reach_the_status_and_the_metrics_and_cost_one_write_each(rig, target, port, tmp_path):
    rig.client.create(a_check(rig, f"{target.url}/home"))
    wait_for(lambda: len(objects(rig)) == 2, what="Deployment and ConfigMap")
    with ProberPod(rig.client, rig.namespace, tmp_path, port=port) as pod:
        wait_for(lambda: successes(rig) >= 1, what="a run in the status")
        settled(rig)
        before = successes(rig)
        wait_for(lambda: successes(rig) >= before + 2, what="two more runs")
        rig.await_idle()
        counted = successes(rig)
        patches = [call for call in rig.writes() if call == "patch syntheticchecks/status/health"]
        assert len(patches) <= counted - before + 1
        assert children_written(rig) == []
        assert status(rig)["totals"]["infra"] == 0
        wait_for(
            lambda: rig.metric("fireline_check_runs_total", check="health", outcome="success") >= counted,
            what="the counter",
        )
        assert pod.prober.events("journeys")[-1]["checks"] == 1


def test_an_operator_killed_and_started_again_loses_no_run(rig, target, port, tmp_path):
    rig.client.create(a_check(rig, f"{target.url}/again"))
    wait_for(lambda: len(objects(rig)) == 2, what="Deployment and ConfigMap")
    with ProberPod(rig.client, rig.namespace, tmp_path, port=port):
        wait_for(lambda: successes(rig) >= 1, what="a run in the status")
        rig.operator.kill()
        came = len(target.paths("/again"))
        wait_for(lambda: len(target.paths("/again")) >= came + 2, what="runs without an operator")
        rig.operator.start()
        rig.await_idle()
        wait_for(lambda: successes(rig) >= came + 2, what="all of them in the status")
        totals = status(rig)["totals"]
        assert totals["infra"] == totals["skipped"] == 0
        ids = [run["id"] for run in status(rig)["history"]]
        assert len(ids) == len(set(ids)) == totals["success"]


def test_a_restart_of_the_operator_writes_nothing(rig, target):
    rig.client.create(a_check(rig, f"{target.url}/x", schedule={"every": QUIET}))
    settled(rig)
    rig.operator.restart()
    rig.await_idle()
    assert children_written(rig) == []


def test_another_journey_is_one_write_and_leaves_the_deployment_alone(rig, target):
    rig.client.create(a_check(rig, f"{target.url}/x", schedule={"every": QUIET}))
    settled(rig)
    generation = rig.client.get(DEPLOYMENT, "fireline-prober", rig.namespace)["metadata"]["generation"]
    step = {"name": "home", "http": {"url": f"{target.url}/y"}}
    rig.client.patch(SYNTHETIC_CHECK, "health", rig.namespace, {"spec": {"steps": [step]}})
    wait_for(lambda: children_written(rig), what="the ConfigMap is written")
    rig.await_idle()
    assert children_written(rig) == [APPLY_JOURNEYS]
    after = rig.client.get(DEPLOYMENT, "fireline-prober", rig.namespace)["metadata"]["generation"]
    assert after == generation


def test_many_checks_at_once_are_few_writes(rig, target):
    for number in range(20):
        rig.client.create(a_check(rig, f"{target.url}/x", f"c{number}", schedule={"every": QUIET}))
    wait_for(lambda: len(files(rig)) == 20, what="all journeys")
    rig.await_idle()
    assert children_written(rig).count(APPLY_DEPLOYMENT) == 1
    assert children_written(rig).count(APPLY_JOURNEYS) <= 5


def files(rig: Rig) -> dict[str, str]:
    found = rig.client.get(CONFIG_MAP, "fireline-prober-journeys-0", rig.namespace)
    data: dict[str, str] = found["data"]
    return data


@pytest.mark.parametrize("resource", [DEPLOYMENT, CONFIG_MAP], ids=["Deployment", "ConfigMap"])
def test_what_somebody_deleted_is_written_again_once(rig, target, resource):
    rig.client.create(a_check(rig, f"{target.url}/x", schedule={"every": QUIET}))
    settled(rig)
    (name,) = [
        found
        for one in rig.client.list(resource, rig.namespace)
        if (found := one["metadata"]["name"]).startswith("fireline-prober")
    ]
    rig.client.delete(resource, name, rig.namespace)
    wait_for(lambda: children_written(rig), what="it is written")
    wait_for(lambda: len(objects(rig)) == 2, what="it is back")
    rig.await_idle()
    assert children_written(rig) == [APPLY_DEPLOYMENT if resource == DEPLOYMENT else APPLY_JOURNEYS]


def test_a_deployment_that_somebody_scaled_is_put_right(rig, target):
    rig.client.create(a_check(rig, f"{target.url}/x", schedule={"every": QUIET}))
    settled(rig)
    rig.client.patch(DEPLOYMENT, "fireline-prober", rig.namespace, {"spec": {"replicas": 2}})
    wait_for(lambda: children_written(rig), what="it is written")
    rig.await_idle()
    assert children_written(rig) == [APPLY_DEPLOYMENT]
    assert rig.client.get(DEPLOYMENT, "fireline-prober", rig.namespace)["spec"]["replicas"] == 1


def test_a_spec_that_turns_invalid_while_the_operator_is_away_keeps_its_journey(rig, target):
    rig.client.create(a_check(rig, f"{target.url}/x", schedule={"every": QUIET}))
    settled(rig)
    before = files(rig)
    rig.operator.kill()
    step = {"name": "home", "http": {"url": f"{target.url}/${{nobody}}"}}
    rig.client.patch(SYNTHETIC_CHECK, "health", rig.namespace, {"spec": {"steps": [step]}})
    rig.operator.start()
    wait_for(lambda: condition(rig, "Valid") == "False", what="the spec is refused")
    rig.await_idle()
    assert files(rig) == before
    assert children_written(rig) == []


def condition(rig: Rig, type_: str) -> str:
    found = {one["type"]: one["status"] for one in status(rig)["conditions"]}
    return str(found[type_])


def test_a_deployment_of_somebody_else_is_left_alone_and_told(rig, target):
    foreign = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "fireline-prober", "namespace": rig.namespace},
        "spec": {
            "selector": {"matchLabels": {"app": "theirs"}},
            "template": {
                "metadata": {"labels": {"app": "theirs"}},
                "spec": {"containers": [{"name": "a", "image": "b"}]},
            },
        },
    }
    rig.client.create(foreign)
    try:
        rig.client.create(a_check(rig, f"{target.url}/x", schedule={"every": QUIET}))
        wait_for(lambda: condition(rig, "Ready") == "False", what="it is told")
        assert {one["reason"] for one in status(rig)["conditions"] if one["type"] == "Ready"} == {
            "NameConflict"
        }
        found = rig.client.get(DEPLOYMENT, "fireline-prober", rig.namespace)
        assert found["spec"]["selector"] == {"matchLabels": {"app": "theirs"}}
    finally:
        rig.client.delete(DEPLOYMENT, "fireline-prober", rig.namespace)
