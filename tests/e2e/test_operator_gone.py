"""When the operator is gone its alert reaches the webhook, and what it said of a check before goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.operatorpod import INSTALL
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.e2e.asking import Checks
from tests.e2e.early import FAILING

from fireline.synthetic.names import ALERT_FAILING, ALERT_OPERATOR_GONE, CONSECUTIVE_FAILURES

pytestmark = pytest.mark.bed

HELD = 10.0
"""Seconds, ten evaluations, in which an alert must not end."""


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


def told(monitoring: Monitoring, status: str, **labels: str) -> list[dict[str, Any]]:
    """What the webhook was told of an alert."""
    return [alert for alert in monitoring.webhook.alerts(**labels) if alert["status"] == status]


def holds(found: Callable[[], object], *, seconds: float) -> bool:
    """Whether something is true each time it is looked at for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not found():
            return False
        time.sleep(0.5)
    return True


@pytest.mark.usefixtures("hurried_rule")
def test_the_alert_reaches_the_webhook_and_a_failing_check_does_not_look_mended(
    pods: World, monitoring: Monitoring, failing: Checks
):
    check = {"namespace": failing.namespace, "check": FAILING}
    of_check = {"alertname": ALERT_FAILING, **check}
    gone = {"alertname": ALERT_OPERATOR_GONE}
    series = f'{CONSECUTIVE_FAILURES}{{namespace="{failing.namespace}",check="{FAILING}"}}'
    prometheus = monitoring.prometheus

    (alert, *_) = wait_for(
        lambda: told(monitoring, "firing", **of_check), what="the failing check at the webhook"
    )
    assert alert["labels"]["sev"] == "sev1"
    wait_for(lambda: ALERT_OPERATOR_GONE in prometheus.rule_names(), what="the rule in Prometheus")
    wait_for(lambda: prometheus.alerts(**gone) == [], what="the rule rests")
    assert told(monitoring, "firing", **gone) == []

    pods.operator.scale(0, grace=False)
    (alert, *_) = wait_for(lambda: told(monitoring, "firing", **gone), what="the alert at the webhook")
    assert alert["labels"]["severity"] == "critical"
    wait_for(lambda: prometheus.query(series) == [], what="nobody exports the check any more")
    assert holds(lambda: prometheus.alerts(**of_check), seconds=HELD)

    pods.operator.scale(1)
    wait_for(lambda: told(monitoring, "resolved", **gone), what="its end at the webhook")
    wait_for(lambda: prometheus.query(series), what="the check is exported again")
    assert prometheus.alerts(**of_check)
    assert told(monitoring, "resolved", **of_check) == []
