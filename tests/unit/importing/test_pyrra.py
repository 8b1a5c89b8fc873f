"""Pyrra: what stands between its fields and Fireline's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.importing.reading import imported

from fireline.cli.importing.pyrra_alerts import scaled
from fireline.cli.importing.result import Result
from fireline.promql.durations import Duration

RATIO = {
    "ratio": {
        "errors": {"metric": 'requests_total{job="api",code=~"5.."}'},
        "total": {"metric": 'requests_total{job="api"}'},
    }
}


def pyrra(indicator: Any = RATIO, *, labels: dict[str, str] | None = None, **spec: Any) -> Result:
    return imported(
        {
            "apiVersion": "pyrra.dev/v1alpha1",
            "kind": "ServiceLevelObjective",
            "metadata": {"name": "api", "labels": labels or {}},
            "spec": {"target": "99", "window": "4w", "indicator": indicator} | spec,
        }
    )


def spec(result: Result) -> dict[str, Any]:
    assert len(result.manifests) == 1, result.losses
    found: dict[str, Any] = result.manifests[0]["spec"]
    return found


def test_its_four_burn_rates_stand_in_the_object() -> None:
    tiers = spec(pyrra())["alerting"]["burnRates"]
    assert [tuple(tier.values()) for tier in tiers] == [
        ("FastBurn", "Page", "1h", "5m", "14"),
        ("MediumBurn", "Page", "6h", "30m", "7"),
        ("SlowBurn", "Ticket", "1d", "2h", "2"),
        ("LongTermBurn", "Ticket", "4d", "6h", "1"),
    ]


@pytest.mark.parametrize(
    ("base", "window", "theirs"),
    [
        ("1h", "30d", "1h4m"),
        ("6h", "30d", "6h26m"),
        ("1d", "30d", "1d1h43m"),
        ("4d", "30d", "4d6h51m"),
        ("30m", "30d", "32m"),
        ("2h", "30d", "2h9m"),
        ("5m", "7d", "1m"),
        ("30m", "7d", "8m"),
        ("4d", "28d", "4d"),
    ],
)
def test_its_windows_are_scaled_from_28_days_to_the_minute(base: str, window: str, theirs: str) -> None:
    assert str(scaled(Duration.parse(base), Duration.parse(window))) == theirs


def test_scaled_windows_move_to_whole_five_minutes_and_an_hour_stays_an_hour() -> None:
    result = pyrra(window="30d")
    assert [(tier["long"], tier["short"]) for tier in spec(result)["alerting"]["burnRates"]] == [
        ("1h", "5m"),
        ("6h25m", "30m"),
        ("1d1h45m", "2h10m"),
        ("4d6h50m", "6h25m"),
    ]
    (loss,) = [loss for loss in result.losses if loss.effect != "Note"]
    assert (loss.effect, loss.path) == ("Changed", "spec.window")
    assert "1h4m is 1h" in loss.why


def test_an_alert_that_could_never_fire_is_left_out_and_said() -> None:
    result = pyrra(target="90")
    assert [tier["name"] for tier in spec(result)["alerting"]["burnRates"]] == [
        "MediumBurn",
        "SlowBurn",
        "LongTermBurn",
    ]
    assert any("FastBurn is left out" in loss.why for loss in result.losses)


@pytest.mark.parametrize(("target", "after"), [("99.9", "5m"), ("99", "10m"), ("95", "44m"), ("90", "1h")])
def test_absent_series_are_told_of_when_a_total_outage_would_page(target: str, after: str) -> None:
    """14 x (1 - target) x 1h + 2m, between 5m and 1h."""
    assert spec(pyrra(target=target))["alerting"]["noData"] == {"after": after, "action": "Alert"}


def test_switches_for_alerts_keep_their_meaning() -> None:
    assert spec(pyrra(alerting={"absent": False}))["alerting"]["noData"] == {"action": "Ignore"}
    for off in ({"burnrates": False}, {"disabled": True}):
        silent = pyrra(alerting={**off, "absent": False})
        assert spec(silent)["alerting"] == {"disabled": True}
        assert [loss for loss in silent.losses if loss.effect != "Note"] == []
        (loss,) = [loss for loss in pyrra(alerting=off).losses if loss.effect != "Note"]
        assert "still tell of absent series" in loss.why


def test_severities_decide_between_page_and_ticket() -> None:
    result = pyrra(
        alerting={"severities": {"mediumBurn": "warning", "slowBurn": "info", "absent": "critical"}}
    )
    severities = [tier["severity"] for tier in spec(result)["alerting"]["burnRates"]]
    assert severities == ["Page", "Ticket", "Ticket", "Ticket"]
    assert [loss.path for loss in result.losses if loss.effect == "Lost"] == [
        "spec.alerting.severities.slowBurn"
    ]


def test_success_and_total_become_good_and_total() -> None:
    found = spec(pyrra({"ratio": {"success": {"metric": "ok_total"}, "total": {"metric": "all_total"}}}))
    assert found["indicator"] == {"ratio": {"good": {"metric": "ok_total"}, "total": {"metric": "all_total"}}}


def test_errors_and_success_add_up_to_a_total_in_every_group() -> None:
    both = {"errors": {"metric": "failed_total"}, "success": {"metric": "ok_total"}, "grouping": ["region"]}
    found = spec(pyrra({"ratio": both}))
    assert found["groupBy"] == ["region"]
    total = found["indicator"]["ratio"]["total"]["query"]
    good, bad = (f"sum by (region)(rate({name}[$window]))" for name in ("ok_total", "failed_total"))
    assert (
        total.replace(" by (region) (", " by (region)(") == f"({good} or 0 * {bad}) + ({bad} or 0 * {good})"
    )


def test_a_bucket_of_another_histogram_stays_a_ratio_of_counters() -> None:
    latency = {"success": {"metric": 'a_bucket{le="0.5"}'}, "total": {"metric": "b_count"}}
    assert spec(pyrra({"latency": latency}))["indicator"] == {
        "ratio": {"good": {"metric": 'a_bucket{le="0.5"}'}, "total": {"metric": "b_count"}}
    }


@pytest.mark.parametrize(
    ("labels", "service", "said"),
    [
        ({"pyrra.dev/service": "cart"}, "cart", False),
        ({"app.kubernetes.io/name": "cart"}, "cart", True),
        ({}, "api", True),
    ],
)
def test_the_service_is_taken_from_labels_or_the_selector_and_said(
    labels: dict[str, str], service: str, said: bool
) -> None:
    result = pyrra(labels=labels)
    assert spec(result)["service"] == service
    assert [loss.path for loss in result.losses if loss.effect == "Note"] == ["metadata.name"] * said


def test_labels_with_its_prefix_reach_alerts_and_the_others_the_object() -> None:
    result = pyrra(labels={"pyrra.dev/team": "shop", "prometheus": "k8s", "pyrra.dev/role": "x"})
    assert spec(result)["alerting"]["labels"] == {"team": "shop", "role": "x"}
    assert result.manifests[0]["metadata"]["labels"] == {"prometheus": "k8s", "team": "shop"}


@pytest.mark.parametrize("window", ["12h", "100d", "soon", None])
def test_a_window_fireline_lacks_leaves_the_objective_out(window: Any) -> None:
    result = pyrra(window=window)
    assert (result.manifests, result.left_out) == ([], 1)
    assert "spec.window" in {loss.path for loss in result.losses}


@pytest.mark.parametrize("metric", ["sum(a_total)", "a_total offset 5m", "{job='x'}", ""])
def test_a_selector_fireline_cannot_read_leaves_the_objective_out(metric: str) -> None:
    result = pyrra({"ratio": {"errors": {"metric": metric}, "total": {"metric": "b_total"}}})
    assert (result.manifests, result.left_out) == ([], 1)
    assert any(loss.path.startswith("spec.indicator.ratio") for loss in result.losses)
