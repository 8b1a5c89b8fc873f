"""From a run to an alert, on real servers: API server, operator, its /metrics, Prometheus.

Two replicas are scraped as the ServiceMonitor of the installation says. Prometheus looks every second
instead of every half minute; rules and series are the operator's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed.checkruns import CheckRuns
from tests.bed.cluster import Cluster
from tests.bed.operator import Operator
from tests.bed.prometheus import Prometheus, Scrape
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig

from fireline.api.plan import Manifest
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.synthetic import names

pytestmark = pytest.mark.bed

MONITOR = Path(__file__).parents[2] / "examples" / "install" / "service-monitor.yaml"
SETTINGS = {"checks": {"image": "registry.example/fireline:1"}}
FAILURES = 'fireline_check_runs_total{check="flow",outcome="failure"}'


def scrape(operator: Operator) -> Scrape:
    """A target with the labels of a pod, and what the ServiceMonitor does to them."""
    (endpoint,) = yaml.safe_load(MONITOR.read_text())["spec"]["endpoints"]
    relabelings = [
        {re.sub("[A-Z]", lambda c: f"_{c[0].lower()}", name): value for name, value in one.items()}
        for one in endpoint["metricRelabelings"]
    ]
    pod = {"pod": operator.name, "container": "fireline", "endpoint": "metrics", "namespace": "fireline"}
    extra = {
        "honor_labels": endpoint["honorLabels"],
        "metric_relabel_configs": relabelings,
        "static_configs": [{"targets": [operator.address], "labels": {**pod, "job": "fireline"}}],
    }
    return Scrape(operator.name, operator.address, extra)


@dataclass
class World:
    """Two replicas, the first of which leads, and a Prometheus that scrapes both."""

    rig: Rig
    second: Operator
    prometheus: Prometheus

    def status(self) -> Manifest:
        found: Manifest = self.rig.client.get(SYNTHETIC_CHECK, "flow", self.rig.namespace).get("status", {})
        return found

    def run(self, outcome: str) -> None:
        """A run ends so and is counted."""
        before = self.status()["totals"]
        through = datetime.fromisoformat(self.status()["ledger"]["through"])
        slot = max(through + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0))
        runs = CheckRuns(self.rig.client, self.rig.namespace)
        runs.end(runs.begin("flow", slot), outcome)
        wait_for(lambda: self.status()["totals"] != before, what=f"a {outcome} is counted")

    def totals(self) -> dict[str, int]:
        """What the status says, by outcome."""
        totals = self.status()["totals"]
        return {outcome: totals[outcome] for outcome in names.OUTCOMES}

    def counted(self) -> dict[str, int]:
        """What Prometheus says, by outcome."""
        found = self.prometheus.query('max by (outcome) (fireline_check_runs_total{check="flow"})')
        return {one["metric"]["outcome"]: int(one["value"][1]) for one in found}

    def load_rules(self) -> None:
        """The alerts the operator wrote, looked at every second."""
        (group,) = self.rig.rule("syntheticcheck-flow")["spec"]["groups"]
        group["interval"] = "1s"
        (self.prometheus.rules / "flow.yaml").write_text(yaml.safe_dump({"groups": [group]}))
        self.prometheus.reload()

    def firing(self) -> bool:
        return any(
            alert["state"] == "firing" for alert in self.prometheus.alerts(alertname=names.ALERT_FAILING)
        )

    def evaluations(self) -> float:
        """How often the rules were evaluated."""
        name = "prometheus_rule_group_iterations_total"
        return self.prometheus.value(f'{name}{{rule_group=~".*;syntheticcheck-flow"}}') or 0.0


@pytest.fixture(scope="module")
def world(cluster: Cluster, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("check-alerts")
    with a_rig(cluster, directory, toy=False, settings=SETTINGS) as rig:
        second = rig.make_operator("standby", settings=SETTINGS)
        second.start()
        scrapes = [scrape(rig.operator), scrape(second)]
        with Prometheus(
            tools, directory / "prometheus", scrapes=scrapes, scrape_interval="1s", evaluation_interval="1s"
        ) as prometheus:
            yield World(rig, second, prometheus)


def a_check(rig: Rig) -> dict[str, Any]:
    """Once a day, so that no slot passes meanwhile; told at the first failure."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": "flow", "namespace": rig.namespace},
        "spec": {
            "schedule": {"every": "24h"},
            "steps": [{"name": "home", "http": {"url": "http://shop.example/health"}}],
            "alert": {"consecutiveFailures": 1},
        },
    }


def test_an_alert_outlives_its_operator_and_ends_with_a_success_that_another_one_counts(world: World):
    rig, prometheus = world.rig, world.prometheus
    rig.client.apply(a_check(rig))
    wait_for(lambda: prometheus.value(FAILURES) == 0, what="the zero is in Prometheus")
    wait_for(lambda: world.status().get("counted"), what="the status says that it was scraped")
    world.load_rules()

    world.run("failure")
    wait_for(world.firing, what="the alert fires")
    # A counter that had begun with 1 would have no increase.
    wait_for(lambda: (prometheus.value(f"increase({FAILURES}[5m])") or 0) > 0.5, what="the first failure")

    rig.operator.kill()
    wait_for(lambda: prometheus.value(f'up{{pod="{rig.operator.name}"}}') == 0, what="it is not scraped")
    wait_for(lambda: prometheus.value("fireline_leader == 1") == 1, what="the other one leads")
    wait_for(lambda: prometheus.value(FAILURES) == 1, what="the other one shows the same count")
    assert world.firing()

    world.second.kill()
    wait_for(lambda: prometheus.value(FAILURES) is None, what="nobody shows anything")
    before = world.evaluations()
    wait_for(lambda: world.evaluations() >= before + 5, what="the rules were evaluated without any sample")
    assert world.firing()

    rig.operator.start()
    world.run("success")
    wait_for(lambda: not world.firing(), what="the alert ends")

    assert (
        prometheus.value(f"count(count by (__name__, pod, instance) (last_over_time({FAILURES}[10m])))") == 1
    )
    assert prometheus.value(f"resets({FAILURES}[10m])") == 0
    assert prometheus.value(f"min(changes({FAILURES}[10m]))") == 1
    # A new leader shows first what it found, so the last run comes with the next scrape.
    wait_for(lambda: world.counted() == world.totals(), what="the counters are those of the status")
