"""What is wrong with an indicator that its schema cannot say. Part of ``checks``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fireline.api.issues import Issue, Location
from fireline.api.slo import Spec
from fireline.api.slo_indicator import Events
from fireline.errors import PromQLError
from fireline.promql.events import aggregates_read, contradiction, same_events, selector_of_events
from fireline.promql.expr import SECONDS, WINDOW
from fireline.promql.parse import lost_labels, parse_moment, parse_query
from fireline.promql.selectors import Selector, parse_selector

Found = Iterator[Issue]

_INDICATOR: Location = ("spec", "indicator")
_COUNTER_ENDINGS = ("_total", "_count", "_sum", "_bucket")


def promql_is_sound(spec: Spec) -> Found:
    """Selectors are plain selectors of one metric; queries read [$window] and yield what is needed."""
    for at, text, parse in _texts(spec):
        try:
            parse(text)
        except PromQLError as error:
            yield Issue("InvalidPromQL", at, str(error))


def _ratio_query(text: str) -> object:
    return parse_query(text, ratio=True)


def _texts(spec: Spec) -> Iterator[tuple[Location, str, Callable[[str], object]]]:
    """(field, what stands there, how it must parse). A histogram is looked at in more detail elsewhere."""
    for at, events in _events(spec):
        if events.metric is not None:
            yield (*at, "metric"), events.metric, parse_selector
        if events.query is not None:
            yield (*at, "query"), events.query, parse_query
    kind = spec.indicator
    if kind.availability is not None:
        yield (*_INDICATOR, "availability", "metric"), kind.availability.metric, parse_selector
    if kind.threshold is not None:
        yield (*_INDICATOR, "threshold", "query"), kind.threshold.query, parse_moment
    if kind.error_ratio is not None:
        yield (*_INDICATOR, "errorRatio", "query"), kind.error_ratio.query, _ratio_query


def placeholder_is_for_queries(spec: Spec) -> Found:
    """Placeholders are replaced wherever they stand, also inside a label value."""
    latency, availability = spec.indicator.latency, spec.indicator.availability
    texts = [((*at, "metric"), events.metric) for at, events in _events(spec)]
    texts += [((*_INDICATOR, "latency", "histogram"), latency.histogram)] if latency else []
    texts += [((*_INDICATOR, "availability", "metric"), availability.metric)] if availability else []
    for at, text in texts:
        if text is not None and WINDOW in text:
            yield Issue("InvalidPromQL", at, f"contains {WINDOW}, which belongs into a query; remove it")
        if text is not None and SECONDS in text:
            yield Issue("InvalidPromQL", at, f"contains {SECONDS}, which Fireline replaces by a number")


def histogram_is_named_itself(spec: Spec) -> Found:
    """A latency selector names the histogram; the bucket is chosen by `below`."""
    latency, at = spec.indicator.latency, (*_INDICATOR, "latency", "histogram")
    if latency is None:
        return
    try:
        histogram = parse_selector(latency.histogram)
    except PromQLError as error:
        yield Issue("InvalidPromQL", at, str(error))
        return
    if any(matcher.label == "le" for matcher in histogram.matchers):
        yield Issue("InvalidPromQL", at, "must not match le: the bucket is chosen by below; remove le")
    for ending in ("_bucket", "_count", "_sum"):
        if histogram.metric.endswith(ending):
            bare = histogram.metric.removesuffix(ending)
            yield Issue("InvalidPromQL", at, f"names a part of the histogram; write {bare} without {ending}")


def parts_differ(spec: Spec) -> Found:
    """The same series as part and as total would make everything bad, or everything good."""
    ratio = spec.indicator.ratio
    if ratio is None:
        return
    for name, part in (("bad", ratio.bad), ("good", ratio.good)):
        if part is not None and same_events(part, ratio.total):
            yield Issue(
                "SameSeries",
                (*_INDICATOR, "ratio", name),
                f"counts the same events as total, so that every event would be {name}; narrow it, "
                f'for example by code=~"5.."',
            )


def rates_read_counters(spec: Spec) -> Found:
    """A rate over a recorded sum takes the restart of one pod for a reset of all of them."""
    for at, events in _events(spec):
        for name, counter in aggregates_read(events):
            yield Issue(
                "RateOfAggregate",
                (*at, "metric" if events.metric is not None else "query"),
                f"takes a rate over {name}, which its name says is a recorded aggregate: when one of the "
                f"summed counters restarts, the rate counts a jump that never happened; use the counter "
                f"itself, such as {counter}",
            )


def part_meets_total(spec: Spec) -> Found:
    """A part that asks for another value of a label than total counts no event of it."""
    for name, part, total in _of_one_metric(spec):
        if found := contradiction(part, total):
            mine, other = found
            yield Issue(
                "NotASubset",
                (*_INDICATOR, "ratio", name, "metric"),
                f"asks for {mine} where total asks for {other}: no event is counted by both",
            )


def groups_survive(spec: Spec) -> Found:
    """A query that sums a groupBy label away leaves nothing to group by."""
    groups = spec.group_by or []
    for at, text, parse in _texts(spec):
        if not groups or at[-1] != "query":
            continue
        try:
            query = parse(text)
        except PromQLError:  # reported by promql_is_sound
            continue
        lost = lost_labels(query, groups)
        if lost:
            yield Issue(
                "GroupLost",
                at,
                f"drops the groupBy label{'s'[: len(lost) > 1]} {', '.join(lost)}; keep "
                f"{'them' if len(lost) > 1 else 'it'}: sum by ({', '.join(groups)}) (…)",
            )


def composite_is_plain(spec: Spec) -> Found:
    """A composite has no events of its own: what is about events belongs to its members."""
    if spec.indicator.composite is None:
        return
    own: dict[Location, object] = {
        ("spec", "groupBy"): spec.group_by,
        ("spec", "timeslice"): spec.timeslice,
        ("spec", "maintenance"): spec.maintenance,
        ("spec", "alerting", "minEvents"): spec.alerting.min_events,
        ("spec", "alerting", "minBadEvents"): spec.alerting.min_bad_events,
    }
    for at, given in own.items():
        if given:
            yield Issue(
                "InvalidSpec", at, "is about events, which a composite has none of; set it on its members"
            )
    if spec.indicator.composite.method == "Worst":
        for number, member in enumerate(spec.indicator.composite.objectives):
            if member.weight is not None:
                at = (*_INDICATOR, "composite", "objectives", number, "weight")
                yield Issue("InvalidSpec", at, "has no meaning with method Worst; remove it, or use Weighted")


def availability_reads_a_gauge(spec: Spec) -> Found:
    """Only a note: the sum over a counter is no number of good samples, but names are a convention."""
    availability = spec.indicator.availability
    if availability is None:
        return
    try:
        metric = parse_selector(availability.metric).metric
    except PromQLError:  # reported by promql_is_sound
        return
    if metric.endswith(_COUNTER_ENDINGS):
        at = (*_INDICATOR, "availability", "metric")
        yield Issue(
            "NotAGauge", at, f"{metric} looks like a counter; availability needs a 0/1 gauge", note=True
        )


def free_ratio_is_approximate(spec: Spec) -> Found:
    """Only a note: without numbers of events, a minute with one request weighs like one with thousands."""
    if spec.indicator.error_ratio is not None:
        yield Issue(
            "Approximate",
            (*_INDICATOR, "errorRatio"),
            "is weighted by time, so that quiet minutes weigh as much as busy ones; ratio with bad and total "
            "is exact",
            note=True,
        )


def counters_look_like_counters(spec: Spec) -> Found:
    """Only a note: a rate over a gauge is wrong, but names are a convention."""
    for at, events in _events(spec):
        selector = selector_of_events(events)
        if selector is not None and not selector.metric.endswith(_COUNTER_ENDINGS):
            yield Issue(
                "NotACounter",
                (*at, "metric"),
                f"{selector.metric} does not end in _total or _count: make sure that it is a counter",
                note=True,
            )


def part_is_within_total(spec: Spec) -> Found:
    """Only a note: events counted as bad or good that total does not count are clamped away."""
    for name, part, total in _of_one_metric(spec):
        missing = [str(matcher) for matcher in total.matchers if matcher not in part.matchers]
        if missing:
            yield Issue(
                "NotASubset",
                (*_INDICATOR, "ratio", name, "metric"),
                f"does not repeat {', '.join(missing)} of total: it may count events that total does not",
                note=True,
            )


def _of_one_metric(spec: Spec) -> Iterator[tuple[str, Selector, Selector]]:
    """(bad or good, its selector, that of total) where both select from one metric."""
    ratio = spec.indicator.ratio
    total = selector_of_events(ratio.total) if ratio else None
    if ratio is None or total is None:
        return
    for name, events in (("bad", ratio.bad), ("good", ratio.good)):
        part = selector_of_events(events) if events else None
        if part is not None and part.metric == total.metric:
            yield name, part, total


def _events(spec: Spec) -> Iterator[tuple[Location, Events]]:
    ratio = spec.indicator.ratio
    if ratio is not None:
        for name, events in (("bad", ratio.bad), ("good", ratio.good), ("total", ratio.total)):
            if events is not None:
                yield (*_INDICATOR, "ratio", name), events
