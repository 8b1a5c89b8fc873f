"""Builders for alert quality: alerts, episodes and pages in minutes after a fixed Monday morning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fireline.alerting.quality.model import Alert, Episode, Page, Policy, TierRule

MONDAY = int(datetime(2026, 11, 2, 8, tzinfo=UTC).timestamp())
"""08:00 in UTC, an hour before anybody is at work."""
SLO = ("shop", "checkout")
TIERS = {
    "PageFast": TierRule(share=0.02, long=3600, page=True, factor=14.4),
    "PageSlow": TierRule(share=0.05, long=6 * 3600, page=True, factor=6.0),
    "TicketFast": TierRule(share=0.10, long=86_400, page=False, factor=3.0),
}


def minute(minutes: float) -> int:
    """Unix time."""
    return MONDAY + round(60 * minutes)


def an_alert(tier: str = "PageFast", **changes: Any) -> Alert:
    """An alert of shop/checkout; without a tier and an SLO, a rule's."""
    fields = {"policy": "shop/checkout", "namespace": "shop", "name": "SLOErrorBudgetBurnPage"}
    return Alert(**({**fields, "slo": "checkout", "tier": tier} | changes))


def a_rule(name: str = "QueueFull", **changes: Any) -> Alert:
    """An alert that is no SLO's."""
    return an_alert("", **({"name": name, "slo": ""} | changes))


def an_episode(start: float, end: float | None, alert: Alert | None = None, **changes: Any) -> Episode:
    """From and to in minutes."""
    told = {"sev": "sev0", "severity": "critical"}
    ended = None if end is None else minute(end)
    return Episode(alert or an_alert(), start=minute(start), end=ended, **(told | changes))


def a_page(*episodes: Episode) -> Page:
    """One page of these episodes."""
    return Page(episodes)


def a_policy(**changes: Any) -> Policy:
    """The policy of shop/checkout: sev0 and sev1 wake people, who work from 09:00 to 17:00 UTC."""
    fields: dict[str, Any] = {
        "key": "shop/checkout",
        "paging": frozenset({"sev0", "sev1"}),
        "tiers": {SLO: TIERS},
    }
    return Policy(**(fields | changes))
