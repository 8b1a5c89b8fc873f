"""Which series the bad events of an SLO come from, as PromQL: what a person would type first at night.

The aggregation around the user's own selectors or queries is left out, so that their labels are seen. Asked
once for each incident by ``fireline.refresh.evidence``.
"""

from __future__ import annotations

from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.promql.expr import aggregated
from fireline.promql.selectors import parse_selector
from fireline.slo.model import Indicator, Objective, over

MOST = 5
WINDOW = Duration.of(minutes=5)
_RATE = ("rate(", "[$window])")


def failing_series(objective: Objective) -> str | None:
    """The series with most bad events per second over five minutes, at most five.

    None where there are none to tell apart: of a composite, a threshold and a free ratio.
    """
    indicator = objective.indicator
    if indicator is None or indicator.points:
        return None
    bad = _bad(objective, indicator)
    return None if bad is None else over(f"topk({MOST}, ({bad}) > 0)", WINDOW)


def exemplars(objective: Objective) -> tuple[str, bool] | None:
    """An expression whose exemplars lead to traces of bad events; whether only the slowest do.

    None where exemplars cannot be told good from bad.
    """
    indicator = objective.indicator
    if indicator is None or indicator.points or not indicator.joined:
        return None
    if indicator.counts == "Bad":
        return over(indicator.part, WINDOW), False
    if indicator.counts == "Below":
        text = _inner(indicator.total, objective)
        if text is None or not (text.startswith(_RATE[0]) and text.endswith(_RATE[1])):
            return None
        try:
            count = parse_selector(text.removeprefix(_RATE[0]).removesuffix(_RATE[1]))
        except PromQLError:
            return None
        buckets = count.renamed(f"{count.metric.removesuffix('_count')}_bucket")
        return over(f"rate({buckets}[$window])", WINDOW), True
    return None


def _bad(objective: Objective, indicator: Indicator) -> str | None:
    if indicator.native:
        return _native(objective, indicator)
    total, part = (_inner(text, objective) for text in (indicator.total, indicator.part))
    if total is None or part is None:
        return None
    if not indicator.joined:
        gauge = indicator.presence.removeprefix("group(").removesuffix(")")
        count, up = f"count_over_time({gauge}[$window])", f"sum_over_time({gauge}[$window])"
        return f"({count} - {up}) / $seconds"
    if indicator.counts == "Bad":
        return part
    if indicator.counts == "Good":
        return f"({total}) unless ({part})"
    return f"({total}) - sum without (le) ({part})"


def _native(objective: Objective, indicator: Indicator) -> str:
    """Histograms one by one instead of all together."""
    histogram = indicator.presence.removeprefix("group(").removesuffix(")")
    alone = f"rate({histogram}[$window])"
    together = f"{aggregated('sum', objective.group_by)}({alone})"
    total, part = (text.replace(together, alone) for text in (indicator.total, indicator.part))
    return f"{total} - {part}"


def _inner(text: str, objective: Objective) -> str | None:
    """What is summed up, with ``$window``; None for an expression that is no such sum."""
    text = text.removesuffix(" / $seconds")
    head = f"{aggregated('sum', objective.group_by)}("
    return text.removeprefix(head).removesuffix(")") if text.startswith(head) else None
