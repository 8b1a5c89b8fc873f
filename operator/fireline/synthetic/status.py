"""What is seen of a check → its status. Called by ``plan``.

The counts come from the ledger as they are; here only what people read is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import Condition, of_a_wrong_spec, rendered, timestamp, transitions
from fireline.api.plan import Event, Manifest
from fireline.synthetic import conditions as told
from fireline.synthetic.situation import Situation

CONDITIONS = ("Selected", "Scheduled", "Fresh", "Healthy")
"""After Ready, Stalled and Valid."""
_WARN_ON: Mapping[str, Any] = dict.fromkeys(("Valid", "Ready", *CONDITIONS), "False")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole status, the events of its changes, and after how long it may be another."""

    status: Manifest
    events: tuple[Event, ...]
    wait: timedelta | None


def valid_status(situation: Situation) -> Verdict:
    """Status of a spec that is carried out."""
    old, generation = situation.old, situation.generation
    fresh, wait = told.fresh(situation)
    conditions = (
        told.ready(situation),
        told.stalled(situation),
        told.valid(situation),
        situation.selected,
        told.scheduled(situation),
        fresh,
        told.healthy(situation.counts),
    )
    status: Manifest = {
        "observedGeneration": generation,
        "conditions": rendered(conditions, old=old, generation=generation, now=situation.now),
        **situation.counts,
        "schedule": _schedule(situation),
        **_waiting(situation),
        **({"manual": situation.manual} if situation.manual else {}),
        "counted": situation.exported,
    }
    return Verdict(status, _events(conditions, old), wait)


def invalid_status(
    *,
    old: Mapping[str, Any],
    counts: Manifest,
    generation: int,
    now: datetime,
    reason: str,
    message: str,
    goes_on: Situation | None,
    exported: bool,
) -> Verdict:
    """Status of a spec that cannot be carried out. ``goes_on``: how the last good one does, which runs on,
    is counted, and is told; None when there is none."""
    kept = goes_on is not None
    stays = "; the check goes on as it last was"
    conditions = of_a_wrong_spec(CONDITIONS, old=old, reason=reason, message=message, kept=kept, stays=stays)
    wait = None
    if goes_on is not None:
        fresh, wait = told.fresh(goes_on)
        conditions = (*conditions[:-3], told.scheduled(goes_on), fresh, told.healthy(counts))
    status: Manifest = {
        "observedGeneration": generation,
        "conditions": rendered(conditions, old=old, generation=generation, now=now),
        **counts,
        **{name: old[name] for name in ("schedule", "manual") if name in old},
        **(_waiting(goes_on) if goes_on is not None else {}),
        **({"counted": exported} if counts else {}),
    }
    return Verdict(status, _events(conditions, old), wait)


def _events(conditions: tuple[Condition, ...], old: Mapping[str, Any]) -> tuple[Event, ...]:
    """That somebody suspends a check is no news to warn of."""
    meant = [one for one in conditions if one.reason != "Suspended"]
    return transitions(meant, old=old, warn_on=_WARN_ON)


def _schedule(situation: Situation) -> Manifest:
    """``next`` moves on only with the status, so that time alone never writes one."""
    timing, before = situation.timing, situation.old.get("schedule", {})
    cron = {"cron": timing.cron} if timing.cron else {}
    found: Manifest = {**cron, "intervalSeconds": timing.interval}
    if situation.suspended:
        return found
    if situation.counts.get("ledger") == situation.old.get("ledger") and before.get("next"):
        return found | {"next": before["next"]}
    return found | {"next": timestamp(timing.next(situation.now))}


def _waiting(situation: Situation) -> Manifest:
    if situation.waiting is None:
        return {}
    job, waiting = situation.waiting
    since = {"since": timestamp(waiting.since)} if waiting.since else {}
    return {"waiting": {"job": job, **since, "reason": waiting.reason, "message": waiting.message}}
