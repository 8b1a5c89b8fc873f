"""The main path on real servers: an SLO in, numbers and a page out.

kubectl apply → operator → PrometheusRule → prometheus-operator → Prometheus → status, and on an
outage Alertmanager → webhook. One bed for all; each test that changes something has its own namespace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.bed.bed import Bed
from tests.bed.kubeclient import Manifest
from tests.bed.operator import Operator
from tests.bed.promoperator import NAME, RULE_LABELS
from tests.bed.promoperator import NAMESPACE as MONITORING
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.truth.slos import an_slo, condition, status_of

from fireline.api import labels
from fireline.api.resources import PROMETHEUS, PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"
CHECKOUT = "checkout-availability"
WINDOWS = "fireline-windows-default"
PASSWORD = "hunter2"


@dataclass
class Way:
    """The bed and the operator on it."""

    bed: Bed
    operator: Operator

    def slo(self, name: str = CHECKOUT, namespace: str = "shop") -> Manifest:
        """An SLO as the server holds it."""
        return self.bed.client.get(SLO, name, namespace)

    def rule(self, name: str, namespace: str = "shop") -> Manifest | None:
        """A PrometheusRule, or None."""
        return self.bed.client.find(PROMETHEUS_RULE, name, namespace)

    def status(self, name: str = CHECKOUT, namespace: str = "shop") -> Manifest:
        """The status of the SLO's generation."""
        return status_of(self.bed.client, namespace, name)

    def is_(self, status: str, type_: str, name: str = CHECKOUT, namespace: str = "shop") -> bool:
        """Whether a condition has this status."""
        return bool(condition(self.status(name, namespace), type_)["status"] == status)


@pytest.fixture(scope="module")
def path(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """Bed and operator; ``dark`` is a second source that nobody answers for. Both URLs have a password."""
    directory = tmp_path_factory.mktemp("main-path")
    with Bed(tools, directory=directory, scrape_interval="1s", evaluation_interval="1s") as bed:
        sources = {
            "default": {
                "urls": [f"http://reader:{PASSWORD}@{bed.prometheus.address}"],
                "rule_labels": RULE_LABELS,
            },
            "dark": {"urls": [f"http://reader:{PASSWORD}@127.0.0.1:1"], "rule_labels": RULE_LABELS},
        }
        settings = {"refresh_seconds": 1.0, "status_interval_seconds": 1.0, "exact_today_seconds": 2.0}
        with Operator(
            directory, kubeconfig=bed.cluster.kubeconfig, settings={**settings, "sources": sources}
        ) as operator:
            bed.client.namespace("shop")
            bed.cluster.kubectl("apply", "-n", "shop", "-f", str(QUICKSTART))
            dark = an_slo("checkout", name="dark", namespace="shop", prometheus="dark")
            bed.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(dark))
            yield Way(bed, operator)


@pytest.fixture(scope="module")
def ready(path: Way) -> Way:
    """Both SLOs of the quickstart are Ready."""
    for name in (CHECKOUT, "checkout-latency"):
        wait_for(lambda name=name: path.is_("True", "Ready", name), what=f"{name} is Ready")
    return path


@pytest.fixture(scope="module")
def page(ready: Way) -> dict[str, Any]:
    """The page of an outage that began after the SLO was Ready, as the webhook received it."""
    ready.bed.webhook.clear()
    ready.bed.shop.faults(errors=1.0)
    pages = wait_for(lambda: ready.bed.webhook.alerts(slo=CHECKOUT, slo_tier="PageFast"), what="the page")
    return pages[0]


def test_an_applied_slo_becomes_a_rule_object_of_its_own(path: Way):
    rule = wait_for(lambda: path.rule(f"slo-{CHECKOUT}"), what="the PrometheusRule")
    metadata, owner = rule["metadata"], path.slo()["metadata"]
    assert (
        metadata["labels"].items()
        >= {
            **RULE_LABELS,
            labels.MANAGED_BY: labels.MANAGER,
            labels.OWNER_NAME: CHECKOUT,
            labels.OWNER_UID: owner["uid"],
        }.items()
    )
    (reference,) = metadata["ownerReferences"]
    assert (reference["uid"], reference["controller"]) == (owner["uid"], True)


