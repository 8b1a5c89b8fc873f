"""``fireline route`` and the forms of ``fireline render`` that are about routes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner, Result
from tests.bed.alertmanager import Alertmanager
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ALERTMANAGER, ALERTMANAGER_CONFIG, KubeClient
from tests.bed.toolchain import Tools
from tests.routes import alertmanagers, amtool, broken

from fireline.cli.main import main

FIXTURES = Path(__file__).parent / "fixtures" / "routing"
GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
POLICY, BASE = FIXTURES / "policy.yaml", FIXTURES / "base.yaml"
SUNDAY = "2026-11-22T10:00:00Z"
OURS = ("namespace=shop", "alert_policy=shop/checkout", "slo=availability")
PAGE = ("alertname=SLOErrorBudgetBurnPage", "severity=critical", "sev=sev0", *OURS)
TICKET = ("alertname=SLOErrorBudgetBurnTicket", "severity=info", "sev=sev2", *OURS)


def fireline(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def route(*arguments: str | Path, at: str = SUNDAY) -> Result:
    return fireline("route", *arguments, POLICY, "--base", BASE, "--at", at)


def test_a_page_reads_like_this() -> None:
    done = route(*PAGE)

    assert done.exit_code == 0
    assert done.stdout == (GOLDEN / "route-page.txt").read_text()


def test_a_ticket_on_a_sunday_reads_like_this() -> None:
    done = route(*TICKET)

    assert done.exit_code == 0
    assert done.stdout == (GOLDEN / "route-ticket-on-sunday.txt").read_text()


def test_a_ticket_beside_its_page_reads_like_this() -> None:
    done = route(*TICKET, "--firing", ",".join(PAGE), at="2026-11-23T10:00:00Z")

    assert done.exit_code == 1
    assert done.stdout == (GOLDEN / "route-inhibited.txt").read_text()


def test_an_alert_of_nobody_ends_where_the_cluster_sends_it() -> None:
    done = route("alertname=Watchdog", "-o", "json")

    (one,) = json.loads(done.stdout)["told"]
    assert (done.exit_code, one["receiver"], one["integrations"]) == (0, "heartbeat", ["webhook"])
    assert one["repeatInterval"] == "5m"


def test_without_a_base_what_no_policy_takes_reaches_nobody() -> None:
    done = fireline("route", "alertname=Unknown", POLICY)

    assert done.exit_code == 1
    assert "notifies nobody: it has no integration" in done.stdout
    assert done.stdout.endswith("Nobody would be told.\n")


def test_yaml_and_json_say_the_same() -> None:
    assert yaml.safe_load(route(*PAGE, "-o", "yaml").stdout) == json.loads(route(*PAGE, "-o", "json").stdout)


def test_a_plain_configuration_needs_no_kubernetes(tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yaml"
    file.write_text(BASE.read_text())

    done = fireline("route", '{alertname="Watchdog"}', file, "-o", "json")

    assert [one["receiver"] for one in json.loads(done.stdout)["told"]] == ["heartbeat"]


def test_an_object_that_is_left_out_is_named_and_the_others_are_asked(tmp_path: Path) -> None:
    bad = broken.config("shop", "bad")
    bad["spec"]["route"]["receiver"] = "nobody"
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(bad))

    done = route(*PAGE, file)

    assert done.exit_code == 0
    assert "prometheus-operator leaves shop/bad out" in done.stderr


def test_an_object_that_stops_everything_ends_the_question(tmp_path: Path) -> None:
    bad = broken.config("shop", "bad", emailConfigs=[{"to": "a@b.c"}])
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(bad))

    done = route(*PAGE, file)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "prometheus-operator stops merging for everyone" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((str(POLICY),), "name the alert's labels"),
        (("alertname=X",), "give one of: PATHs, --cluster, --alertmanager URL"),
        (("alertname=X", str(POLICY), "--cluster"), "give one of"),
        (("alertname=X", "missing.yaml"), "No such file"),
        (("{alertname=~x}", str(POLICY)), "is no label set; write it like"),
        (("alertname=X", str(POLICY), "--at", "soon"), "--at: 'soon' is no time"),
        (("alertname=X", str(POLICY), "--firing", "x"), "--firing:"),
        (("alertname=X", str(POLICY), "--base", str(POLICY)), "is no alertmanager.yaml"),
    ],
)
def test_wrong_usage_says_what_would_be_right(arguments: tuple[str, ...], words: str) -> None:
    done = fireline("route", *arguments)

    assert done.exit_code == 2
    assert words in done.stderr


@pytest.mark.bed
def test_the_rendered_configuration_pleases_amtool(tmp_path: Path) -> None:
    done = fireline("render", "--as", "alertmanager", "--base", BASE, "--at", SUNDAY, POLICY)

    assert done.exit_code == 0
    configuration = yaml.safe_load(done.stdout)
    assert amtool.check(amtool.write(configuration, tmp_path)) == ""
    assert [one["name"] for one in configuration["receivers"]][:2] == ["platform", "heartbeat"]
    assert "<secret shop/pagerduty key key>" in done.stdout


def test_the_objects_are_rendered_as_the_operator_writes_them() -> None:
    done = fireline("render", "--as", "alertmanagerconfig", "--at", SUNDAY, POLICY)

    (config,) = yaml.safe_load_all(done.stdout)
    assert (config["kind"], config["metadata"]["name"]) == ("AlertmanagerConfig", "alertpolicy-checkout")
    assert config["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "fireline"
    assert done.stderr.endswith("rendered 1 AlertPolicy\n")


def test_nothing_is_rendered_when_a_policy_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        POLICY.read_text().replace("fallback: {receivers: [mail]}", "fallback: {receivers: [post]}")
    )

    done = fireline("render", "--as", "alertmanager", file)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "'post' is not among spec.receivers" in done.stderr


@pytest.fixture
def running(tools: Tools, tmp_path: Path) -> Iterator[Alertmanager]:
    """An Alertmanager with the cluster owner's configuration."""
    configuration: dict[str, Any] = yaml.safe_load(BASE.read_text())
    with Alertmanager(tools, tmp_path, config=configuration) as server:
        yield server


