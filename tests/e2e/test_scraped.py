"""The operator is scraped as its ServiceMonitor says. That it is gone: test_operator_gone.py."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for

from fireline.synthetic.names import EXPECTED

pytestmark = pytest.mark.bed


CHECK = """
apiVersion: fireline.dev/v1alpha1
kind: SyntheticCheck
metadata: {name: paused}
spec:
  schedule: {every: 5m}
  suspend: true
  steps:
    - {name: front, http: {url: "http://shop"}}
"""


def leading(pods: World, monitoring: Monitoring) -> list[dict[str, Any]]:
    """What Prometheus knows of the operator's only pod, if that leads."""
    (pod,) = pods.operator.pods()
    return monitoring.prometheus.query(f'fireline_leader{{pod="{pod["metadata"]["name"]}"}} == 1')


def test_prometheus_scrapes_the_operators_pod(pods: World, monitoring: Monitoring):
    found = wait_for(lambda: leading(pods, monitoring), what="the leader's own word in Prometheus")
    assert found[0]["metric"]["namespace"] == "fireline"


def test_series_of_a_check_are_the_same_whichever_pod_tells_them(
    pods: World, monitoring: Monitoring, namespace: str
):
    pods.apply(CHECK, namespace)
    (found,) = wait_for(
        lambda: monitoring.prometheus.query(f'{EXPECTED}{{namespace="{namespace}"}}'),
        what="the check in Prometheus",
    )
    labels = found["metric"]
    assert labels["check"] == "paused"
    assert labels.keys().isdisjoint({"pod", "instance", "container", "endpoint"})
