"""The PromQL in an alert rule, with where it stands: what the checks go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fireline.api.alert_rule import AlertRule
from fireline.api.issues import Location
from fireline.api.slo_indicator import Events
from fireline.promql.parse import parse_moment, parse_query
from fireline.promql.selectors import parse_matchers, parse_selector

Parse = Callable[[str], object]
Text = tuple[Location, str, Parse]
"""(field, what stands there, how it must parse)."""


def texts(rule: AlertRule) -> Iterator[Text]:
    """Every selector and query of a rule."""
    for at, events in events_of(rule):
        if events.metric is not None:
            yield (*at, "metric"), events.metric, parse_selector
        if events.query is not None:
            yield (*at, "query"), events.query, parse_query
    yield from _selectors(rule)
    yield from _moments(rule)
    if rule.anomaly is not None:
        yield ("anomaly", "query"), rule.anomaly.query, _any_window


def events_of(rule: AlertRule) -> Iterator[tuple[Location, Events]]:
    """What a rule counts."""
    if rule.ratio is not None:
        for name, events in (("bad", rule.ratio.bad), ("good", rule.ratio.good), ("total", rule.ratio.total)):
            if events is not None:
                yield ("ratio", name), events
    if rule.rate_drop is not None:
        yield ("rateDrop", "total"), rule.rate_drop.total
    if rule.queue_sla is not None:
        yield ("queueSLA", "drainRate"), rule.queue_sla.drain_rate
    least = rule.min_traffic
    if least is not None and (least.metric is not None or least.query is not None):
        yield ("minTraffic",), Events(metric=least.metric, query=least.query)


def _selectors(rule: AlertRule) -> Iterator[Text]:
    if rule.quantile is not None:
        yield ("quantile", "histogram"), rule.quantile.histogram, parse_selector
    if rule.absent is not None:
        yield ("absent", "series"), rule.absent.series, parse_selector
    if rule.freshness is not None and rule.freshness.series is not None:
        yield ("freshness", "series"), rule.freshness.series, parse_selector
    if rule.cardinality is not None and rule.cardinality.matching is not None:
        yield ("cardinality", "matching"), rule.cardinality.matching, parse_matchers


def _moments(rule: AlertRule) -> Iterator[Text]:
    given: tuple[tuple[Location, str | None], ...] = (
        (("threshold", "query"), rule.threshold.query if rule.threshold else None),
        (("freshness", "query"), rule.freshness.query if rule.freshness else None),
        (("forecast", "query"), rule.forecast.query if rule.forecast else None),
        (("forecast", "capacity"), rule.forecast.capacity if rule.forecast else None),
        (("queueSLA", "backlog"), rule.queue_sla.backlog if rule.queue_sla else None),
        (("expression", "query"), rule.expression.query if rule.expression else None),
    )
    for at, query in given:
        if query is not None:
            yield at, query, parse_moment


def _any_window(text: str) -> object:
    """A value is compared with itself in the past: any function over the window will do."""
    return parse_query(text, ratio=True)