@pytest.mark.bed
def test_a_running_alertmanager_is_asked_for_what_it_loaded(running: Alertmanager) -> None:
    done = fireline("route", "alertname=Watchdog", "--alertmanager", running.url, "-o", "json")

    assert done.exit_code == 0, done.stderr
    assert [one["receiver"] for one in json.loads(done.stdout)["told"]] == ["heartbeat"]


@pytest.mark.bed
def test_what_fires_and_is_silenced_there_counts(tools: Tools, tmp_path: Path) -> None:
    configuration = yaml.safe_load(BASE.read_text())
    configuration["inhibit_rules"] = [
        {"source_matchers": ["alertname=Outage"], "target_matchers": ["alertname=Slow"]}
    ]
    with Alertmanager(tools, tmp_path, config=configuration) as server:
        outage = [{"labels": {"alertname": "Outage"}}]
        assert requests.post(f"{server.url}/api/v2/alerts", json=outage, timeout=30).ok
        silence = {
            "matchers": [{"name": "alertname", "value": "Watch.*", "isRegex": True, "isEqual": True}],
            "startsAt": "2026-11-22T09:00:00Z",
            "endsAt": "2126-11-22T12:00:00Z",
            "createdBy": "ada",
            "comment": "moving house",
        }
        assert requests.post(f"{server.url}/api/v2/silences", json=silence, timeout=30).ok

        inhibited = fireline("route", "alertname=Slow", "--alertmanager", server.url)
        silenced = fireline("route", "alertname=Watchdog", "--alertmanager", server.url)

    assert (inhibited.exit_code, silenced.exit_code) == (1, 1)
    assert "while Outage{} fires" in inhibited.stdout
    assert "silenced by ada until Fri 2126-11-22 12:00:00 UTC (moving house)" in silenced.stdout


def test_an_alertmanager_that_does_not_answer_is_said_to_be_unreachable() -> None:
    done = fireline("route", "alertname=Watchdog", "--alertmanager", "http://127.0.0.1:1")

    assert done.exit_code == 2
    assert "127.0.0.1:1" in done.stderr


@pytest.mark.bed
def test_a_cluster_is_asked_for_what_its_alertmanager_selects(
    cluster: Cluster, request: pytest.FixtureRequest
) -> None:
    client = cluster.client()
    for name, labels in (("route-in", {"routed": "yes"}), ("route-out", {"routed": "no"})):
        client.namespace(name, labels)
        client.apply(broken.config(name, "alerts", webhookConfigs=[{"url": "https://h.example"}]))
    alertmanagers.create(
        client, "route-in", yaml.safe_load(BASE.read_text()), strategy="None", namespaces={"routed": "yes"}
    )

    request.addfinalizer(lambda: _removed(client))
    done = fireline(
        *("route", "a=b", "--cluster", "--kubeconfig", cluster.kubeconfig, "--base", BASE, "-o", "json"),
        *("--alertmanager-namespace", "route-in"),
    )

    assert done.exit_code == 0, done.stderr
    # No matcher on the namespace: the strategy is the cluster's.
    assert [one["receiver"] for one in json.loads(done.stdout)["told"]] == ["route-in/alerts/one"]


def _removed(client: KubeClient) -> None:
    """Others use the same API server, and ask for the only Alertmanager there is."""
    client.delete(ALERTMANAGER, alertmanagers.NAME, "route-in")
    for namespace in ("route-in", "route-out"):
        client.delete(ALERTMANAGER_CONFIG, "alerts", namespace)
