"""`increase()` over three failovers is what was counted: a real Prometheus scrapes two operators in turn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.bed.checkruns import CheckRuns
from tests.bed.cluster import Cluster
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.prometheus import Prometheus, Scrape
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for

from fireline.api.plan import Manifest
from fireline.api.resources import LEASE, SYNTHETIC_CHECK

pytestmark = pytest.mark.bed

NAMESPACE = "failover"
LEASED = {**SHORT_LEASE, "namespace": NAMESPACE}
# As the ServiceMonitor does: which replica it was must not be in the series.
OF_CHECKS = {"source_labels": ["__name__"], "regex": "fireline_check_.*"}
DROP = {
    "metric_relabel_configs": [
        {**OF_CHECKS, "target_label": "instance", "replacement": ""},
        {**OF_CHECKS, "target_label": "job", "replacement": "fireline"},
    ]
}
CHECK: Manifest = {
    "apiVersion": "fireline.dev/v1alpha1",
    "kind": "SyntheticCheck",
    "metadata": {"name": "health", "namespace": NAMESPACE},
    "spec": {
        "schedule": {"cron": "0 0 29 2 *"},
        "steps": [{"name": "home", "http": {"url": "http://shop.example/"}}],
    },
}


@pytest.fixture(scope="module")
def prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Starts a Prometheus that scrapes the given operators every half second."""
    with contextlib.ExitStack() as stack:

        def start(*operators: Operator) -> Prometheus:
            scrapes = [Scrape(one.name, one.address, {**DROP, "job_name": one.name}) for one in operators]
            server = Prometheus(
                tools,
                tmp_path_factory.mktemp("prometheus"),
                scrapes=scrapes,
                scrape_interval="500ms",
                flags=["--enable-feature=promql-extended-range-selectors"],
            )
            return stack.enter_context(server)

        yield start


@pytest.fixture
def pair(cluster: Cluster, tmp_path: Path) -> Iterator[list[Operator]]:
    """Two replicas, of which one leads."""
    settings = {"watch_namespaces": [NAMESPACE], "lease": LEASED, "checks": {"image": "example/fireline:1"}}
    made = [
        Operator(tmp_path, kubeconfig=cluster.kubeconfig, name=name, settings=settings) for name in ("a", "b")
    ]
    try:
        for one in made:
            one.killed = lambda: cluster.client().delete(LEASE, "fireline", NAMESPACE)
            one.start()
        yield made
    finally:
        for one in made:
            one.stop()


def test_increase_over_three_failovers_is_what_was_counted(
    cluster: Cluster, pair: list[Operator], prometheus: Any
):
    client = cluster.client()
    client.namespace(NAMESPACE)
    client.create(CHECK)
    server = prometheus(*pair)

    def status() -> Manifest:
        found: Manifest = client.get(SYNTHETIC_CHECK, "health", NAMESPACE).get("status", {})
        return found

    wait_for(lambda: status().get("counted"), what="the zeros were scraped")
    runs, slot = CheckRuns(client, NAMESPACE), datetime.now(UTC).replace(microsecond=0)
    written = {"success": 0, "failure": 0}
    for failover in range(4):
        for outcome in ("success", "failure", "success"):
            slot += timedelta(seconds=1)
            wait_for(lambda moment=slot: datetime.now(UTC) > moment, what="the slot has come")
            runs.end(runs.begin("health", slot), outcome)
            written[outcome] += 1
        if failover < 3:
            leader = wait_for(
                lambda: next((one for one in pair if leads(server, one)), None), what="a leader"
            )
            leader.kill()  # with runs it may or may not have counted, and nobody has scraped
            leader.start()

    def scraped() -> bool:
        totals = status()["totals"]
        newest = 'last_over_time(fireline_check_runs_total{check="health",outcome="%s"}[1h])'
        return all(
            totals[outcome]
            == count
            == max((float(v["value"][1]) for v in server.query(newest % outcome)), default=0)
            for outcome, count in written.items()
        )

    wait_for(scraped, what="everything was counted, and scraped")
    for outcome, count in written.items():
        # `anchored`: from sample to sample, without guessing beyond them.
        series = f'fireline_check_runs_total{{check="health",outcome="{outcome}"}}'
        assert server.value(f"sum(increase({series}[1h] anchored))") == count
    everything = 'fireline_check_expected_runs_total{check="health"}'
    assert server.value(f"sum(increase({everything}[1h] anchored))") == sum(written.values())
    assert server.value(f"count({everything})") == 1, "both replicas write one and the same series"


def leads(server: Prometheus, operator: Operator) -> bool:
    """Whether Prometheus saw it lead just now."""
    return bool(server.value(f'fireline_leader{{job="{operator.name}"}}'))
