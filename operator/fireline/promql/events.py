"""Events as users name them, by selector or query: what two of them have to do with each other.

Called by the checks of SLOs and of alert rules.
"""

from __future__ import annotations

import re

from fireline.api.slo_indicator import Events
from fireline.errors import PromQLError
from fireline.promql.parse import canonical_query, metrics, parse_query
from fireline.promql.selectors import Matcher, Selector, parse_selector

_AGGREGATED = re.compile(
    r":(?:[a-z0-9]+_)*(?:sum|rate|irate|increase|avg|mean|max|min|count|ratio)[_0-9a-z]*$"
)
"""A recorded series whose name says that it is an aggregate: level:metric:operations."""


def selector_of_events(events: Events) -> Selector | None:
    """The selector, or None for a query or a selector that does not parse."""
    try:
        return parse_selector(events.metric) if events.metric is not None else None
    except PromQLError:
        return None


def same_events(one: Events, other: Events) -> bool:
    """Whether both are spellings of one thing."""
    return _canonical(one) == _canonical(other)


def contradiction(part: Selector, total: Selector) -> tuple[Matcher, Matcher] | None:
    """The first two matchers that no series satisfies both, of the part and of the total."""
    for mine in part.matchers:
        for other in total.matchers:
            if mine.label == other.label and mine.op == other.op == "=" and mine.value != other.value:
                return mine, other
    return None


def aggregates_read(events: Events) -> list[tuple[str, str]]:
    """Recorded aggregates a rate is taken over, each with the counter to use instead.

    When one of the summed counters restarts, such a rate counts a jump that never happened.
    """
    return [(name, _counter_of(name)) for name in _read_by_rates(events) if _AGGREGATED.search(name)]


def _read_by_rates(events: Events) -> list[str]:
    try:
        if events.metric is not None:
            return [parse_selector(events.metric).metric]
        return metrics(parse_query(events.query or ""))
    except PromQLError:  # reported by the checks of the text itself
        return []


def _counter_of(recorded: str) -> str:
    parts = recorded.split(":")
    return parts[1] if len(parts) > 2 else "http_requests_total"


def _canonical(events: Events) -> str:
    selector = selector_of_events(events)
    return str(selector) if selector else canonical_query(events.query or events.metric or "")
