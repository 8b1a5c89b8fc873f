"""The layout ``bench-rules`` compares with: what most SLO rule generators write, at its plainest.

For each SLO eight error ratios read straight from the raw series, one ``bad`` and one ``total`` read
each, every 30 s; the 30-day figure is the mean of the recorded 5m ratios. The alerts are Fireline's
own tiers and thresholds, on these ratios. No shared windows, no slices, nothing read twice.
"""

from __future__ import annotations

import re
from decimal import Decimal

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, number, selector
from fireline.slo.model import Objective, Tier

WINDOWS = tuple(Duration.parse(text) for text in ("5m", "30m", "1h", "2h", "6h", "12h", "1d", "3d"))
INTERVAL = Duration.of(seconds=30)


def plain_group(objective: Objective) -> Manifest:
    """The one rule group of an SLO: nine recorded ratios, then the alerts."""
    records = [
        *(_record(objective, _ratio(window), _raw_ratio(objective, window)) for window in WINDOWS),
        _record(objective, _mean(objective), f"avg_over_time({series(objective)}[{objective.window}])"),
    ]
    alerts = [
        *(_alert(f"Plain{tier.name}", _burns(objective, tier)) for tier in objective.tiers),
        *(_alert("PlainBudget", _spent(objective, percent)) for percent in objective.budget_thresholds),
        _alert("PlainNoData", f"absent({series(objective)})"),
    ]
    return {"name": f"plain-{objective.name}", "interval": str(INTERVAL), "rules": records + alerts}


def series(objective: Objective, window: Duration = WINDOWS[0]) -> str:
    """The recorded error ratio of one SLO."""
    return selector(_ratio(window), {"namespace": objective.namespace, "slo": objective.name})


def _ratio(window: Duration) -> str:
    return f"plain:error_ratio:rate{window}"


def _mean(objective: Objective) -> str:
    return f"plain:error_ratio:mean{objective.window}"


def _raw_ratio(objective: Objective, window: Duration) -> str:
    indicator = objective.indicator
    return f"{indicator.part} / {indicator.total}".replace(WINDOW, str(window))


def _burns(objective: Objective, tier: Tier) -> str:
    limit = number(tier.factor * objective.budget_ratio)
    return f"{series(objective, tier.long)} > {limit} and {series(objective, tier.short)} > {limit}"


def _spent(objective: Objective, percent: Decimal) -> str:
    mean = selector(_mean(objective), {"namespace": objective.namespace, "slo": objective.name})
    return f"{mean} >= {number(percent / 100 * objective.budget_ratio)}"


def _record(objective: Objective, name: str, expr: str) -> Manifest:
    labels = {"namespace": objective.namespace, "slo": objective.name}
    return {"record": name, "expr": expr, "labels": labels}


def _alert(name: str, expr: str) -> Manifest:
    return {"alert": name, "expr": expr, "labels": {"severity": "warning"}}


def raw_reads(group: Manifest) -> list[str]:
    """The range of each raw read of a group, counted in its text: every ``rate`` is one."""
    return [found for rule in group["rules"] for found in re.findall(r"rate\([^)]*\[(\w+)\]\)", rule["expr"])]
