"""What is seen of an SLO → its status: conditions with advice, and figures that are never invented.

Called by ``plan``. Unknown is Unknown: a figure nobody could measure is left out or keeps its last
value with its time; it is never 0, 100 or NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import (
    Condition,
    found,
    of_a_wrong_spec,
    parse_timestamp,
    rendered,
    transitions_but_waiting,
)
from fireline.api.plan import Event, Manifest, Problem
from fireline.slo.agreement import figures_agree
from fireline.slo.figures import FIGURES, figures
from fireline.slo.health import budget_healthy
from fireline.slo.loading import rules_loaded
from fireline.slo.marks import judged_by, last_error, unjudged
from fireline.slo.model import Objective
from fireline.slo.presence import data_present, next_edge
from fireline.slo.situation import Situation

WARN_ON: Mapping[str, Any] = {
    "Valid": "False",
    "Ready": "False",
    "Selected": "False",
    "RulesLoaded": "False",
    "DataPresent": "False",
    "BudgetHealthy": "False",
    "FiguresAgree": "False",
}
"""The status of each condition that deserves a Warning event."""
_CONDITIONS = ("Selected", "RulesLoaded", "DataPresent", "BudgetHealthy", "FiguresAgree")
"""After Ready, Stalled and Valid."""
TOO_MANY_GROUPS = "TooManyGroups"
_REMEMBERED = ("tier", "alertPolicy", "objective", "lastError", "incidents")
_AGAIN = timedelta(seconds=60)
"""While something is waited for, the verdict changes by time alone."""
_FOLLOWING = ("events", "exhaustion")
_UNHURRIED = timedelta(minutes=5)
"""Events and forecasts follow traffic at all times; by themselves they are written at most this often."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole status, the events of its changes, and after how long it may be another."""

    status: Manifest
    events: tuple[Event, ...]
    wait: timedelta | None


def valid_status(objective: Objective, situation: Situation) -> Verdict:
    """Status of a spec that is carried out."""
    old, now = situation.old, situation.now
    conditions = _conditions(objective, situation)
    judged, marked = judged_by(objective, old, now)
    measured = figures(objective, situation.observation, unjudged(old, objective))
    news = bool(marked) or not situation.same_spec or _changed(conditions, old)
    figured, wait = _paced(measured, situation, at_once=news)
    error = last_error(situation)
    status: Manifest = {
        "observedGeneration": situation.generation,
        "conditions": rendered(conditions, old=old, generation=situation.generation, now=now),
        **({"tier": objective.tier} if objective.tier else {}),
        **({"alertPolicy": objective.policy.label} if objective.policy else {}),
        "objective": judged,
        **figured,
        **({"lastError": error} if error else {}),
        **({"incidents": situation.record.incidents} if situation.record.incidents else {}),
    }
    waits = [wait, _patience(situation, conditions), next_edge(objective, now), situation.record.wait]
    if situation.deferral is not None:
        waits.append(max(situation.deferral.until - now, timedelta(seconds=1)))
    events = _events(conditions, old) + marked + situation.record.events
    return Verdict(status, events, min((one for one in waits if one is not None), default=None))


def invalid_status(
    *, old: Mapping[str, Any], generation: int, now: datetime, reason: str, message: str, kept: bool
) -> Verdict:
    """Status of a spec that cannot be carried out; the last figures stay, as the last good rules do."""
    conditions = of_a_wrong_spec(_CONDITIONS, old=old, reason=reason, message=message, kept=kept)
    status = {
        "observedGeneration": generation,
        "conditions": rendered(conditions, old=old, generation=generation, now=now),
        **{name: old[name] for name in (*_REMEMBERED, *FIGURES) if name in old},
    }
    return Verdict(status, _events(conditions, old), None)


def _events(conditions: tuple[Condition, ...], old: Mapping[str, Any]) -> tuple[Event, ...]:
    return transitions_but_waiting(conditions, old=old, warn_on=WARN_ON, waiting="RulesLoaded")


def _conditions(objective: Objective, situation: Situation) -> tuple[Condition, ...]:
    loaded = rules_loaded(objective, situation)
    return (
        _ready(situation, loaded),
        _stalled(situation.problem),
        _valid(objective, situation),
        situation.selected,
        loaded,
        data_present(objective, situation, loaded),
        budget_healthy(objective, situation),
        *figures_agree(objective, situation),
    )


