"""What the status remembers of the past: when the objective was changed, and what went wrong last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fireline.api.conditions import timestamp
from fireline.api.plan import Event, Manifest
from fireline.promql.expr import number
from fireline.slo.model import Objective
from fireline.slo.situation import Situation

_ERROR_LENGTH = 1024


def judged_by(
    objective: Objective, old: Mapping[str, Any], now: datetime
) -> tuple[Manifest, tuple[Event, ...]]:
    """The objective with the time of its last change, and one Event when it has just changed.

    At first sight there is no change, and so no time.
    """
    value, before = number(objective.percent), old.get("objective")
    if before is None:
        return {"value": value}, ()
    if before["value"] == value:
        return before, ()
    text = (
        f"the objective changed from {before['value']} to {value}: "
        f"figures over the whole window are judged by the new objective"
    )
    return {"value": value, "since": timestamp(now)}, (Event("Normal", "ObjectiveChanged", text),)


def unjudged(old: Mapping[str, Any], objective: Objective) -> Mapping[str, Any]:
    """The old status without figures that another objective made."""
    before = old.get("objective")
    if before is None or before["value"] == number(objective.percent):
        return old
    return {name: value for name, value in old.items() if name not in {"budget", "burnRates", "worstGroups"}}


def last_error(situation: Situation) -> Manifest | None:
    """The last problem of writing, loading or asking, with the time it was first seen.

    It stays when it is over, and the same words again are nothing new: conditions say what is wrong
    now.
    """
    seen, before = situation.observation, situation.old.get("lastError")
    problem = situation.problem
    message = (problem.message if problem else None) or seen.load_error or seen.down
    if message is None or (before is not None and before["message"] == message[:_ERROR_LENGTH]):
        return before
    return {"message": message[:_ERROR_LENGTH], "at": timestamp(situation.now)}
