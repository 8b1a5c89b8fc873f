"""Who is told while some receivers are left out."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.routing import strategies
from tests.unit.alerting.policies import NOW, SETTINGS, compiled

from fireline.alerting.amc import alertmanager_config
from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.effective import DEFAULT_BASE, breaks_everything, merged, refused
from fireline.alerting.left_out import without
from fireline.alerting.simulate import Simulation

YEARS = range(2026, 2028)
BOTH = [{"name": "sev0", "page": True, "receivers": ["oncall", "tickets"]}]


def receivers(policy: Any, **labels: str) -> list[str]:
    """Who is told, in order, by name in the spec."""
    config = alertmanager_config(policy, years=YEARS)
    assert not refused(config)
    assert not breaks_everything(config)
    effective = merged(DEFAULT_BASE, [config], strategy="OnNamespace", alertmanager_namespace="monitoring")
    alert = {"namespace": policy.namespace, "alert_policy": policy.label, **labels}
    told = Simulation.of(effective).told(alert, at=NOW)
    return [one.receiver.rpartition("/")[2] for one in told if one.integrations]


@pytest.mark.parametrize(("gone", "stays"), [("oncall", "tickets"), ("tickets", "oncall")])
def test_of_two_the_other_is_told_and_nobody_after_it(gone: str, stays: str):
    policy = compiled({"spec.severities": BOTH, "spec.fallback": {"receivers": ["oncall", "tickets"]}})

    assert receivers(without(policy, {gone}), alertname="X", sev="sev0") == [stays]


def test_a_severity_without_any_receiver_left_goes_to_the_fallback():
    policy = compiled({"spec.fallback": {"receivers": ["tickets"]}})

    assert receivers(without(policy, {"oncall"}), alertname="X", sev="sev0") == ["tickets"]


def test_when_all_are_left_out_the_routes_are_sound_and_tell_nobody():
    policy = without(compiled(), {"oncall", "tickets"})

    assert receivers(policy, alertname="X", sev="sev0") == []


def test_with_nobody_left_out_it_is_the_policy_itself():
    policy = compiled()

    assert without(policy, ()) is policy


@pytest.mark.parametrize("seed", range(30))
def test_whoever_is_not_left_out_is_told_as_before_or_in_the_stead_of_others(seed: int):
    source = random.Random(seed)
    given, issues = read(strategies.policy(source, "shop", "drawn"), settings=SETTINGS)
    assert given is not None, issues
    policy = compile_policy(given, settings=SETTINGS)
    gone = {one.name for one in policy.receivers if source.random() < 0.4}
    rest = without(policy, gone)

    for sev in ("sev0", "sev1", "sev2"):
        before = receivers(policy, alertname="SLOErrorBudgetBurnPage", slo="a", sev=sev)
        after = receivers(rest, alertname="SLOErrorBudgetBurnPage", slo="a", sev=sev)
        kept = [name for name in before if name not in gone]
        assert not gone & set(after)
        assert after == kept if kept else set(after) <= {one.name for one in rest.receivers}
