"""Alert rules in words: what a rule waits for, and what an alert has found.

:func:`said` is the default description and what the command line shows; :func:`headline` the default
summary, with Prometheus templates for the value and the group.
"""

from __future__ import annotations

from fireline.alerting.rules.counted import USUAL_WINDOW, rule_window
from fireline.alerting.rules.timing import hold, keep
from fireline.api.alert_rule import AlertRule, MinTraffic
from fireline.api.alert_rule_kinds import (
    Cardinality,
    EventRatio,
    Forecast,
    Freshness,
    LatencyQuantile,
    RateDrop,
    ValueThreshold,
)
from fireline.api.slo_indicator import Events
from fireline.promql.expr import WINDOW
from fireline.promql.parse import canonical_query

_UNITS = {"Seconds": " seconds", "Bytes": " bytes", "Percent": " %"}
_SHOWN = {
    "Seconds": "{{ $value | humanizeDuration }}",
    "Bytes": "{{ $value | humanize1024 }}B",
    "Ratio": "{{ $value | humanizePercentage }}",
    "Percent": "{{ $value | humanize }} %",
}
_VALUE = "{{ $value | humanize }}"
_SHARE = "{{ $value | humanizePercentage }}"
_TIME = "{{ $value | humanizeDuration }}"


def said(rule: AlertRule) -> str:
    """The rule as one sentence, without templates: ``fires when … is above 5 % for 2m, and …``."""
    parts = [f"fires when {_condition(rule)}", _wait(rule), _while(rule)]
    groups = rule.group_by or ()
    parts.append(f", for each {' and '.join(groups)}" if groups else "")
    parts.append(_traffic(rule, rule.min_traffic) if rule.min_traffic else "")
    longer = keep(rule)
    parts.append(f"; it fires {longer} longer than that" if longer else "")
    return "".join(parts)


def headline(rule: AlertRule) -> str:
    """One line for whoever is told, as a template of Prometheus."""
    groups = ", ".join(f"{name} {{{{ $labels.{name} }}}}" for name in alert_groups(rule))
    return f"{rule.name}{f' ({groups})' if groups else ''}: {_found(rule)}"


def alert_groups(rule: AlertRule) -> tuple[str, ...]:
    """The labels an alert of the rule has from its group."""
    if rule.cardinality is not None:
        return (rule.cardinality.by.lower(),)
    return tuple(rule.group_by or ())


def percentile(quantile: str) -> str:
    """``p95`` for ``"0.95"``, ``p99.9`` for ``"0.999"``."""
    digits = quantile.removeprefix("0.").ljust(2, "0")
    whole, rest = digits[:2].lstrip("0") or "0", digits[2:].rstrip("0")
    return f"p{whole}.{rest}" if rest else f"p{whole}"


def _condition(rule: AlertRule) -> str:  # noqa: PLR0911 - one sentence for each type
    if rule.threshold is not None:
        return _threshold(rule.threshold)
    if rule.ratio is not None:
        return _ratio(rule.ratio)
    if rule.quantile is not None:
        return _quantile(rule.quantile)
    if rule.rate_drop is not None:
        return _rate_drop(rule.rate_drop)
    if rule.absent is not None:
        return f"there is no {rule.absent.series}"
    if rule.freshness is not None:
        return _freshness(rule.freshness)
    if rule.cardinality is not None:
        return _cardinality(rule.cardinality)
    if rule.forecast is not None:
        return _forecast(rule.forecast)
    if rule.queue_sla is not None:
        return f"working off {_line(rule.queue_sla.backlog)} takes longer than {rule.queue_sla.within}"
    if rule.anomaly is not None:
        unlike = {"Up": "unusually high", "Down": "unusually low", "Both": "unusual"}
        query = _line(rule.anomaly.query.replace(WINDOW, "…"))
        return f"{query} is {unlike[rule.anomaly.direction]} for the hour of the week"
    if rule.expression is not None:
        return f"{_line(rule.expression.query)} holds"
    raise AssertionError("the schema asks for exactly one type")


def _wait(rule: AlertRule) -> str:
    wait = hold(rule)
    if wait is None:
        return ""
    return f", seen for {wait}" if rule.forecast is not None else f" for {wait}"


def _while(rule: AlertRule) -> str:
    """What must be so besides, after how long the condition must hold."""
    if rule.absent is not None and rule.group_by:
        return f", though there was within {rule.absent.remember}"
    if rule.forecast is not None:
        gate = rule.forecast.gate or "50"
        return f", and is at {gate} {'% of it ' if rule.forecast.capacity is not None else ''}already"
    if rule.rate_drop is not None:
        return f", where at least {rule.rate_drop.minimum} per second are usual"
    if rule.cardinality is not None and rule.cardinality.growth_percent is not None:
        return f", and is at least {rule.cardinality.minimum}"
    return ""


