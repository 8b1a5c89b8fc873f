"""Expressions of the rules that compare with the past: rateDrop, cardinality, forecast.

They read hours or days, so their groups are evaluated less often. As everywhere in this room, each
yields one series per group and the value people are shown.
"""

from __future__ import annotations

from fireline.alerting.rules.counted import Groups, limit, on, rate, seconds, share
from fireline.api.alert_rule_kinds import Cardinality, Forecast, RateDrop
from fireline.api.slo_indicator import Events
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, aggregated, nested
from fireline.promql.selectors import parse_matchers, parse_selector

_WEEK = Duration.of(days=7)
_HOUR = Duration.of(hours=1)
_WEEK_LABEL = "fireline_week"
_SCRAPED = "scrape_samples_post_metric_relabeling"
_POINTS = 72
"""A trend is drawn through so many points of its history."""
_SHORTEST_STEP = Duration.of(minutes=1)


def rate_drop(given: RateDrop, groups: Groups) -> str:
    """By which share the rate is lower than the median of the same hour of past weeks.

    The hour is the one around this time of the week, so half of it was later then.
    """
    weeks = [
        f'label_replace({_hour(given.total, week, groups)}, "{_WEEK_LABEL}", "{week}", "", "")'
        for week in range(1, given.weeks + 1)
    ]
    listed = "\nor\n".join(weeks)
    usual = f"{aggregated('quantile', groups)}(0.5,\n{listed}\n)"
    now = rate(given.total, given.window, groups)
    return f"1 - {now}\n/\n({usual} >= {limit(given.minimum)})\n> {share(given.by_percent)}"


def _hour(events: Events, week: int, groups: Groups) -> str:
    back = Duration(week * _WEEK.milliseconds - _HOUR.milliseconds // 2)
    if events.metric is not None:
        return f"{aggregated('sum', groups)}(rate({parse_selector(events.metric)}[{_HOUR}] offset {back}))"
    # An offset belongs to each selector; around a whole query only a subquery takes one.
    query = nested((events.query or "").replace(WINDOW, str(_HOUR)))
    return f"{aggregated('sum', groups)}(last_over_time({query}[1m:1m] offset {back}))"


def cardinality(given: Cardinality) -> str:
    """The number of series per job or metric, or by which share it grew within a day."""
    now, before = _series(given, ""), _series(given, " offset 1d")
    if given.above is not None:
        return f"{now} > {limit(given.above)}"
    grown = share(given.growth_percent or "0")
    by = given.by.lower()
    return f"(\n{now}\n/\n({before} > 0)\n) - 1 > {grown}\nand on ({by}) ({now} >= {limit(given.minimum)})"


def _series(given: Cardinality, offset: str) -> str:
    narrowed = parse_matchers(given.matching) if given.matching else ""
    if given.by == "Job":
        return f"sum by (job) ({_SCRAPED}{narrowed}{offset})"
    counted = f"count by (__name__) ({narrowed}{offset})"
    return f'sum by (metric) (label_replace({counted}, "metric", "$1", "__name__", "(.+)"))'


def forecast(given: Forecast, groups: Groups) -> str:
    """The level ``within`` ahead on the trend of ``history``, while the level is past its gate."""
    rises = given.below is None
    operation, sign = ("max", ">") if rises else ("min", "<")
    level = f"{aggregated(operation, groups)}{_level(given)}"
    history = Duration.parse(given.history)
    whole = max(history.milliseconds // _POINTS // _SHORTEST_STEP.milliseconds, 1)
    step = Duration(whole * _SHORTEST_STEP.milliseconds)
    past = f"({level})[{history}:{step}]"
    bound = limit(given.above or given.below or "100")
    gate = limit(given.gate or "50")
    half = history.milliseconds // step.milliseconds // 2
    return (
        f"predict_linear({past}, {seconds(given.within)}) {sign} {bound}\n"
        f"and {on(groups)} ({level} {sign}= {gate})\n"
        f"and {on(groups)} (count_over_time({past}) >= {half})"
    )


def _level(given: Forecast) -> str:
    """The level as written, or as a percentage of the capacity, in parentheses."""
    if given.capacity is None:
        return nested(given.query)
    return f"(100 * {nested(given.query)} / ({nested(given.capacity)} > 0))"
