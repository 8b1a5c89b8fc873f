"""SLOs with a status as the operator writes it, for tests of what the command line makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NOW = "2026-03-10T03:00:00Z"
CONDITIONS = ("Ready", "Valid", "Selected", "RulesLoaded", "DataPresent", "BudgetHealthy", "FiguresAgree")
Manifest = dict[str, Any]


def an_slo(
    name: str = "checkout",
    *,
    namespace: str = "shop",
    objective: str = "99.9",
    window: Mapping[str, str] | None = None,
    tier: str | None = None,
    team: str | None = None,
    status: Manifest | None = None,
    **spec: Any,
) -> Manifest:
    """A ratio SLO; without ``status`` no operator has seen it."""
    manifest: Manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": namespace, "labels": {"team": team} if team else {}},
        "spec": {
            "service": name,
            "objective": objective,
            "window": dict(window or {"rolling": "30d"}),
            "indicator": {
                "ratio": {
                    "bad": {"metric": f'http_requests_total{{service="{name}",code=~"5.."}}'},
                    "total": {"metric": f'http_requests_total{{service="{name}"}}'},
                }
            },
            **({"tier": tier} if tier else {}),
            **spec,
        },
    }
    return manifest | ({"status": status} if status is not None else {})


def a_status(
    remaining: str | None = "100.0",
    left: str = "43m12s",
    *,
    burn: str | None = "0.0",
    firing: Sequence[tuple[str, str]] = (),
    conditions: Mapping[str, tuple[str, str, str]] | None = None,
    exhaustion: str | None = "Never",
    **budget: Any,
) -> Manifest:
    """A status: all is well but for what is said. ``conditions``: (status, reason, message) by type."""
    status: Manifest = {"observedGeneration": 1, "conditions": _conditions(conditions or {})}
    if remaining is not None:
        figures = {"total": "0.1", "source": "Recorded", "coverage": "100.0", "asOf": NOW, "left": left}
        status["budget"] = figures | {"remaining": remaining, "consumed": f"{100 - float(remaining):.1f}"}
        if exhaustion:
            status["budget"]["exhaustion"] = {"atCurrentBurn": exhaustion, "netOfRollOff": "Never"}
    if budget:
        status["budget"] = status.get("budget", {}) | budget
    if burn is not None:
        status["burnRates"] = [{"window": window, "value": burn} for window in ("5m", "1h")]
    status["alerts"] = [{"tier": tier, "state": "Firing", "since": since} for tier, since in firing]
    return status


UNREACHABLE = {
    "DataPresent": ("Unknown", "PrometheusUnreachable", "Connection refused"),
    "BudgetHealthy": ("Unknown", "NoFigures", "Connection refused"),
}
"""Conditions while Prometheus cannot be asked."""


def _conditions(changed: Mapping[str, tuple[str, str, str]]) -> list[Manifest]:
    fine = ("True", "Fine", "all is well")
    return [
        {
            "type": type_,
            "status": status,
            "observedGeneration": 1,
            "lastTransitionTime": NOW,
            "reason": reason,
            "message": message,
        }
        for type_ in CONDITIONS
        for status, reason, message in [changed.get(type_, fine)]
    ]
