"""Builders: an object that is fine in every respect, changed in the one a test is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fireline.promql.durations import Duration
from fireline.slo.model import Indicator, NoData, Objective
from fireline.slo.period import SLOWindow
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
    length, objective = SLOWindow.parse(window), Decimal(percent)
    tiers, notes = standard_tiers(length.nominal, (100 - objective) / 100)
    fields: dict[str, Any] = {
        "namespace": "shop",
        "name": "checkout",
        "service": "checkout",
        "description": "Customers can pay",
        "percent": objective,
        "window": length,
        "indicator": indicator,
        "counted": indicator,
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


def an_slo(objective: str = "99.9", *, generation: int = 1, **changes: Any) -> dict[str, Any]:
    """A ServiceLevelObjective as the API server hands it out (with defaults); changes go into the spec."""
    spec: dict[str, Any] = {
        "service": "checkout",
        "objective": objective,
        "window": {"rolling": "30d"},
        "indicator": {
            "ratio": {
                "bad": {"metric": 'http_requests_total{service="checkout",code=~"5.."}'},
                "total": {"metric": 'http_requests_total{service="checkout"}'},
            }
        },
    }
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {
            "name": "checkout",
            "namespace": "shop",
            "uid": "0b6d7a52-0000-0000-0000-000000000001",
            "generation": generation,
            "labels": {"team": "shop", "app": "checkout"},
        },
        "spec": spec | changes,
    }
