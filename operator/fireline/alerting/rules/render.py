"""Alert rules of a policy → the rule groups of its PrometheusRule. Called by the renderer of policies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from fireline.alerting.rules import moments, trends
from fireline.alerting.rules.alert import alert, labels, own_annotations
from fireline.alerting.rules.anomaly import KEEP, WAIT, AnomalyRule, anomaly_rules
from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.counted import (
    Groups,
    canonical,
    limit,
    on,
    rate,
    rule_total,
    rule_window,
    seconds,
)
from fireline.alerting.rules.timing import INTERVALS, Pace, pace
from fireline.alerting.rules.words import alert_groups
from fireline.api.alert_rule import AlertRule
from fireline.api.alert_rule_anomaly import Anomaly
from fireline.api.plan import Manifest
from fireline.api.slo_indicator import Events
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, aggregated, nested, number

_HALF = Decimal("0.5")


def rule_groups(rules: Sequence[AlertRule], context: RuleContext) -> list[Manifest]:
    """The groups, each with an interval that fits what its rules read; none for no rules.

    The same rules in the same order give the same bytes. Raises PromQLError when a selector does not
    parse (reported earlier, with its path, by ``checks``).
    """
    found: dict[Pace, list[Manifest]] = defaultdict(list)
    for rule in rules:
        if rule.anomaly is None:
            found[pace(rule)].append(alert(rule, context, expression(rule, context)))
    name = f"alertpolicy-{context.policy}"
    groups = [
        {"name": f"{name}{end}", "interval": str(interval), "rules": found[end]}
        for end, interval in INTERVALS.items()
        if end in found
    ]
    anomalies = [_anomaly(rule, rule.anomaly, context) for rule in rules if rule.anomaly is not None]
    return [*groups, *(group for one in anomalies for group in anomaly_rules(one, name))]


def expression(rule: AlertRule, context: RuleContext) -> str:
    """The PromQL of a rule: one series per group while it should fire, nothing otherwise."""
    groups = alert_groups(rule)
    found = _of_type(rule, context, groups)
    enough = _enough_traffic(rule, groups)
    return f"(\n{found}\n)\nand {on(groups)} ({enough})" if enough else found


def _anomaly(rule: AlertRule, given: Anomaly, context: RuleContext) -> AnomalyRule:
    """The rule as the maths of anomalies wants it. Its query yields the groups, like those of all rules."""
    groups = rule.group_by or ()
    query = nested(given.query.replace(WINDOW, canonical(given.window)))
    enough = _enough_traffic(rule, groups)
    static = labels(rule, context)
    own = own_annotations(rule, context)
    hint = {
        key: text for key, text in own.items() if key in {"runbook_url", "dashboard_url", "correlation_id"}
    }
    return AnomalyRule(
        name=rule.name,
        query=f"{aggregated('max', groups)}{query}",
        own={key: static[key] for key in ("namespace", "alert_policy")},
        labels=static,
        annotations=own,
        hint=hint,
        direction=given.direction,
        noise_floor=Decimal(given.noise_floor or "0"),
        guard=f"and {on(groups)} ({enough})" if enough else "",
        wait=Duration.parse(rule.for_) if rule.for_ is not None else WAIT,
        keep=Duration.parse(rule.keep_firing_for) if rule.keep_firing_for is not None else KEEP,
    )


def _of_type(rule: AlertRule, context: RuleContext, groups: Groups) -> str:  # noqa: PLR0911 - one per type
    if rule.threshold is not None:
        return moments.threshold(rule, rule.threshold, context, groups)
    if rule.ratio is not None:
        return moments.ratio(rule.ratio, groups)
    if rule.quantile is not None:
        return moments.quantile(rule.quantile, groups)
    if rule.rate_drop is not None:
        return trends.rate_drop(rule.rate_drop, groups)
    if rule.absent is not None:
        return moments.absent(rule.absent, groups)
    if rule.freshness is not None:
        return moments.freshness(rule.freshness, groups)
    if rule.cardinality is not None:
        return trends.cardinality(rule.cardinality)
    if rule.forecast is not None:
        return trends.forecast(rule.forecast, groups)
    if rule.queue_sla is not None:
        return moments.queue_sla(rule.queue_sla, groups)
    if rule.expression is not None:
        return moments.expression(rule.expression, groups)
    raise AssertionError("the schema asks for exactly one type")


def _enough_traffic(rule: AlertRule, groups: Groups) -> str | None:
    """That enough was going on, per group; None without such a wish.

    A number of events is a rate times its window, which counts a little less or more than there were:
    half an event is forgiven.
    """
    given = rule.min_traffic
    if given is None:
        return None
    window = given.window or rule_window(rule)
    own = given.metric is not None or given.query is not None
    events = Events(metric=given.metric, query=given.query) if own else None
    total = rate(events, window, groups) if events else rule_total(rule, window, groups)
    if given.per_second is not None:
        return f"{total} >= {limit(given.per_second)}"
    least = Decimal(given.events or "0") - _HALF
    return f"{total} * {seconds(window)} > {number(least)}"
