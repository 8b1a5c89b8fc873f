"""An incident told step by step: what is seen at each minute, and the record that comes of it.

Times are minutes after ``BEGAN``; the figures below are small enough to be counted by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fireline.api.conditions import timestamp
from fireline.incident.model import Alerts, FiringAlert, Gathered, Sight, Subject
from fireline.incident.record import advance

BEGAN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SETTLE = timedelta(minutes=5)
CHECKOUT = Subject("uid-1", "shop", "checkout", "checkout", owner="team shop")


def at(minutes: float) -> datetime:
    """So many minutes after the beginning."""
    return BEGAN + timedelta(minutes=minutes)


def text(minutes: float) -> str:
    """The same as the status writes it."""
    return timestamp(at(minutes))


def alert(tier: str = "PageFast", since: float | None = 0, kind: str = "", sev: str = "") -> FiringAlert:
    """One that fires: pages are sev1, everything else is sev2."""
    kinds = {"Page": "Page", "Tick": "Ticket", "NoDa": "NoData"}
    known = kind or kinds.get(tier[:4], "Other")
    name = {"Page": "SLOErrorBudgetBurnPage", "Ticket": "SLOErrorBudgetBurnTicket"}.get(known, "SLONoData")
    urgent = "sev1" if known in {"Page", "NoData"} else "sev2"
    return FiringAlert(tier, name, known, sev or urgent, None if since is None else at(since))


def sight(minutes: float, *firing: FiringAlert | str, measured: bool = True, **more) -> Sight:
    """What is seen at a minute; alerts by tier began at minute 0."""
    found = tuple(alert(one) if isinstance(one, str) else one for one in firing)
    seen = Sight(CHECKOUT, at(minutes), SETTLE, alerts=Alerts(found, at(minutes), measured))
    return replace(seen, **more)


def unknown(minutes: float, **more) -> Sight:
    """Nobody can say what fires."""
    return replace(Sight(CHECKOUT, at(minutes), SETTLE, lost=True), **more)


def told(*sights: Sight, old=()):
    """The incidents after all of these, one after the other; the newest first."""
    incidents = list(old)
    for one in sights:
        incidents = advance(incidents, one).incidents
    return incidents


def types(incident) -> list[str]:
    """Types of its facts in the order they were written down."""
    return [fact["type"] for fact in incident["facts"]]


def a_check(*runs: tuple[float, str], name="checkout-flow", **more):
    """A SyntheticCheck with runs (minute it ended, outcome), in any order."""
    history = [
        {"id": f"run-{minute:g}", "outcome": outcome, "endedAt": text(minute), "trigger": "Schedule", **more}
        for minute, outcome in runs
    ]
    return {
        "metadata": {"namespace": "shop", "name": name},
        "spec": {},
        "status": {"history": list(reversed(history))},
    }


def a_mitigation(*records: dict, name="rollback", slo="checkout", **status):
    """A Mitigation with a history; each record has at least ``minute`` and ``phase``."""
    history = [
        {"seq": number, "time": text(record.pop("minute")), "actor": "operator", "reason": "", **record}
        for number, record in enumerate(map(dict, records), 1)
    ]
    return {
        "metadata": {"namespace": "shop", "name": name, "uid": "uid-m"},
        "spec": {"slo": slo, "trigger": {"slo": slo}},
        "status": {"history": history, **status},
    }


ROLLED_BACK = a_mitigation(
    {"minute": 1, "phase": "Proposed", "reason": "Proposed", "message": "goes back to revision 4"},
    {
        "minute": 3,
        "phase": "Approved",
        "reason": "Approved",
        "actor": "alice",
        "message": "approved by alice",
    },
    {
        "minute": 3.5,
        "phase": "Applying",
        "reason": "IntentPersisted",
        "actor": "alice",
        "message": "begins: sets the template of Deployment checkout to that of revision 4",
    },
    {"minute": 4, "phase": "Verifying", "reason": "Applied", "message": "it is in place after 2s"},
    {"minute": 9, "phase": "Active", "reason": "Verified", "message": "it helped: the trigger is false"},
    appliedAt=text(4),
    verifiedAt=text(9),
)
"""Proposed, approved by alice, in place after four minutes, and seen to help after nine."""

SEEN = Gathered(
    {
        "at": text(2),
        "topSeries": [{"labels": {"code": "500", "handler": "/pay"}, "perSecond": "12.5"}],
        "rollouts": [{"workload": "Deployment/checkout", "replicaSet": "checkout-7d9f", "at": text(-4)}],
        "traceIds": ["4bf92f3577b34da6a3ce929d0e0e4736"],
        "links": [{"name": "logs", "url": "https://logs.example/checkout"}],
    },
    impact_start=at(-2),
    consumed_before=0.10,
)
"""Impact from two minutes before detection, when a tenth of the budget was consumed."""


def whole_story():
    """A bad rollout, from the page until the postmortem."""
    begun = told(sight(0.5, "PageFast", consumed=0.12, burn={"5m": 120.0, "1h": 20.0}))
    name = begun[0]["id"]
    world = {
        "mitigations": (ROLLED_BACK,),
        "checks": (a_check((-1.5, "success"), (-0.5, "failure"), (8, "success"), step="pay"),),
        "gathered": {name: SEEN},
        "burn": {"5m": 120.0, "1h": 20.0},
    }
    return told(
        sight(3, "PageFast", alert("TicketFast", 2), consumed=0.2, **world),
        sight(10, alert("TicketFast", 2), consumed=0.31, **world),
        sight(15, alert("TicketFast", 2), consumed=0.31, **world),
        sight(60, consumed=0.31, notes={f"incidents.fireline.dev/{name}.postmortem": "https://wiki/1"}),
        old=begun,
    )
