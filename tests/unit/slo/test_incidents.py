"""The record of incidents as the SLO's planner keeps it: from alerts of its tiers, in its status."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import an_slo
from tests.planning import GOOD, KEY, MAIN, NOW, SETTINGS, Told, planned, settled
from tests.seen import World

from fireline.api.conditions import timestamp
from fireline.api.plan import Change, Key
from fireline.api.resources import ALERT_POLICY, MITIGATION, PROMETHEUS, SLO, SYNTHETIC_CHECK
from fireline.incident.model import Gathered
from fireline.slo.observation import SeenAlert
from fireline.slo.plan import SLOPlanner

MINUTE = timedelta(minutes=1)
PAGE = SeenAlert("PageFast", firing=True, since=NOW - MINUTE)


def seeing(*alerts, **more):
    return Told(replace(GOOD, alerts=alerts, **more))


def burning(slo=None, **more):
    slo = slo or an_slo()
    return settled(slo, planned(slo, told=seeing(PAGE), **more))


def newest(plan):
    return plan.status["incidents"][0]


def test_a_healthy_slo_has_no_record():
    assert "incidents" not in planned(an_slo()).status
    assert "incidents" not in planned(an_slo(), told=seeing(SeenAlert("Budget50", firing=True))).status


def test_a_pending_alert_opens_nothing():
    assert "incidents" not in planned(an_slo(), told=seeing(replace(PAGE, firing=False))).status


def test_a_page_opens_an_incident_and_says_so_once():
    plan = planned(an_slo(), told=seeing(PAGE))
    assert (newest(plan)["state"], newest(plan)["alertname"]) == ("Open", "SLOErrorBudgetBurnPage")
    assert "IncidentOpened" in {event.reason for event in plan.events}
    again = planned(settled(an_slo(), plan), told=seeing(PAGE), now=NOW + MINUTE)
    assert (again.status["incidents"], again.events) == (plan.status["incidents"], ())


def test_it_ends_after_the_settle_time_without_anybody_asking():
    quiet = planned(burning(), told=seeing(at=NOW + MINUTE), now=NOW + MINUTE)
    assert quiet.requeue_after <= timedelta(seconds=SETTINGS.incidents.settle_seconds)
    later = NOW + 6 * MINUTE
    over = planned(settled(an_slo(), quiet), told=seeing(at=later), now=later)
    assert newest(over)["state"] == "Resolved"
    assert "IncidentResolved" in {event.reason for event in over.events}


@pytest.mark.parametrize(
    "nothing_known",
    [{"down": "refused"}, {"configured": False}, {"total_present": None}, {"total_present": False}],
)
def test_nothing_that_is_unknown_ends_it(nothing_known):
    slo = burning()
    for minutes in (1, 10, 100):
        at = NOW + minutes * MINUTE
        slo = settled(slo, planned(slo, told=seeing(at=at, **nothing_known), now=at))
    assert slo["status"]["incidents"][0]["state"] == "Open"


def test_rules_that_prometheus_has_lost_say_nothing():
    class Lost(Told):
        def observe(self, objective):
            return replace(super().observe(objective), loaded_hash=None)

    slo = burning()
    for minutes in (1, 10):
        slo = settled(slo, planned(slo, told=Lost(), now=NOW + minutes * MINUTE))
    assert slo["status"]["incidents"][0]["state"] == "Open"


def test_alerts_are_as_of_now_also_beside_exact_figures_that_are_older():
    slo, later = burning(), NOW + 4 * MINUTE
    quiet = planned(slo, told=seeing(at=NOW - 4 * MINUTE, source="Exact"), now=later)
    assert newest(quiet)["quietSince"] == timestamp(later)


def test_a_spec_that_turns_wrong_keeps_the_record():
    slo = burning()
    wrong = {**an_slo(objective="100"), "status": slo["status"]}
    assert planned(wrong).status["incidents"] == slo["status"]["incidents"]


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        ({"labels": {"team": "shop"}}, "team shop"),
        ({"labels": {"team": "shop", "owner": "alice"}}, "owner alice"),
        ({"labels": {"team": "shop"}, "annotations": {"team": "night shift"}}, "team night shift"),
        ({"labels": {}}, None),
    ],
)
def test_the_owner_is_whom_labels_and_annotations_name(metadata, owner):
    slo = an_slo()
    slo["metadata"] |= metadata
    assert newest(planned(slo, told=seeing(PAGE))).get("owner") == owner


POLICY = {
    "metadata": {"name": "nights", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"selector": {}, "tiers": {"PageFast": "P1"}},
}


def test_the_policy_says_how_severe_a_tier_is_and_who_cares_where_nobody_is_named():
    slo = an_slo()
    slo["metadata"]["labels"] = {}
    world = World(objects=[(PROMETHEUS, MAIN), (ALERT_POLICY, POLICY)])
    incident = newest(planned(slo, told=seeing(PAGE), seen=world))
    assert (incident["severity"], incident["owner"]) == ("sev0", "AlertPolicy shop/nights")


def mitigation(name="rollback", **spec):
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": name},
        "spec": spec,
        "status": {
            "history": [
                {
                    "seq": 1,
                    "time": "2026-11-22T12:00:00Z",
                    "actor": "operator",
                    "phase": "Proposed",
                    "reason": "x",
                }
            ]
        },
    }


@pytest.mark.parametrize(
    ("spec", "belongs"),
    [
        ({"slo": "checkout"}, True),
        ({"trigger": {"slo": "checkout"}}, True),
        ({"trigger": {"slo": "search"}}, False),
        ({"slo": "search", "trigger": {"slo": "checkout"}}, False),
        ({"trigger": {"query": "1"}}, False),
    ],
)
def test_mitigations_of_this_slo_are_in_its_record(spec, belongs):
    world = World(objects=[(PROMETHEUS, MAIN), (MITIGATION, mitigation(**spec))])
    incident = newest(planned(an_slo(), told=seeing(PAGE), seen=world))
    assert ("mitigation.proposed" in {fact["type"] for fact in incident["facts"]}) is belongs


def check(name, **labels):
    run = {"id": "r", "outcome": "failure", "endedAt": "2026-11-22T11:59:30Z", "trigger": "Schedule"}
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {},
        "status": {"history": [run], "lastRun": run},
    }


@pytest.mark.parametrize(
    ("one", "belongs"),
    [
        (check("a", service="checkout"), True),
        (check("a", app="checkout"), True),
        (check("a", service="search"), False),
        (check("verifier"), True),
    ],
)
def test_checks_of_the_service_and_those_that_verify_are_in_its_record(one, belongs):
    verified = mitigation(slo="checkout", verify={"check": "verifier"})
    world = World(objects=[(PROMETHEUS, MAIN), (MITIGATION, verified), (SYNTHETIC_CHECK, one)])
    incident = newest(planned(an_slo(), told=seeing(PAGE), seen=world))
    assert ("check.failed" in {fact["type"] for fact in incident["facts"]}) is belongs


class Watcher:
    """Gathers at once, and says what it was told."""

    def __init__(self):
        self.found, self.sent, self.told = {}, {}, []

    def gathered(self, incident):
        return self.found.get(incident)

    def exported(self, key):
        return self.sent.get(key, {})

    def planned(self, objective, incidents):
        self.told.append((objective.name, [one["id"] for one in incidents]))


def test_whoever_looks_and_tells_hears_of_incidents_and_of_nothing_else():
    watcher = Watcher()
    planner = SLOPlanner(SETTINGS, Told(), bystander=watcher)
    world = World(objects=[(PROMETHEUS, MAIN)])
    planner.plan(KEY, parent=an_slo(), seen=world, now=NOW, problem=None)
    assert watcher.told == []
    slo = burning()
    name = slo["status"]["incidents"][0]["id"]
    watcher.found[name], watcher.sent[KEY] = Gathered({"at": "2026-11-22T12:01:00Z"}), {name: 2}
    plan = planner.plan(KEY, parent=slo, seen=world, now=NOW + MINUTE, problem=None)
    assert watcher.told == [("checkout", [name])]
    assert (newest(plan)["evidence"]["at"], newest(plan)["exported"]) == ("2026-11-22T12:01:00Z", 2)


def test_a_mitigation_with_news_has_the_slos_in_trouble_planned_again_and_no_others():
    planner = SLOPlanner(SETTINGS, seeing(PAGE))
    world = World(objects=[(PROMETHEUS, MAIN), (SLO, an_slo())])
    before, after = mitigation(slo="checkout"), mitigation(slo="checkout")
    after["status"] = {**after["status"], "appliedAt": "2026-11-22T12:02:00Z"}
    change = Change(MITIGATION, "shop", "rollback", before, after)
    assert list(planner.dependents(change, world)) == []
    planner.plan(KEY, parent=an_slo(), seen=world, now=NOW, problem=None)
    assert list(planner.dependents(change, world)) == [Key(SLO.kind, "shop", "checkout")]
    same = Change(MITIGATION, "shop", "rollback", after, {**after, "spec": {}})
    assert list(planner.dependents(same, world)) == []
