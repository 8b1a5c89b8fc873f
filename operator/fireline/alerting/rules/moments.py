"""Expressions of the rules that look at the present: threshold, ratio, quantile, absent, freshness.

Each yields one series per group with no label beside the group's, and the value people are shown.
NaN is neither above nor below anything, and what is missing yields nothing.
"""

from __future__ import annotations

from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.counted import Groups, canonical, histogram_rate, limit, on, rate, seconds, share
from fireline.api.alert_rule import AlertRule
from fireline.api.alert_rule_kinds import (
    Absent,
    EventRatio,
    Expression,
    Freshness,
    LatencyQuantile,
    QueueSLA,
    ValueThreshold,
)
from fireline.promql.durations import Duration
from fireline.promql.expr import aggregated, nested, selector
from fireline.promql.selectors import parse_selector

FRESHNESS_MEMORY = Duration.of(hours=1)
"""Beyond twice its limit, a series that ended is remembered for so long."""


def threshold(rule: AlertRule, given: ValueThreshold, context: RuleContext, groups: Groups) -> str:
    """The worst value of a group against the limit; once it fires, against where it resolves."""
    operation, sign = ("max", ">") if given.above is not None else ("min", "<")
    value = f"{aggregated(operation, groups)}{nested(given.query)}"
    bound = limit(given.above if given.above is not None else given.below or "0")
    fires = f"{value} {sign} {bound}"
    if given.resolve is None or limit(given.resolve) == bound:
        return fires
    firing = own_alerts(rule, context)
    return f"{fires}\nor\n({value} {sign} {limit(given.resolve)} and {on(groups)} {firing})"


def own_alerts(rule: AlertRule, context: RuleContext) -> str:
    """The rule's own firing alerts."""
    return selector(
        "ALERTS",
        {
            "alertname": rule.name,
            "alertstate": "firing",
            "namespace": context.namespace,
            "alert_policy": context.label,
        },
    )


def ratio(given: EventRatio, groups: Groups) -> str:
    """The share of bad events. Nothing is divided by nothing."""
    total = rate(given.total, given.window, groups)
    if given.bad is not None:
        return f"{rate(given.bad, given.window, groups)}\n/\n({total} > 0)\n> {share(given.above)}"
    if given.good is None:
        raise AssertionError("the schema asks for one of bad and good")
    good = rate(given.good, given.window, groups)
    return f"1 - ({good} or 0 * {total})\n/\n({total} > 0)\n> {share(given.above)}"


def quantile(given: LatencyQuantile, groups: Groups) -> str:
    """The quantile over all series of a group; ``le`` of one value is one bucket, however it is written."""
    found = f"histogram_quantile({limit(given.quantile)}, {histogram_rate(given, groups)})"
    return f"{found} > {seconds(given.above)}"


def absent(given: Absent, groups: Groups) -> str:
    """Without groups Prometheus' own absent; with them, what was there lately and is no more."""
    series = parse_selector(given.series)
    if not groups:
        return f"group(absent({series}))"
    there = aggregated("group", groups)
    return (
        f"{there}(present_over_time({series}[{canonical(given.remember)}]))\n"
        f"unless {on(groups)} {there}({series})"
    )


def freshness(given: Freshness, groups: Groups) -> str:
    """How long ago the latest was, or that a series had no sample for so long."""
    if given.query is not None:
        return f"time() - {aggregated('max', groups)}{nested(given.query)} > {seconds(given.older_than)}"
    series, there = parse_selector(given.series or ""), aggregated("group", groups)
    length = Duration.parse(given.older_than)
    memory = Duration(2 * length.milliseconds + FRESHNESS_MEMORY.milliseconds)
    return (
        f"{there}(present_over_time({series}[{memory}]))\n"
        f"unless {on(groups)} {there}(present_over_time({series}[{length}]))"
    )


def queue_sla(given: QueueSLA, groups: Groups) -> str:
    """Seconds until the backlog is worked off; infinite when nobody works on it."""
    backlog = f"{aggregated('sum', groups)}{nested(given.backlog)}"
    return f"({backlog} > 0)\n/\n{rate(given.drain_rate, given.window, groups)}\n> {seconds(given.within)}"


def expression(given: Expression, groups: Groups) -> str:
    """What the user wrote, without labels nobody asked for."""
    return f"{aggregated('max', groups)}{nested(given.query)}"
