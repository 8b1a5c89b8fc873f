"""OpenSLO: what stands between its fields and Fireline's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.importing.reading import imported

from fireline.cli.importing.result import Result

ROLLING = [{"duration": "4w", "isRolling": True}]


def source(query: str, **more: Any) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}} | more}


COUNTS = {
    "ratioMetric": {
        "counter": True,
        "bad": source('requests_total{code="500"}'),
        "total": source("requests_total"),
    }
}


def document(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def slo(*others: Any, indicator: Any = COUNTS, **spec: Any) -> Result:
    body = {
        "service": "shop",
        "indicator": {"metadata": {"name": "sli"}, "spec": indicator} if indicator else None,
        "timeWindow": ROLLING,
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.99}],
    }
    return imported(
        *others, document("SLO", "api", **{k: v for k, v in (body | spec).items() if v is not None})
    )


def spec(result: Result) -> dict[str, Any]:
    assert len(result.manifests) == 1, result.losses
    found: dict[str, Any] = result.manifests[0]["spec"]
    return found


def lost(result: Result) -> dict[str, str]:
    return {loss.path: loss.why for loss in result.losses if loss.effect != "Note"}


@pytest.mark.parametrize(
    ("window", "found", "changed"),
    [
        ({"duration": "4w", "isRolling": True}, {"rolling": "28d"}, False),
        ({"duration": "1M", "isRolling": True}, {"rolling": "30d"}, True),
        ({"duration": "1Q", "isRolling": True}, {"rolling": "90d"}, True),
        ({"duration": "1w", "calendar": {"timeZone": "Europe/Berlin"}}, {"calendar": "Week"}, False),
        ({"duration": "1M", "isRolling": False}, {"calendar": "Month"}, False),
        (
            {"duration": "3M", "calendar": {"startTime": "2026-04-01 00:00:00"}},
            {"calendar": "Quarter"},
            False,
        ),
        ({"duration": "1Y", "calendar": {"startTime": "2026-01-01"}}, {"calendar": "Year"}, False),
        ({"duration": "1M", "calendar": {"startTime": "2026-01-15 00:00:00"}}, {"calendar": "Month"}, True),
        ({"duration": "1w", "calendar": {"startTime": "2026-01-05 08:00:00"}}, {"calendar": "Week"}, True),
    ],
)
def test_windows(window: dict[str, Any], found: dict[str, str], changed: bool) -> None:
    result = slo(timeWindow=[window])
    assert spec(result)["window"].items() >= found.items()
    assert bool(lost(result)) == changed
    zone = window.get("calendar", {}).get("timeZone")
    assert spec(result)["window"].get("timeZone") == zone


@pytest.mark.parametrize(
    "window",
    [
        {"duration": "1Y", "isRolling": True},
        {"duration": "2w", "isRolling": False},
        {"duration": "4 weeks", "isRolling": True},
        {"duration": "1M", "calendar": {"timeZone": "Mars/Olympus"}},
        {"unit": "Fortnight", "count": 1, "isRolling": True},
    ],
)
def test_a_window_fireline_lacks_leaves_the_objective_out(window: dict[str, Any]) -> None:
    result = slo(timeWindow=[window])
    assert (result.manifests, result.left_out) == ([], 1)
    assert any(path.startswith("spec.timeWindow[0]") for path in lost(result))


def test_without_a_window_the_default_is_said() -> None:
    result = slo(timeWindow=None)
    assert spec(result)["window"] == {"rolling": "30d"}
    assert any("no timeWindow is given" in loss.why for loss in result.losses)


@pytest.mark.parametrize(
    ("target", "percent"),
    [({"target": 0.9995}, "99.95"), ({"target": 0.999}, "99.9"), ({"targetPercent": 99.5}, "99.5")],
)
def test_targets_become_percentages_exactly(target: dict[str, float], percent: str) -> None:
    assert spec(slo(objectives=[target]))["objective"] == percent


@pytest.mark.parametrize("target", [{}, {"target": 1.0}, {"target": 0}, {"target": 99.9}, {"target": "x"}])
def test_a_target_without_a_budget_leaves_the_objective_out(target: dict[str, Any]) -> None:
    assert slo(objectives=[target]).manifests == []


def test_several_objectives_become_several_objects() -> None:
    entries = [{"displayName": "Good", "target": 0.99}, {"target": 0.9}]
    result = slo(objectives=entries)
    assert [(m["metadata"]["name"], m["spec"]["objective"]) for m in result.manifests] == [
        ("api-good", "99"),
        ("api-2", "90"),
    ]


@pytest.mark.parametrize(
    ("query", "counter", "metric"),
    [
        ("requests_total", True, "requests_total"),
        ("sum(requests_total)", True, "requests_total"),
        ("sum(rate(requests_total[{{.window}}]))", True, "requests_total"),
        ("sum(rate(requests_total[$__rate_interval]))", True, "requests_total"),
        ("sum(increase(requests_total[5m]))", True, "requests_total"),
    ],
)
def test_counters_are_understood_in_the_ways_they_are_written(query: str, counter: bool, metric: str) -> None:
    bad = query.replace("requests_total", 'requests_total{code="500"}')
    counts = {"ratioMetric": {"counter": counter, "bad": source(bad), "total": source(query)}}
    result = slo(indicator=counts)
    assert spec(result)["indicator"]["ratio"]["total"] == {"metric": metric}
    assert bool(lost(result)) == ("5m" in query)


def test_what_is_no_counter_counts_by_its_mean_and_is_said() -> None:
    counts = {"ratioMetric": {"counter": False, "good": source("good"), "total": source("all_of_them")}}
    result = slo(indicator=counts)
    assert spec(result)["indicator"]["ratio"]["good"] == {"query": "sum(avg_over_time(good[$window]))"}
    assert all("is no counter" in why for why in lost(result).values())


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("failure", "avg(avg_over_time(ratio[$window]))"),
        ("success", "1 - (avg(avg_over_time(ratio[$window])))"),
    ],
)
def test_a_ready_made_ratio_is_weighted_by_time_and_said(kind: str, query: str) -> None:
    result = slo(indicator={"ratioMetric": {"raw": source("ratio"), "rawType": kind}})
    assert spec(result)["indicator"] == {"errorRatio": {"query": query}}
    assert any("weighted by time" in why for why in lost(result).values())


@pytest.mark.parametrize(
    ("op", "operator"),
    [("lt", "LessThan"), ("lte", "LessOrEqual"), ("gt", "GreaterThan"), ("gte", "GreaterOrEqual")],
)
def test_thresholds_keep_their_operator_and_value(op: str, operator: str) -> None:
    result = slo(
        indicator={"thresholdMetric": source("max(depth)")},
        objectives=[{"op": op, "value": 0.5, "target": 0.99}],
    )
    threshold = {"query": "max(depth)", "operator": operator, "value": "0.5"}
    assert spec(result)["indicator"] == {"threshold": threshold}
    assert lost(result) == {}


def test_timeslices_keep_their_length_and_target() -> None:
    entry = {"target": 0.99, "timeSliceTarget": 0.95, "timeSliceWindow": 10}
    found = spec(slo(budgetingMethod="Timeslices", objectives=[entry]))
    assert (found["budgeting"], found["timeslice"]) == ("Timeslices", {"length": "10m", "objective": "95"})
    too_short = slo(budgetingMethod="Timeslices", objectives=[entry | {"timeSliceWindow": "1m"}])
    assert too_short.manifests == []
    assert "spec.objectives[0].timeSliceWindow" in lost(too_short)


@pytest.mark.parametrize("kind", ["Datadog", "CloudWatch", "VictoriaMetrics"])
def test_sources_that_are_no_prometheus_are_lost_whole(kind: str) -> None:
    counts = {
        "ratioMetric": {
            "counter": True,
            "good": source("ok", type=kind),
            "total": source("all", type=kind),
        }
    }
    result = slo(indicator=counts)
    assert (result.manifests, result.left_out) == ([], 1)
    assert lost(result)[""] == "is left out: no objective of it can be carried over"
    assert any(path.endswith("good.metricSource.type") for path in lost(result))


def test_a_named_source_needs_its_document_and_becomes_a_source_of_the_settings() -> None:
    where = {"metricSourceRef": "main", "type": None}
    counts = {
        "ratioMetric": {
            "counter": True,
            "bad": source('requests_total{code="500"}', **where),
            "total": source("requests_total", **where),
        }
    }
    assert slo(indicator=counts).manifests == []
    found = slo(document("DataSource", "main", type="Prometheus"), indicator=counts)
    assert spec(found)["prometheus"] == "main"


def test_without_a_policy_there_are_no_alerts() -> None:
    assert spec(slo())["alerting"] == {"disabled": True}


def policy(*conditions: Any, **more: Any) -> dict[str, Any]:
    return {
        "kind": "AlertPolicy",
        "metadata": {"name": "p"},
        "spec": {"conditions": list(conditions), "alertWhenBreaching": True} | more,
    }


def condition(name: str = "burns-fast", severity: str = "page", **rule: Any) -> dict[str, Any]:
    burns = {"kind": "burnrate", "threshold": 14.4, "lookbackWindow": "1h", "alertAfter": "0m"}
    return {
        "kind": "AlertCondition",
        "metadata": {"name": name},
        "spec": {"severity": severity, "condition": burns | rule},
    }


def test_conditions_become_burn_rates_with_a_short_window() -> None:
    result = slo(
        alertPolicies=[policy(condition(), condition("slow", "ticket", threshold=1, lookbackWindow="3d"))]
    )
    assert [tuple(tier.values()) for tier in spec(result)["alerting"]["burnRates"]] == [
        ("BurnsFast", "Page", "1h", "5m", "14.4"),
        ("Slow", "Ticket", "3d", "6h", "1"),
    ]


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"threshold": 200}, "condition"),
        ({"lookbackWindow": "5m"}, "condition"),
        ({"lookbackWindow": "60d"}, "condition"),
        ({"kind": "budget"}, "condition.kind"),
        ({"threshold": None}, "condition"),
    ],
)
def test_a_condition_that_cannot_be_is_lost_and_the_objective_stays(rule: dict[str, Any], path: str) -> None:
    result = slo(alertPolicies=[policy(condition(**rule))])
    assert spec(result)["alerting"] == {"disabled": True}
    assert f"spec.alertPolicies[0].spec.conditions[0].spec.{path}" in lost(result)


def test_missing_data_alerts_only_where_the_policy_says_so() -> None:
    quiet, told = (slo(alertPolicies=[policy(condition(), alertWhenNoData=each)]) for each in (False, True))
    assert spec(quiet)["alerting"]["noData"] == {"action": "Ignore"}
    assert "noData" not in spec(told)["alerting"]
    alone = slo(alertPolicies=[policy(alertWhenNoData=True)])
    assert spec(alone)["alerting"] == {"disabled": True}
    assert "spec.alertPolicies[0].spec.alertWhenNoData" in lost(alone)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("indicatorRef", "gone", "spec.indicatorRef"),
        ("alertPolicies", [{"alertPolicyRef": "gone"}], "spec.alertPolicies[0].alertPolicyRef"),
        ("alertPolicies", ["gone"], "spec.alertPolicies[0]"),
    ],
)
def test_a_reference_to_nothing_is_said(field: str, value: Any, path: str) -> None:
    result = slo(**({"indicator": None} if field == "indicatorRef" else {}) | {field: value})
    assert "among the inputs" in lost(result)[path]


def test_a_composite_becomes_its_members_and_the_whole() -> None:
    entries = [
        {"displayName": name, "target": target, "compositeWeight": weight, "indicator": {"spec": COUNTS}}
        for name, target, weight in (("Pages", 0.99, 3), ("Search", 0.95, 1))
    ]
    result = slo(indicator=None, objectives=entries)
    assert [manifest["metadata"]["name"] for manifest in result.manifests] == [
        "api-pages",
        "api-search",
        "api",
    ]
    whole = result.manifests[-1]["spec"]
    assert whole["objective"] == "98"
    assert whole["indicator"]["composite"] == {
        "method": "Weighted",
        "objectives": [{"name": "api-pages", "weight": "3"}, {"name": "api-search", "weight": "1"}],
    }
