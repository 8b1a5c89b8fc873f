"""The ``budget`` part of the status: how much there is, what is spent, and how long the rest lasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from fireline.api.conditions import timestamp
from fireline.api.plan import Manifest
from fireline.promql.expr import number
from fireline.slo import forecast
from fireline.slo.agreement import audit_shown
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.rounding import duration, events, percent, whole_events

BURN_WINDOW = "1h"
"""The present burn of the forecast: long enough to be no accident, short enough to be the present."""

COUNTED = frozenset({"Events", "Slices"})
"""What can be counted and shown in numbers: a person makes nothing of so many looks at a gauge."""

Weighting = Literal["Events", "Slices", "Time", "Weighted", "Worst"]


def weighting(objective: Objective) -> Weighting:
    """What the figures of an SLO are weighed by.

    A gauge and a free ratio have no events: there every moment, or every scrape, weighs the same.
    """
    if objective.composite is not None:
        return objective.composite.method
    if objective.timeslice is not None:
        return "Slices"
    counted = objective.counted
    return "Time" if objective.approximate or counted is None or not counted.joined else "Events"


def budget(objective: Objective, seen: Observation, old: Mapping[str, Any]) -> Manifest:
    """The budget; ``old`` is the one in the status now.

    Without anything in the window, or before it was counted, what was last known stays with its time.
    """
    constant = {"total": number(objective.budget_ratio * 100), "weighting": weighting(objective)}
    coverage = {} if seen.coverage is None else {"coverage": percent(seen.coverage, 1)}
    if seen.consumed is None or seen.at is None:
        kept = {key: value for key, value in old.items() if key != "queuePosition"}
        if "consumed" in kept:
            return {**kept, **constant, **coverage}
        waiting: Manifest = {} if seen.queue is None else {"queuePosition": seen.queue}
        return {**kept, "source": seen.source or "Pending", **constant, **waiting, **coverage}
    consumed = round(seen.consumed, 3)  # as precise as it is shown: the parts add up
    return {
        "source": seen.source or "Recorded",
        **constant,
        "consumed": percent(consumed, 1),
        "remaining": percent(1 - consumed, 1),
        "left": time_left(objective, 1 - consumed, seen.at),
        **_events(seen, old),
        **_period(objective, seen.at),
        **coverage,
        **_exhaustion(objective, seen, old),
        **audit_shown(seen.audit, old),
        "asOf": timestamp(seen.at),
    }


def time_left(objective: Objective, remaining: float, at: datetime) -> str:
    """The remaining budget as time of total outage, such as ``22m54s``; negative when overspent.

    Of a rolling window's length, or that of the calendar period that is running at the time, without
    maintenance: 99.9 % is 43m12s over 30d, and 44m38s in a month of 31 days.
    """
    return duration(float(objective.budget_ratio) * counted_seconds(objective, at) * remaining)


def counted_seconds(objective: Objective, at: datetime) -> float:
    """How much of the window counts: maintenance is taken off, also that to come in a calendar period."""
    span = objective.window.span(at.timestamp())
    return span.seconds - objective.maintenance.seconds(span.start, span.end)


def _events(seen: Observation, old: Mapping[str, Any]) -> Manifest:
    if seen.events is None:
        return {}
    before = old.get("events", {})
    bad, total, allowed = seen.events.bad, seen.events.total, seen.events.allowed
    left = {} if allowed is None else {"left": whole_events(allowed - bad, before.get("left"))}
    counted = {"bad": events(bad, before.get("bad")), "total": events(total, before.get("total"))}
    return {"events": counted | left}


def _period(objective: Objective, at: datetime) -> Manifest:
    if objective.window.calendar is None:
        return {}
    span = objective.window.span(at.timestamp())
    return {"period": {"from": _time(span.start), "to": _time(span.end)}}


def _exhaustion(objective: Objective, seen: Observation, old: Mapping[str, Any]) -> Manifest:
    """When the budget will be gone; nothing once it is, and nothing that would be a guess."""
    before = old.get("exhaustion", {})
    if seen.total_present is None:
        return {"exhaustion": before} if before else {}  # burn was not asked for yet, as after a restart
    burn, consumed = seen.burn.get(BURN_WINDOW), seen.consumed
    if burn is None or consumed is None or consumed >= 1 or seen.at is None:
        return {}
    now = seen.at.timestamp()
    span = objective.window.span(now)
    burn *= span.seconds / max(counted_seconds(objective, seen.at), 1)  # the budget is that of less time
    gone = forecast.at_current_burn(now=now, consumed=consumed, burn=burn, window=span.seconds)
    fast = forecast.told(gone, now, before.get("atCurrentBurn"))
    known = "netOfRollOff" in before and before.get("atCurrentBurn") == fast
    if objective.window.calendar is not None:
        net = forecast.before_the_end(gone, span.end)
    elif seen.profile is not None:
        net = forecast.net_of_roll_off(
            now=now, consumed=consumed, burn=burn, window=span.seconds, profile=seen.profile
        )
    elif gone == forecast.NEVER:
        net = gone  # what rolls off makes it no earlier
    else:
        # Not counted yet, as after a restart: what was foretold of the same burn still holds.
        return {"exhaustion": before if known else {"atCurrentBurn": fast}}
    slow = forecast.told(net, now, before.get("netOfRollOff"))
    return {"exhaustion": {"atCurrentBurn": fast, "netOfRollOff": slow}}


def _time(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
