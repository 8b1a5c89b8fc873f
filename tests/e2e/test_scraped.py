"""The operator is scraped as its ServiceMonitor says, and Prometheus tells when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.operatorpod import INSTALL
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for

from fireline.synthetic.names import ALERT_OPERATOR_GONE, EXPECTED

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
    found = wait_for(
        lambda: leading(pods, monitoring), what="the leader's own word in Prometheus", seconds=90
    )
    assert found[0]["metric"]["namespace"] == "fireline"


def test_series_of_a_check_are_the_same_whichever_pod_tells_them(
    pods: World, monitoring: Monitoring, namespace: str
):
    pods.apply(CHECK, namespace)
    (found,) = wait_for(
        lambda: monitoring.prometheus.query(f'{EXPECTED}{{namespace="{namespace}"}}'),
        what="the check in Prometheus",
        seconds=90,
    )
    labels = found["metric"]
    assert labels["check"] == "paused"
    assert labels.keys().isdisjoint({"pod", "instance", "container", "endpoint"})


@pytest.fixture
def hurried_rule(pods: World) -> Iterator[None]:
    """The rule of the manifest, looked at often and without the minutes of patience that people want."""
    manifest = yaml.safe_load((INSTALL / "operator-rules.yaml").read_text())
    (group,) = manifest["spec"]["groups"]
    group["interval"] = "1s"
    for rule in group["rules"]:
        rule["for"] = "3s"
    pods.client.apply(manifest)
    yield
    pods.operator.scale(1)
    pods.apply(INSTALL / "operator-rules.yaml")


@pytest.mark.usefixtures("hurried_rule")
def test_when_the_operator_is_gone_the_alert_reaches_the_webhook_and_is_resolved_when_it_is_back(
    pods: World, monitoring: Monitoring
):
    def told(status: str) -> list[dict[str, Any]]:
        found = monitoring.webhook.alerts(alertname=ALERT_OPERATOR_GONE)
        return [alert for alert in found if alert["status"] == status]

    wait_for(lambda: leading(pods, monitoring), what="the operator is known to lead", seconds=90)
    wait_for(
        lambda: (
            ALERT_OPERATOR_GONE in monitoring.prometheus.rule_names()
            and not monitoring.prometheus.alerts(alertname=ALERT_OPERATOR_GONE)
        ),
        what="the rule is loaded and rests",
    )
    assert told("firing") == []
    pods.operator.scale(0, grace=False)
    (alert, *_) = wait_for(lambda: told("firing"), what="the alert at the webhook", seconds=120)
    assert alert["labels"]["severity"] == "critical"
    pods.operator.scale(1)
    wait_for(lambda: told("resolved"), what="the end of the alert at the webhook", seconds=120)
