"""Counts events in a Prometheus over the last minutes or hours, as the rules of an SLO would."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fireline.cli.gating.checks import Missing
from fireline.cli.gating.statistics import Counts
from fireline.prometheus.source import MetricsSource
from fireline.promql.durations import Duration
from fireline.slo.model import Indicator, over

_LABEL = "counted"


@dataclass(frozen=True, slots=True)
class Events:
    """What to count: expressions of events per second over ``$window``, as in an SLO."""

    total: str
    part: str
    counts: Literal["Bad", "Good", "Below"]

    @classmethod
    def of(cls, indicator: Indicator) -> Events:
        """The events of an SLO's indicator."""
        return cls(indicator.total, indicator.part, indicator.counts)


async def count(prometheus: MetricsSource, events: Events, window: Duration) -> Counts | Missing:
    """Bad and all events of the window up to now.

    Missing without traffic, and when the part of a latency indicator is absent (no bucket at the limit).
    An absent error series is 0, and an absent series of good events means that all were bad, as in the
    rules. Raises MetricsError when the server cannot be asked.
    """
    # One question, so that both are of the same moment: rates extrapolate to the ends of the window.
    asked = " or ".join(
        f'label_replace(sum({over(expr, window)}\n) * {window.seconds:g}, "{_LABEL}", "{kind}", "", "")'
        for kind, expr in (("total", events.total), ("part", events.part))
    )
    found = {sample.labels.get(_LABEL): sample.value for sample in await prometheus.instant(asked)}
    total, part = found.get("total"), found.get("part")
    if total is None:
        return Missing(f"no series for {over(events.total, window)}")
    if not math.isfinite(total) or total <= 0:
        return Missing(f"no events in the last {window}")
    if part is None and events.counts == "Below":
        return Missing(f"no bucket at the limit: {over(events.part, window)} has no series")
    share = part if part is not None and math.isfinite(part) else 0.0
    bad = share if events.counts == "Bad" else total - share
    return Counts(min(max(bad, 0.0), total), total)
