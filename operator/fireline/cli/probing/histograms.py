"""Latency: is the histogram there, of the type that is said, and is the limit one of its bounds?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from fireline.api.issues import Issue
from fireline.api.slo_indicator import Latency
from fireline.cli.probing.absent import missing
from fireline.cli.probing.catalog import Catalog
from fireline.cli.probing.parts import INDICATOR
from fireline.promql.durations import Duration
from fireline.promql.selectors import Selector, parse_selector

_AT = (*INDICATOR, "latency")


async def histogram(latency: Latency, catalog: Catalog) -> list[Issue]:
    """What is wrong with a latency indicator."""
    selector = parse_selector(latency.histogram)
    buckets = selector.renamed(f"{selector.metric}_bucket")
    if latency.type == "Native":
        return await _native(selector, buckets, catalog)
    if await catalog.exists(str(buckets)):
        return list(_no_bound(latency.below, await _bounds(buckets, catalog)))
    if await _is_native(selector, catalog):
        return [
            _wrong_type(f"{selector.metric} is a native histogram there and has no _bucket series", "Native")
        ]
    return [Issue("NoSeries", (*_AT, "histogram"), await missing(buckets, catalog))]


async def _native(selector: Selector, buckets: Selector, catalog: Catalog) -> list[Issue]:
    if await _is_native(selector, catalog):
        return []
    if await catalog.exists(str(buckets)):
        return [
            _wrong_type(f"{selector.metric} is a classic histogram there, with _bucket series", "Classic")
        ]
    if await catalog.exists(str(selector)):
        kinds = " or ".join(sorted(await catalog.kinds(selector.metric))) or "plain number"
        return [
            Issue(
                "NotAHistogram", (*_AT, "histogram"), f"{selector.metric} is no histogram there but a {kinds}"
            )
        ]
    return [Issue("NoSeries", (*_AT, "histogram"), await missing(selector, catalog))]


async def _is_native(selector: Selector, catalog: Catalog) -> bool:
    """Only native histograms have a count of their own."""
    return await catalog.exists(f"histogram_count({selector})")


def _wrong_type(found: str, right: str) -> Issue:
    return Issue("WrongHistogramType", (*_AT, "type"), f"{found}; write type: {right}")


async def _bounds(buckets: Selector, catalog: Catalog) -> list[float]:
    series = await catalog.samples(f"group by (le) ({buckets})")
    return sorted({float(one.labels["le"]) for one in series if "le" in one.labels} - {inf})


def _no_bound(below: str, bounds: Sequence[float]) -> Iterator[Issue]:
    limit = Duration.parse(below).seconds
    if not bounds or limit in bounds:
        return
    lower = [bound for bound in bounds if bound < limit][-1:]
    upper = [bound for bound in bounds if bound > limit][:1]
    nearest = " and ".join(str(Duration.of(seconds=bound)) for bound in (*lower, *upper))
    listed = ", ".join(str(Duration.of(seconds=bound)) for bound in bounds)
    yield Issue(
        "NoBucketBound",
        (*_AT, "below"),
        f"{below} is no bucket bound of the histogram; nearest: {nearest} (bounds: {listed})",
    )
