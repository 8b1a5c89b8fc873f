"""Condition BudgetHealthy: is any budget left, and does it burn at page speed? Never touches Ready."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fireline.api.conditions import Condition
from fireline.calendar.span import UTC_NAME
from fireline.slo.model import Objective
from fireline.slo.situation import Situation

_NAME = "BudgetHealthy"


def budget_healthy(objective: Objective, situation: Situation) -> Condition:
    """Unknown without figures; False once the budget is spent or while a page fires."""
    if kept := situation.kept(_NAME):
        return kept
    seen = situation.observation
    if seen.down or seen.consumed is None:
        idle = "no event of the whole window could be told good or bad; what was known before stays in status"
        nothing = idle if seen.source in {"Exact", "Recorded"} else "there are no figures yet"
        return Condition(_NAME, "Unknown", "NoFigures", seen.down or nothing)
    if seen.consumed >= 1:
        back = _comes_back(objective, seen.at or situation.now)
        return Condition(_NAME, "False", "Exhausted", f"the error budget is spent; {back}")
    paging = {tier.name for tier in objective.tiers if tier.page}
    firing = [one.tier for one in seen.alerts if one.firing and one.tier in paging]
    if firing:
        return Condition(_NAME, "False", "Burning", f"the budget burns too fast: {', '.join(firing)} fires")
    return Condition(_NAME, "True", "WithinBudget", "some error budget is left and no page fires")


def _comes_back(objective: Objective, at: datetime) -> str:
    """When there will be budget again: what people expect of a month is not what a rolling window does."""
    window = objective.window
    if window.calendar is None:
        return f"a rolling budget never resets, it comes back only as bad events leave the {window} window"
    end = datetime.fromtimestamp(window.span(at.timestamp()).end, ZoneInfo(window.zone))
    zone = "" if window.zone == UTC_NAME else f" ({window.zone})"
    return f"it comes back at the end of the {window.calendar.lower()}, on {end.date().isoformat()}{zone}"
