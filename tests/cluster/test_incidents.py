"""One outage on real servers, from the first bad request until the draft of its postmortem.

A person says yes to first aid, and takes it back. The operator is killed in the middle of it: nothing is
lost, and nothing is told twice to a sink that looks at ids. The tier is a short one, so that the page ends
within minutes of the repair.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from tests.bed.bed import Bed
from tests.bed.kubeclient import Manifest
from tests.bed.operator import Operator
from tests.bed.promoperator import RULE_LABELS
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.mitigations.scene import CONFIG_MAPS, QUICK, Aid

from fireline.api.conditions import parse_timestamp
from fireline.api.resources import SLO
from fireline.cli.main import main

pytestmark = pytest.mark.bed

NAME = "checkout"
MANIFEST: Manifest = {
    "apiVersion": SLO.api_version,
    "kind": SLO.kind,
    "metadata": {"name": NAME, "namespace": "shop", "labels": {"team": "payments"}},
    "spec": {
        "service": "checkout",
        "objective": "99.9",
        "window": {"rolling": "30d"},
        "indicator": {
            "ratio": {
                "bad": {"metric": 'http_requests_total{service="checkout",code=~"5.."}'},
                "total": {"metric": 'http_requests_total{service="checkout"}'},
            }
        },
        "alerting": {
            "burnRates": [
                {"name": "PageFast", "severity": "Page", "long": "10m", "short": "5m", "factor": "500"}
            ],
            "budget": [],
            "ineffective": "Ignore",
        },
    },
}
"""Pages while more than half of the requests of five minutes fail."""


@dataclass
class Outage:
    """The bed, and what its status was on the way."""

    bed: Bed
    begun: Manifest
    seen: Manifest
    over: Manifest

    def events(self) -> list[dict[str, Any]]:
        """What the sink was sent, in order."""
        return [one["body"] for one in self.bed.webhook.received() if one["path"] == "/events"]


@pytest.fixture(scope="module")
def outage(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    """The whole of it; the operator is killed while the incident is open."""
    directory = tmp_path_factory.mktemp("incidents")
    fast = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    with Bed(tools, directory=directory, error_rate=0.0, **fast) as bed:
        links = {"logs": "https://logs.example/{namespace}/{service}?from={from}&to={to}"}
        settings = {
            "refresh_seconds": 1.0,
            "status_interval_seconds": 1.0,
            "exact_today_seconds": 2.0,
            "sources": {"default": {"urls": [bed.prometheus.url], "rule_labels": RULE_LABELS}},
            "mitigations": QUICK,
            "incidents": {
                "settle_seconds": 3,
                "links": links,
                "environment": "test",
                "events": {"urls": [f"{bed.webhook.url}/events"]},
            },
        }

        def newest() -> Manifest | None:
            incidents = bed.client.get(SLO, NAME, "shop").get("status", {}).get("incidents", [])
            return incidents[0] if incidents else None

        def having(field: str) -> Manifest | None:
            found = newest()
            return found if found is not None and field in found else None

        bed.client.namespace("shop")
        bed.client.apply(MANIFEST)
        with Operator(directory, kubeconfig=bed.cluster.kubeconfig, settings=settings) as operator:
            series = f'slo:burn_rate:ratio{{slo="{NAME}",window="5m"}}'
            wait_for(lambda: bed.prometheus.value(series) is not None, what="the burn rate")
            bed.shop.faults(errors=1.0)
            begun = wait_for(newest, what="an incident", seconds=240)
            seen = wait_for(lambda: having("evidence"), what="evidence")
            aid = Aid(SimpleNamespace(client=bed.client, namespace="shop"))
            helped_by_hand(aid)
            operator.kill()
            bed.shop.heal()
            operator.start()
            wait_for(lambda: (newest() or {})["state"] == "Resolved", what="the end of it", seconds=300)
            outage = Outage(bed, begun, seen, {})
            sent = wait_for(lambda: having("exported"), what="what was sent is noted")
            wait_for(
                lambda: (newest() or sent).get("exported", 0) >= len((newest() or sent)["facts"]),
                what="all was sent",
            )
            outage.over = newest() or {}
            yield outage


def helped_by_hand(aid: Aid) -> None:
    """A Mitigation of the SLO, proposed, approved by ann, in place, and taken back."""
    aid.may(CONFIG_MAPS)
    aid.config_map("shop", mode="fast")
    aid.apply("safe-mode", slo=NAME)
    aid.propose("safe-mode")
    aid.approve("safe-mode", by="ann")
    aid.phase("safe-mode", "Active")
    aid.annotate("safe-mode", revert="1")
    aid.phase("safe-mode", "Reverted")


def test_the_incident_is_named_by_the_alert_that_began_it(outage: Outage):
    assert (outage.begun["state"], outage.begun["tier"]) == ("Open", "PageFast")
    assert outage.begun["owner"] == "team payments"
    assert outage.begun["id"] == outage.over["id"]


def test_what_the_outage_left_in_prometheus_is_its_evidence(outage: Outage):
    evidence = outage.seen["evidence"]
    worst = evidence["topSeries"][0]
    assert worst["labels"]["service"] == "checkout"
    assert worst["labels"]["code"].startswith("5")
    assert float(worst["perSecond"]) > 0
    assert float(next(one["value"] for one in evidence["burnRates"] if one["window"] == "5m")) > 1
    assert evidence["links"][0]["url"].startswith("https://logs.example/shop/checkout?from=1")
    assert any("rollouts: no series" in words for words in evidence["missing"])
    assert "rollouts" not in evidence


def test_the_start_of_impact_is_before_the_page_and_no_guess(outage: Outage):
    began, impact = (parse_timestamp(outage.seen[name]) for name in ("startedAt", "impactStart"))
    assert timedelta(0) <= began - impact <= timedelta(minutes=4)
    assert {"timeToDetect", "timeToResolve"} <= outage.over.keys()


def test_a_kill_in_the_middle_of_it_changes_no_fact_and_adds_none_twice(outage: Outage):
    before, after = outage.seen["facts"], outage.over["facts"]
    assert after[: len(before)] == before
    keys = [(fact["type"], fact["source"], fact["eventTime"]) for fact in after]
    assert len(set(keys)) == len(keys)
    assert [fact["type"] for fact in after].count("incident.detected") == 1


def test_it_ends_when_the_page_does(outage: Outage):
    reached = outage.over["phases"]
    assert reached["detect"] <= reached["triage"] <= reached["mitigate"] <= reached["resolve"]
    assert not {"verify", "postmortem"} & reached.keys()
    assert outage.over["facts"][-1]["type"] == "incident.resolved"


def test_what_first_aid_was_given_is_in_the_record_with_who_said_yes(outage: Outage):
    facts = [fact for fact in outage.over["facts"] if fact["source"] == "Mitigation/shop/safe-mode"]
    assert [fact["type"].removeprefix("mitigation.") for fact in facts] == [
        "proposed",
        "approved",
        "begun",
        "applied",
        "reverting",
        "reverted",
    ]
    assert [
        fact["actor"] for fact in facts if fact["type"] in {"mitigation.approved", "mitigation.begun"}
    ] == [
        "ann",
        "ann",
    ]


def test_the_sink_was_sent_every_fact_in_order(outage: Outage):
    ids = [one["id"] for one in outage.events()]
    name = outage.over["id"]
    assert list(dict.fromkeys(ids)) == [f"{name}/{fact['seq']}" for fact in outage.over["facts"]]
    types = [one["type"] for one in outage.events()]
    assert types[0] == "dev.cdevents.incident.detected.0.3.0"
    assert types[-1] == "dev.cdevents.incident.resolved.0.3.0"
    assert outage.events()[0]["data"]["subject"]["content"]["environment"] == {"id": "test"}


def test_the_draft_of_its_postmortem_comes_from_the_cluster(outage: Outage):
    cluster = ["-n", "shop", "--kubeconfig", str(outage.bed.cluster.kubeconfig)]
    drafted = CliRunner().invoke(main, ["postmortem", outage.over["id"], *cluster])
    assert drafted.exit_code == 0, drafted.output
    assert drafted.stdout.startswith(f"# Postmortem of {outage.over['id']}: checkout, ")
    assert "| verify | not reached |" in drafted.stdout
    assert "safe-mode is approved" in drafted.stdout
    listed = CliRunner().invoke(main, ["incidents", *cluster, "-o", "json"])
    (one,) = json.loads(listed.stdout)["items"]
    assert (one["id"], one["state"]) == (outage.over["id"], "Resolved")
