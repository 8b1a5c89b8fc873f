"""Re-labelling a firing alert would page twice: the change waits, and says for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import an_slo
from tests.planning import GOOD, MAIN, NOW, Told, condition, planned, settled
from tests.seen import World, a_rule_of

from fireline.api import labels
from fireline.api.plan import KEEP_ALL
from fireline.api.resources import ALERT_POLICY, PROMETHEUS
from fireline.slo.observation import Observation, SeenAlert

PAGE = (SeenAlert("PageFast", firing=True, since=NOW),)
PENDING = (SeenAlert("PageFast", firing=False, since=NOW),)
HOUR = timedelta(hours=1)


def alerting(**changes):
    return an_slo(generation=2, alerting=changes)


def applied(parent):
    """A cluster that holds the rule of this SLO, and the SLO with its status while it was quiet."""
    plan = planned(parent)
    (rule,) = plan.children
    child = replace(a_rule_of("checkout"), annotations=dict(rule["metadata"]["annotations"]))
    return World(objects=[(PROMETHEUS, MAIN)], rules=[child]), settled(parent, plan)


def changed(spec, *, alerts=PAGE, now=NOW + HOUR, before=None, told=None, rule=None):
    """The plan for a spec that replaces the one that was carried out."""
    world, old = applied(before or an_slo())
    if rule is not None:
        world.rules = [replace(world.rules[0], annotations=rule(dict(world.rules[0].annotations)))]
    parent = spec | {"status": spec.get("status", old["status"])}
    told = told or Told(replace(GOOD, alerts=alerts), loaded=False)
    return planned(parent, told=told, seen=world, now=now)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (alerting(labels={"pager": "gold"}), "this change alters pager of the alert"),
        (an_slo(generation=2, service="cart"), "this change alters service of the alert"),
        (an_slo(generation=2, groupBy=["region"]), "this change alters groups of the alert"),
        (
            an_slo(generation=2, service="cart", alerting={"labels": {"pager": "gold"}}),
            "this change alters pager, service of the alert",
        ),
        (
            alerting(
                burnRates=[
                    {"name": "PageFast", "severity": "Ticket", "long": "1h", "short": "5m", "factor": "9"}
                ]
            ),
            "this change alters the severity of the alert",
        ),
    ],
    ids=["label", "service", "groups", "two-labels", "severity"],
)
def test_a_change_of_the_labels_of_a_firing_alert_waits_and_says_so(spec, what):
    plan = changed(spec)
    assert plan.children is KEEP_ALL
    loaded = condition(plan, "RulesLoaded")
    assert (loaded["status"], loaded["reason"]) == ("False", "Deferred")
    assert loaded["message"] == (
        f"PageFast fires, and {what}: Prometheus would send firing alerts a second time. The rules are "
        f"written once they resolve, at the latest at 2026-11-22T19:00:00Z"
    )
    assert condition(plan, "Ready")["status"] == "True"
    assert ("Normal", "Deferred") in {(event.type, event.reason) for event in plan.events}
    assert plan.requeue_after <= timedelta(hours=6)
    assert plan.status["observedGeneration"] == 2


@pytest.mark.parametrize(
    "spec",
    [
        an_slo("99.5", generation=2),
        an_slo(generation=2, description="Pay"),
        alerting(runbookURL="https://wiki/pay", annotations={"team": "pay"}),
        alerting(budget=[{"consumed": "75"}]),
        alerting(disabled=True),
        alerting(
            burnRates=[{"name": "Wake", "severity": "Page", "long": "1h", "short": "5m", "factor": "9"}]
        ),
    ],
    ids=["objective", "description", "annotations", "another-budget-alert", "disabled", "other-tiers"],
)
def test_a_change_that_leaves_the_labels_of_what_fires_goes_at_once(spec):
    assert changed(spec).children is not KEEP_ALL


@pytest.mark.parametrize("alerts", [(), PENDING])
def test_while_nothing_fires_everything_goes_at_once(alerts):
    assert changed(alerting(labels={"pager": "gold"}), alerts=alerts).children is not KEEP_ALL


def test_only_the_alerts_that_fire_count():
    """A ticket of its own severity changes its labels; the page that fires keeps them."""
    standard = {"name": "PageFast", "severity": "Page", "long": "1h", "short": "5m", "factor": "14.4"}
    ticket = {"name": "Slow", "severity": "Ticket", "long": "1d", "short": "2h", "factor": "3"}
    before = an_slo(alerting={"burnRates": [standard, ticket]})
    after = alerting(burnRates=[standard, ticket | {"severity": "Page"}])
    assert changed(after, before=before).children is not KEEP_ALL
    slow = (SeenAlert("Slow", firing=True, since=NOW),)
    assert changed(after, before=before, alerts=slow).children is KEEP_ALL


def a_policy(name, **metadata):
    meta = {"name": name, "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z", **metadata}
    return ALERT_POLICY, {"metadata": meta, "spec": {"selector": {}, "priority": 1 if name == "new" else 0}}


@pytest.mark.parametrize(
    ("others", "waits"),
    [
        ([a_policy("old")], True),
        ([], False),
        ([a_policy("old", deletionTimestamp="2026-11-22T12:00:00Z")], False),
    ],
)
def test_alerts_of_a_policy_that_is_gone_do_not_wait_for_routes(others, waits):
    """Whatever else begins to fire meanwhile would carry the old name, and nobody would be told."""
    prometheus, slo = (PROMETHEUS, MAIN), an_slo()
    before = planned(slo, seen=World(objects=[prometheus, a_policy("old")]))
    child = replace(a_rule_of("checkout"), annotations=dict(before.children[0]["metadata"]["annotations"]))
    after = World(objects=[prometheus, a_policy("new"), *others], rules=[child])

    told = Told(replace(GOOD, alerts=PAGE), loaded=False)
    plan = planned(settled(slo, before), told=told, seen=after, now=NOW + HOUR)

    assert (plan.children is KEEP_ALL) == waits


def test_it_is_written_once_the_alert_resolves():
    waiting = settled(alerting(labels={"pager": "gold"}), changed(alerting(labels={"pager": "gold"})))
    plan = changed(waiting, alerts=(), now=NOW + 3 * HOUR)
    assert plan.children is not KEEP_ALL
    loaded = condition(plan, "RulesLoaded")
    assert (loaded["status"], loaded["reason"]) == ("Unknown", "Pending")
    # The time that Prometheus may take to load them is counted from now on.
    assert loaded["lastTransitionTime"] == "2026-11-22T15:00:00Z"


def test_after_six_hours_it_is_written_whatever_fires():
    spec = alerting(labels={"pager": "gold"})
    waiting = settled(spec, changed(spec))  # deferred at 13:00
    still = changed(waiting, now=NOW + 6.9 * HOUR)
    assert (still.children, still.events) == (KEEP_ALL, ())
    assert still.status["conditions"] == waiting["status"]["conditions"]
    assert changed(waiting, now=NOW + 7 * HOUR).children is not KEEP_ALL


def test_an_operator_that_starts_anew_goes_on_waiting():
    """It knows from the status what fired, and from the condition since when it waits."""
    spec = alerting(labels={"pager": "gold"})
    waiting = settled(spec, changed(spec))
    for told in (Told(Observation(), loaded=False), Told(Observation(down="refused"), loaded=False)):
        plan = changed(waiting, told=told, now=NOW + 2 * HOUR)
        assert plan.children is KEEP_ALL
        loaded = condition(plan, "RulesLoaded")
        assert (loaded["reason"], loaded["lastTransitionTime"]) == ("Deferred", "2026-11-22T13:00:00Z")


def test_a_change_that_is_taken_back_ends_it():
    waiting = settled(an_slo(generation=3), changed(alerting(labels={"pager": "gold"})))
    plan = changed(waiting, told=Told(replace(GOOD, alerts=PAGE)))
    assert plan.children is not KEEP_ALL
    assert condition(plan, "RulesLoaded")["status"] == "True"


def test_rules_that_prometheus_cannot_load_are_mended_at_once():
    failed = Told(replace(GOOD, alerts=PAGE, load_error="rule x: many-to-many"), loaded=False)
    spec = alerting(labels={"pager": "gold"})
    broken = settled(spec, planned(an_slo(), told=failed))
    assert changed(broken).children is not KEEP_ALL


def test_a_new_version_of_fireline_leaves_rules_alone_while_something_fires():
    def of_an_older_version(annotations):
        del annotations[labels.ALERT_LABELS]
        return annotations | {labels.RENDERER: "1"}

    plan = changed(an_slo(), rule=of_an_older_version)
    assert plan.children is KEEP_ALL
    assert (
        "this version of Fireline writes its rules differently" in (condition(plan, "RulesLoaded")["message"])
    )
    assert changed(an_slo(), rule=of_an_older_version, alerts=()).children is not KEEP_ALL
    # What the user changes goes at once, as long as nobody can tell that labels change.
    assert changed(an_slo("99", generation=2), rule=of_an_older_version).children is not KEEP_ALL


def test_without_a_rule_object_there_is_nothing_to_keep():
    world, old = applied(an_slo())
    world.rules = []
    spec = alerting(labels={"pager": "gold"}) | {"status": old["status"]}
    plan = planned(spec, told=Told(replace(GOOD, alerts=PAGE), loaded=False), seen=world)
    assert plan.children is not KEEP_ALL
