"""The whole way: an AlertPolicy, a test of it, and what its status and the command line say.

AlertPolicy → fireline run → AlertmanagerConfig → prometheus-operator → Alertmanager → receivers, and back
through Alertmanager's counters and its log behind the API server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fireline.api.resources import ALERT_POLICY
from fireline.cli.main import main
from tests.bed.bed import Bed
from tests.bed.kubelet import Kubelet
from tests.bed.operator import Operator
from tests.bed.promoperator import NAME, NAMESPACE
from tests.bed.waiting import wait_for
from tests.bed.webhook import REFUSAL

pytestmark = pytest.mark.bed
SHOP = "delivered"
PATHS = {"chat": "/chat?token=hunter2", "locked": "/answer/401", "limited": "/answer/429"}
POLICY = {
    "apiVersion": "fireline.dev/v1alpha1",
    "kind": "AlertPolicy",
    "metadata": {"name": "checkout", "namespace": SHOP},
    "spec": {
        "selector": {},
        "receivers": [
            {"name": name, "webhook": {"urlSecret": {"name": "hooks", "key": name}}}
            for name in (*PATHS, "nowhere")
        ],
        "severities": [{"name": "sev0", "page": True, "receivers": ["chat"]}],
        "runbookURL": "https://runbooks.example/{namespace}/{alertname}",
    },
}


@pytest.fixture(scope="module")
def policy(bed: Bed) -> Iterator[Bed]:
    """Its routes are loaded, the operator runs, and may read Alertmanager's log."""
    client = bed.client
    client.namespace(SHOP)
    urls = {name: f"{bed.webhook.url}{path}" for name, path in PATHS.items()}
    client.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "hooks", "namespace": SHOP},
            "stringData": {**urls, "nowhere": "http://hunter2.invalid/hook"},
        }
    )
    client.apply(POLICY)
    alertmanager = {"urls": [bed.alertmanager.url], "namespace": NAMESPACE, "name": NAME}
    settings = {
        "alertmanagers": {"default": alertmanager},
        "refresh_seconds": 1,
        "watch_namespaces": [SHOP, NAMESPACE],
        "instance": SHOP,
    }
    operator = Operator(
        bed.directory,
        kubeconfig=bed.cluster.kubeconfig,
        prometheus=[bed.prometheus.url],
        name="delivering",
        settings=settings,
    )
    with Kubelet(bed.cluster) as kubelet, operator:
        kubelet.pod(NAMESPACE, f"alertmanager-{NAME}-0", "alertmanager", bed.alertmanager.log)
        wait_for(lambda: condition(bed, "RoutesLoaded") == "True", what="RoutesLoaded")
        yield bed
    client.delete(ALERT_POLICY, "checkout", SHOP)


def condition(bed: Bed, wanted: str) -> str | None:
    status = bed.client.get(ALERT_POLICY, "checkout", SHOP).get("status", {})
    return next((one["status"] for one in status.get("conditions", ()) if one["type"] == wanted), None)


def fireline(kubeconfig: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["test-alert", *arguments, "--kubeconfig", str(kubeconfig)])


def test_a_test_through_the_operator_tells_of_each_receiver_in_status_and_on_the_terminal(policy: Bed):
    done = fireline(policy.cluster.kubeconfig, "checkout", "-n", SHOP, "-o", "json")
    assert done.exit_code == 1, done.output
    result = json.loads(done.stdout)
    assert {one["name"]: one["state"] for one in result["receivers"]} == {
        "chat": "Delivered",
        "locked": "Failed",
        "limited": "Failed",
        "nowhere": "Failed",
    }
    said = {one["name"]: one["message"] for one in result["receivers"]}
    assert "(HTTP 401); look at secret hooks, key locked" in said["locked"]
    assert "(HTTP 429)" in said["limited"]
    assert "not found in DNS" in said["nowhere"]
    last = policy.client.get(ALERT_POLICY, "checkout", SHOP)["status"]["lastTest"]
    assert (last["state"], last["nonce"], last["delivered"]) == ("Failed", result["nonce"], ["chat"])
    assert {one["receiver"] for one in last["failed"]} == {"limited", "locked", "nowhere"}
    (delivered,) = policy.webhook.alerts(alertname="AlertPolicyTest", alert_policy=f"{SHOP}/checkout")[:1]
    assert delivered["labels"]["nonce"] == result["nonce"]
    assert delivered["labels"]["severity"] == "none", "the usual default inhibition mutes info"
    assert delivered["annotations"]["runbook_url"] == f"https://runbooks.example/{SHOP}/alertpolicytest"
    assert re.fullmatch("[0-9a-f]{16}", delivered["annotations"]["correlation_id"])
    for text in (done.output, json.dumps(last), *(map(str, policy.client.list(ALERT_POLICY, SHOP)))):
        assert "hunter2" not in text
        assert REFUSAL not in text


def test_sent_from_here_it_needs_no_operator(policy: Bed):
    url = policy.alertmanager.url
    done = fireline(policy.cluster.kubeconfig, f"{SHOP}/checkout", "--alertmanager", url, "--timeout", "8")
    assert done.exit_code == 1, done.output
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert rows.keys() >= {"RECEIVER", *PATHS, "nowhere"}
    assert "Failed" in rows["locked"]
    assert "no log of Alertmanager can be read here" in done.stderr


def test_an_operator_that_is_not_there_is_said_so_and_nothing_hangs(policy: Bed):
    client = policy.client
    client.namespace("unwatched")
    client.apply({**POLICY, "metadata": {"name": "checkout", "namespace": "unwatched"}})
    done = fireline(policy.cluster.kubeconfig, "unwatched/checkout", "--timeout", "5")
    assert done.exit_code == 2
    assert "has not taken notice of the test within 5 s" in done.stderr
    client.delete(ALERT_POLICY, "checkout", "unwatched")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody", "-n", SHOP], '"nobody" not found'),
        (["a/b", "-n", "c"], "name two namespaces"),
        (["checkout", "-f", "policy.yaml"], "--file needs --alertmanager or --config"),
    ],
)
def test_wrong_usage_says_what_is_wrong(policy: Bed, arguments: list[str], words: str):
    done = fireline(policy.cluster.kubeconfig, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
