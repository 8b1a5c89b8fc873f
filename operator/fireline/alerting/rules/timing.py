"""How often a rule is evaluated and how long it must hold. What reads hours or days is asked less often."""

from __future__ import annotations

from typing import Literal

from fireline.alerting.rules.anomaly import KEEP, WAIT
from fireline.alerting.rules.counted import rule_window
from fireline.api.alert_rule import AlertRule
from fireline.promql.durations import Duration
from fireline.promql.shape import longest_range

Pace = Literal["", ":slow", ":trends"]
"""End of the name of the group a rule is in."""
INTERVALS: dict[Pace, Duration] = {
    "": Duration.of(seconds=30),
    ":slow": Duration.of(minutes=1),
    ":trends": Duration.of(minutes=5),
}
_SLOW, _TRENDS = Duration.of(hours=1), Duration.of(hours=6)
"""Ranges beyond these are read less often."""
_HOLD_FORECAST, _HOLD_ABSENT = "1h", "5m"


def hold(rule: AlertRule) -> str | None:
    """How long the condition must hold; None when the first look is enough.

    A trend is noise for its first hour, series are missing for a moment at every restart, and an anomaly is
    three points that stray.
    """
    if rule.for_ is not None:
        return rule.for_
    if rule.forecast is not None:
        return _HOLD_FORECAST
    if rule.anomaly is not None:
        return str(WAIT)
    return _HOLD_ABSENT if rule.absent is not None else None


def keep(rule: AlertRule) -> str | None:
    """How long the alert goes on after its condition; None when it ends at once."""
    if rule.keep_firing_for is None and rule.anomaly is not None:
        return str(KEEP)
    return rule.keep_firing_for


def pace(rule: AlertRule) -> Pace:
    """Which group a rule belongs to, by what one evaluation reads."""
    if rule.forecast is not None or rule.cardinality is not None:
        return ":trends"
    longest = _reads(rule)
    if longest > _TRENDS:
        return ":trends"
    return ":slow" if longest > _SLOW or rule.rate_drop is not None else ""


def _reads(rule: AlertRule) -> Duration:
    """The longest range an evaluation looks back."""
    found = [Duration.parse(rule_window(rule))]
    found += [Duration.parse(rule.absent.remember)] if rule.absent is not None and rule.group_by else []
    if rule.min_traffic is not None and rule.min_traffic.window is not None:
        found.append(Duration.parse(rule.min_traffic.window))
    if rule.freshness is not None and rule.freshness.series is not None:
        found.append(Duration(2 * Duration.parse(rule.freshness.older_than).milliseconds))
    for given in (rule.threshold, rule.freshness, rule.expression):
        if given is not None and given.query is not None:
            found.append(longest_range(given.query))
    if rule.queue_sla is not None:
        found.append(longest_range(rule.queue_sla.backlog))
    return max(found)
