"""The engine's own metrics, under the names controller authors expect, on a registry of their own.

Other parts of the operator add theirs to ``Metrics.registry``; what is better looked up than counted
(queue, caches) comes from the collector in :mod:`fireline.kube.gauges`.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Every metric of the engine that is counted as it happens."""

    def __init__(self) -> None:
        # Twice the series, and nothing reads them. The library leaves this function untyped.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.reconciles = Counter(
            "fireline_reconcile", "Reconciles, by kind and result.", ["kind", "result"], registry=registry
        )
        self.reconcile_seconds = Histogram(
            "fireline_reconcile_seconds",
            "Duration of one reconcile.",
            ["kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._api_requests = Counter(
            "fireline_api_requests",
            "Requests to the API server; code 0 is no answer.",
            ["verb", "resource", "code"],
            registry=registry,
        )
        self._api_seconds = Histogram(
            "fireline_api_request_seconds",
            "Duration of one request to the API server.",
            ["verb", "resource"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.leader = Gauge("fireline_leader", "1 while this replica leads and writes.", registry=registry)
        self.ghosts = Counter(
            "fireline_resync_ghosts", "Cached objects a LIST no longer held.", ["kind"], registry=registry
        )
        self.events_dropped = Counter(
            "fireline_events_dropped", "Kubernetes Events that could not be posted.", registry=registry
        )

    def api_call(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """Count one request; ``code`` is 0 when there was no answer."""
        self._api_requests.labels(verb, resource, str(code)).inc()
        self._api_seconds.labels(verb, resource).observe(seconds)

    def exposition(self) -> bytes:
        """The text /metrics answers with."""
        return generate_latest(self.registry)
