"""What an escalation truly promises, by mode and by version of Alertmanager."""

from __future__ import annotations

import pytest
from tests.unit.alerting.policies import a_policy

from fireline.alerting.escalation import between_sends, mode_of, promise, steps_of
from fireline.api.alert_policy import AlertPolicy

PAGER = {"name": "pager", "pagerduty": {"routingKeySecret": {"name": "pd", "key": "key"}}}
HOOK = {"name": "oncall", "webhook": {"url": "http://oncall:80/"}}


def spec(receivers, levels, mode="Auto", **severity):
    edits = {
        "spec.receivers": receivers,
        "spec.severities": [{"name": "sev0", "page": True, "receivers": [receivers[0]["name"]], **severity}],
        "spec.escalation": {"mode": mode, "levels": levels},
    }
    return AlertPolicy.of(a_policy(edits)).spec


def level(after, *receivers):
    return {"after": after, "receivers": list(receivers)}


def test_auto_leaves_a_single_level_to_the_provider_that_takes_it():
    assert mode_of(spec([PAGER], [level("0m", "pager")])) == "Provider"


def test_auto_carries_levels_out_itself_whoever_takes_them():
    assert mode_of(spec([PAGER, HOOK], [level("0m", "pager"), level("15m", "oncall")])) == "Alertmanager"
    assert mode_of(spec([HOOK], [level("0m", "oncall")])) == "Alertmanager"


def test_auto_carries_out_a_single_level_that_waits():
    assert mode_of(spec([PAGER], [level("5m", "pager")])) == "Alertmanager"


def test_a_policy_without_escalation_has_no_mode():
    assert mode_of(AlertPolicy.of(a_policy()).spec) == "None"


@pytest.mark.parametrize(
    ("version", "seconds"),
    [
        ("0.28.1", 1800 + 120),
        ("0.29.0", 1800 + 120),
        ("0.30.0", 3600),
        ("v0.34.0", 3600),
        ("1.0.0", 3600),
        (None, 3600),
        ("", 3600),
    ],
)
def test_how_late_the_last_level_is_depends_on_alertmanagers_version(version, seconds):
    steps = steps_of(spec([HOOK], [level("0m", "oncall"), level("15m", "oncall"), level("30m", "oncall")]))

    assert promise("Alertmanager", steps, version=version).seconds == seconds


def test_of_an_unknown_version_the_larger_promise_holds_also_for_short_delays():
    steps = steps_of(spec([HOOK], [level("0m", "oncall"), level("30s", "oncall")]))

    assert promise("Alertmanager", steps, version=None).seconds == 150
    assert promise("Alertmanager", steps, version="0.31.0").seconds == 60


@pytest.mark.parametrize(
    ("interval", "seconds"),
    # Of alerts sent at 0, sent again once more than 60 s have passed, at an evaluation: first those of SLOs,
    # which take a minute at most, then slower ones of the policy.
    [("30s", 120), ("1m", 120), ("5m", 300), ("59s", 120), ("90s", 120)],
)
def test_prometheus_sends_again_at_an_evaluation_only(interval, seconds):
    steps = steps_of(spec([HOOK], [level("15m", "oncall")]))
    group = {"interval": interval, "rules": [{"alert": "Slow", "labels": {"sev": "sev0"}}]}
    other = {"interval": "10m", "rules": [{"alert": "Ticket", "labels": {"sev": "sev2"}}, {"record": "x"}]}

    assert between_sends([group, other], steps) == seconds


@pytest.mark.parametrize("mode", ["Alertmanager", "Rules"])
def test_a_level_that_waits_for_hours_says_so(mode):
    given = spec([HOOK], [level("0m", "oncall"), level("15m", "oncall")], mode, hours="business")
    promised = promise(mode, steps_of(given), version="0.28.1")

    assert promised.hours == ("business",)
    assert promised.shown.endswith(", or when hours begin")


def test_rules_are_exact_to_one_evaluation():
    steps = steps_of(spec([HOOK], [level("15m", "oncall")], mode="Rules"))

    assert promise("Rules", steps, version=None).seconds == 930


def test_a_provider_promises_by_itself():
    promised = promise("Provider", (), version="0.28.1")

    assert (promised.seconds, promised.shown) == (None, "by provider")