def _ready(situation: Situation, loaded: Condition) -> Condition:
    """Carried out, and loaded by Prometheus at least once; a burning budget is a healthy resource."""
    problem = situation.problem
    if problem is not None:
        return Condition("Ready", "False", problem.reason, problem.message)
    if situation.selected.status == "False":
        return Condition("Ready", "False", "NotSelected", situation.selected.message)
    before = found(situation.old, "Ready")
    was_loaded = found(situation.old, "RulesLoaded")
    once = (before is not None and before["status"] == "True") or (
        was_loaded is not None and was_loaded["status"] == "True"
    )
    if loaded.reason == "NoSource":
        return Condition("Ready", "True", "Ready", f"rules are written; {loaded.message}")
    if loaded.status == "True" or once:
        return Condition("Ready", "True", "Ready", "rules are written and Prometheus has loaded them")
    return Condition("Ready", "Unknown", loaded.reason, loaded.message)


def _stalled(problem: Problem | None) -> Condition:
    if problem is None or not problem.permanent:
        return Condition("Stalled", "False", "Progressing", "nothing needs a person")
    return Condition("Stalled", "True", problem.reason, problem.message)


def _valid(objective: Objective, situation: Situation) -> Condition:
    """The spec makes sense. That of a groupBy shows only in what it yields; the rules stay in place."""
    groups, before = situation.observation.groups, found(situation.old, "Valid")
    many = groups is not None and groups.number > situation.max_groups
    unknown = groups is None and before is not None and before["reason"] == TOO_MANY_GROUPS
    if objective.group_by and (many or (unknown and situation.same_spec)):
        text = (
            f"spec.groupBy: {', '.join(objective.group_by)} makes more than {situation.max_groups} groups, "
            f"and each costs as much as an SLO; group by something coarser, or raise max_groups in the "
            f"operator's settings. The rules stay in place"
        )
        return Condition("Valid", "False", TOO_MANY_GROUPS, text)
    return Condition("Valid", "True", "Valid", "; ".join(_notes(objective, situation)) or "the spec is valid")


def _notes(objective: Objective, situation: Situation) -> tuple[str, ...]:
    if not objective.approximate:
        return situation.notes
    text = "figures are approximate: of a free ratio only time can be counted, a quiet minute like a busy one"
    return (*situation.notes, text)


def _patience(situation: Situation, conditions: tuple[Condition, ...]) -> timedelta | None:
    waiting = situation.observation.windows_loaded is False
    return _AGAIN if waiting or any(one.reason.endswith("Pending") for one in conditions) else None


def _changed(conditions: tuple[Condition, ...], old: Mapping[str, Any]) -> bool:
    return any(
        before is None or before["status"] != c.status or before["reason"] != c.reason
        for c in conditions
        for before in [found(old, c.type)]
    )


def _paced(fresh: Manifest, situation: Situation, *, at_once: bool) -> tuple[Manifest, timedelta | None]:
    """The figures to write now: fresh ones, or the old ones while it is too early for mere refreshment.

    First figures are written at once, as are those of alerts and those beside other news (``at_once``).
    """
    old = {name: situation.old[name] for name in FIGURES if name in situation.old}
    if _timeless(fresh) == _timeless(old):
        return old, None
    as_of = old.get("budget", {}).get("asOf")
    if at_once or as_of is None or old.get("alerts") != fresh.get("alerts"):
        return fresh, None
    hurry = _timeless(fresh, *_FOLLOWING) != _timeless(old, *_FOLLOWING)
    every = situation.figures_every if hurry else max(situation.figures_every, _UNHURRIED)
    wait = parse_timestamp(as_of) + every - situation.now
    return (old, wait) if wait > timedelta(0) else (fresh, None)


def _timeless(figured: Manifest, *further: str) -> Manifest:
    """The figures without their time, and without ``further`` parts of the budget."""
    left_out = {"asOf", *further}
    budget = {key: value for key, value in figured.get("budget", {}).items() if key not in left_out}
    if "audit" in budget:
        budget["audit"] = {key: value for key, value in budget["audit"].items() if key != "at"}
    return {**figured, "budget": budget}
