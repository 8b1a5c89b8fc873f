"""The recording rules of one SLO: raw counts over 5m, 30m and 1h, and what describes the SLO.

Counts are recorded, never ratios, so that every longer window is weighted by requests. ``total``
comes before ``bad`` in the same group, because ``bad`` falls back on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.slo import names
from fireline.slo.counts import bad_rate, judged
from fireline.slo.model import Indicator, Objective, Timeslice, over
from fireline.slo.upkeep import (
    after_maintenance,
    except_maintenance,
    maintenance_end,
    maintenance_excluded,
)

_HELD = Duration.of(minutes=1)
"""A judged slice is held until the next one, which may come late by less than this."""


def recording_rules(objective: Objective, *, at: float) -> list[Manifest]:
    """The rules of the SLO's own group, in evaluation order, without the alerts.

    ``at`` is the Unix time from which on maintenance is written down.
    """
    rules = []
    if objective.maintenance:
        rules.append(record(objective, names.MAINTENANCE_END, maintenance_end(objective, at=at)))
    if objective.indicator is not None:
        if objective.indicator.points:
            rules += _points(objective, objective.indicator)
        for window in raw_windows(objective):
            for kind in (names.TOTAL, names.BAD):
                rules.append(record(objective, names.rate(kind, window), rate_expr(objective, kind, window)))
    if objective.maintenance:
        rules.append(record(objective, names.MAINTENANCE_EXCLUDED, maintenance_excluded(objective)))
    ratio = 1 - objective.budget_ratio
    rules.append(record(objective, names.OBJECTIVE, f"vector({number(ratio)})"))
    rules.append(record(objective, names.INFO, "vector(1)", _info_labels(objective)))
    return rules


def slice_rules(objective: Objective) -> list[Manifest]:
    """With Timeslices: the rules that judge each slice as it ends, in a group of that interval."""
    indicator, slice_ = objective.indicator, objective.timeslice
    if indicator is None or slice_ is None:
        return []
    total = f"({_counted(objective, indicator, names.TOTAL, slice_.length)})"
    part = _counted(objective, indicator, names.BAD, slice_.length)
    bad = part if indicator.points else bad_rate(indicator.counts, total, part, objective.group_by)
    verdicts = (
        (names.TOTAL, f"{total} * 0 + 1"),
        (names.BAD, judged(total, bad, slice_.bad_above, objective.group_by)),
    )
    return [
        record(objective, names.timeslice(kind), except_maintenance(objective, expr, slice_.length))
        for kind, expr in verdicts
    ]


def raw_windows(objective: Objective) -> list[Duration]:
    """Windows recorded beside the SLO itself: 5m, 30m and 1h, and those of its own tiers up to an hour."""
    longest = names.RAW_WINDOWS[-1]
    own = {window for tier in objective.tiers for window in (tier.long, tier.short) if window <= longest}
    return sorted({*names.RAW_WINDOWS, *own})


def rate_expr(objective: Objective, kind: str, window: Duration) -> str:
    """Events per second over a window of at most an hour; all of them, or bad ones."""
    if objective.timeslice is not None:
        return _of_slices(objective, objective.timeslice, kind, window)
    assert objective.indicator is not None  # noqa: S101 - composites record no counts
    if objective.indicator.points:
        return names.mean(names.series(names.point(kind), objective), window)
    expr = _raw(objective, objective.indicator, kind, window)
    if not objective.maintenance or window == names.RAW_WINDOWS[0]:
        return except_maintenance(objective, expr, window)
    return after_maintenance(
        objective, expr, names.mean(names.series(names.rate(kind, names.SLICE), objective), window), window
    )


def _raw(objective: Objective, indicator: Indicator, kind: str, window: Duration) -> str:
    if kind == names.TOTAL:
        return f"{over(indicator.total, window)} >= 0 < Inf"
    total = names.series(names.rate(names.TOTAL, window), objective)
    return bad_rate(indicator.counts, total, over(indicator.part, window), objective.group_by)


def _of_slices(objective: Objective, timeslice: Timeslice, kind: str, window: Duration) -> str:
    """The verdict on the last slice holds until the next; longer windows are means over it."""
    if window > names.SLICE:
        return names.mean(names.series(names.rate(kind, names.SLICE), objective), window)
    held = Duration(timeslice.length.milliseconds + _HELD.milliseconds)
    last = f"last_over_time({names.series(names.timeslice(kind), objective)}[{held}])"
    return except_maintenance(objective, last, Duration(0))


def _counted(objective: Objective, indicator: Indicator, kind: str, window: Duration) -> str:
    if indicator.points:
        return names.mean(names.series(names.point(kind), objective), window)
    return (
        f"{over(indicator.total, window)} >= 0 < Inf" if kind == names.TOTAL else over(indicator.part, window)
    )


def _points(objective: Objective, indicator: Indicator) -> Iterator[Manifest]:
    """One look at a gauge every 30 s: the windows are sums over these, as exact as reading it again.

    What it shows just after a maintenance was scraped in it.
    """
    total = names.series(names.point(names.TOTAL), objective)
    exprs = (
        (names.TOTAL, f"{indicator.total} >= 0 < Inf"),
        (names.BAD, bad_rate(indicator.counts, total, indicator.part, objective.group_by)),
    )
    for kind, expr in exprs:
        yield record(objective, names.point(kind), except_maintenance(objective, expr, names.SLICE))


def record(objective: Objective, name: str, expr: str, labels: Manifest | None = None) -> Manifest:
    """One recording rule; it pins the SLO and its indicator."""
    base = {"namespace": objective.namespace, "slo": objective.name, "sli": objective.sli}
    return {"record": name, "expr": expr, "labels": base | (labels or {})}


def _info_labels(objective: Objective) -> Manifest:
    labels = {
        "objective": number(objective.percent),
        "slo_window": str(objective.window),
        "service": objective.service,
        "spec_hash": objective.spec_hash,
    }
    further = {
        "team": objective.copied_labels.get("team"),
        "tier": objective.tier,
        "group_by": ",".join(objective.group_by),
        "budgeting": "Timeslices" if objective.timeslice else None,
        "composite": objective.composite.method if objective.composite else None,
    }
    return labels | {name: value for name, value in further.items() if value}
