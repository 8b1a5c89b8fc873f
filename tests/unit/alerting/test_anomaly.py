"""The rule groups of an anomaly: what is rendered, and what sets one rule's series apart from another's."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_parser import parse
from tests import promtool
from tests.bench.anomaly_twin import Sorted

from fireline.alerting.rules import anomaly_series
from fireline.alerting.rules.anomaly import AnomalyRule, anomaly_rules
from fireline.alerting.rules.anomaly_alerts import NOT_JUDGED_ALERT

RULE = AnomalyRule(
    name="CheckoutTraffic",
    query="sum by (region) (rate(checkouts_total[5m]))",
    own={"namespace": "shop", "alert_policy": "shop/checkout"},
    labels={"severity": "info", "alert_policy": "shop/checkout"},
    annotations={"runbook_url": "https://runbooks.example.com/checkout"},
)


def rules(of: AnomalyRule) -> list[dict[str, Any]]:
    """All rules of its groups."""
    return [rule for group in anomaly_rules(of, "alertpolicy-checkout") for rule in group["rules"]]


def alerts(of: AnomalyRule) -> list[tuple[str, str | None]]:
    """Names and directions of its alerts."""
    return [(rule["alert"], rule["labels"].get("direction")) for rule in rules(of) if "alert" in rule]


def test_the_week_is_read_once_an_hour_and_all_else_every_five_minutes():
    groups = anomaly_rules(RULE, "alertpolicy-checkout")
    assert [(group["name"], group["interval"]) for group in groups] == [
        ("alertpolicy-checkout:CheckoutTraffic", "5m"),
        ("alertpolicy-checkout:CheckoutTraffic:calibration", "1h"),
    ]
    often = [rule["expr"] for rule in groups[0]["rules"]]
    assert not [expr for expr in often if "[7d]" in expr or "[1d]" in expr]


@pytest.mark.parametrize(
    ("direction", "wanted"), [("Up", ["Up"]), ("Down", ["Down"]), ("Both", ["Up", "Down"])]
)
def test_only_the_sides_that_are_asked_for_are_told(direction: Any, wanted: list[str]):
    told = [("CheckoutTraffic", side) for side in wanted]
    assert alerts(replace(RULE, direction=direction)) == [*told, (NOT_JUDGED_ALERT, None)]


def test_an_own_summary_replaces_ours_and_links_stay():
    own = replace(RULE, annotations={"summary": "Look", "runbook_url": "https://x.example.com"})
    up = next(rule for rule in rules(own) if rule.get("alert") == "CheckoutTraffic")
    assert up["annotations"]["summary"] == "Look"
    assert up["annotations"]["runbook_url"] == "https://x.example.com"
    assert up["annotations"]["description"]


def test_the_past_of_another_query_is_never_read():
    def pinned(rule: AnomalyRule) -> set[str]:
        return {one["labels"]["anomaly_query"] for one in rules(rule) if "record" in one}

    assert len(pinned(RULE)) == 1
    assert pinned(RULE) != pinned(replace(RULE, query="sum(rate(checkouts_total[5m]))"))


def test_every_expression_pins_policy_rule_and_query():
    for rule in rules(RULE)[1:]:
        for read in rule["expr"].split("anomaly:")[1:]:
            labels = read.partition("{")[2].partition("}")[0]
            assert 'namespace="shop",alert_policy="shop/checkout",anomaly="CheckoutTraffic"' in labels
            assert "anomaly_query=" in labels


def test_the_noise_floor_is_the_least_that_is_added():
    (soft,) = [
        rule["expr"]
        for rule in rules(replace(RULE, noise_floor=Decimal("0.0170")))
        if rule.get("record") == "anomaly:softness"
    ]
    assert soft.startswith("clamp_min(0.1 * avg_over_time(anomaly:level{")
    assert soft.endswith("[7d]), 0.017) > 0")


@pytest.mark.bed
def test_prometheus_accepts_the_rules_without_a_complaint():
    both = [*anomaly_rules(RULE, "a"), *anomaly_rules(replace(RULE, name="Other", query="x # hm"), "a")]
    assert promtool.check({"groups": both}) == ""


@given(
    query=st.sampled_from(["x", "x # a comment", 'sum(x{a="}) or vector(1) # "})', "x or y", "-x", "x > 1"]),
    namespace=st.text(min_size=1, max_size=20),
    floor=st.decimals(min_value=0, max_value=10**9, places=9),
)
def test_every_expression_parses_whatever_stands_in_it(query: str, namespace: str, floor: Decimal):
    own = {"namespace": namespace, "alert_policy": f"{namespace}/p"}
    for rule in rules(replace(RULE, query=query, own=own, noise_floor=floor)):
        parse(rule["expr"])


def test_limits_are_the_logarithms_of_what_must_be_seen():
    assert float(anomaly_series.log(anomaly_series.SPIKE)) == pytest.approx(math.log(3), abs=1e-4)
    assert float(anomaly_series.log(1 / anomaly_series.DROP)) == pytest.approx(math.log(2.5), abs=1e-4)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 20))
def test_the_running_quantile_of_the_twin_is_that_of_the_last_values_sorted(values: list[float], size: int):
    running = Sorted(size)
    for value in values:
        running.add(value)
    last = sorted(values[-size:])
    rank = 0.995 * (len(last) - 1)
    below, above = last[math.floor(rank)], last[math.ceil(rank)]
    assert running.quantile(0.995) == pytest.approx(below + (rank % 1) * (above - below), rel=1e-9, abs=1e-6)
