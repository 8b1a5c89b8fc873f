"""What an alert carries, in which group it is evaluated, and how its rule is said in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.alerting.rules.objects import CONTEXT, TYPES, Manifest, a_rule, parsed

from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.render import rule_groups
from fireline.alerting.rules.words import headline, said


def rendered(*rules: Manifest, context: RuleContext = CONTEXT) -> list[Manifest]:
    return rule_groups(parsed(*rules), context)


def the_alert(rule: Manifest, context: RuleContext = CONTEXT) -> Manifest:
    (group,) = rendered(rule, context=context)
    (alert,) = group["rules"]
    return alert


def test_an_alert_carries_what_routing_needs() -> None:
    rule = a_rule("ratio", {"severity": "P1", "service": "checkout", "labels": {"team": "shop"}})

    assert the_alert(rule)["labels"] == {
        "team": "shop",
        "namespace": "shop",
        "service": "checkout",
        "severity": "critical",
        "sev": "sev0",
        "alert_policy": "shop/checkout",
        "rule_type": "ratio",
    }


def test_labels_of_the_settings_come_first() -> None:
    context = replace(CONTEXT, labels={"cluster": "{{ eu }}", "team": "platform"})

    labels = the_alert(a_rule("ratio", {"labels": {"team": "shop"}}), context)["labels"]

    assert labels["team"] == "shop"
    assert labels["cluster"] == '{{"{{"}} eu }}'


def test_an_anomaly_is_information_whatever_the_policy_calls_its_severity() -> None:
    alerts = [one for group in rendered(a_rule("anomaly")) for one in group["rules"] if "alert" in one]

    assert {alert["labels"]["severity"] for alert in alerts} == {"info"}
    assert {alert["labels"]["alert_policy"] for alert in alerts} == {"shop/checkout"}


def test_links_come_from_the_rule_or_from_the_policy() -> None:
    context = replace(
        CONTEXT,
        runbook_url="https://runbooks.example/{namespace}/{alertname}",
        dashboard_url="https://grafana.example/d/{service}",
    )

    found = the_alert(a_rule("ratio", {"service": "cart"}), context)["annotations"]
    assert found["runbook_url"] == "https://runbooks.example/shop/checkoutfailures"
    assert found["dashboard_url"] == "https://grafana.example/d/cart"
    own = the_alert(a_rule("ratio", {"runbookURL": "https://wiki/own"}), context)["annotations"]
    assert own["runbook_url"] == "https://wiki/own"
    assert not {"runbook_url", "dashboard_url"} & the_alert(a_rule())["annotations"].keys()


def test_a_rule_has_no_page_by_the_name_of_an_slo() -> None:
    context = replace(
        CONTEXT,
        runbook_url="https://runbooks.example/{namespace}/{slo}",
        dashboard_url="https://grafana.example/d/slo?var-slo={slo}",
    )

    found = the_alert(a_rule(), context)["annotations"]
    assert found["runbook_url"] == "https://runbooks.example/shop/checkoutfailures"
    assert "dashboard_url" not in found


def test_the_correlation_is_the_rules_and_stays() -> None:
    first = the_alert(a_rule())["annotations"]["correlation_id"]

    assert first == the_alert(a_rule("ratio", {"ratio.above": "7"}))["annotations"]["correlation_id"]
    assert first != the_alert(a_rule("ratio", {"name": "Other"}))["annotations"]["correlation_id"]
    assert (
        the_alert(a_rule("ratio", {"annotations": {"correlation_id": "mine"}}))["annotations"][
            "correlation_id"
        ]
        == first
    )


def test_words_of_the_author_win_over_ours() -> None:
    found = the_alert(
        a_rule("ratio", {"summary": "{{ $value }}", "description": "mine", "pageReason": "why", "page": True})
    )["annotations"]

    assert (found["summary"], found["description"], found["page_reason"]) == ("{{ $value }}", "mine", "why")


@pytest.mark.parametrize(
    ("type_", "edits", "interval"),
    [
        ("ratio", {}, "30s"),
        ("ratio", {"ratio.window": "2h"}, "1m"),
        ("ratio", {"ratio.window": "1d"}, "5m"),
        ("rateDrop", {}, "1m"),
        ("forecast", {}, "5m"),
        ("cardinality", {}, "5m"),
        ("absent", {}, "30s"),
        ("absent", {"groupBy": ["job"], "absent.remember": "1d"}, "5m"),
        ("freshness", {"freshness": {"series": "beat", "olderThan": "5m"}}, "30s"),
        ("freshness", {"freshness": {"series": "beat", "olderThan": "1d"}}, "5m"),
        ("expression", {"expression.query": "sum(increase(x[2h])) > 1"}, "1m"),
        ("expression", {"expression.query": "max_over_time(x[7d:1h]) > 1"}, "5m"),
        ("threshold", {"threshold.query": "max_over_time(x[12h])"}, "5m"),
    ],
)  # fmt: skip
def test_what_reads_more_is_evaluated_less_often(type_: str, edits: dict[str, Any], interval: str) -> None:
    (group,) = rendered(a_rule(type_, edits))

    assert group["interval"] == interval
    assert group["name"].startswith("alertpolicy-checkout")


@pytest.mark.parametrize(
    ("type_", "edits", "waits"),
    [
        ("ratio", {}, None),
        ("ratio", {"for": "120s"}, "2m"),
        ("absent", {}, "5m"),
        ("absent", {"for": "1m"}, "1m"),
        ("forecast", {}, "1h"),
    ],
)
def test_a_rule_waits_as_long_as_it_says_or_as_its_type_needs(
    type_: str, edits: dict[str, Any], waits: str | None
) -> None:
    assert the_alert(a_rule(type_, edits)).get("for") == waits


def test_rendering_twice_gives_the_same_bytes() -> None:
    rules = [a_rule(type_, {"name": f"Rule{type_.capitalize()}"}) for type_ in TYPES]

    assert repr(rendered(*rules)) == repr(rendered(*rules))


def test_no_rule_needs_no_group() -> None:
    assert rendered() == []


SAID = {
    "threshold": "fires when queue_depth is above 1000",
    "ratio": (
        'fires when the share of http_requests_total{service="checkout",code=~"5.."} in '
        'http_requests_total{service="checkout"} over 5m is above 5 %'
    ),
    "quantile": "fires when the p95 of http_request_duration_seconds over 5m is above 500ms",
    "rateDrop": (
        'fires when the rate of http_requests_total{service="checkout"} over 5m is more than 50 % below the '
        "median of the same hour of the last 4 weeks, where at least 1 per second are usual"
    ),
    "absent": 'fires when there is no up{job="checkout"} for 5m',
    "freshness": "fires when the time in backup_success_timestamp_seconds is longer ago than 26h",
    "cardinality": "fires when the number of series of a job is above 100000",
    "forecast": (
        "fires when disk_used_bytes will exceed disk_size_bytes within 4d on the trend of the last 6h, seen "
        "for 1h, and is at 50 % of it already"
    ),
    "queueSLA": "fires when working off queue_depth takes longer than 10m",
    "anomaly": (
        "fires when sum(rate(http_requests_total[…])) is unusual for the hour of the week for 10m; it fires "
        "15m longer than that"
    ),
    "expression": "fires when sum(rate(errors_total[5m])) > 10 holds",
}


@pytest.mark.parametrize("type_", TYPES)
def test_a_rule_is_said_in_words(type_: str) -> None:
    (rule,) = parsed(a_rule(type_))

    assert said(rule) == SAID[type_]


def test_words_tell_how_long_for_whom_and_with_how_much_traffic() -> None:
    (rule,) = parsed(
        a_rule(
            "quantile",
            {
                "quantile.quantile": "0.999",
                "for": "2m",
                "groupBy": ["route"],
                "minTraffic": {"perSecond": "0.1"},
                "keepFiringFor": "10m",
            },
        )
    )

    assert said(rule) == (
        "fires when the p99.9 of http_request_duration_seconds over 5m is above 500ms for 2m, for each "
        "route, and at least 0.1 events per second were seen over 5m; it fires 10m longer than that"
    )
    assert headline(rule) == (
        "CheckoutFailures (route {{ $labels.route }}): p99.9 is {{ $value | humanizeDuration }} over 5m "
        "(limit 500ms)"
    )
