"""Every status the planner writes, on the real API server: kept to the last field, and shown in a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient, Manifest
from tests.builders import an_slo
from tests.planning import GOOD, NOW, Told, planned, settled

from fireline.api.resources import SLO
from fireline.slo.audit import Audit
from fireline.slo.forecast import Profile
from fireline.slo.ledger import Spent
from fireline.slo.observation import SeenAlert, SeenEvents, SeenGroup, SeenGroups

pytestmark = pytest.mark.bed

LONGEST = "checkout-availability-of-the-whole-shop1"
"""A name of 40 characters."""
AT = int(NOW.timestamp())
EVERYTHING = replace(
    GOOD,
    consumed=13.337,
    burn=dict.fromkeys(("5m", "30m", "1h", "2h", "6h", "1d", "3d", "4h", "15m"), 999.4),
    alerts=(SeenAlert("TicketFast", firing=True, since=NOW), SeenAlert("Budget50", firing=True)),
    events=SeenEvents(1_333_700, 1e9, 1e5),
    profile=Profile(AT, 13.337, (Spent(AT - 9000, AT, 5, 9),)),
    groups=SeenGroups(51, (SeenGroup((("region", "eu"),), 2.0), SeenGroup((("region", "us"),), 0.1))),
    audit=Audit(AT, 13.3, 0.037, agrees=True),
    down=None,
)
FULL = an_slo(
    groupBy=["region"],
    tier="Frontend",
    alerting={
        "burnRates": [
            {"name": "TicketFast", "severity": "Ticket", "long": "4h", "short": "15m", "factor": "3"}
        ]
    },
)
SPECS = {
    "full": FULL,
    "quarter": an_slo("99.9999", window={"calendar": "Quarter", "timeZone": "Europe/Berlin"}),
    "slices": an_slo(budgeting="Timeslices", timeslice={"length": "5m", "objective": "99"}),
    "composite": an_slo(indicator={"composite": {"method": "Weighted", "objectives": [{"name": "a"}]}}),
    "maintenance": an_slo(
        maintenance=[{"from": "2026-11-22T11:00:00Z", "to": "2026-11-22T13:00:00Z"}], tier="Job"
    ),
}


@pytest.fixture
def client(cluster: Cluster) -> Iterator[KubeClient]:
    with cluster.client() as client:
        yield client


def status_of(spec: Manifest) -> Manifest:
    """A status with as much in it as there can be: figures, then a broken Prometheus, then an edit."""
    first = settled(spec, planned(spec, told=Told(EVERYTHING)))
    broken = settled(spec, planned(first, told=Told(replace(EVERYTHING, load_error="many-to-many"))))
    broken["status"]["objective"] = {"value": "98"}
    plan = planned(broken, told=Told(EVERYTHING), now=NOW + timedelta(hours=1))
    assert plan is not None
    assert plan.status is not None
    return plan.status


def made(client: KubeClient, namespace: str, name: str, spec: Manifest) -> Manifest:
    """The object as the API server holds it, with that status."""
    client.namespace(namespace)
    metadata = {"name": name, "namespace": namespace}
    found = client.create({**spec, "metadata": metadata})
    return client.replace({**found, "status": status_of(spec)}, subresource="status")


@pytest.mark.parametrize("kind", SPECS)
def test_the_schema_has_a_place_for_every_field(client: KubeClient, kind: str) -> None:
    """The API server drops what its schema does not know, and refuses what does not fit."""
    held = made(client, "status-kept", kind, SPECS[kind])
    assert held["status"] == status_of(SPECS[kind])
    assert {"objective", "budget", "alerts", "lastError"} <= held["status"].keys()


def test_the_fullest_status_has_every_field_there_is(client: KubeClient) -> None:
    """So the test above leaves none out but the queue, and the figures only other kinds have."""
    status = made(client, "status-full", "full", FULL)["status"]
    assert {"tier", "objective", "worstGroups", "groups", "lastError"} <= status.keys()
    assert {"events", "audit", "coverage", "left"} <= status["budget"].keys()


def test_kubectl_get_slo_fits_120_columns_at_its_widest(cluster: Cluster, client: KubeClient) -> None:
    namespace = "columns"
    for name, kind in ((LONGEST, "full"), ("month", "quarter")):
        made(client, namespace, name, SPECS[kind])
    held = client.get(SLO, LONGEST, namespace)
    unready = [c | {"status": "Unknown"} if c["type"] == "Ready" else c for c in held["status"]["conditions"]]
    status = {**held["status"], "conditions": unready}
    client.replace({**held, "status": status}, subresource="status")

    lines = cluster.kubectl("get", "slo", "-n", namespace).splitlines()

    assert " ".join(lines[0].split()) == "NAME READY OBJECTIVE WINDOW BUDGET LEFT BURN 1H ALERT AGE"
    rows = {line.split()[0]: line.split()[1:-1] for line in lines[1:]}
    assert rows[LONGEST] == ["Unknown", "99.9", "30d", "-1233.7", "999", "TicketFast"]
    assert rows["month"] == ["True", "99.9999", "Quarter", "-1233.7", "999", "TicketFast"]
    assert max(map(len, lines)) <= 120


def test_wide_and_by_category_there_is_more(cluster: Cluster, client: KubeClient) -> None:
    made(client, "columns-wide", "full", FULL)
    header, row = cluster.kubectl("get", "fireline", "-n", "columns-wide", "-o", "wide").splitlines()
    assert " ".join(header.split()).endswith("ALERT TIER SPENT BY REASON MESSAGE AGE")
    assert "Frontend" in row


def test_objectives_can_be_asked_for_by_tier_and_service(cluster: Cluster, client: KubeClient) -> None:
    namespace = "by-tier"
    for name, kind in (("front", "full"), ("job", "maintenance"), ("none", "quarter")):
        made(client, namespace, name, SPECS[kind])

    def listed(field: str) -> list[str]:
        found = cluster.kubectl("get", "slo", "-n", namespace, "-o", "name", "--field-selector", field)
        return [line.rpartition("/")[2] for line in found.split()]

    assert listed("spec.tier=Frontend") == ["front"]
    assert listed("spec.tier=Job") == ["job"]
    assert listed("spec.service=checkout") == ["front", "job", "none"]