def test_the_slos_of_a_namespace_share_one_object_of_windows(path: Way):
    wanted = {
        "slo-checkout-availability",
        "slo-checkout-latency",
        "slo-dark",
        "fireline-windows-dark",
        WINDOWS,
    }

    def names() -> set[str]:
        return {one["metadata"]["name"] for one in path.bed.client.list(PROMETHEUS_RULE, "shop")}

    wait_for(lambda: names() == wanted, what=f"exactly {wanted}")


def test_the_reconcile_that_wrote_a_rule_can_be_found_in_the_log(path: Way):
    rule = wait_for(lambda: path.rule(f"slo-{CHECKOUT}"), what="the PrometheusRule")
    correlation = rule["metadata"]["annotations"][labels.CORRELATION_ID]
    (line,) = [
        line for line in path.operator.logs() if line.get("correlation_id") == correlation and "child" in line
    ]
    assert line["child"] == f"PrometheusRule/shop/slo-{CHECKOUT}"
    assert line["key"].endswith(f"shop/{CHECKOUT}")
    assert {"event", "level", "timestamp"} <= line.keys()


def test_a_prometheus_that_does_not_answer_is_unknown_and_never_a_figure(path: Way):
    def told() -> Manifest | None:
        status = path.status("dark")
        return status if condition(status, "DataPresent")["reason"] == "PrometheusUnreachable" else None

    status = wait_for(told, what="the source is known to be down")
    assert "127.0.0.1:1" in condition(status, "DataPresent")["message"]
    assert {
        condition(status, type_)["status"] for type_ in ("RulesLoaded", "DataPresent", "BudgetHealthy")
    } == {"Unknown"}
    assert "consumed" not in status.get("budget", {})


def test_an_invalid_change_keeps_the_last_good_rule_and_says_so(path: Way):
    namespace = path.bed.client.namespace("edits")
    good = an_slo("checkout", name="edited", namespace=namespace)
    path.bed.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(good))
    before = wait_for(lambda: path.rule("slo-edited", namespace), what="the rule")
    total = {"metric": "http_requests_total"}
    wrong = an_slo(
        "checkout",
        name="edited",
        namespace=namespace,
        indicator={"ratio": {"bad": {"metric": 'http_requests_total{code=~"5..}'}, "total": total}},
    )
    path.bed.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(wrong))
    wait_for(lambda: path.is_("True", "Stalled", "edited", namespace), what="Stalled")
    said = condition(path.status("edited", namespace), "Ready")
    assert (said["status"], said["reason"]) == ("False", "InvalidPromQL")
    assert said["message"].startswith("spec.indicator.ratio.bad.metric: ")
    assert said["message"].endswith("The last good rules stay in place.")
    after = path.rule("slo-edited", namespace)
    assert after is not None
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

    path.bed.cluster.kubectl(
        "apply", "-f", "-", stdin=json.dumps({**good, "spec": {**good["spec"], "objective": "99"}})
    )
    wait_for(lambda: path.is_("False", "Stalled", "edited", namespace), what="the good change is taken")
    changed = wait_for(lambda: path.rule("slo-edited", namespace), what="the rule")
    assert changed["spec"] != before["spec"]


