"""What the alerts of a check carry. When they fire: tests/rules/test_check_rules.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import promql_parser
import pytest

from fireline.api.belonging import Owner
from fireline.api.synthetic_check import SyntheticCheck
from fireline.promql.durations import Duration
from fireline.synthetic import names
from fireline.synthetic.alert_rules import coverage_window
from fireline.synthetic.alerts import CheckAlerts, alerts_object

POLICY = Owner("shop", "on-call", runbook_url="https://runbooks.example/{alertname}?ns={namespace}&slo={slo}")
STEPS = [
    {
        "name": "health",
        "http": {"url": "https://shop.example/"},
        "assert": [{"certificate": {"validFor": "14d"}}],
    },
    {"name": "pay", "http": {"url": "https://shop.example/pay"}},
    {
        "name": "edge",
        "tls": {"address": "shop.example:443"},
        "assert": [{"certificate": {"validFor": "1d"}}, {"certificate": {"validFor": "2d"}}],
    },
]


def a_check(**spec: Any) -> SyntheticCheck:
    return SyntheticCheck.of(
        {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "SyntheticCheck",
            "metadata": {"name": "flow", "namespace": "shop"},
            "spec": {"schedule": {"every": "1m"}, "steps": STEPS, **spec},
        }
    )


def rules(interval: int = 60, *, policy: Owner | None = None, runbook: str | None = None, **spec: Any):
    alerts = CheckAlerts.of(a_check(**spec), interval=interval, policy=policy, default_runbook=runbook)
    (group,) = alerts_object(alerts, source="default")["spec"]["groups"]
    return group["rules"]


def one(name: str, **given: Any) -> dict[str, Any]:
    (found,) = [rule for rule in rules(**given) if rule["alert"] == name]
    return found


def test_there_is_an_alert_for_everything_that_can_go_wrong():
    assert [rule["alert"] for rule in rules()] == [
        "SyntheticCheckFailing",
        "SyntheticCheckLate",
        "SyntheticCheckNeverRan",
        "SyntheticCheckNotMeasured",
        "SyntheticCheckCertificateExpiring",
        "SyntheticCheckCertificateExpiring",
    ]


def test_alerts_carry_what_routing_needs_and_never_a_result():
    assert one(names.ALERT_FAILING)["labels"] == {
        "namespace": "shop",
        "check": "flow",
        "severity": "critical",
        "sev": "sev1",
    }
    of_policy = one(names.ALERT_LATE, policy=POLICY, location="eu-1")["labels"]
    assert of_policy == {
        "namespace": "shop",
        "check": "flow",
        "location": "eu-1",
        "severity": "warning",
        "sev": "sev2",
        "alert_policy": "shop/on-call",
    }


def test_each_certificate_that_is_asserted_has_an_alert_with_the_longest_time():
    certificates = [rule for rule in rules() if rule["alert"] == names.ALERT_CERTIFICATE]
    limits = {
        rule["labels"]["step"]: rule["expr"].partition("time() < ")[2].split()[0] for rule in certificates
    }
    assert limits == {"health": str(14 * 86_400), "edge": str(2 * 86_400)}


@pytest.mark.parametrize(
    ("written", "sev", "name", "severity"),
    [
        ("P1", "sev0", "SyntheticCheckFailing", "critical"),
        ("sev1", "sev1", "SyntheticCheckFailing", "critical"),
        ("medium", "sev2", "SyntheticCheckFailingTicket", "warning"),
    ],
)
def test_a_failing_check_has_the_severity_it_asks_for(written, sev, name, severity):
    labels = one(name, alert={"severity": written})["labels"]
    assert (labels["sev"], labels["severity"]) == (sev, severity)


def test_an_alert_name_has_one_severity_so_that_no_check_mutes_another():
    by_name: dict[str, set[str]] = {}
    for severity in ("sev0", "sev1", "sev2"):
        for rule in rules(alert={"severity": severity}):
            by_name.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    assert {name: len(found) for name, found in by_name.items()} == dict.fromkeys(by_name, 1)


def test_everybody_is_told_what_to_run():
    for rule in rules():
        assert "kubectl describe syntheticcheck flow -n shop" in rule["annotations"]["description"]
        assert "shop/flow" in rule["annotations"]["summary"]
        assert "$" not in str(rule["annotations"]), "what is remembered has no value to show"


def test_the_place_is_in_the_summary():
    assert (
        "shop/flow at eu-1 has failed" in one(names.ALERT_FAILING, location="eu-1")["annotations"]["summary"]
    )


def test_a_runbook_is_that_of_the_policy_else_that_of_the_settings():
    default = "https://default.example/{alertname}"
    link = one(names.ALERT_LATE, policy=POLICY, runbook=default)["annotations"]["runbook_url"]
    assert link == "https://runbooks.example/syntheticchecklate?ns=shop&slo=syntheticchecklate"
    link = one(names.ALERT_LATE, runbook=default)["annotations"]["runbook_url"]
    assert link == "https://default.example/syntheticchecklate"
    assert "runbook_url" not in one(names.ALERT_LATE)["annotations"]


def test_all_alerts_of_a_check_are_correlated_and_those_of_others_are_not():
    ids = {rule["annotations"]["correlation_id"] for rule in rules(policy=POLICY)}
    assert len(ids) == 1
    assert ids != {rule["annotations"]["correlation_id"] for rule in rules()}


@pytest.mark.parametrize("seconds", [5, 60, 300, 1800, 86_400])
def test_expressions_parse_and_select_by_namespace_and_check(seconds):
    for rule in rules(seconds):
        promql_parser.parse(rule["expr"])
        selected = rule["expr"].count('namespace="shop",check="flow"')
        assert selected == rule["expr"].count("fireline_check_") + rule["expr"].count("ALERTS{")


@pytest.mark.parametrize(
    ("interval", "window"),
    [(5, "1h"), (60, "1h"), (600, "1h"), (1200, "1h"), (1800, "1h30m"), (3600, "3h"), (86_400, "3d")],
)
def test_coverage_is_looked_at_over_an_hour_and_at_least_three_intervals(interval, window):
    assert coverage_window(interval) == Duration.parse(window)
    assert f"[{window}]" in one(names.ALERT_NOT_MEASURED, interval=interval)["expr"]


def test_limits_are_those_of_the_spec():
    alert = {"consecutiveFailures": 5, "coverageBelow": "75.5"}
    assert ">= 5\n" in one(names.ALERT_FAILING, alert=alert)["expr"]
    expr = one(names.ALERT_NOT_MEASURED, alert=alert)["expr"]
    assert f"< {Decimal('0.755')}\n" in expr


def test_a_run_is_late_after_two_minutes_at_the_earliest():
    assert "> 120\n" in one(names.ALERT_LATE, interval=5)["expr"]
    assert "> 600\n" in one(names.ALERT_LATE, interval=300)["expr"]


def test_the_object_is_named_after_the_check_and_carries_the_labels_of_its_source():
    alerts = CheckAlerts.of(a_check(), interval=60)
    rule = alerts_object(alerts, source="main", rule_labels={"prometheus": "main"})
    assert rule["metadata"]["name"] == "syntheticcheck-flow"
    assert rule["metadata"]["labels"] == {"prometheus": "main"}
    assert rule["metadata"]["annotations"]["fireline.dev/source"] == "main"


def test_only_a_change_of_the_rules_changes_their_hash():
    def hashed(**spec: Any) -> str:
        rule = alerts_object(CheckAlerts.of(a_check(**spec), interval=60), source="default")
        return str(rule["metadata"]["annotations"]["fireline.dev/spec-hash"])

    assert hashed() == hashed(history=50)
    assert hashed() != hashed(alert={"consecutiveFailures": 4})
