"""Figures as people read them: rounded text, so that noise below the last digit causes no write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.conditions import timestamp
from fireline.api.plan import Manifest
from fireline.promql.expr import number
from fireline.slo.model import Objective
from fireline.slo.names import budget_tier
from fireline.slo.observation import Observation

_BURN_ORDER = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def figures(objective: Objective, seen: Observation, old: Mapping[str, Any]) -> Manifest:
    """The figure fields of the status (``sli``, ``budget``, ``burnRates``, ``alerts``).

    While Prometheus cannot be asked, or has nothing to say about the window, the last known figures
    stay as they are, with the time they were true.
    """
    if seen.down or not seen.configured or (seen.consumed is None and seen.source is None):
        return {name: old[name] for name in ("sli", "budget", "burnRates", "alerts") if name in old}
    measured = {**_sli(seen, old), "budget": _budget(objective, seen, old)}
    if seen.total_present is None:
        # Not asked yet, as after a restart: nothing new is known of burn and alerts.
        return measured | {name: old[name] for name in ("burnRates", "alerts") if name in old}
    burn = [{"window": w, "value": burn_rate(seen.burn[w])} for w in _BURN_ORDER if w in seen.burn]
    # Nobody can tell how an alert stands before its rule was loaded once.
    loaded = seen.loaded_hash is not None or "alerts" in old
    alerts = {"alerts": _alerts(objective, seen)} if loaded else {}
    return measured | ({"burnRates": burn} if burn else {}) | alerts


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


def _budget(objective: Objective, seen: Observation, old: Mapping[str, Any]) -> Manifest:
    total = {"total": number(objective.budget_ratio * 100)}
    coverage = {} if seen.coverage is None else {"coverage": percent(seen.coverage, 1)}
    if seen.consumed is None:
        # Nothing in the window, or not counted yet: what was last known stays, with its time.
        kept = dict(old.get("budget", {}))
        kept.pop("queuePosition", None)
        waiting = {} if "consumed" in kept else {"source": seen.source or "Pending"}
        queue = {} if seen.queue is None or "consumed" in kept else {"queuePosition": seen.queue}
        return {**kept, **total, **waiting, **queue, **coverage}
    remaining = 1 - seen.consumed
    return {
        "source": seen.source or "Recorded",
        **total,
        "consumed": percent(seen.consumed, 1),
        "remaining": percent(remaining, 1),
        "left": time_left(objective, remaining),
        **coverage,
        **({"asOf": timestamp(seen.at)} if seen.at else {}),
    }


def _alerts(objective: Objective, seen: Observation) -> list[Manifest]:
    """Every alert the SLO has, those firing first, in order of severity."""
    active = {alert.tier: alert for alert in seen.alerts}
    rows: list[Manifest] = []
    for tier in alert_tiers(objective):
        alert = active.get(tier)
        if alert is None:
            rows.append({"tier": tier, "state": "Inactive"})
        else:
            since = {"since": timestamp(alert.since)} if alert.since else {}
            rows.append({"tier": tier, "state": "Firing" if alert.firing else "Pending", **since})
    rank = {"Firing": 0, "Pending": 1, "Inactive": 2}
    return sorted(rows, key=lambda row: rank[row["state"]])


def alert_tiers(objective: Objective) -> list[str]:
    """Names of all alerts of an SLO, the most severe first."""
    if objective.alerts_disabled:
        return []
    burn = [tier.name for tier in objective.tiers]
    pages = [tier.name for tier in objective.tiers if tier.page]
    no_data = ["NoData"] if objective.no_data.alert else []
    budget = [budget_tier(percent) for percent in sorted(objective.budget_thresholds, reverse=True)]
    return [*pages, *no_data, *(tier for tier in burn if tier not in pages), *budget]


def percent(ratio: float, digits: int) -> str:
    """A ratio as percent with a fixed number of digits, without a negative zero."""
    text = f"{100 * ratio:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def burn_rate(value: float) -> str:
    """A burn rate: two digits matter below 10, none behind the point above 100."""
    digits = 0 if value >= 100 else 1
    text = f"{value:.{digits}f}"
    return "<0.1" if text == "0.0" and value > 0 else text


def time_left(objective: Objective, remaining: float) -> str:
    """The remaining budget as time of total outage, such as ``22m54s``; negative when overspent."""
    seconds = round(float(objective.budget_ratio) * objective.window.nominal.seconds * remaining)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts) if parts else "0s"