def test_deleting_slos_removes_their_rules_and_with_the_last_one_the_windows(path: Way):
    namespace = path.bed.client.namespace("leaving")
    for name in ("first", "last"):
        slo = an_slo("checkout", name=name, namespace=namespace)
        path.bed.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(slo))
    for rule in ("slo-first", "slo-last", WINDOWS):
        wait_for(lambda rule=rule: path.rule(rule, namespace), what=rule)

    path.bed.cluster.kubectl("delete", "slo", "first", "-n", namespace)
    wait_for(lambda: path.rule("slo-first", namespace) is None, what="the rule is gone")
    assert path.rule(WINDOWS, namespace)
    path.bed.cluster.kubectl("delete", "slo", "last", "-n", namespace)
    wait_for(lambda: not path.bed.client.list(PROMETHEUS_RULE, namespace), what="nothing is left")


def test_a_loaded_slo_is_ready_and_every_condition_says_why(ready: Way):
    status = ready.status()
    found = {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}
    wait_for(lambda: ready.is_("True", "DataPresent"), what="data is seen")
    assert found["Ready"] == ("True", "Ready")
    assert found["Valid"] == ("True", "Valid")
    assert found["Selected"] == ("True", "Selected")
    assert found["RulesLoaded"] == ("True", "Loaded")
    assert found["Stalled"][0] == "False"
    assert ready.bed.prometheus.rule_names() >= {
        "slo:bad:rate5m",
        "slo:total:rate1h",
        "slo:error_budget_consumed:ratio",
        "SLOErrorBudgetBurnPage",
        "SLONoData",
    }


def test_an_outage_pages_with_the_labels_people_route_by(ready: Way, page: dict[str, Any]):
    assert page["status"] == "firing"
    assert page["labels"] == {
        "alertname": "SLOErrorBudgetBurnPage",
        "namespace": "shop",
        "slo": CHECKOUT,
        "service": "checkout",
        "severity": "critical",
        "sev": "sev0",
        "slo_tier": "PageFast",
    }
    assert datetime.fromisoformat(page["startsAt"]) <= datetime.now(UTC)
    assert page["endsAt"] == "0001-01-01T00:00:00Z"
    assert page["generatorURL"].startswith(ready.bed.prometheus.url)
    assert page["annotations"]["summary"].startswith(f"SLO shop/{CHECKOUT} burns its error budget ")
    assert page["annotations"]["objective"] == "Customers can pay"


def test_the_status_says_what_fires_and_since_when(ready: Way, page: dict[str, Any]):
    def firing() -> Manifest | None:
        rows = [row for row in ready.status()["alerts"] if row["tier"] == "PageFast"]
        return rows[0] if rows[0]["state"] == "Firing" else None

    row = wait_for(firing, what="PageFast fires in the status")
    since = datetime.fromisoformat(row["since"])
    assert abs((since - datetime.fromisoformat(page["startsAt"])).total_seconds()) <= 1
    wait_for(lambda: ready.is_("False", "BudgetHealthy"), what="the budget is not healthy")
    assert ready.is_("True", "Ready")


def test_new_labels_for_what_fires_wait_and_the_status_says_for_what(ready: Way, page: dict[str, Any]):
    """Prometheus would take the alert for another one and page a second time."""
    del page
    wait_for(lambda: ready.status()["alerts"][0]["state"] == "Firing", what="the status knows that it fires")
    before = ready.rule(f"slo-{CHECKOUT}")

    def relabel(pager: str | None) -> None:
        patch = json.dumps({"spec": {"alerting": {"labels": {"pager": pager}}}})
        ready.bed.cluster.kubectl("patch", "slo", CHECKOUT, "-n", "shop", "--type=merge", "-p", patch)

    relabel("gold")
    try:
        wait_for(
            lambda: condition(ready.status(), "RulesLoaded")["reason"] == "Deferred", what="the change waits"
        )
        said = condition(ready.status(), "RulesLoaded")["message"]
        assert said.startswith("PageFast fires, and this change alters pager of the alert")
        assert ready.is_("True", "Ready")
        assert ready.rule(f"slo-{CHECKOUT}") == before
    finally:
        relabel(None)
    wait_for(lambda: ready.is_("True", "RulesLoaded"), what="the change was taken back")
    assert ready.rule(f"slo-{CHECKOUT}") == before


