"""Events as PromQL: rates over a window, one series per group. Read by the expressions of each type."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fireline.api.alert_rule import AlertRule
from fireline.api.alert_rule_kinds import LatencyQuantile
from fireline.api.slo_indicator import Events
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, aggregated, nested, number
from fireline.promql.selectors import Selector, parse_selector

Groups = Sequence[str]
USUAL_WINDOW = "5m"


def rate(events: Events, window: str, groups: Groups) -> str:
    """Events per second over a window. Raises PromQLError when a selector does not parse."""
    if events.metric is not None:
        return f"{aggregated('sum', groups)}(rate({parse_selector(events.metric)}[{canonical(window)}]))"
    return f"{aggregated('sum', groups)}{nested((events.query or '').replace(WINDOW, canonical(window)))}"


def canonical(window: str) -> str:
    """A duration as every Prometheus prints it."""
    return str(Duration.parse(window))


def limit(text: str) -> str:
    """A decimal of a spec as PromQL reads it: 010 would be octal there."""
    return number(Decimal(text))


def share(percent: str) -> str:
    """A percentage as a share: ``0.05`` for ``"5"``."""
    return number(Decimal(percent) / 100)


def seconds(duration: str) -> str:
    """The seconds of a duration."""
    return number(Decimal(Duration.parse(duration).milliseconds) / 1000)


def on(groups: Groups) -> str:
    """How the two sides of an operation belong together."""
    return f"on ({', '.join(groups)})"


def histogram_rate(quantile: LatencyQuantile, groups: Groups) -> str:
    """The rate of a whole histogram, per group: what a quantile is read from."""
    histogram, window = parse_selector(quantile.histogram), canonical(quantile.window)
    if quantile.type == "Native":
        return f"{aggregated('sum', groups)}(rate({histogram}[{window}]))"
    return f"{aggregated('sum', (*groups, 'le'))}(rate({_part(histogram, 'bucket')}[{window}]))"


def rule_window(rule: AlertRule) -> str:
    """The window of what the rule counts, or the usual one."""
    for kind in (rule.ratio, rule.quantile, rule.rate_drop, rule.queue_sla, rule.anomaly):
        if kind is not None:
            return kind.window
    return USUAL_WINDOW


def rule_total(rule: AlertRule, window: str, groups: Groups) -> str | None:
    """Rate of all events of a rule that knows them."""
    if rule.ratio is not None:
        return rate(rule.ratio.total, window, groups)
    if rule.rate_drop is not None:
        return rate(rule.rate_drop.total, window, groups)
    if rule.quantile is not None:
        histogram = parse_selector(rule.quantile.histogram)
        if rule.quantile.type == "Native":
            return f"histogram_count({aggregated('sum', groups)}(rate({histogram}[{canonical(window)}])))"
        count = _part(histogram, "count")
        return f"{aggregated('sum', groups)}(rate({count}[{canonical(window)}]))"
    return None


def _part(histogram: Selector, part: str) -> Selector:
    return histogram.renamed(f"{histogram.metric}_{part}")
