"""The figures of a status: what was measured, and what stays when nothing new is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.conditions import timestamp
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.slo.budget import budget
from fireline.slo.model import Objective
from fireline.slo.names import budget_tier
from fireline.slo.observation import Observation
from fireline.slo.rounding import burn_rate, percent

FIGURES = ("sli", "budget", "burnRates", "alerts", "worstGroups", "groups")
"""The fields of the status that hold figures."""
_OF_NOW = ("burnRates", "alerts", "worstGroups", "groups")
"""Those of them that only recorded series tell."""


def figures(objective: Objective, seen: Observation, old: Mapping[str, Any]) -> Manifest:
    """The figure fields of the status; ``old`` is the whole status as it is now.

    While Prometheus cannot be asked, or has nothing to say about the window, the last known figures
    stay as they are, with the time they were true.
    """
    unasked = seen.total_present is None
    waits = unasked and old.get("budget", {}).get("source") == "Recorded"
    if seen.down or not seen.configured or waits or (seen.consumed is None and seen.source is None):
        return {name: old[name] for name in FIGURES if name in old}
    measured = {**_sli(seen, old), "budget": budget(objective, seen, old.get("budget", {}))}
    if unasked:
        # As after a restart: nothing new is known of burn, alerts and groups.
        return measured | {name: old[name] for name in _OF_NOW if name in old}
    # Nobody can tell how an alert stands before its rule was loaded once.
    loaded = seen.loaded_hash is not None or "alerts" in old
    alerts = {"alerts": _alerts(objective, seen)} if loaded else {}
    return measured | _burn_rates(seen) | alerts | _groups(objective, seen)


def _sli(seen: Observation, old: Mapping[str, Any]) -> Manifest:
    measured = {
        name: percent(value, 3)
        for name, value in (("current", seen.current), ("window", seen.window))
        if value is not None
    }
    kept = ("window", "current") if seen.total_present is None else ("window",)
    measured |= {
        name: old["sli"][name] for name in kept if name in old.get("sli", {}) and name not in measured
    }
    return {"sli": measured} if measured else {}


def _burn_rates(seen: Observation) -> Manifest:
    """By window, the shortest first."""
    windows = sorted(seen.burn, key=Duration.parse)
    return (
        {"burnRates": [{"window": w, "value": burn_rate(seen.burn[w])} for w in windows]} if windows else {}
    )


def _alerts(objective: Objective, seen: Observation) -> list[Manifest]:
    """Every alert the SLO has, those firing first, in order of severity.

    An alert that is active and that the spec does not have any more is listed until it is over.
    """
    active = {alert.tier: alert for alert in seen.alerts}
    wanted = alert_tiers(objective)
    rows: list[Manifest] = []
    for tier in [*wanted, *sorted(active.keys() - set(wanted))]:
        alert = active.get(tier)
        if alert is None:
            rows.append({"tier": tier, "state": "Inactive"})
        else:
            since = {"since": timestamp(alert.since)} if alert.since else {}
            rows.append({"tier": tier, "state": "Firing" if alert.firing else "Pending", **since})
    rank = {"Firing": 0, "Pending": 1, "Inactive": 2}
    return sorted(rows, key=lambda row: rank[row["state"]])


def _groups(objective: Objective, seen: Observation) -> Manifest:
    if not objective.group_by or seen.groups is None:
        return {}
    worst = [{"labels": dict(g.labels), "consumed": percent(g.consumed, 1)} for g in seen.groups.worst]
    return {"worstGroups": worst, "groups": seen.groups.number}


def alert_tiers(objective: Objective) -> list[str]:
    """Names of all alerts of an SLO, the most severe first."""
    if objective.alerts_disabled:
        return []
    pages = [tier.name for tier in objective.tiers if tier.page]
    tickets = [tier.name for tier in objective.tiers if not tier.page]
    # The members of a composite tell themselves when their data is gone.
    no_data = ["NoData"] if objective.no_data.alert and objective.composite is None else []
    budgets = [budget_tier(percent) for percent in sorted(objective.budget_thresholds, reverse=True)]
    return [*pages, *no_data, *tickets, *budgets, *(["Ineffective"] if objective.ineffective else [])]
