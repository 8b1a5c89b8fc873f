"""What is seen of an SLO → its status: conditions with advice, and figures that are never invented.

Called by ``plan``. Unknown is Unknown: a figure nobody could measure is left out or keeps its last
value with its time; it is never 0, 100 or NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import Condition, found, parse_timestamp, rendered
from fireline.api.plan import Manifest, Problem
from fireline.slo import names
from fireline.slo.figures import figures
from fireline.slo.model import Objective
from fireline.slo.observation import Observation

_FIGURES = ("sli", "budget", "burnRates", "alerts")
WARN_ON: Mapping[str, Any] = {
    "Valid": "False",
    "Ready": "False",
    "Selected": "False",
    "RulesLoaded": "False",
    "DataPresent": "False",
    "BudgetHealthy": "False",
}
"""The status of each condition that deserves a Warning event."""
_LOADING_PATIENCE = timedelta(minutes=3)
"""prometheus-operator, the kubelet and Prometheus together take up to two minutes to load a rule."""

_RECORDING_PATIENCE = timedelta(minutes=2)
"""New rules need an evaluation, and a new service two scrapes, before there is anything to see."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the status of a valid SLO depends on, besides the objective."""

    old: Mapping[str, Any]
    generation: int
    now: datetime
    observation: Observation
    selected: Condition
    problem: Problem | None
    notes: tuple[str, ...]
    figures_every: timedelta


def valid_status(
    objective: Objective, situation: Situation
) -> tuple[Manifest, tuple[Condition, ...], timedelta | None]:
    """Status, conditions and the wait after which withheld figures may be written."""
    conditions = _conditions(objective, situation)
    figured, wait = _paced(figures(objective, situation.observation, situation.old), conditions, situation)
    status: Manifest = {
        "observedGeneration": situation.generation,
        "conditions": rendered(
            conditions, old=situation.old, generation=situation.generation, now=situation.now
        ),
        **figured,
    }
    return status, conditions, wait


def invalid_status(
    *, old: Mapping[str, Any], generation: int, now: datetime, reason: str, message: str, kept: bool
) -> tuple[Manifest, tuple[Condition, ...]]:
    """Status of a spec that cannot be carried out; the last figures stay, as the last good rules do."""
    stays = " The last good rules stay in place." if kept else ""
    conditions = (
        Condition("Ready", "False", reason, message + stays),
        Condition("Stalled", "True", reason, message),
        Condition("Valid", "False", reason, message),
        *(
            Condition(
                type_,
                before["status"] if (before := found(old, type_)) and kept else "Unknown",
                before["reason"] if before and kept else reason,
                before["message"] if before and kept else "the spec is not valid",
            )
            for type_ in ("Selected", "RulesLoaded", "DataPresent", "BudgetHealthy")
        ),
    )
    status = {
        "observedGeneration": generation,
        "conditions": rendered(conditions, old=old, generation=generation, now=now),
        **{name: old[name] for name in _FIGURES if name in old},
    }
    return status, conditions


def _conditions(objective: Objective, situation: Situation) -> tuple[Condition, ...]:
    loaded = _kept(situation, "RulesLoaded") or _rules_loaded(objective, situation)
    stalled = _stalled(situation.problem)
    return (
        _ready(situation, loaded),
        *stalled,
        Condition("Valid", "True", "Valid", "; ".join(situation.notes) or "the spec is valid"),
        situation.selected,
        loaded,
        _kept(situation, "DataPresent") or _data_present(objective, situation, loaded),
        _kept(situation, "BudgetHealthy") or _budget_healthy(objective, situation),
    )


def _kept(situation: Situation, name: str) -> Condition | None:
    """The condition as written for this very spec, while Prometheus has not been asked about it yet.

    An operator that starts anew knows nothing for some seconds; that alone must write no status.
    """
    seen, before = situation.observation, found(situation.old, name)
    unasked = seen.total_present is None
    if name == "BudgetHealthy":
        unasked = seen.consumed is None and seen.source in {None, "Pending"}
    same_spec = situation.old.get("observedGeneration") == situation.generation
    if before is None or not same_spec or not unasked or seen.down or not seen.configured:
        return None
    return Condition(name, before["status"], before["reason"], before["message"])


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


def _stalled(problem: Problem | None) -> tuple[Condition, ...]:
    if problem is None or not problem.permanent:
        return (Condition("Stalled", "False", "Progressing", "nothing needs a person"),)
    return (Condition("Stalled", "True", problem.reason, problem.message),)


def _rules_loaded(objective: Objective, situation: Situation) -> Condition:
    seen = situation.observation
    name = "RulesLoaded"
    if not seen.configured:
        return Condition(
            name, "Unknown", "NoSource", f"source {objective.source!r} has no URL: nobody can be asked"
        )
    if seen.down:
        before = found(situation.old, name)
        if before is not None and before["status"] == "True":
            return Condition(name, "True", before["reason"], before["message"])
        return Condition(name, "Unknown", "PrometheusUnreachable", seen.down)
    if kept := _kept(situation, name):
        return kept
    if seen.loaded_hash == objective.spec_hash:
        return _windows_loaded(objective, situation)
    if seen.load_error:
        return Condition(name, "False", "LoadFailed", f"Prometheus reports: {seen.load_error}")
    return _not_loaded_yet(situation)


