"""Has Prometheus loaded the rules: patience first, then a verdict, and Ready only until it was true once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import an_slo
from tests.planning import GOOD, NOW, Told, condition, planned, settled

from fireline.slo.observation import Observation


def test_rules_that_are_not_loaded_yet_keep_a_new_slo_from_ready_and_get_advice_later():
    parent = an_slo()
    first = planned(parent, told=Told(replace(GOOD, consumed=None, source=None), loaded=False))
    assert condition(first, "Ready")["status"] == "Unknown"
    assert condition(first, "RulesLoaded")["reason"] == "Pending"
    later = planned(settled(parent, first), told=Told(loaded=False), now=NOW + timedelta(minutes=4))
    assert condition(later, "RulesLoaded")["reason"] == "NotLoaded"
    assert "prometheus-operator" in condition(later, "RulesLoaded")["message"]


def test_shared_windows_that_never_load_are_noticed_and_named():
    """The SLO's own rules are fine then, and half of its alerts are dead."""
    parent, told = an_slo(), Told(replace(GOOD, windows_loaded=False))
    plan = planned(parent, told=told)
    assert condition(plan, "RulesLoaded")["status"] == "True"  # they are evaluated once a minute
    assert plan.requeue_after
    seen = []
    for minutes in (1, 4, 6, 8, 30):
        parent = settled(parent, plan)
        plan = planned(parent, told=told, now=NOW + timedelta(minutes=minutes))
        seen.append(condition(plan, "RulesLoaded")["reason"])
    assert seen == ["Loaded", "WindowsPending", "WindowsPending", "WindowsNotLoaded", "WindowsNotLoaded"]
    assert "PrometheusRule fireline-windows-default" in condition(plan, "RulesLoaded")["message"]
    assert condition(plan, "Ready")["status"] == "True"
    again = planned(settled(parent, plan), told=told, now=NOW + timedelta(minutes=40))
    assert (again.status, again.events) == (plan.status, ())
    back = planned(settled(parent, plan), now=NOW + timedelta(minutes=41))
    assert condition(back, "RulesLoaded")["reason"] == "Loaded"


def test_a_corrected_spec_is_waited_for_again_before_it_is_called_not_loaded():
    parent, pending = an_slo(), Told(loaded=False)
    first = planned(parent, told=pending)
    failed = planned(settled(parent, first), told=pending, now=NOW + timedelta(minutes=4))
    assert condition(failed, "RulesLoaded")["reason"] == "NotLoaded"
    parent = settled(parent, failed)
    parent["metadata"] = {**parent["metadata"], "generation": 2}
    edited = planned(parent, told=pending, now=NOW + timedelta(minutes=5))
    assert condition(edited, "RulesLoaded")["reason"] == "Pending"


def test_without_a_url_ready_does_not_claim_that_prometheus_was_asked():
    plan = planned(an_slo(), told=Told(Observation(configured=False)))
    assert condition(plan, "Ready")["status"] == "True"
    assert condition(plan, "Ready")["message"].endswith("nobody can be asked")


def test_rules_gate_readiness_only_until_they_were_loaded_once():
    parent = an_slo()
    ready = settled(parent, planned(parent))
    assert condition(planned(ready, told=Told(loaded=False)), "Ready")["status"] == "True"
