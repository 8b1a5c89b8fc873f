"""The recording rules of one SLO: raw counts over 5m, 30m and 1h, and what describes the SLO.

Counts are recorded, never ratios, so that every longer window is weighted by requests. ``total``
comes before ``bad`` in the same group, because ``bad`` falls back on it.
"""

from __future__ import annotations

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.slo import names
from fireline.slo.model import Indicator, Objective, over


def recording_rules(objective: Objective) -> list[Manifest]:
    """The rules of the SLO's own group, in evaluation order, without the alerts."""
    rules = []
    for window in names.RAW_WINDOWS:
        rules.append(_record(objective, names.rate(names.TOTAL, window), total_expr(objective, window)))
        rules.append(_record(objective, names.rate(names.BAD, window), bad_expr(objective, window)))
    ratio = 1 - objective.budget_ratio
    rules.append(_record(objective, names.OBJECTIVE, f"vector({number(ratio)})"))
    rules.append(_record(objective, names.INFO, "vector(1)", _info_labels(objective)))
    return rules


def total_expr(objective: Objective, window: Duration) -> str:
    """All events per second over a window. NaN and Inf never enter history."""
    return f"{over(_counted(objective).total, window)} >= 0 < Inf"


def bad_expr(objective: Objective, window: Duration) -> str:
    """Bad events per second over a window, 0 when there is traffic and no bad series.

    Good counts below a service that never answered well are absent, which makes all of it bad.
    Events below a latency bound have no such fallback: a missing bucket while there is traffic
    leaves ``bad`` absent, which shows as missing data instead of as a perfect or a lost budget.
    """
    total = names.series(names.rate(names.TOTAL, window), objective)
    part = over(_counted(objective).part, window)
    match _counted(objective).counts:
        case "Bad":
            return f"{part} >= 0 < Inf or on () 0 * {total}"
        case "Good":
            return f"clamp_min({total} - on () ({part} >= 0 < Inf or on () 0 * {total}), 0)"
        case "Below":
            return f"clamp_min({total} - on () ({part}), 0) < Inf or on () {total} == 0"


def _counted(objective: Objective) -> Indicator:
    assert objective.indicator is not None  # noqa: S101 - composites record no counts
    return objective.indicator


def _record(objective: Objective, record: str, expr: str, labels: Manifest | None = None) -> Manifest:
    base = {"namespace": objective.namespace, "slo": objective.name, "sli": objective.sli}
    return {"record": record, "expr": expr, "labels": base | (labels or {})}


def _info_labels(objective: Objective) -> Manifest:
    labels = {
        "objective": number(objective.percent),
        "slo_window": str(objective.window),
        "service": objective.service,
        "spec_hash": objective.spec_hash,
    }
    team = objective.copied_labels.get("team")
    return labels | ({"team": team} if team else {})
