"""Condition FiguresAgree: do recorded and exact budget tell the same? Never touches Ready."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fireline.api.conditions import Condition, found, timestamp
from fireline.api.plan import Manifest
from fireline.slo.audit import Audit
from fireline.slo.model import Objective
from fireline.slo.rounding import percent
from fireline.slo.situation import Situation

NAME = "FiguresAgree"
_LOW = (
    "Recorded history misses errors: look for gaps in scraping or rule evaluation (they may have hidden an "
    "outage), for series that live for minutes only, and for a scrape interval above 30s"
)
_HIGH = (
    "Recorded history has errors that raw history has not: look for other rules that record the same "
    "series, for raw series that were deleted or relabelled, for a retention shorter than the window, and "
    "for maintenance that was added after it had begun"
)


def figures_agree(objective: Objective, situation: Situation) -> tuple[Condition, ...]:
    """Unknown until both figures were there and compared; nothing for a composite, which has one only."""
    if objective.counted is None:
        return ()
    seen = situation.observation
    if seen.audit is not None:
        return (_judged(seen.audit),)
    before = found(situation.old, NAME)
    if before is not None and situation.same_spec:
        return (Condition(NAME, before["status"], before["reason"], before["message"]),)
    text = "recorded and exact figures are compared once recorded history covers the window, in turn"
    return (Condition(NAME, "Unknown", "NotCompared", text),)


def audit_shown(audit: Audit | None, old: Mapping[str, Any]) -> Manifest:
    """``status.budget.audit``: the last comparison, or the one that is there while none is known."""
    if audit is None:
        return {"audit": old["audit"]} if "audit" in old else {}
    if audit.consumed is None or audit.drift is None:
        return {}
    at = timestamp(datetime.fromtimestamp(audit.at, UTC))
    return {"audit": {"consumed": percent(audit.consumed, 1), "drift": percent(audit.drift, 1), "at": at}}


def _judged(audit: Audit) -> Condition:
    if audit.consumed is None or audit.drift is None:
        text = "raw history could not be counted as a whole, so recorded figures have nothing to agree with"
        return Condition(NAME, "Unknown", "NotComparable", text)
    if audit.agrees:
        return Condition(NAME, "True", "Agree", "recorded and raw history tell the same budget")
    recorded = audit.consumed + audit.drift
    advice = _LOW if audit.drift < 0 else _HIGH
    return Condition(
        NAME,
        "False",
        "Drift",
        f"recorded history says that {percent(recorded, 0)} % of the budget is consumed, raw history says "
        f"{percent(audit.consumed, 0)} %. {advice}",
    )
