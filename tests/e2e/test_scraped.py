"""The operator is scraped as its ServiceMonitor says, and Prometheus tells when it is gone."""

from __future__ import annotations

import pytest
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for

pytestmark = pytest.mark.bed


def test_prometheus_scrapes_the_operators_pod(pods: World, monitoring: Monitoring):
    (pod,) = pods.operator.pods()
    found = wait_for(
        lambda: monitoring.prometheus.query(f'fireline_leader{{pod="{pod["metadata"]["name"]}"}} == 1'),
        what="the leader's own word in Prometheus",
        seconds=90,
    )
    assert found[0]["metric"]["namespace"] == "fireline"
