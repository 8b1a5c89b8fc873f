"""Are the SLOs of a table sound? The operator's own checks, told in places of the table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from fireline.api.issues import Issue, Location
from fireline.cli.performance.bounds import missing_bound
from fireline.cli.performance.objectives import Limit, histogram, histogram_at, limits, manifest
from fireline.cli.performance.schema import Table
from fireline.promql.durations import Duration
from fireline.promql.selectors import Selector
from fireline.slo.checks import read

_PLACES: Mapping[Location, Location] = {
    ("spec", "service"): ("service",),
    ("spec", "window"): ("window",),
    ("spec", "prometheus"): ("prometheus",),
    ("spec", "alerting", "labels"): ("alertLabels",),
    ("spec", "alerting", "runbookURL"): ("runbookURL",),
    ("metadata", "labels"): ("labels",),
    ("metadata", "namespace"): ("namespace",),
}
"""Fields of the SLOs that come from the top of the table."""


def vet(table: Table, *, namespace: str | None) -> list[Issue]:
    """What the operator would refuse about the SLOs of a table, each mistake once."""
    found: dict[tuple[Location, str], Issue] = {}
    for limit in limits(table):
        made = manifest(table, limit, namespace=namespace)
        made["metadata"].setdefault("namespace", "default")
        for issue in read(made, sources={table.prometheus})[1]:
            if not issue.note:
                placed = Issue(issue.reason, _placed(table, limit, issue), _worded(limit, issue))
                found.setdefault((placed.at, placed.message), placed)
    return list(found.values())


def declared_bounds(table: Table) -> Iterator[Issue]:
    """Limits that are none of the bucket bounds the table declares."""
    if table.type == "Classic" and table.buckets is not None:
        bounds = [Duration.parse(bound) for bound in table.buckets]
        for limit in limits(table):
            words = missing_bound(limit.below, bounds)
            if words:
                yield Issue("NoBucketBound", limit.at, words)


def seen_bounds(table: Table, bounds: Mapping[Selector, Sequence[Duration]], url: str) -> Iterator[Issue]:
    """Limits that are no bucket bound of the histograms in Prometheus, and histograms without series."""
    absent: set[int] = set()
    for limit in limits(table):
        selector = histogram(table, limit.endpoint)
        if not bounds[selector]:
            if limit.index not in absent:
                absent.add(limit.index)
                words = (
                    f"{selector.metric}_bucket has no series at {url} now for {selector}; check the labels"
                )
                yield Issue("NoSeries", ("endpoints", limit.index), words)
            continue
        missing = missing_bound(limit.below, bounds[selector])
        if missing:
            yield Issue("NoBucketBound", limit.at, missing)


def seen_series(table: Table, present: Collection[Selector], url: str) -> Iterator[Issue]:
    """Endpoints whose native histogram has no series in Prometheus."""
    for index, endpoint in enumerate(table.endpoints):
        selector = histogram(table, endpoint)
        if selector not in present:
            yield Issue("NoSeries", ("endpoints", index), f"{selector} has no series at {url} now")


def _worded(limit: Limit, issue: Issue) -> str:
    """The table does not have the object's name, so it is said."""
    name = issue.at[:2] == ("metadata", "name")
    return f"becomes {limit.name}, which {issue.message}" if name else issue.message


def _placed(table: Table, limit: Limit, issue: Issue) -> Location:
    for prefix, place in _PLACES.items():
        if issue.at[: len(prefix)] == prefix:
            own = place == ("service",) and limit.endpoint.service is not None
            return ("endpoints", limit.index, "service") if own else place
    if issue.at[:4] == ("spec", "indicator", "latency", "histogram"):
        return histogram_at(table, limit.index)
    if issue.at[:2] == ("spec", "objective"):
        return ("objectives", limit.key)
    if issue.at[:2] == ("metadata", "name"):
        return ("endpoints", limit.index, "name")
    return limit.at