def _threshold(given: ValueThreshold) -> str:
    side, bound = ("above", given.above) if given.above is not None else ("below", given.below)
    unit = _UNITS.get(given.unit or "", "")
    back = f" (until it is back at {given.resolve}{unit})" if given.resolve is not None else ""
    return f"{_line(given.query)} is {side} {bound}{unit}{back}"


def _ratio(given: EventRatio) -> str:
    if given.bad is not None:
        part = f"the share of {_events(given.bad)}"
    elif given.good is not None:
        part = f"the share of other events than {_events(given.good)}"
    else:
        raise AssertionError("the schema asks for one of bad and good")
    return f"{part} in {_events(given.total)} over {given.window} is above {given.above} %"


def _quantile(given: LatencyQuantile) -> str:
    return f"the {percentile(given.quantile)} of {given.histogram} over {given.window} is above {given.above}"


def _rate_drop(given: RateDrop) -> str:
    past = "last week" if given.weeks == 1 else f"the last {given.weeks} weeks"
    return (
        f"the rate of {_events(given.total)} over {given.window} is more than {given.by_percent} % below the "
        f"median of the same hour of {past}"
    )


def _freshness(given: Freshness) -> str:
    if given.query is not None:
        return f"the time in {_line(given.query)} is longer ago than {given.older_than}"
    return f"{given.series} had no sample for {given.older_than}, though it had before"


def _cardinality(given: Cardinality) -> str:
    counted = (
        f"the number of series of a {given.by.lower()}{f' ({given.matching})' if given.matching else ''}"
    )
    if given.above is not None:
        return f"{counted} is above {given.above}"
    return f"{counted} is more than {given.growth_percent} % above that of a day ago"


def _forecast(given: Forecast) -> str:
    trend = f"on the trend of the last {given.history}"
    if given.capacity is not None:
        return f"{_line(given.query)} will exceed {_line(given.capacity)} within {given.within} {trend}"
    side, bound = ("above", given.above) if given.above is not None else ("below", given.below)
    return f"{_line(given.query)} will be {side} {bound} within {given.within} {trend}"


def _traffic(rule: AlertRule, given: MinTraffic) -> str:
    window = given.window or rule_window(rule) or USUAL_WINDOW
    if given.per_second is not None:
        return f", and at least {_counted(given.per_second)} per second were seen over {window}"
    return f", and at least {_counted(given.events or '0')} were seen within {window}"


def _counted(events: str) -> str:
    return f"{events} event" if events == "1" else f"{events} events"


def _found(rule: AlertRule) -> str:  # noqa: PLR0911 - one line for each type
    if rule.threshold is not None:
        given = rule.threshold
        shown, bound = _SHOWN.get(given.unit or "", _VALUE), given.above or given.below
        return f"value is {shown} (limit {bound}{_UNITS.get(given.unit or '', '')})"
    if rule.ratio is not None:
        return f"{_SHARE} of events are bad over {rule.ratio.window} (limit {rule.ratio.above} %)"
    if rule.quantile is not None:
        name = percentile(rule.quantile.quantile)
        return f"{name} is {_TIME} over {rule.quantile.window} (limit {rule.quantile.above})"
    if rule.rate_drop is not None:
        return f"rate is {_SHARE} below what is usual at this hour (limit {rule.rate_drop.by_percent} %)"
    if rule.absent is not None:
        return "series are missing"
    if rule.freshness is not None:
        limit = rule.freshness.older_than
        return f"last seen {_TIME} ago (limit {limit})" if rule.freshness.query else f"no sample for {limit}"
    if rule.cardinality is not None:
        if rule.cardinality.above is not None:
            return f"{_VALUE} series (limit {rule.cardinality.above})"
        return f"{_SHARE} more series than a day ago (limit {rule.cardinality.growth_percent} %)"
    if rule.forecast is not None:
        return _foreseen(rule.forecast)
    if rule.queue_sla is not None:
        return f"working off the backlog takes {_TIME} (limit {rule.queue_sla.within})"
    if rule.anomaly is not None:
        return "value is unlike the same hour of past weeks"
    return f"value is {_VALUE}"


def _foreseen(given: Forecast) -> str:
    if given.capacity is not None:
        return f"will be {_VALUE} % full within {given.within}"
    return f"will reach {_VALUE} within {given.within} (limit {given.above or given.below})"


def _events(events: Events) -> str:
    return _line((events.metric or events.query or "").replace(WINDOW, "…"))


def _line(text: str) -> str:
    """A query on one line and without comments, as people quote it."""
    return canonical_query(text)
