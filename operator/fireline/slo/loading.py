"""Condition RulesLoaded: does Prometheus evaluate what was written? Patience first, then a verdict."""

from __future__ import annotations

from datetime import timedelta

from fireline.api.conditions import DEFERRED, Condition, found
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.situation import Situation

_NAME = "RulesLoaded"
_PATIENCE = timedelta(minutes=3)
"""prometheus-operator, the kubelet and Prometheus together take up to two minutes to load a rule."""


def rules_loaded(objective: Objective, situation: Situation) -> Condition:
    """Whether Prometheus evaluates the rules of this spec and the shared windows of the namespace."""
    seen = situation.observation
    if situation.deferral is not None:
        return Condition(_NAME, "False", DEFERRED, situation.deferral.message)
    if not seen.configured:
        return Condition(
            _NAME, "Unknown", "NoSource", f"source {objective.source!r} has no URL: nobody can be asked"
        )
    if seen.down:
        before = found(situation.old, _NAME)
        if before is not None and before["status"] == "True":
            return Condition(_NAME, "True", before["reason"], before["message"])
        return Condition(_NAME, "Unknown", "PrometheusUnreachable", seen.down)
    if kept := situation.kept(_NAME):
        return kept
    if seen.loaded_hash == objective.spec_hash:
        return _windows_loaded(objective, situation)
    if seen.load_error:
        return Condition(_NAME, "False", "LoadFailed", f"Prometheus reports: {seen.load_error}")
    return _not_loaded_yet(situation)


def _windows_loaded(objective: Objective, situation: Situation) -> Condition:
    """The SLO's own rules are evaluated; the shared windows follow within a minute or two.

    Without them everything looks fine, and the slower half of the alerts is dead.
    """
    before = found(situation.old, _NAME)
    status, reason = (before["status"], before["reason"]) if before else ("", "")
    long = situation.now - situation.since(_NAME, status) >= _PATIENCE
    if situation.observation.windows_loaded is False:
        rule = f"PrometheusRule {names.windows_name(objective.source)}"
        if reason == "WindowsNotLoaded" or (reason == "WindowsPending" and long):
            return Condition(
                _NAME,
                "False",
                "WindowsNotLoaded",
                f"Prometheus evaluates the rules of this SLO, but not the shared windows of the namespace: "
                f"budget alerts and all burn alerts over more than an hour are dead. Look at {rule} (is it "
                f"there, and Fireline's?), at its events and at the logs of Fireline and prometheus-operator",
            )
        if reason == "WindowsPending" or (status == "True" and long):
            return Condition(_NAME, "Unknown", "WindowsPending", f"waiting for Prometheus to load {rule}")
    return Condition(_NAME, "True", "Loaded", "Prometheus evaluates these rules")


def _not_loaded_yet(situation: Situation) -> Condition:
    """Unknown for as long as loading may take; the time of the transition tells how long it has been."""
    since = situation.since(_NAME, "Unknown")
    before = found(situation.old, _NAME)
    failed = before is not None and before["status"] == "False" and situation.same_spec
    if before is not None and before["reason"] == DEFERRED:
        failed = False  # only now are the rules written
    if situation.now - since < _PATIENCE and not failed:
        return Condition(_NAME, "Unknown", "Pending", "waiting for Prometheus to load the rules")
    return Condition(
        _NAME,
        "False",
        "NotLoaded",
        "Prometheus still does not evaluate these rules: look at the events of the PrometheusRule and at "
        "the log of prometheus-operator, which drops a whole PrometheusRule for one rule it refuses",
    )
