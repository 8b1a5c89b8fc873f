"""What is seen of a policy → its status: conditions with advice, and facts that are never invented.

Called by ``plan``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fireline.alerting import conditions as told
from fireline.alerting.escalation import Promise, promise
from fireline.alerting.model import Policy
from fireline.alerting.situation import Situation
from fireline.alerting.testing import last_test
from fireline.api.conditions import (
    Condition,
    found,
    of_a_wrong_spec,
    parse_timestamp,
    rendered,
    timestamp,
    transitions_but_waiting,
)
from fireline.api.plan import Event, Manifest

CONDITIONS = (
    "Selected",
    "SecretsResolved",
    "RunbooksPresent",
    "RoutesLoaded",
    "EscalationBounded",
)
"""After Ready, Stalled and Valid."""
_WARN_ON: Mapping[str, Any] = dict.fromkeys(("Valid", "Ready", *CONDITIONS), "False")
_PACED = ("selected", "overlapping")
_KEPT = (*_PACED, "routes", "delivery", "escalation", "hours", "lastTest", "quality")
SELECTED_EVERY = timedelta(minutes=10)
"""The list of members is for people; that it changed is no reason to write more often."""
_AGAIN = timedelta(seconds=60)
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole status, the events of its changes, and after how long it may be another."""

    status: Manifest
    events: tuple[Event, ...]
    wait: timedelta | None


def valid_status(policy: Policy, situation: Situation, *, runbook: bool) -> Verdict:
    """Status of a spec that is carried out. ``runbook``: the policy or the settings name one for all."""
    old, now = situation.old, situation.now
    version = situation.observation.routes.version
    promised = promise(policy.escalation, policy.steps, version=version, groups=policy.groups)
    loaded, secrets = told.routes_loaded(policy, situation), told.secrets_resolved(situation)
    first: tuple[Condition, ...] = (
        told.ready(situation, loaded, secrets),
        told.stalled(situation),
        told.valid(policy, situation),
        situation.selected,
        secrets,
    )
    last = (loaded, told.escalation_bounded(policy, promised, situation))
    paced = _paced(situation, news=_news((*first, *last), old) or not situation.same_spec)
    if paced is None or (runbooks := told.kept("RunbooksPresent", situation)) is None:
        runbooks = told.runbooks_present(policy, situation, runbook=runbook)
    conditions = (*first, runbooks, *last)
    test, test_wait = last_test(situation)
    facts: Manifest = {
        "routes": policy.route.count,
        "delivery": {"mode": policy.mode, "reason": policy.mode_reason},
        "escalation": _escalation(policy, promised, situation),
        "hours": _hours(policy, now),
        "lastTest": test,
        "quality": _quality(situation),
    }
    status: Manifest = {
        "observedGeneration": situation.generation,
        "conditions": rendered(conditions, old=old, generation=situation.generation, now=now),
        **{name: value for name, value in facts.items() if value},
    }
    status |= _members(situation) if paced is None else {name: old[name] for name in _PACED if name in old}
    waits = [paced, test_wait, _patience(conditions)]
    if situation.deferral is not None:
        waits.append(max(situation.deferral.until - now, timedelta(seconds=1)))
    return Verdict(
        status, _events(conditions, old), min((one for one in waits if one is not None), default=None)
    )


def invalid_status(
    *, old: Mapping[str, Any], generation: int, now: datetime, reason: str, message: str, kept: bool
) -> Verdict:
    """Status of a spec that cannot be carried out; the last good routes stay."""
    stays = "; the last good routes stay in place"
    conditions = of_a_wrong_spec(CONDITIONS, old=old, reason=reason, message=message, kept=kept, stays=stays)
    status = {
        "observedGeneration": generation,
        "conditions": rendered(conditions, old=old, generation=generation, now=now),
        **{name: old[name] for name in _KEPT if name in old},
    }
    return Verdict(status, _events(conditions, old), None)


def _events(conditions: tuple[Condition, ...], old: Mapping[str, Any]) -> tuple[Event, ...]:
    return transitions_but_waiting(conditions, old=old, warn_on=_WARN_ON, waiting="RoutesLoaded")


def _patience(conditions: tuple[Condition, ...]) -> timedelta | None:
    return _AGAIN if any(one.reason == "Pending" for one in conditions) else None


def _escalation(policy: Policy, promised: Promise, situation: Situation) -> Manifest:
    before: Manifest | None = situation.old.get("escalation")
    if before is not None and situation.same_spec and told.unasked(situation):
        return before
    return {"mode": policy.escalation, "worstCaseDelay": promised.shown}


def _news(conditions: tuple[Condition, ...], old: Mapping[str, Any]) -> bool:
    """Whether the status is written anyway."""
    return any(
        before is None or before["status"] != one.status or before["reason"] != one.reason
        for one in conditions
        for before in [found(old, one.type)]
    )


def _paced(situation: Situation, *, news: bool) -> timedelta | None:
    """How long what follows from the members stays as last written; None when it may be written now."""
    before: Manifest = situation.old.get("selected", {})
    as_of = before.get("asOf")
    fresh = _members(situation)
    same = fresh["selected"] | {"asOf": as_of} == before
    if news or as_of is None or (same and fresh.get("overlapping") == situation.old.get("overlapping")):
        return None
    wait = parse_timestamp(as_of) + SELECTED_EVERY - situation.now
    return wait if wait > timedelta(0) else None


def _members(situation: Situation) -> Manifest:
    """``selected`` and ``overlapping``; their time moves only with them."""
    names, overlapping = situation.members.names, situation.members.overlapping
    fresh: Manifest = {"count": len(names), **({"names": list(names[:_SHOWN])} if names else {})}
    before: Manifest = situation.old.get("selected", {})
    as_of = before["asOf"] if fresh | {"asOf": before.get("asOf")} == before else timestamp(situation.now)
    listed = [{"slo": slo, "policy": policy} for slo, policy in overlapping[:_SHOWN]]
    return {"selected": {**fresh, "asOf": as_of}, **({"overlapping": listed} if listed else {})}


def _hours(policy: Policy, now: datetime) -> list[Manifest]:
    offsets = {}
    for one in policy.intervals:
        text = now.astimezone(ZoneInfo(one.hours.zone)).strftime("%z")
        offsets[one.hours.name] = f"{text[:3]}:{text[3:5]}"
    return [{"name": name, "utcOffset": offset} for name, offset in sorted(offsets.items())]


def _quality(situation: Situation) -> Manifest:
    """The figures as last written while they say the same: that they were looked at is no news."""
    before: Manifest = situation.old.get("quality", {})
    fresh = situation.observation.quality
    if fresh is None or _timeless(fresh) == _timeless(before):
        return before
    return dict(fresh)


def _timeless(quality: Mapping[str, Any]) -> Manifest:
    return {key: value for key, value in quality.items() if key != "asOf"}
