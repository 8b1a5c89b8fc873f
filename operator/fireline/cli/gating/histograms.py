"""``gate performance --prometheus``: counts the requests of every endpoint in its histogram."""

from __future__ import annotations

import math

from fireline.api.slo import ServiceLevelObjective
from fireline.cli.gating import endpoints
from fireline.cli.gating.checks import Check, Missing
from fireline.cli.gating.counting import Events, count
from fireline.cli.gating.server import Server
from fireline.cli.gating.statistics import Counts
from fireline.cli.performance.bounds import missing_bound
from fireline.cli.performance.buckets import bucket_bounds
from fireline.cli.performance.objectives import Limit, histogram, limits, manifest
from fireline.cli.performance.percentiles import percent
from fireline.cli.performance.reading import Budgets
from fireline.cli.performance.schema import Table
from fireline.cli.progress import progress
from fireline.prometheus.source import MetricsSource
from fireline.promql.durations import Duration
from fireline.promql.selectors import Selector
from fireline.settings import Settings
from fireline.slo.compile import compile_slo

_SOURCE = "Prometheus"


def judge_histograms(budgets: Budgets, server: Server, *, window: Duration, min_events: float) -> list[Check]:
    """One judgement per limit, in the table's order.

    The table's SLOs must be sound (``performance.vetting``). Raises click's UsageError when the server
    cannot be asked.
    """
    return server.ask(lambda source: _judge(budgets.table, source, window, min_events))


async def _judge(table: Table, source: MetricsSource, window: Duration, min_events: float) -> list[Check]:
    bounds: dict[Selector, list[Duration]] = {}
    if table.type == "Classic":
        bounds = await bucket_bounds(source, (histogram(table, endpoint) for endpoint in table.endpoints))
    found: list[Check] = []
    wanted = list(limits(table))
    with progress("counting requests", len(wanted)) as advance:
        for limit in wanted:
            selector = histogram(table, limit.endpoint)
            counts = await _counts(table, limit, source, window, bounds.get(selector))
            about = None if isinstance(counts, Missing) else await _about(table, limit, source, window)
            found.append(endpoints.judge_counts(limit, counts, _SOURCE, min_events=min_events, about=about))
            advance(1)
    return found


async def _counts(
    table: Table, limit: Limit, source: MetricsSource, window: Duration, bounds: list[Duration] | None
) -> Counts | Missing:
    """``bounds`` is None for native histograms, which need none."""
    if bounds:
        words = missing_bound(limit.below, bounds)
        if words:
            return Missing(words)
    made = manifest(table, limit, namespace=table.namespace or "default")
    objective = compile_slo(ServiceLevelObjective.of(made), settings=Settings())
    assert objective.indicator is not None  # noqa: S101 - a latency is no composite
    return await count(source, Events.of(objective.indicator), window)


async def _about(table: Table, limit: Limit, source: MetricsSource, window: Duration) -> float | None:
    """Prometheus' estimate of the percentile in milliseconds; None when it has none."""
    selector, share = histogram(table, limit.endpoint), percent(limit.percentile) / 100
    if table.type == "Native":
        rates = f"sum(rate({selector}[{window}]))"
    else:
        rates = f"sum by (le) (rate({selector.renamed(selector.metric + '_bucket')}[{window}]))"
    found = await source.instant(f"histogram_quantile({share:f}, {rates})")
    value = found[0].value if found else math.nan
    return value * 1000 if math.isfinite(value) else None
