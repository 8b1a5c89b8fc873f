"""The operator's own budget metrics: what is Unknown has no sample."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from tests.builders import an_objective

from fireline.refresh.gauges import BudgetGauges, QueryMetrics
from fireline.slo.observation import Observation

CONSUMED = "fireline_slo_error_budget_consumed_ratio"
COVERAGE = "fireline_slo_coverage_ratio"
OBJECTIVE = "fireline_slo_objective_ratio"
CHECKOUT = {"namespace": "shop", "slo": "checkout"}


def scraped(*figures):
    registry = CollectorRegistry()
    registry.register(BudgetGauges(lambda: figures))
    return registry


def test_known_figures_are_exported_as_ratios():
    registry = scraped((an_objective("99.9"), Observation(consumed=0.47, coverage=0.98)))
    assert registry.get_sample_value(CONSUMED, CHECKOUT) == 0.47
    assert registry.get_sample_value(COVERAGE, CHECKOUT) == 0.98
    assert registry.get_sample_value(OBJECTIVE, CHECKOUT) == pytest.approx(0.999)


def test_an_unknown_figure_has_no_sample():
    registry = scraped((an_objective(), Observation()))
    assert registry.get_sample_value(CONSUMED, CHECKOUT) is None
    assert registry.get_sample_value(COVERAGE, CHECKOUT) is None
    assert registry.get_sample_value(OBJECTIVE, CHECKOUT) == pytest.approx(0.999)


def test_an_untouched_budget_is_zero_and_an_overspent_one_more_than_one():
    registry = scraped(
        (an_objective(name="calm"), Observation(consumed=0.0)),
        (an_objective(name="burnt"), Observation(consumed=12.5)),
    )
    assert registry.get_sample_value(CONSUMED, {"namespace": "shop", "slo": "calm"}) == 0
    assert registry.get_sample_value(CONSUMED, {"namespace": "shop", "slo": "burnt"}) == 12.5


def test_a_replica_that_does_not_lead_exports_no_budget():
    text = generate_latest(scraped()).decode()
    assert f"# TYPE {CONSUMED} gauge" in text
    assert f"{CONSUMED}{{" not in text


def test_figures_are_read_anew_at_every_scrape():
    figures = [(an_objective(), Observation(consumed=0.1))]
    registry = CollectorRegistry()
    registry.register(BudgetGauges(lambda: figures))
    assert registry.get_sample_value(CONSUMED, CHECKOUT) == 0.1
    figures[0] = (an_objective(), Observation(consumed=None))
    assert registry.get_sample_value(CONSUMED, CHECKOUT) is None


def test_requests_to_prometheus_are_counted_by_outcome_and_timed():
    registry = CollectorRegistry()
    told = QueryMetrics(registry).of("default")
    told("query", "ok", 0.5)
    told("query", "too_heavy", 3.0)
    labels = {"source": "default", "endpoint": "query"}
    total = "fireline_prometheus_requests_total"
    assert registry.get_sample_value(total, labels | {"outcome": "ok"}) == 1
    assert registry.get_sample_value(total, labels | {"outcome": "too_heavy"}) == 1
    assert registry.get_sample_value("fireline_prometheus_request_seconds_sum", labels) == 3.5
    assert not math.isnan(registry.get_sample_value("fireline_prometheus_request_seconds_count", labels))
