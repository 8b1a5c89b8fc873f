"""Behaviour of one SLO as a table: what is wanted and seen → what exists and what the status says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import an_slo
from tests.planning import GOOD, KEY, MAIN, NOW, SETTINGS, Told, condition, planned, settled
from tests.seen import World, a_rule_of

from fireline.api import labels
from fireline.api.plan import KEEP_ALL, Access, Change, Key, Problem
from fireline.api.resources import NAMESPACE, PROMETHEUS, PROMETHEUS_RULE, SLO
from fireline.settings import Settings, Source
from fireline.slo.observation import Observation, SeenAlert
from fireline.slo.plan import SLOPlanner, WindowsPlanner


def test_a_healthy_slo_is_ready_with_figures():
    plan = planned(an_slo())
    assert {c["type"]: c["status"] for c in plan.status["conditions"]} == {
        "Ready": "True",
        "Stalled": "False",
        "Valid": "True",
        "Selected": "True",
        "RulesLoaded": "True",
        "DataPresent": "True",
        "BudgetHealthy": "True",
        "FiguresAgree": "Unknown",
    }
    assert plan.status["observedGeneration"] == 1
    assert plan.status["sli"] == {"current": "99.982", "window": "99.953"}
    assert plan.status["budget"] == {
        "source": "Recorded",
        "total": "0.1",
        "weighting": "Events",
        "consumed": "47.0",
        "remaining": "53.0",
        "left": "22m54s",
        "coverage": "100.0",
        "exhaustion": {"atCurrentBurn": "2026-12-30T06:00:00Z"},
        "asOf": "2026-11-22T12:00:00Z",
    }
    assert plan.status["burnRates"] == [{"window": "5m", "value": "0.9"}, {"window": "1h", "value": "0.4"}]


def test_planning_again_changes_nothing_and_says_nothing():
    parent = an_slo()
    first = planned(parent)
    again = planned(settled(parent, first), now=NOW + timedelta(minutes=5))
    assert again.status == first.status
    assert again.children == first.children
    assert again.events == ()


def test_a_burning_slo_stays_ready():
    burning = replace(GOOD, alerts=(SeenAlert("PageFast", firing=True, since=NOW),))
    plan = planned(an_slo(), told=Told(burning))
    assert condition(plan, "Ready")["status"] == "True"
    assert condition(plan, "BudgetHealthy")["reason"] == "Burning"
    assert plan.status["alerts"][0] == {
        "tier": "PageFast",
        "state": "Firing",
        "since": "2026-11-22T12:00:00Z",
    }


def test_an_exhausted_budget_is_negative_not_zero():
    plan = planned(an_slo(), told=Told(replace(GOOD, consumed=1.125)))
    assert plan.status["budget"]["remaining"] == "-12.5"
    assert plan.status["budget"]["left"] == "-5m24s"
    assert condition(plan, "BudgetHealthy")["reason"] == "Exhausted"


def test_the_missing_label_is_named():
    plan = planned(an_slo(), settings=Settings(sources={"default": Source(urls=("http://p",))}))
    selected = condition(plan, "Selected")
    assert selected["status"] == "False"
    assert selected["message"] == (
        "no Prometheus loads these rules: Prometheus monitoring/main wants label prometheus=main on "
        "PrometheusRule slo-checkout; set them as rule_labels of source 'default' in the operator's settings"
    )
    assert condition(plan, "Ready")["reason"] == "NotSelected"


def test_a_label_on_the_slo_alone_does_not_do_since_the_shared_windows_need_it_too():
    parent = an_slo()
    parent["metadata"]["labels"]["prometheus"] = "main"
    plan = planned(parent, settings=Settings(sources={"default": Source(urls=("http://p",))}))
    assert "PrometheusRule fireline-windows-default" in condition(plan, "Selected")["message"]


def test_selection_is_unknown_where_it_cannot_be_read():
    no_right = "the operator may not list prometheuses.monitoring.coreos.com"
    plan = planned(an_slo(), seen=World(unreadable={PROMETHEUS: Access("Forbidden", no_right)}))
    assert condition(plan, "Selected")["status"] == "Unknown"
    assert no_right in condition(plan, "Selected")["message"]
    assert condition(plan, "Ready")["status"] == "True"


@pytest.mark.parametrize(
    ("namespace_labels", "status"), [({"monitored": "yes"}, "True"), ({}, "False"), (None, "Unknown")]
)
def test_namespaces_are_selected_by_label(namespace_labels, status):
    picky = {**MAIN, "spec": {**MAIN["spec"], "ruleNamespaceSelector": {"matchLabels": {"monitored": "yes"}}}}
    objects = [(PROMETHEUS, picky)]
    if namespace_labels is not None:
        objects.append((NAMESPACE, {"metadata": {"name": "shop", "labels": namespace_labels}}))
    assert condition(planned(an_slo(), seen=World(objects=objects)), "Selected")["status"] == status


def test_where_only_some_namespaces_are_watched_no_word_is_said_about_the_cluster():
    settings = Settings(sources={"default": Source(urls=("http://p",))}, watch_namespaces=("shop",))
    plan = planned(an_slo(), seen=World(), settings=settings)
    assert "no Prometheus object in watched namespaces (shop)" in condition(plan, "Selected")["message"]


def test_prometheus_down_keeps_ready_the_rules_and_the_last_figures_with_their_time():
    parent = an_slo()
    ready = settled(parent, planned(parent))
    down = Told(replace(GOOD, down="http://prometheus does not answer", consumed=0.9))
    plan = planned(ready, told=down, now=NOW + timedelta(hours=1))
    assert plan.children == planned(ready).children
    assert condition(plan, "Ready")["status"] == "True"
    assert condition(plan, "DataPresent")["status"] == "Unknown"
    assert condition(plan, "BudgetHealthy")["status"] == "Unknown"
    assert plan.status["budget"] == ready["status"]["budget"]


def test_no_traffic_in_the_whole_window_is_unknown_with_the_last_figures():
    parent = an_slo()
    ready = settled(parent, planned(parent))
    idle = replace(GOOD, consumed=None, window=None, current=None, burn={})
    plan = planned(ready, told=Told(idle), now=NOW + timedelta(hours=1))
    assert condition(plan, "BudgetHealthy")["status"] == "Unknown"
    assert condition(plan, "BudgetHealthy")["message"].startswith("no event of the whole window")
    assert plan.status["budget"]["consumed"] == "47.0"
    assert plan.status["budget"]["asOf"] == "2026-11-22T12:00:00Z"


def test_no_figures_ever_means_no_figures_in_status():
    plan = planned(an_slo(), told=Told(replace(GOOD, consumed=None, window=None, current=None, burn={})))
    assert "consumed" not in plan.status["budget"]
    assert "remaining" not in plan.status["budget"]
    assert "sli" not in plan.status


def test_a_missing_bucket_is_said_in_words():
    latency = {"latency": {"histogram": "http_request_duration_seconds", "below": "310ms"}}
    plan = planned(an_slo(indicator=latency), told=Told(replace(GOOD, bad_present=False)))
    assert condition(plan, "DataPresent")["reason"] == "NoPartSeries"
    assert "bucket bounds" in condition(plan, "DataPresent")["message"]


def test_a_metric_nobody_exports_is_named():
    told = Told(replace(GOOD, total_present=False, raw_present=False))
    parent = an_slo()
    first = planned(parent, told=told)
    assert condition(first, "DataPresent")["reason"] == "Pending"
    assert first.requeue_after is not None
    data = condition(
        planned(settled(parent, first), told=told, now=NOW + timedelta(minutes=2)), "DataPresent"
    )
    assert data["reason"] == "NoTotalSeries"
    assert 'http_requests_total{service="checkout"}' in data["message"]


def test_refreshed_figures_wait_but_a_changed_condition_does_not():
    parent = an_slo()
    ready = settled(parent, planned(parent))
    moved = replace(GOOD, consumed=0.48, at=NOW + timedelta(seconds=10))
    early = planned(ready, told=Told(moved), now=NOW + timedelta(seconds=10))
    assert early.status == ready["status"]
    assert early.requeue_after == timedelta(seconds=20)
    late = planned(ready, told=Told(moved), now=NOW + timedelta(seconds=30))
    assert late.status["budget"]["consumed"] == "48.0"
    spent = replace(moved, consumed=1.01)
    at_once = planned(ready, told=Told(spent), now=NOW + timedelta(seconds=10))
    assert at_once.status["budget"]["consumed"] == "101.0"


def test_noise_below_the_last_digit_writes_nothing():
    parent = an_slo()
    ready = settled(parent, planned(parent))
    noise = replace(GOOD, consumed=0.47004, current=0.9998201, at=NOW + timedelta(minutes=5))
    assert planned(ready, told=Told(noise), now=NOW + timedelta(minutes=5)).status == ready["status"]


def test_an_invalid_spec_keeps_the_last_good_rules_and_figures_and_names_the_field():
    parent = an_slo()
    ready = settled(parent, planned(parent))
    broken = an_slo(generation=2, objective="100")
    plan = planned(
        {**broken, "status": ready["status"]},
        seen=World(objects=[(PROMETHEUS, MAIN)], rules=[a_rule_of("checkout")]),
    )
    assert plan.children is KEEP_ALL
    assert plan.status["budget"] == ready["status"]["budget"]
    assert plan.status["observedGeneration"] == 2
    ready_condition = condition(plan, "Ready")
    assert ready_condition["status"] == "False"
    assert ready_condition["message"].startswith("spec.objective: ")
    assert ready_condition["message"].endswith("The last good rules stay in place.")
    assert condition(plan, "Stalled")["status"] == "True"
    assert condition(plan, "RulesLoaded")["status"] == "True"
    assert [event.type for event in plan.events] == ["Warning"]


@pytest.mark.parametrize("permanent", [True, False])
def test_a_problem_of_the_engine_is_told(permanent):
    problem = Problem("NameConflict", "PrometheusRule slo-checkout belongs to someone else", permanent)
    plan = planned(an_slo(), problem=problem)
    assert condition(plan, "Ready")["reason"] == "NameConflict"
    assert condition(plan, "Stalled")["status"] == str(permanent)


def test_a_problem_of_the_shared_windows_is_told_by_their_members():
    problem = Problem("NameConflict", "PrometheusRule fireline-windows-default is somebody else's")
    windows = Key("SLOWindows", "shop", "default")
    elsewhere = Key("SLOWindows", "other", "default")
    ready = condition(planned(an_slo(), seen=World(problems={windows: problem})), "Ready")
    assert (ready["status"], ready["reason"], ready["message"]) == ("False", problem.reason, problem.message)
    assert (
        condition(planned(an_slo(), seen=World(problems={elsewhere: problem})), "Ready")["status"] == "True"
    )


def test_a_deleted_slo_has_no_plan():
    assert planned(None) is None


def test_every_condition_is_there_at_first_sight():
    waiting = Observation(configured=True)
    plan = planned(an_slo(), told=Told(waiting, loaded=False))
    unknown = {c["type"] for c in plan.status["conditions"] if c["status"] == "Unknown"}
    assert unknown == {"Ready", "RulesLoaded", "DataPresent", "BudgetHealthy", "FiguresAgree"}


def test_a_changed_rule_selector_concerns_every_slo_and_a_changed_replica_count_none():
    world = World(objects=[(SLO, an_slo())])
    planner = SLOPlanner(SETTINGS, Told())
    other = {**MAIN, "spec": {**MAIN["spec"], "ruleSelector": {}}}
    scaled = {**MAIN, "spec": {**MAIN["spec"], "replicas": 2}}
    assert planner.dependents(Change(PROMETHEUS, "monitoring", "main", MAIN, other), world) == [KEY]
    assert planner.dependents(Change(PROMETHEUS, "monitoring", "main", MAIN, scaled), world) == []


class TestWindows:
    key = Key("SLOWindows", "shop", "default")

    def plan(self, *rules):
        return WindowsPlanner(SETTINGS).plan(
            self.key, parent=None, seen=World(rules=list(rules)), now=NOW, problem=None
        )

    def test_they_are_the_same_bytes_for_one_member_and_for_many(self):
        one = self.plan(a_rule_of("a"))
        assert one == self.plan(a_rule_of("a"), a_rule_of("b"), a_rule_of("c", source="other"))
        assert one.children[0]["metadata"]["name"] == "fireline-windows-default"

    def test_a_new_slo_window_adds_its_rules(self):
        more = self.plan(a_rule_of("a"), a_rule_of("b", window="7d")).children[0]
        assert more != self.plan(a_rule_of("a")).children[0]
        assert "slo:bad:rate7d" in str(more)

    def test_they_go_with_the_last_member(self):
        assert self.plan().children == ()

    def test_a_member_that_comes_or_goes_or_moves_asks_for_them(self):
        planner, world = WindowsPlanner(SETTINGS), World()
        rule = a_rule_of("a")
        moved = a_rule_of("a", source="other")

        def asked(old, new):
            return planner.dependents(Change(PROMETHEUS_RULE, "shop", rule.name, old, new), world)

        assert asked(None, rule) == [self.key]
        assert asked(rule, None) == [self.key]
        assert asked(rule, replace(rule, resource_version="2")) == []
        assert asked(rule, moved) == [self.key, Key("SLOWindows", "shop", "other")]

    def test_their_labels_come_from_the_source_only(self):
        child = self.plan(a_rule_of("a")).children[0]
        assert child["metadata"]["labels"] == {"prometheus": "main"}
        assert labels.SLO_WINDOW not in child["metadata"]["annotations"]


def test_an_operator_that_has_just_started_writes_nothing_for_knowing_nothing():
    parent = an_slo()
    parent = settled(parent, planned(parent))
    for ignorant in (
        Observation(),
        Observation(at=NOW, source="Pending", total_present=True, bad_present=True),
    ):
        before = {c["type"]: c["status"] for c in parent["status"]["conditions"]}
        plan = planned(parent, told=Told(ignorant))
        assert {c["type"]: c["status"] for c in plan.status["conditions"]} == before
        assert plan.status["budget"]["consumed"] == parent["status"]["budget"]["consumed"]
    assert planned(parent, told=Told(Observation(), loaded=False)).status == parent["status"]


def test_an_operator_that_starts_anew_and_knows_nothing_yet_writes_nothing():
    parent = an_slo()
    burning = replace(GOOD, alerts=(SeenAlert("PageFast", firing=True, since=NOW),))
    ready = settled(parent, planned(parent, told=Told(burning)))
    fresh = Told(Observation(source="Pending", queue=3), loaded=False)
    assert planned(ready, told=fresh, now=NOW + timedelta(hours=1)).status == ready["status"]


def test_waiting_is_no_warning():
    first = planned(an_slo(), told=Told(Observation(source="Pending", total_present=False), loaded=False))
    assert first.events == ()
