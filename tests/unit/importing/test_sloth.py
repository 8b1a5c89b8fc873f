"""Sloth: what stands between its fields and Fireline's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.importing.reading import imported, maximal

from fireline.cli.importing.result import Result
from fireline.cli.importing.sloth import UnknownPeriod

EVENTS = {
    "error_query": 'sum(rate(requests_total{code=~"5.."}[{{.window}}]))',
    "total_query": "sum(rate(requests_total[{{.window}}]))",
}


def plain(period: str | None = None, *others: Any, **slo: Any) -> Result:
    entry = {"name": "api", "objective": 99.9, "sli": {"events": EVENTS}, "alerting": {}} | slo
    document = {"version": "prometheus/v1", "service": "shop", "slos": [entry]}
    return imported(document, *others, period=period)


def alerting(result: Result) -> dict[str, Any]:
    assert len(result.manifests) == 1, result.losses
    found: dict[str, Any] = result.manifests[0]["spec"]["alerting"]
    return found


def test_for_30_days_the_alerts_are_firelines_own() -> None:
    assert alerting(plain()) == {"budget": []}


def test_for_28_days_they_spend_the_same_shares_of_the_budget() -> None:
    result = plain("28d")
    assert result.manifests[0]["spec"]["window"] == {"rolling": "28d"}
    assert [(tier["name"], tier["consumed"]) for tier in alerting(result)["burnRates"]] == [
        ("PageFast", "2"),
        ("PageSlow", "5"),
        ("TicketFast", "10"),
        ("TicketSlow", "10"),
    ]


def test_another_period_needs_the_catalogue_sloth_needs_for_it() -> None:
    with pytest.raises(UnknownPeriod, match="AlertWindows document"):
        plain("7d")
    result = plain(None, maximal("sloth-crd.yaml")[0])
    assert result.manifests[0]["spec"]["window"] == {"rolling": "7d"}
    assert [(t["long"], t["short"], t["consumed"]) for t in alerting(result)["burnRates"]] == [
        ("1h", "5m", "8"),
        ("6h", "30m", "12.5"),
        ("1d", "2h", "20"),
        ("3d", "6h", "42"),
    ]
    (moved,) = [loss for loss in result.losses if "became 30m" in loss.why]
    assert (moved.effect, moved.what, moved.path) == ("Changed", "31m", "spec.page.slow.shortWindow")


def test_a_catalogue_for_another_period_is_lost() -> None:
    result = plain("30d", maximal("sloth-crd.yaml")[0])
    assert alerting(result) == {"budget": []}
    assert any(loss.path == "spec" and "another period" in loss.why for loss in result.losses)


def test_a_disabled_alert_leaves_the_tiers_of_the_other_one() -> None:
    tiers = alerting(plain(alerting={"page_alert": {"disable": True}}))["burnRates"]
    assert [tier["name"] for tier in tiers] == ["TicketFast", "TicketSlow"]
    both = {name: {"disable": True} for name in ("page_alert", "ticket_alert")}
    assert alerting(plain(alerting=both)) == {"disabled": True}


def test_labels_of_every_level_meet_and_the_nearest_wins() -> None:
    document = {
        "version": "prometheus/v1",
        "service": "shop",
        "labels": {"a": "group", "b": "group", "c": "group"},
        "slos": [
            {
                "name": "api",
                "objective": 99,
                "sli": {"events": EVENTS},
                "labels": {"b": "slo", "c": "slo"},
                "alerting": {"labels": {"c": "alerting"}},
            }
        ],
    }
    assert alerting(imported(document))["labels"] == {"a": "group", "b": "slo", "c": "alerting"}


def test_labels_of_page_and_ticket_are_kept_where_they_agree() -> None:
    result = plain(
        alerting={
            "page_alert": {"labels": {"severity": "critical", "both": "x", "only": "page"}},
            "ticket_alert": {"labels": {"severity": "warning", "both": "x"}},
        }
    )
    assert alerting(result)["labels"] == {"both": "x"}
    assert [loss.path for loss in result.losses] == ["slos[0].alerting.page_alert.labels.only"]


@pytest.mark.parametrize("name", ["severity", "service", "alertname", "slo_tier"])
def test_a_reserved_label_gets_another_name(name: str) -> None:
    result = plain(labels={name: "mine"})
    assert alerting(result)["labels"] == {f"imported_{name}": "mine"}
    (loss,) = result.losses
    assert (loss.effect, loss.path) == ("Changed", f"slos[0].labels.{name}")


@pytest.mark.parametrize("value", ["{{ $value }}", "", "x" * 257])
def test_a_label_no_alert_may_carry_is_lost(value: str) -> None:
    result = plain(alerting={"labels": {"team": value}})
    assert "labels" not in alerting(result)
    assert [(loss.effect, loss.path) for loss in result.losses] == [("Lost", "slos[0].alerting.labels.team")]


def test_more_than_sixteen_labels_are_lost_one_by_one() -> None:
    result = plain(labels={f"label_{number:02}": "x" for number in range(20)})
    assert len(alerting(result)["labels"]) == 16
    assert len([loss for loss in result.losses if "16 labels" in loss.why]) == 4


def test_labels_that_choose_rules_stay_off_the_object() -> None:
    result = plain(labels={"prometheus": "k8s", "team": "shop"})
    assert result.manifests[0]["metadata"]["labels"] == {"team": "shop"}
    assert alerting(result)["labels"] == {"prometheus": "k8s", "team": "shop"}


@pytest.mark.parametrize("objective", [100, 0, 99.99999, "many", None])
def test_an_objective_without_a_budget_is_left_out(objective: Any) -> None:
    result = plain(objective=objective)
    assert (result.manifests, result.left_out) == ([], 1)
    assert "slos[0].objective" in {loss.path for loss in result.losses}


def test_more_decimals_than_four_are_rounded_and_said() -> None:
    result = plain(objective=99.95555)
    assert result.manifests[0]["spec"]["objective"] == "99.9556"
    assert [loss.effect for loss in result.losses] == ["Changed"]


def test_alerts_that_never_fire_in_sloth_are_lowered_by_fireline_and_said() -> None:
    notes = [loss for loss in plain(objective=90).losses if loss.effect == "Note"]
    assert [loss.path for loss in notes] == ["slos[0].objective"]
    assert "PageFast: factor 14.4 lowered to 8" in notes[0].why


def test_names_are_service_and_objective_and_fit_kubernetes() -> None:
    assert plain(name="Api Errors").manifests[0]["metadata"]["name"] == "shop-api-errors"
    assert plain(name="shop-api").manifests[0]["metadata"]["name"] == "shop-api"
    long = [plain(name="x" * 80 + end).manifests[0]["metadata"]["name"] for end in "ab"]
    assert all(len(name) == 63 for name in long)
    assert long[0] != long[1]


def test_the_second_objective_of_a_name_is_left_out() -> None:
    document = {
        "version": "prometheus/v1",
        "service": "shop",
        "slos": [{"name": "api", "objective": 99, "sli": {"events": EVENTS}, "alerting": {}}] * 2,
    }
    result = imported(document)
    assert (len(result.manifests), result.left_out) == (1, 1)
    assert any("another objective became shop-api already" in loss.why for loss in result.losses)