def _windows_loaded(objective: Objective, situation: Situation) -> Condition:
    """The SLO's own rules are evaluated; the shared windows follow within a minute or two.

    Without them everything looks fine, and the slower half of the alerts is dead.
    """
    name, before = "RulesLoaded", found(situation.old, "RulesLoaded")
    status, reason = (before["status"], before["reason"]) if before else ("", "")
    long = situation.now - _since(situation, name, status) >= _LOADING_PATIENCE
    if situation.observation.windows_loaded is False:
        rule = f"PrometheusRule {names.windows_name(objective.source)}"
        if reason == "WindowsNotLoaded" or (reason == "WindowsPending" and long):
            return Condition(
                name,
                "False",
                "WindowsNotLoaded",
                f"Prometheus evaluates the rules of this SLO, but not the shared windows of the namespace: "
                f"budget alerts and all burn alerts over more than an hour are dead. Look at {rule} (is it "
                f"there, and Fireline's?), at its events and at the logs of Fireline and prometheus-operator",
            )
        if reason == "WindowsPending" or (status == "True" and long):
            return Condition(name, "Unknown", "WindowsPending", f"waiting for Prometheus to load {rule}")
    return Condition(name, "True", "Loaded", "Prometheus evaluates these rules")


def _not_loaded_yet(situation: Situation) -> Condition:
    """Unknown for as long as loading may take; the time of the transition tells how long it has been."""
    since = _since(situation, "RulesLoaded", "Unknown")
    before = found(situation.old, "RulesLoaded")
    same_spec = situation.old.get("observedGeneration") == situation.generation
    failed = before is not None and before["status"] == "False" and same_spec
    if situation.now - since < _LOADING_PATIENCE and not failed:
        return Condition("RulesLoaded", "Unknown", "Pending", "waiting for Prometheus to load the rules")
    return Condition(
        "RulesLoaded",
        "False",
        "NotLoaded",
        "Prometheus still does not evaluate these rules: look at the events of the PrometheusRule and at "
        "the log of prometheus-operator, which drops a whole PrometheusRule for one rule it refuses",
    )


def _since(situation: Situation, type_: str, status: str) -> datetime:
    """When a condition took this status; now, if it has another one."""
    before = found(situation.old, type_)
    if before is None or before["status"] != status:
        return situation.now
    return parse_timestamp(before["lastTransitionTime"])


def _data_present(objective: Objective, situation: Situation, loaded: Condition) -> Condition:
    seen, name = situation.observation, "DataPresent"
    if not seen.configured:
        return Condition(name, "Unknown", "NoSource", "no Prometheus can be asked")
    if seen.down:
        return Condition(name, "Unknown", "PrometheusUnreachable", seen.down)
    if seen.total_present:
        if seen.bad_present is False:
            return Condition(name, "False", "NoPartSeries", _no_part(objective))
        return _present(seen)
    if seen.raw_present and loaded.status != "True":
        return _present(seen)
    fresh = situation.now - _since(situation, "RulesLoaded", "True") < _RECORDING_PATIENCE
    if loaded.status != "True" or seen.total_present is None or fresh:
        return Condition(name, "Unknown", "Pending", "waiting for the first recorded points")
    presence = objective.counted.presence if objective.counted else "its members"
    return Condition(
        name,
        "False",
        "NoTotalSeries",
        f"nothing matches the total of the indicator: {presence} is empty in "
        f"Prometheus; check metric name, labels and whether the target is scraped",
    )


def _present(seen: Observation) -> Condition:
    return Condition(
        "DataPresent", "True", "Present", "; ".join(("the series of this SLO are there", *seen.remarks))
    )


def _no_part(objective: Objective) -> str:
    indicator = objective.indicator
    if indicator is not None and indicator.counts == "Below" and not indicator.native:
        return (
            "there is traffic, but no bucket at spec.indicator.latency.below: it must be one of the "
            "histogram's bucket bounds (see label le of the _bucket series)"
        )
    return "there is traffic, but the series that tells good from bad is missing"


def _budget_healthy(objective: Objective, situation: Situation) -> Condition:
    seen, name = situation.observation, "BudgetHealthy"
    firing = [a.tier for a in seen.alerts if a.firing and a.tier.startswith("Page")]
    if seen.down or seen.consumed is None:
        idle = "no event of the whole window could be told good or bad; what was known before stays in status"
        nothing = idle if seen.source in {"Exact", "Recorded"} else "there are no figures yet"
        return Condition(name, "Unknown", "NoFigures", seen.down or nothing)
    if seen.consumed >= 1:
        rolls = f"it comes back only as bad events leave the {objective.window} window"
        return Condition(name, "False", "Exhausted", f"the error budget is spent; {rolls}")
    if firing:
        return Condition(name, "False", "Burning", f"the budget burns too fast: {', '.join(firing)} fires")
    return Condition(name, "True", "WithinBudget", "some error budget is left and no page fires")


def _paced(
    fresh: Manifest, conditions: tuple[Condition, ...], situation: Situation
) -> tuple[Manifest, timedelta | None]:
    """The figures to write now: fresh ones, or the old ones while it is too early for mere refreshment.

    First figures and figures beside a changed condition are written at once.
    """
    old = {name: situation.old[name] for name in _FIGURES if name in situation.old}
    if _without_time(fresh) == _without_time(old):
        return old, None
    as_of = old.get("budget", {}).get("asOf")
    changed = any(
        before is None or before["status"] != c.status or before["reason"] != c.reason
        for c in conditions
        for before in [found(situation.old, c.type)]
    )
    if as_of is None or changed or old.get("alerts") != fresh.get("alerts"):
        return fresh, None
    wait = parse_timestamp(as_of) + situation.figures_every - situation.now
    return (old, wait) if wait > timedelta(0) else (fresh, None)


def _without_time(figured: Manifest) -> Manifest:
    budget = {key: value for key, value in figured.get("budget", {}).items() if key != "asOf"}
    return {**figured, "budget": budget}
