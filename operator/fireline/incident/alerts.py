"""Alerts that begin and end, and what that means for an incident: whether one opens, goes on or is over.

Once a page fired, an incident is over when no page fires any more: tickets look back for days and would hold
it open long after users are served again. One that only tickets opened is over with them. Missing data holds
any of them open, and so does not knowing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from fireline.incident.model import Alerts, Draft, FiringAlert

_OPENING = frozenset({"Page", "Ticket"})
_URGENT = frozenset({"Page", "NoData"})


def opening(alerts: Alerts, carried: Collection[str]) -> FiringAlert | None:
    """The alert that opens an incident: the burn-rate alert that began first, of those that do not fire
    since an incident that is over (``carried``: their tiers)."""
    found = [one for one in alerts.firing if one.kind in _OPENING and one.tier not in carried]
    return min(found, key=lambda one: (began(one, alerts), one.kind != "Page", one.tier), default=None)


def holding(firing: Iterable[FiringAlert], *, paged: bool) -> list[FiringAlert]:
    """Those that keep an incident open. ``paged``: a page fired in it."""
    kinds = _URGENT if paged else _OPENING | _URGENT
    return [one for one in firing if one.kind in kinds]


def began(alert: FiringAlert, alerts: Alerts) -> datetime:
    """When it began as far as Prometheus says, else when it was seen."""
    return alert.since or alerts.at


def fired(alert: FiringAlert, alerts: Alerts) -> Draft:
    """That it began."""
    what = {
        "Page": "the error budget burns at page speed",
        "Ticket": "the error budget burns faster than it can last",
        "NoData": "the series it is measured by are missing",
        "Other": "it is part of the picture and opens no incident by itself",
    }[alert.kind]
    return Draft(
        began(alert, alerts),
        "Detect",
        "alert.fired",
        f"Alert/{alert.tier}",
        f"{alert.tier} fires ({alert.sev}): {what}",
        data={"tier": alert.tier, "alertname": alert.alertname, "sev": alert.sev, "kind": alert.kind},
    )


def resolved(tier: str, alerts: Alerts) -> Draft:
    """That it ended, as of when that was seen."""
    return Draft(
        alerts.at,
        "Resolve",
        "alert.resolved",
        f"Alert/{tier}",
        f"{tier} fires no more",
        data={"tier": tier},
    )
