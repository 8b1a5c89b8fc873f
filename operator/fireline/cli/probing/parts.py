"""What an SLO reads from Prometheus: each field with its expression and the series behind it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fireline.api.issues import Location
from fireline.api.slo import Spec
from fireline.api.slo_indicator import Events
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW
from fireline.promql.parse import metrics, parse_moment, parse_query, reads
from fireline.promql.selectors import Selector, parse_selector
from fireline.slo.indicators import CHECK_RUNS

INDICATOR: Location = ("spec", "indicator")
LOOKED_BACK = "5m"
Need = Literal["Data", "Events", "Bad"]
"""``Data`` must always be there, good ``Events`` whenever there is traffic; ``Bad`` may never have been."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field. ``expression`` yields samples while data is there; ``rates``: metrics a rate is taken of."""

    at: Location
    expression: str
    selectors: tuple[Selector, ...]
    rates: tuple[str, ...]
    need: Need


def parts(spec: Spec, namespace: str) -> Iterator[Part]:
    """Every field of the indicator that names series, the total first: what it lacks explains the others."""
    kind = spec.indicator
    if kind.ratio is not None:
        for name, events, need in _ratio_parts(kind.ratio.bad, kind.ratio.good, kind.ratio.total):
            yield _events((*INDICATOR, "ratio", name), events, need)
    if kind.latency is not None:
        histogram = parse_selector(kind.latency.histogram)
        classic = kind.latency.type == "Classic"
        counted = histogram.renamed(f"{histogram.metric}_count") if classic else histogram
        yield _selector((*INDICATOR, "latency", "histogram"), str(counted))
    if kind.availability is not None:
        yield _selector((*INDICATOR, "availability", "metric"), kind.availability.metric)
    if kind.threshold is not None:
        query = kind.threshold.query
        selectors = tuple(reads(parse_moment(query)))
        yield Part((*INDICATOR, "threshold", "query"), query, selectors, (), "Data")
    if kind.error_ratio is not None:
        yield _query((*INDICATOR, "errorRatio", "query"), kind.error_ratio.query, "Data", ratio=True)
    if kind.synthetic is not None:
        runs = parse_selector(f'{CHECK_RUNS}{{namespace="{namespace}",check="{kind.synthetic.check}"}}')
        yield Part((*INDICATOR, "synthetic", "check"), str(runs), (runs,), (), "Data")


def _ratio_parts(
    bad: Events | None, good: Events | None, total: Events
) -> Iterator[tuple[str, Events, Need]]:
    yield "total", total, "Data"
    if bad is not None:
        yield "bad", bad, "Bad"
    if good is not None:
        yield "good", good, "Events"


def _events(at: Location, events: Events, need: Need) -> Part:
    if events.metric is not None:
        selector = parse_selector(events.metric)
        return Part((*at, "metric"), str(selector), (selector,), (selector.metric,), need)
    return _query((*at, "query"), events.query or "", need)


def _selector(at: Location, text: str) -> Part:
    selector = parse_selector(text)
    return Part(at, str(selector), (selector,), (), "Data")


def _query(at: Location, text: str, need: Need, *, ratio: bool = False) -> Part:
    query = parse_query(text, ratio=ratio)
    expression = text.replace(WINDOW, LOOKED_BACK)
    return Part(at, expression, tuple(reads(query)), tuple(metrics(query)), need)


SHORTEST = Duration.parse(LOOKED_BACK)
"""The shortest window that is read from raw series."""
