"""Burn-rate alerts of other tools as ``alerting.burnRates``.

Fireline keeps its long windows in steps of five minutes, so foreign windows are moved to the nearest
step; whoever moves one says so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

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


def _tier(name: str, severity: Severity, long: Duration, short: Duration) -> Tier:
    return {"name": name, "severity": severity, "long": str(long), "short": str(short)}
