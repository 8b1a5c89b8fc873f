"""Builders: an object that is fine in every respect, changed in the one a test is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fireline.promql.durations import Duration
from fireline.slo.model import Indicator, NoData, Objective
from fireline.slo.tiers import standard_tiers

RATIO = Indicator(
    total='sum(rate(http_requests_total{service="checkout"}[$window]))',
    part='sum(rate(http_requests_total{code=~"5..",service="checkout"}[$window]))',
    counts="Bad",
    presence='group(http_requests_total{service="checkout"})',
)


def an_objective(
    percent: str = "99.9", window: str = "30d", indicator: Indicator = RATIO, **changes: Any
) -> Objective:
    """A compiled objective of the shop's checkout."""
    length, objective = Duration.parse(window), Decimal(percent)
    tiers, notes = standard_tiers(length, (100 - objective) / 100)
    fields: dict[str, Any] = {
        "namespace": "shop",
        "name": "checkout",
        "service": "checkout",
        "description": "Customers can pay",
        "percent": objective,
        "window": length,
        "indicator": indicator,
        "sli": "v1-0123456789",
        "spec_hash": "0123456789ab",
        "source": "default",
        "tiers": tiers,
        "budget_thresholds": (Decimal(50), Decimal(100)),
        "no_data": NoData(Duration.parse("5m"), alert=True),
        "alerts_disabled": False,
        "runbook_url": None,
        "alert_labels": {},
        "alert_annotations": {},
        "copied_labels": {},
        "notes": notes,
    }
    return Objective(**(fields | changes))
