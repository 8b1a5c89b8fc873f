"""``fireline explain`` against a real API server: each step from what is there, as far as rights allow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bed.cluster import Cluster
from tests.bed.ports import free_port
from tests.bed.prometheus import Prometheus
from tests.bed.waiting import wait_for
from tests.cli.statuses import a_status, an_slo
from tests.cluster.rig import Rig, a_rig

from fireline.api import labels
from fireline.api.resources import PROMETHEUS, PROMETHEUS_RULE, SLO
from fireline.cli.cluster import Cluster as ClientCluster
from fireline.cli.explaining.reading import from_cluster
from fireline.cli.explaining.walking import Step
from fireline.cli.main import main
from fireline.settings import Settings

pytestmark = pytest.mark.bed
SHOP = "explain-shop"
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Cluster:
    cluster.client().namespace(SHOP)
    return cluster


def put(cluster: Cluster, slo: Manifest) -> None:
    client, status = cluster.client(), slo.pop("status", None)
    client.apply(slo)
    if status:
        metadata = slo["metadata"]
        client.patch(SLO, metadata["name"], metadata["namespace"], {"status": status}, subresource="status")


def a_rule(name: str, owner: str, **changed: str) -> Manifest:
    """A PrometheusRule as the operator stamps it."""
    carried = {labels.MANAGED_BY: labels.MANAGER, labels.OWNER_NAME: owner, "release": "main"} | changed
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": name,
            "namespace": SHOP,
            "labels": carried,
            "annotations": {labels.SPEC_HASH: "abc"},
        },
        "spec": {"groups": []},
    }


def fireline(kubeconfig: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", "--kubeconfig", str(kubeconfig), *arguments])


def document(kubeconfig: Path, *arguments: str) -> Manifest:
    done = fireline(kubeconfig, *arguments, "-o", "json")
    assert done.exit_code == 0, done.stderr
    found: Manifest = json.loads(done.stdout)
    return found


def step(found: Manifest, name: str) -> Manifest:
    (one,) = [one for one in found["steps"] if one["name"] == name]
    return one


def steps_at(cluster: Cluster, name: str, now: datetime) -> dict[str, Step]:
    with ClientCluster.connect(cluster.kubeconfig, None) as asked:
        one = from_cluster(asked, SHOP, name, Settings(), None, now=now)
    return {found.name: found for found in one.steps}


def test_the_operators_own_status_is_explained_and_its_mending_seen(cluster: Cluster, tmp_path: Path) -> None:
    with a_rig(cluster, tmp_path, toy=False) as rig:
        _prometheus(rig, ruleSelector={"matchLabels": {"release": "main"}})
        rig.client.apply(an_slo("pay", namespace=rig.namespace))
        wait_for(lambda: _condition(rig, "Selected") == "False", what="Selected is False")

        found = document(cluster.kubeconfig, "slo/pay", "-n", rig.namespace)
        assert found["answer"] == "not Ready; look at Selected: NotSelected"
        answers = {one["name"]: one["answer"] for one in found["steps"]}
        assert [answers[name] for name in ("Seen", "Valid", "Written", "Selected")] == [
            "Yes",
            "Yes",
            "Yes",
            "No",
        ]
        selected = step(found, "Selected")
        assert "wants label release=main on PrometheusRule" in selected["words"][0]
        assert "rule_labels" in selected["advice"][0]
        assert f"kubectl get namespace {rig.namespace} --show-labels" in selected["commands"]

        rig.operator.stop()
        _prometheus(rig, ruleSelector={})
        selected = step(document(cluster.kubeconfig, "slo/pay", "-n", rig.namespace), "Selected")
        assert "looked at just now, with your rights: Prometheus" in selected["words"][1]
        assert "selects these rules" in selected["words"][1]


def _prometheus(rig: Rig, **spec: object) -> None:
    rig.client.apply(
        {
            "apiVersion": PROMETHEUS.api_version,
            "kind": PROMETHEUS.kind,
            "metadata": {"name": "main", "namespace": rig.namespace},
            "spec": {"replicas": 1, **spec},
        }
    )


def _condition(rig: Rig, name: str) -> str | None:
    conditions = rig.slo("pay").get("status", {}).get("conditions", ())
    return next((one["status"] for one in conditions if one["type"] == name), None)


def test_an_object_nobody_has_looked_at_says_who_holds_the_lease(shop: Cluster) -> None:
    put(shop, an_slo("unseen", namespace=SHOP))
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "fireline", "namespace": SHOP},
        "spec": {"holderIdentity": "fireline-7f", "renewTime": "2026-03-10T03:00:00.000000Z"},
    }
    shop.client().apply(lease)
    now = datetime.now(UTC)

    fresh = steps_at(shop, "unseen", now)["Seen"]
    late = steps_at(shop, "unseen", now + timedelta(hours=1))["Seen"]

    assert (fresh.verdict, fresh.reason) == ("Unknown", "Fresh")
    assert (late.verdict, late.reason) == ("No", "NoStatus")
    held = f"lease {SHOP}/fireline is held by fireline-7f, renewed 2026-03-10T03:00:00.000000Z"
    assert late.words[0] == "no operator has written a status"
    assert held in late.words
    assert late.commands[0] == "kubectl get pods -A | grep fireline"


def test_rules_that_are_missing_or_someone_elses_are_told_apart(shop: Cluster) -> None:
    put(shop, an_slo("stolen", namespace=SHOP, status=a_status()))
    shop.client().apply(a_rule("slo-stolen", "stolen", **{labels.MANAGED_BY: "helm"}))

    written = step(document(shop.kubeconfig, "stolen", "-n", SHOP), "Written")

    assert (written["answer"], written["reason"]) == ("No", "NameConflict")
    assert written["words"] == [
        "PrometheusRule slo-stolen is there, but not Fireline's: it does not carry its labels",
        "PrometheusRule fireline-windows-default is not there",
    ]


def test_a_newer_generation_waits_for_the_operator(shop: Cluster) -> None:
    put(shop, an_slo("edited", namespace=SHOP, status=a_status()))
    put(shop, an_slo("edited", namespace=SHOP, objective="99"))

    seen = step(document(shop.kubeconfig, "edited", "-n", SHOP), "Seen")

    assert (seen["answer"], seen["reason"]) == ("Unknown", "OlderGeneration")
    assert seen["words"] == ["the status is about generation 1, the spec is at 2"]


def test_events_of_the_object_and_of_its_rule_are_told_in_order(shop: Cluster) -> None:
    put(shop, an_slo("eventful", namespace=SHOP, status=a_status()))
    for number, (kind, name, reason) in enumerate(
        [("PrometheusRule", "slo-eventful", "Refused"), ("ServiceLevelObjective", "eventful", "Stalled")]
    ):
        shop.client().apply(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"eventful-{number}", "namespace": SHOP},
                "involvedObject": {"kind": kind, "name": name, "namespace": SHOP},
                "reason": reason,
                "message": "because",
                "type": "Warning",
                "lastTimestamp": f"2026-03-10T03:0{number}:00Z",
            }
        )

    found = document(shop.kubeconfig, "eventful", "-n", SHOP)

    assert [event["reason"] for event in found["events"]] == ["Refused", "Stalled"]
    shown = fireline(shop.kubeconfig, "eventful", "-n", SHOP).stdout
    assert re.search(r"2026-03-10T03:00:00Z +Refused: because", shown)


def test_a_missing_right_is_said_and_the_rest_is_explained(shop: Cluster) -> None:
    put(shop, an_slo("guarded", namespace=SHOP, status=a_status()))
    client, pair = shop.client(), shop.authority.client("reader")
    for kind, body in (
        ("Role", {"rules": [{"apiGroups": ["fireline.dev"], "resources": ["*"], "verbs": ["get"]}]}),
        (
            "RoleBinding",
            {
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}],
            },
        ),
    ):
        meta = {"name": "reader", "namespace": SHOP}
        client.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": meta, **body})
    reader = shop.write_kubeconfig("explain-reader", pair)
    wait_for(lambda: fireline(reader, "guarded", "-n", SHOP).exit_code == 0, what="the right to read SLOs")

    found = document(reader, "guarded", "-n", SHOP)

    assert found["answer"] == "Ready; unknown: Written (Unreadable)"
    assert "get on prometheusrules.monitoring.coreos.com is forbidden" in step(found, "Written")["words"][0]
    assert "list on alertpolicies.fireline.dev is forbidden" in found["remarks"][0]
    assert "list on events is forbidden" in found["remarks"][1]
    assert found["told"] == [
        {"name": "Policy", "figure": None, "words": ["policies of the namespace may not be read"]}
    ]
    assert step(found, "Selected")["answer"] == "Yes"
    assert found["numbers"][1]["figure"] == "0.0 %"


def test_an_slo_that_is_not_there_is_answered_with_those_that_are(shop: Cluster) -> None:
    put(shop, an_slo("checkout", namespace=SHOP, status=a_status()))

    done = fireline(shop.kubeconfig, "slo/chekout", "-n", SHOP)
    empty = fireline(shop.kubeconfig, "slo/checkout", "-n", "explain-nowhere")

    assert done.exit_code == empty.exit_code == 2
    assert f"there is no SLO chekout in namespace {SHOP}; did you mean checkout?" in done.stderr
    assert "there are none in this namespace, see fireline status -A" in empty.stderr


def test_a_server_that_is_not_there_is_said_so(shop: Cluster) -> None:
    address = f"http://127.0.0.1:{free_port()}"

    done = fireline(shop.write_kubeconfig("explain-gone", None, server=address), "slo/pay")

    assert (done.exit_code, done.stderr) == (2, f"Error: {address} cannot be reached: Connection refused\n")


@pytest.fixture
def counted(shop: Cluster) -> Iterator[Manifest]:
    """An SLO over series that count 20 events a second, two of them bad, and its rule."""
    ratio = {
        "bad": {"metric": 'app_requests_total{job="app",code="500"}'},
        "total": {"metric": 'app_requests_total{job="app"}'},
    }
    slo = an_slo("counted", namespace=SHOP, indicator={"ratio": ratio}, status=a_status())
    put(shop, slo)
    shop.client().apply(a_rule("slo-counted", "counted"))
    yield slo
    shop.client().delete(PROMETHEUS_RULE, "slo-counted", SHOP)


@pytest.mark.usefixtures("counted")
def test_prometheus_is_asked_for_raw_counts_and_loaded_rules(
    shop: Cluster, app_prometheus: Prometheus
) -> None:
    found = document(shop.kubeconfig, "counted", "-n", SHOP, "--prometheus", app_prometheus.url)

    (hour,) = [line for line in found["raw"] if line["name"] == "Raw, 1h"]
    counted = re.fullmatch(r"(\S+) bad of (\S+) events", hour["figure"])
    assert counted
    bad, total = map(float, counted.groups())
    # An hour of 20 a second, a little less at its ends; the share is exact whatever is missing there.
    assert total == pytest.approx(72_000, rel=0.02)
    assert bad / total == pytest.approx(0.1, rel=1e-4)
    assert hour["words"] == ["10.0000% bad ÷ 0.1 % = burn 100"]
    assert "Prometheus evaluates no rules of this SLO" in step(found, "RulesLoaded")["words"][1]


@pytest.mark.usefixtures("counted")
def test_rules_that_prometheus_has_not_loaded_yet_are_named(
    shop: Cluster, app_prometheus: Prometheus
) -> None:
    info = f'slo:info{{namespace="{SHOP}",slo="counted"}}'
    for loaded, words in (
        ("old", "older rules (old) than those written (abc)"),
        ("abc", "that are written now"),
    ):
        labels_ = f"{{namespace: {SHOP}, slo: counted, spec_hash: {loaded}}}"
        rule = f'{{record: "slo:info", expr: vector(1), labels: {labels_}}}'
        (app_prometheus.rules / "info.yaml").write_text(
            f"groups: [{{name: info, interval: 1s, rules: [{rule}]}}]\n"
        )
        app_prometheus.reload()
        wait_for(
            lambda loaded=loaded: (
                [one["metric"]["spec_hash"] for one in app_prometheus.query(info)] == [loaded]
            ),
            what=f"the series of {loaded} alone",
        )
        found = document(shop.kubeconfig, "counted", "-n", SHOP, "--prometheus", app_prometheus.url)
        assert words in step(found, "RulesLoaded")["words"][1]


@pytest.mark.usefixtures("counted")
def test_a_prometheus_that_is_not_there_is_said_so(shop: Cluster) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    done = fireline(shop.kubeconfig, "counted", "-n", SHOP, "--prometheus", url)

    assert done.exit_code == 2
    assert f"Prometheus: {url} cannot be reached" in done.stderr
