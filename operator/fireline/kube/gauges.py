"""Metrics that are looked up when Prometheus asks: the queue's and the caches' state."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from fireline.api.resources import Resource
from fireline.kube.cache import Cache
from fireline.kube.queue import WorkQueue

Family = GaugeMetricFamily | CounterMetricFamily


class EngineState(Collector):
    """Register one on ``Metrics.registry``. Read on the event loop only."""

    def __init__(self, queue: WorkQueue, cache: Cache, resources: Iterable[Resource]) -> None:
        self._queue = queue
        self._cache = cache
        self._resources = tuple(resources)

    def describe(self) -> Iterable[Family]:
        """Nothing up front: registering must not touch the queue before the loop runs."""
        return ()

    def collect(self) -> Iterable[Family]:
        """The figures of this moment."""
        queue = self._queue
        yield GaugeMetricFamily("fireline_queue_depth", "Keys waiting to be worked on.", value=len(queue))
        yield CounterMetricFamily("fireline_queue_adds", "Keys added to the queue.", value=queue.adds)
        yield CounterMetricFamily("fireline_queue_retries", "Keys put back to retry.", value=queue.retries)
        yield GaugeMetricFamily(
            "fireline_queue_longest_running_seconds",
            "Age of the oldest work in hand.",
            value=queue.longest_running_seconds(),
        )
        cached = GaugeMetricFamily("fireline_cache_objects", "Objects in the caches.", labels=["kind"])
        for resource in self._resources:
            cached.add_metric([resource.kind], self._cache.count(resource))
        yield cached
