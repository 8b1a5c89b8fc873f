"""What is wrong with the PromQL of an alert rule. Part of ``checks``."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.alerting.rules.texts import events_of, texts
from fireline.api.alert_rule import AlertRule
from fireline.api.issues import Issue, Location
from fireline.errors import PromQLError
from fireline.promql.events import aggregates_read, contradiction, same_events, selector_of_events
from fireline.promql.expr import WINDOW
from fireline.promql.parse import parse_moment, parse_query
from fireline.promql.selectors import parse_selector
from fireline.promql.shape import bare_metric, drops, filters, takes_nan

Found = Iterator[Issue]
COUNTER_ENDINGS = ("_total", "_count", "_sum", "_bucket")


def promql_is_sound(rule: AlertRule, at: Location) -> Found:
    """Selectors are plain selectors of one metric; queries yield what is needed."""
    for field, text, parse in texts(rule):
        try:
            parse(text)
        except PromQLError as error:
            yield Issue("InvalidPromQL", (*at, *field), str(error))


def histogram_is_named_itself(rule: AlertRule, at: Location) -> Found:
    """Fireline adds _bucket and le itself."""
    if rule.quantile is None:
        return
    try:
        histogram = parse_selector(rule.quantile.histogram)
    except PromQLError:  # reported by promql_is_sound
        return
    where = (*at, "quantile", "histogram")
    if any(matcher.label == "le" for matcher in histogram.matchers):
        yield Issue("InvalidPromQL", where, "must not match le: a quantile needs all buckets; remove le")
    for ending in ("_bucket", "_count", "_sum"):
        if histogram.metric.endswith(ending):
            bare = histogram.metric.removesuffix(ending)
            yield Issue(
                "InvalidPromQL", where, f"names a part of the histogram; write {bare} without {ending}"
            )


def placeholder_is_for_queries(rule: AlertRule, at: Location) -> Found:
    """In a selector the placeholder would be taken for a value that no series has."""
    for field, text, parse in texts(rule):
        if WINDOW in text and parse is not parse_query and field != ("anomaly", "query"):
            try:
                parse(text)
            except PromQLError:  # reported by promql_is_sound
                continue
            yield Issue(
                "InvalidPromQL", (*at, *field), f"contains {WINDOW}, which stands for nothing here; remove it"
            )


def groups_survive(rule: AlertRule, at: Location) -> Found:
    """A query that sums a groupBy label away leaves nothing to group by."""
    groups = rule.group_by or []
    for field, text, parse in texts(rule):
        if not groups:
            return
        try:
            lost = drops(parse(text), groups)
        except PromQLError:  # reported by promql_is_sound
            continue
        if lost:
            yield Issue(
                "GroupLost",
                (*at, *field),
                f"drops the groupBy label{'s'[: len(lost) > 1]} {', '.join(lost)}; keep "
                f"{'them' if len(lost) > 1 else 'it'}: sum by ({', '.join(groups)}) (…)",
            )


def parts_fit(rule: AlertRule, at: Location) -> Found:
    """The same events as part and as total make everything bad or good; disjoint ones nothing."""
    if rule.ratio is None:
        return
    total = selector_of_events(rule.ratio.total)
    for name, part in (("bad", rule.ratio.bad), ("good", rule.ratio.good)):
        if part is None:
            continue
        if same_events(part, rule.ratio.total):
            yield Issue(
                "SameSeries",
                (*at, "ratio", name),
                f"counts the same events as total, so that every event would be {name}; narrow it, for "
                'example by code=~"5.."',
            )
        mine = selector_of_events(part)
        if mine is None or total is None or mine.metric != total.metric:
            continue
        if found := contradiction(mine, total):
            yield Issue(
                "NotASubset",
                (*at, "ratio", name, "metric"),
                f"asks for {found[0]} where total asks for {found[1]}: no event is counted by both",
            )


def rates_read_counters(rule: AlertRule, at: Location) -> Found:
    """A rate over a recorded sum takes the restart of one pod for a reset of all of them."""
    for field, events in events_of(rule):
        for name, counter in aggregates_read(events):
            yield Issue(
                "RateOfAggregate",
                (*at, *field, "metric" if events.metric is not None else "query"),
                f"takes a rate over {name}, which its name says is a recorded aggregate: when one of the "
                f"summed counters restarts, the rate counts a jump that never happened; use the counter "
                f"itself, such as {counter}",
            )


def expression_filters(rule: AlertRule, at: Location) -> Found:
    """An alert fires for every series its expression yields, whatever the value."""
    if rule.expression is None or not _sound(rule.expression.query):
        return
    if not filters(rule.expression.query):
        yield Issue(
            "NoComparison",
            (*at, "expression", "query"),
            "yields something all the time, so that it would always fire; end it in a comparison without "
            "bool, as in sum(rate(errors_total[5m])) > 10",
        )


def nan_does_not_fire(rule: AlertRule, at: Location) -> Found:
    """Only a note: 0/0 differs from every number."""
    if rule.expression is not None and _sound(rule.expression.query) and takes_nan(rule.expression.query):
        yield Issue(
            "FiresForNaN",
            (*at, "expression", "query"),
            "compares with !=, which NaN passes: a division by zero would fire; > and < do not take it",
            note=True,
        )


def gauges_are_no_counters(rule: AlertRule, at: Location) -> Found:
    """Only a note: a counter only grows until its process restarts, but names are a convention."""
    for field, text, parse in texts(rule):
        name = bare_metric(text) if parse is parse_moment else None
        if name is not None and name.endswith(COUNTER_ENDINGS):
            yield Issue(
                "NotAGauge",
                (*at, *field),
                f"{name} looks like a counter, which only grows; compare its pace: sum(rate({name}[5m]))",
                note=True,
            )


def _sound(query: str) -> bool:
    try:
        parse_moment(query)
    except PromQLError:  # reported by promql_is_sound
        return False
    return True
