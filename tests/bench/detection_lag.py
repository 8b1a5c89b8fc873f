"""How much later than raw windows the layout may be, by what each window is read from.

5m, 30m and 1h are read raw: not later at all. 2h and 6h are sums over recorded 5m rates, each of which
tells of the five minutes before it: half of that late on the way up, and up to 3.5 minutes on the way
down, where the last errors count little but long. Longer windows are sums over 5-minute slices of those
rates, so that the same comes twice. A group reads what another has recorded up to one interval ago.
"""

from __future__ import annotations

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Tier

UP, DOWN = 2.5, 3.5
"""Minutes by which one stage of five-minute means is late, to fire and to reset."""
_FAST_INTERVAL, _SLICE_INTERVAL, _SLOW_INTERVAL = 1.0, 5.0, 2.5
"""Minutes between evaluations of the shared groups."""


def to_fire(tier: Tier) -> float:
    """Minutes: the long window is the last to pass the threshold."""
    return _lag(tier.long, UP)


def to_reset(tier: Tier) -> float:
    """Minutes: the short window is the first to fall below it."""
    return _lag(tier.short, DOWN)


def _lag(window: Duration, stage: float) -> float:
    if window <= names.RAW_WINDOWS[-1]:
        return 0.0
    if window <= names.FAST_WINDOWS[-1]:
        return stage + _FAST_INTERVAL
    return 2 * stage + _SLICE_INTERVAL + _SLOW_INTERVAL
