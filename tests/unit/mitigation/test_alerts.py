"""What the alerts of a Mitigation carry. When they fire: tests/rules/test_mitigation_alerts.py."""

from __future__ import annotations

from typing import Any

import promql_parser
import pytest
from tests import promtool

from fireline.api.belonging import Owner
from fireline.api.mitigation import Mitigation
from fireline.mitigation import names
from fireline.mitigation.alerts import MitigationAlerts, alerts_object

POLICY = Owner(
    "shop", "on-call", runbook_url="https://runbooks.example/{alertname}?ns={namespace}&s={service}"
)
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}


def a_mitigation(**spec: Any) -> Mitigation:
    return Mitigation.of(
        {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "Mitigation",
            "metadata": {"name": "more", "namespace": "shop"},
            "spec": {
                "target": DEPLOYMENT,
                "action": {"scale": {"replicas": 5}},
                "serviceAccountName": "mitigator",
                **spec,
            },
        }
    )


def rules(
    *, service: str | None = None, policy: Owner | None = None, runbook: str | None = None, **spec: Any
):
    alerts = MitigationAlerts.of(
        a_mitigation(**spec), service=service, policy=policy, default_runbook=runbook
    )
    (group,) = alerts_object(alerts, source="default")["spec"]["groups"]
    return group["rules"]


def one(name: str, **given: Any) -> dict[str, Any]:
    (found,) = [rule for rule in rules(**given) if rule["alert"] == name]
    return found


def limit(**revert: Any) -> str:
    """Seconds after the end of its time at which it is overdue."""
    return one(names.ALERT_OVERDUE, revert=revert)["expr"].partition(" > ")[2].split()[0]


def test_an_alert_carries_what_routing_needs():
    trigger = {"slo": "checkout"}
    assert one(names.ALERT_NEEDS_HUMAN, policy=POLICY, service="pay", trigger=trigger)["labels"] == {
        "namespace": "shop",
        "mitigation": "more",
        "slo": "checkout",
        "service": "pay",
        "severity": "critical",
        "sev": "sev1",
        "alert_policy": "shop/on-call",
    }
    assert one(names.ALERT_OVERDUE)["labels"] == {
        "namespace": "shop",
        "mitigation": "more",
        "severity": "warning",
        "sev": "sev2",
    }


def test_the_slo_it_belongs_to_may_be_another_than_that_of_its_trigger():
    assert one(names.ALERT_OVERDUE, slo="pay", trigger={"slo": "checkout"})["labels"]["slo"] == "pay"


def test_the_reason_is_a_label_and_in_the_summary():
    rule = one(names.ALERT_NEEDS_HUMAN)
    assert "by (namespace, mitigation, reason)" in rule["expr"]
    assert rule["annotations"]["summary"] == "Mitigation shop/more needs a person: {{ $labels.reason }}"


def test_everybody_is_told_what_to_type():
    for rule in rules():
        assert "fireline mitigations diff more -n shop" in rule["annotations"]["description"]
        assert "shop/more" in rule["annotations"]["summary"]


@pytest.mark.parametrize(
    ("revert", "seconds"),
    [
        ({"ttlPolicy": "Always"}, 300),
        ({"ttlPolicy": "RevertIfHealthy"}, 300 + 6 * 3600),
        ({"ttlPolicy": "RevertIfHealthy", "maxHold": "10m"}, 900),
        ({"ttlPolicy": "Hold", "maxHold": "1h"}, 3900),
    ],
)
def test_it_is_overdue_when_it_may_not_even_be_held_any_more(revert: dict[str, Any], seconds: int):
    assert limit(**revert) == str(seconds)


@pytest.mark.parametrize(
    "spec",
    [
        {"action": {"rolloutUndo": {}}},
        {"action": {"restart": {}}},
        {"revert": {"when": ["Recovery", "Delete"]}},
        {"target": None, "action": {"webhook": {"url": "https://hooks.example/"}}},
    ],
    ids=str,
)
def test_what_is_never_taken_back_by_time_is_never_overdue(spec: dict[str, Any]):
    assert [rule["alert"] for rule in rules(**spec)] == [names.ALERT_NEEDS_HUMAN]


def test_a_runbook_is_that_of_the_policy_else_that_of_the_settings():
    default = "https://default.example/{alertname}"
    link = one(names.ALERT_OVERDUE, policy=POLICY, service="pay", runbook=default)["annotations"]
    assert link["runbook_url"] == "https://runbooks.example/mitigationoverdue?ns=shop&s=pay"
    link = one(names.ALERT_NEEDS_HUMAN, runbook=default)["annotations"]
    assert link["runbook_url"] == "https://default.example/mitigationneedshuman"
    assert "runbook_url" not in one(names.ALERT_OVERDUE)["annotations"]


def test_it_is_correlated_with_the_alerts_of_its_slo():
    from fireline.api.belonging import correlation_id

    ids = {rule["annotations"]["correlation_id"] for rule in rules(policy=POLICY, slo="checkout")}
    assert ids == {correlation_id("shop/on-call", "shop", "checkout")}
    alone = {rule["annotations"]["correlation_id"] for rule in rules(policy=POLICY)}
    assert len(alone) == 1
    assert alone != ids


def test_expressions_parse_and_select_by_namespace_and_mitigation():
    for rule in rules():
        promql_parser.parse(rule["expr"])
        selected = rule["expr"].count('namespace="shop",mitigation="more"')
        assert selected == rule["expr"].count("fireline_mitigation_") + rule["expr"].count("ALERTS{") == 3


def test_an_alert_name_has_one_severity_so_that_no_mitigation_mutes_another():
    found = {(rule["alert"], rule["labels"]["severity"]) for rule in rules()}
    assert found == {(names.ALERT_NEEDS_HUMAN, "critical"), (names.ALERT_OVERDUE, "warning")}


def test_the_object_is_named_after_the_mitigation_and_carries_the_labels_of_its_source():
    rule = alerts_object(
        MitigationAlerts.of(a_mitigation()), source="main", rule_labels={"prometheus": "main"}
    )
    assert rule["metadata"]["name"] == "mitigation-more"
    assert rule["metadata"]["labels"] == {"prometheus": "main"}
    assert rule["metadata"]["annotations"]["fireline.dev/source"] == "main"


def test_only_a_change_of_the_rules_changes_their_hash():
    def hashed(**spec: Any) -> str:
        rule = alerts_object(MitigationAlerts.of(a_mitigation(**spec)), source="default")
        return str(rule["metadata"]["annotations"]["fireline.dev/spec-hash"])

    assert hashed() == hashed(limits={"maxPerDay": 5})
    assert hashed() != hashed(revert={"maxHold": "1h"})


@pytest.mark.bed
def test_promtool_finds_nothing_wrong():
    (group,) = alerts_object(MitigationAlerts.of(a_mitigation(), policy=POLICY), source="x")["spec"]["groups"]
    assert promtool.check({"groups": [group]}) == ""
