"""Asks a Prometheus for the bucket bounds of the endpoints' histograms. Does I/O; its users are lazy."""

from __future__ import annotations

import math
from collections.abc import Iterable

from fireline.prometheus.source import MetricsSource
from fireline.promql.durations import Duration
from fireline.promql.selectors import Selector


async def bucket_bounds(
    prometheus: MetricsSource, histograms: Iterable[Selector]
) -> dict[Selector, list[Duration]]:
    """The finite bounds each classic histogram has now, ascending; empty when there are no series.

    Raises MetricsError when the server cannot be asked.
    """
    found: dict[Selector, list[Duration]] = {}
    for histogram in histograms:
        if histogram in found:
            continue
        buckets = histogram.renamed(f"{histogram.metric}_bucket")
        series = await prometheus.instant(f"group by (le) ({buckets})")
        bounds = {float(sample.labels["le"]) for sample in series if "le" in sample.labels}
        found[histogram] = sorted({Duration.of(seconds=bound) for bound in bounds if 0 < bound < math.inf})
    return found


async def present(prometheus: MetricsSource, histograms: Iterable[Selector]) -> set[Selector]:
    """Those native histograms that have series now. Raises MetricsError as above."""
    return {one for one in histograms if await prometheus.instant(f"group({one})")}
