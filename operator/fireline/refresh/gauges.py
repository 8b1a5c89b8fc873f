"""The operator's own metrics about Prometheus and budgets, for its /metrics page.

Only the leader knows figures, so only the leader exports budget gauges. A figure that is Unknown has
no sample: an absent series is honest where a 0 is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from fireline.prometheus.source import OnQuery, Outcome
from fireline.slo.model import Objective
from fireline.slo.observation import Observation

_LABELS = ("namespace", "slo")


class QueryMetrics:
    """Counts and times what Prometheus is asked, by source."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "fireline_prometheus_requests",
            "Requests to Prometheus, by source, endpoint and outcome.",
            ("source", "endpoint", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "fireline_prometheus_request_seconds",
            "Duration of requests to Prometheus.",
            ("source", "endpoint"),
            registry=registry,
        )

    def of(self, source: str) -> OnQuery:
        """The callback of one source's client."""

        def told(endpoint: str, outcome: Outcome, seconds: float) -> None:
            self._total.labels(source, endpoint, outcome).inc()
            self._seconds.labels(source, endpoint).observe(seconds)

        return told


class BudgetGauges(Collector):
    """Budget of every SLO, read when scraped."""

    def __init__(self, figures: Callable[[], Iterable[tuple[Objective, Observation]]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family per figure."""
        objective = _family("fireline_slo_objective_ratio", "The objective.")
        consumed = _family(
            "fireline_slo_error_budget_consumed_ratio", "Consumed error budget; 1 is all of it."
        )
        coverage = _family("fireline_slo_coverage_ratio", "Share of the SLO window that data was seen for.")
        for slo, seen in self._figures():
            labels = (slo.namespace, slo.name)
            objective.add_metric(labels, float(1 - slo.budget_ratio))
            if seen.consumed is not None:
                consumed.add_metric(labels, seen.consumed)
            if seen.coverage is not None:
                coverage.add_metric(labels, seen.coverage)
        yield from (objective, consumed, coverage)


def _family(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, labels=_LABELS)
