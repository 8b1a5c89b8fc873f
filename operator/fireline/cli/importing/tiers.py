"""Burn-rate alerts of other tools as ``alerting.burnRates``.

Fireline keeps its long windows in steps of five minutes, so foreign windows are moved to the nearest
step; whoever moves one says so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from fireline.cli.importing.probe import refusals
from fireline.cli.importing.source import Field
from fireline.promql.durations import Duration
from fireline.promql.expr import number

Severity = Literal["Page", "Ticket"]
Tier = dict[str, str]
STEP = Duration.of(minutes=5)


def on_grid(length: Duration) -> Duration:
    """The nearest whole multiple of five minutes, at least one."""
    steps = (length.milliseconds + STEP.milliseconds // 2) // STEP.milliseconds
    return Duration(max(steps, 1) * STEP.milliseconds)


def by_factor(name: str, severity: Severity, long: Duration, short: Duration, factor: Decimal) -> Tier:
    """A tier that fires above a burn rate."""
    return _tier(name, severity, long, short) | {"factor": number(factor.quantize(Decimal("0.0001")))}


def by_budget(name: str, severity: Severity, long: Duration, short: Duration, consumed: Decimal) -> Tier:
    """A tier that fires when the long window spends a percentage of the budget."""
    return _tier(name, severity, long, short) | {"consumed": number(consumed)}


def that_can_fire(tiers: list[Tier], objective: str, window: dict[str, str], at: Field) -> list[Tier]:
    """The tiers Fireline accepts for an objective and a window; what is left out is said at a field."""
    kept = []
    for tier in tiers:
        issues = refusals(objective=objective, window=window, alerting={"burnRates": [tier]})
        told = f"the alert {tier['name']} is left out: {'; '.join(issue.message for issue in issues)}"
        if not issues:
            kept.append(tier)
        elif all(issue.reason == "Unreachable" for issue in issues):
            at.note(told, "")
        else:
            at.changed(told, "write alerting.burnRates by hand")
    if tiers and not kept:
        at.changed("no alert is left, so Fireline's standard ones take their place", "look at them")
    return kept


def _tier(name: str, severity: Severity, long: Duration, short: Duration) -> Tier:
    return {"name": name, "severity": severity, "long": str(long), "short": str(short)}