def test_kubectl_shows_the_figures_in_120_columns(ready: Way, page: dict[str, Any]):
    del page

    def row() -> list[str] | None:
        table = ready.bed.cluster.kubectl("get", "slo", "-n", "shop").splitlines()
        assert table[0].split() == [
            *("NAME", "READY", "OBJECTIVE", "WINDOW", "BUDGET", "LEFT", "BURN", "1H", "ALERT", "AGE")
        ]
        assert max(map(len, table)) <= 120
        cells = next(line for line in table if line.startswith(CHECKOUT)).split()
        return cells if len(cells) == 8 and float(cells[5]) > 14.4 else None

    cells = wait_for(row, what="a row that shows the outage in every figure")
    assert cells[:4] == [CHECKOUT, "True", "99.9", "30d"]
    assert float(cells[4]) < 100
    assert "PageFast" in cells[6]


def test_the_operators_own_metrics_hold_known_figures_only(ready: Way):
    exported = requests.get(f"{ready.operator.url}/metrics", timeout=30).text
    consumed = "fireline_slo_error_budget_consumed_ratio"
    assert f'{consumed}{{namespace="shop",slo="{CHECKOUT}"}}' in exported
    assert f'{consumed}{{namespace="shop",slo="dark"}}' not in exported
    assert 'fireline_slo_objective_ratio{namespace="shop",slo="dark"}' in exported
    assert 'fireline_prometheus_requests_total{endpoint="query",outcome="ok",source="default"}' in exported


def test_the_status_page_names_each_source(path: Way):
    def dependencies() -> dict[str, Any] | None:
        found: dict[str, Any] = requests.get(f"{path.operator.url}/status", timeout=30).json()["dependencies"]
        return found if found["prometheus/dark"]["state"] == "down" else None

    found = wait_for(dependencies, what="the dark source is known to be down")
    assert found["prometheus/default"] == {"state": "up"}
    assert "127.0.0.1:1 cannot be reached" in found["prometheus/dark"]["message"]
    assert requests.get(f"{path.operator.url}/readyz", timeout=30).status_code == 200


def test_no_password_is_ever_told(path: Way):
    wait_for(lambda: path.is_("Unknown", "DataPresent", "dark"), what="the dark SLO's status")
    told = {
        page: requests.get(f"{path.operator.url}{page}", timeout=30).text for page in ("/status", "/metrics")
    }
    told["log"] = path.operator.log.read_text()
    told["objects"] = json.dumps([path.bed.client.list(kind) for kind in (SLO, PROMETHEUS_RULE)])
    told["events"] = path.bed.cluster.kubectl("get", "events", "-A", "-o", "json")
    assert "prometheus does not answer" in told["log"]
    for where, text in told.items():
        assert text, where
        assert PASSWORD not in text, where


def test_every_line_of_the_log_is_json(path: Way):
    lines = path.operator.log.read_text().splitlines()
    assert len(lines) == len(path.operator.logs()) > 5
    assert all("correlation_id" in line for line in path.operator.logs() if "key" in line)


def test_the_label_a_prometheus_asks_for_in_vain_is_named(ready: Way):
    def choose(**wanted: str | None) -> None:
        selector = {"matchLabels": {**RULE_LABELS, **wanted}}
        ready.bed.client.patch(PROMETHEUS, NAME, MONITORING, {"spec": {"ruleSelector": selector}})

    choose(tier="gold")
    try:
        wait_for(lambda: ready.is_("False", "Selected"), what="nobody selects the rules")
        said = condition(ready.status(), "Ready")
        assert (said["status"], said["reason"]) == ("False", "NotSelected")
        assert "Prometheus monitoring/main wants label tier=gold" in said["message"]
    finally:
        choose(tier=None)
    wait_for(lambda: ready.is_("True", "Ready"), what="selected again")
