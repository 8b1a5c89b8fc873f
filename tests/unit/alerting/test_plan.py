"""A policy planned against worlds that are told: objects, conditions, waiting, tests."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import ClassVar

import pytest
import yaml
from tests.seen import World
from tests.unit.alerting.policies import (
    KEY,
    MAIN,
    NOW,
    SETTINGS,
    Told,
    a_policy,
    an_slo,
    as_children,
    condition,
    loaded,
    planned,
    settled,
    world,
)

from fireline.alerting.merging import MergedPlanner
from fireline.alerting.observation import Routes, SecretSeen
from fireline.alerting.plan import PolicyPlanner
from fireline.api.delivery import DeliveryState, ReceiverOutcome, TestResult
from fireline.api.plan import KEEP_ALL, Change, Key, Problem
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER, SLO
from fireline.settings import Settings

HOOKS = ("shop", "hooks", "oncall")
FOUND = {HOOKS: SecretSeen("Found")}


def ready(**seen):
    return Told(secrets=FOUND, **seen)


def test_a_loaded_policy_is_ready():
    plan = planned(a_policy(), told=ready())

    assert [child["kind"] for child in plan.children] == ["AlertmanagerConfig"]
    assert condition(plan, "Ready")["status"] == "True"
    assert condition(plan, "RoutesLoaded")["status"] == "True"
    assert plan.status["routes"] == 6
    assert plan.status["delivery"]["mode"] == "AlertmanagerConfig"


def test_an_escalation_within_hours_has_no_bound_and_says_so():
    edits = {
        "spec.hours": [{"name": "business", "from": "09:00", "to": "17:00"}],
        "spec.severities": [{"name": "sev0", "page": True, "receivers": ["oncall"], "hours": "business"}],
        "spec.escalation": {
            "levels": [{"after": "0m", "receivers": ["oncall"]}, {"after": "15m", "receivers": ["tickets"]}]
        },
    }
    plan = planned(a_policy(edits), told=ready())
    bounded = condition(plan, "EscalationBounded")

    assert plan.status["escalation"]["worstCaseDelay"] == "17m, or when hours begin"
    assert (bounded["status"], bounded["reason"]) == ("False", "WaitsForHours")
    assert "outside of hours business" in bounded["message"]
    always = condition(
        planned(
            a_policy({**edits, "spec.severities": [{"name": "sev0", "page": True, "receivers": ["oncall"]}]}),
            told=ready(),
        ),
        "EscalationBounded",
    )
    assert always["status"] == "True"


def test_planning_again_changes_nothing():
    parent = a_policy()
    first = planned(parent, told=ready())
    again = settled(parent, first)

    second = planned(again, told=ready(), seen=world(parent=again, children=as_children(first)))

    assert second.status == first.status
    assert second.children == first.children
    assert second.events == ()


def test_an_operator_that_starts_anew_and_knows_nothing_yet_writes_nothing():
    parent = a_policy()
    first = planned(parent, told=ready())
    again = settled(parent, first)
    ignorant = Told(routes=Routes(), secrets=None, firing=None)

    plan = planned(
        again,
        told=ignorant,
        seen=world(parent=again, children=as_children(first)),
        now=NOW + timedelta(hours=1),
    )

    assert plan.status == first.status


def test_a_wrong_spec_keeps_the_last_good_routes_and_says_what_is_wrong():
    parent = a_policy({"spec.fallback": {"receivers": ["nobody"]}})

    plan = planned(parent)

    assert plan.children is KEEP_ALL
    assert condition(plan, "Stalled")["status"] == "True"
    valid = condition(plan, "Valid")
    assert valid["reason"] == "UnknownReceiver"
    assert "spec.fallback.receivers[0]: 'nobody' is not among spec.receivers" in valid["message"]
    assert "oncall, tickets" in valid["message"]
    before = as_children(planned(a_policy(), told=ready()))
    kept = planned(parent, seen=world(parent=parent, children=before))
    assert condition(kept, "Ready")["message"].endswith("; the last good routes stay in place")


def test_receivers_that_alertmanager_lacks_are_named_and_given_three_minutes():
    parent = a_policy()
    told = ready(routes=loaded("checkout", "tickets"))
    fresh = planned(parent, told=told)
    later = planned(settled(parent, fresh), told=told, now=NOW + timedelta(minutes=4))

    assert condition(fresh, "RoutesLoaded")["status"] == "Unknown"
    assert condition(later, "RoutesLoaded")["status"] == "False"
    assert (
        "receiver oncall is not in Alertmanager's configuration"
        in condition(later, "RoutesLoaded")["message"]
    )


def test_a_policy_that_alertmanager_lost_is_not_ready_any_more():
    parent = a_policy()
    before = settled(parent, planned(parent, told=ready()))
    gone = ready(routes=Routes(version="0.28.1", receivers=frozenset({"null"})))

    first = planned(before, told=gone)
    later = planned(settled(before, first), told=gone, now=NOW + timedelta(minutes=4))

    assert condition(first, "Ready")["status"] == "True"
    assert "has loaded" not in condition(first, "Ready")["message"]
    ready_ = condition(later, "Ready")
    assert (ready_["status"], ready_["reason"]) == ("False", "NotLoaded")
    assert "oncall, tickets is not in Alertmanager's configuration" in ready_["message"]


def test_an_alertmanager_that_is_down_makes_no_ready_policy_unready():
    parent = a_policy()
    first = planned(parent, told=ready())

    plan = planned(settled(parent, first), told=ready(routes=Routes(down="connection refused")))

    assert condition(plan, "Ready")["status"] == "True"
    assert condition(plan, "RoutesLoaded")["status"] == "Unknown"


@pytest.mark.parametrize(
    ("state", "words", "reason"),
    [
        ("NoSecret", "there is no Secret hooks in namespace shop", "SecretMissing"),
        ("NoKey", "Secret hooks has no key oncall; it has url", "SecretKeyMissing"),
        ("Unusable", "key oncall of Secret hooks is empty", "SecretUnusable"),
    ],
)
def test_a_secret_that_is_not_there_is_named_with_the_field_that_asks_for_it(state, words, reason):
    plan = planned(a_policy(), told=Told(secrets={HOOKS: SecretSeen(state, words)}))

    found = condition(plan, "SecretsResolved")
    assert (found["status"], found["reason"]) == ("False", reason)
    assert f"spec.receivers.oncall.webhook.urlSecret: {words}" in found["message"]
    assert condition(plan, "Ready")["status"] == "False"


def test_secrets_that_may_not_be_read_are_unknown_and_hold_nothing_back():
    plan = planned(a_policy(), told=Told(secrets={HOOKS: SecretSeen("Forbidden", "may not get")}))

    assert condition(plan, "SecretsResolved")["status"] == "Unknown"
    assert condition(plan, "Ready")["status"] == "True"
    assert plan.children is not KEEP_ALL


BAD = Told(secrets={HOOKS: SecretSeen("Unusable", "must hold an http URL")})


def test_a_receiver_whose_url_is_none_is_left_out_since_everyones_alerts_would_stop():
    plan = planned(a_policy(), told=BAD)

    (config,) = plan.children
    assert [one["name"] for one in config["spec"]["receivers"]] == ["Nobody", "tickets"]
    assert {route["receiver"] for route in config["spec"]["route"]["routes"]} == {"tickets"}
    assert "left out until then, and the others are told" in condition(plan, "SecretsResolved")["message"]


def test_routes_that_were_loaded_lose_the_receiver_whose_secret_went_bad_also_while_alerts_fire():
    parent = a_policy()
    first = planned(parent, told=ready())
    again = settled(parent, first)
    firing = Told(secrets=BAD.observation.secrets, firing=frozenset({"SLOErrorBudgetBurnPage"}))

    plan = planned(again, told=firing, seen=world(parent=again, children=as_children(first)))

    (config,) = plan.children
    assert [one["name"] for one in config["spec"]["receivers"]] == ["Nobody", "tickets"]


def test_until_the_secrets_were_looked_at_nothing_is_written():
    assert planned(a_policy(), told=Told(secrets=None)).children is KEEP_ALL


def test_where_secrets_may_not_be_read_only_what_could_stop_everyone_waits():
    edits = {
        "spec.receivers": [
            {"name": "oncall", "msteams": {"webhookURLSecret": {"name": "teams", "key": "url"}}},
            {"name": "tickets", "webhook": {"urlSecret": {"name": "hooks", "key": "oncall"}}},
        ]
    }
    unknown = SecretSeen("Forbidden", "may not get")
    told = Told(secrets={HOOKS: unknown, ("shop", "teams", "url"): unknown})

    (config,) = planned(a_policy(edits), told=told).children

    assert [one["name"] for one in config["spec"]["receivers"]] == ["Nobody", "tickets"]


def test_nothing_selects_the_routes():
    main = {**MAIN, "spec": {**MAIN["spec"], "alertmanagerConfigSelector": {"matchLabels": {"team": "x"}}}}
    parent = a_policy()

    plan = planned(parent, told=ready(), seen=World(objects=[(ALERTMANAGER, main), (ALERT_POLICY, parent)]))

    found = condition(plan, "Selected")
    assert found["status"] == "False"
    assert "wants label team=x on AlertmanagerConfig alertpolicy-checkout" in found["message"]
    assert "config_labels" in found["message"]


def test_members_and_those_of_others_are_shown():
    older = a_policy({"metadata.creationTimestamp": "2026-10-01T00:00:00Z", "spec.selector": {}}, name="all")
    older["spec"]["selector"] = {"matchLabels": {"team": "shop", "tier": "gold"}}
    gold = an_slo("gold")
    gold["metadata"]["labels"]["tier"] = "gold"
    parent = a_policy()

    plan = planned(
        parent,
        told=ready(),
        seen=world(
            (ALERT_POLICY, older),
            (SLO, an_slo("b")),
            (SLO, an_slo("a")),
            (SLO, gold),
            (SLO, an_slo("c", "ops")),
            parent=parent,
        ),
    )

    assert plan.status["selected"] == {"count": 2, "names": ["a", "b"], "asOf": "2026-11-22T12:00:00Z"}
    assert plan.status["overlapping"] == [{"slo": "gold", "policy": "all"}]


def test_a_new_member_is_no_reason_to_write_for_ten_minutes():
    parent = a_policy()
    first = planned(parent, told=ready())
    grown = world((SLO, an_slo("a")), parent=parent)

    soon = planned(settled(parent, first), told=ready(), seen=grown, now=NOW + timedelta(minutes=2))
    late = planned(settled(parent, first), told=ready(), seen=grown, now=NOW + timedelta(minutes=10))

    assert soon.status == first.status
    assert soon.requeue_after == timedelta(minutes=8)
    assert late.status["selected"]["count"] == 1


def test_a_page_without_a_runbook_is_a_condition():
    settings = SETTINGS.model_copy(update={"runbook_url": None})
    parent = a_policy()
    seen = world((SLO, an_slo("a")), (SLO, an_slo("b", alerting={"runbookURL": "https://r/"})), parent=parent)

    plan = planned(parent, planner=PolicyPlanner(settings, ready()), seen=seen)

    found = condition(plan, "RunbooksPresent")
    assert found["status"] == "False"
    assert "SLO a have no runbook" in found["message"]
    assert condition(plan, "Ready")["status"] == "True"


class TestWaiting:
    """A change that would orphan an open incident waits until nothing fires."""

    def plans(self, after, **seen):
        before = a_policy()
        first = planned(before, told=ready())
        parent = settled({**after, "metadata": {**after["metadata"], "generation": 2}}, first)
        later = seen.pop("now", NOW + timedelta(minutes=1))
        told = ready(**seen)
        return planned(
            parent, told=told, seen=world(parent=parent, children=as_children(first)), now=later
        ), parent

    regrouped: ClassVar = {"spec.grouping": {"by": ["alertname"]}}

    def test_while_an_alert_fires_routes_stay(self):
        plan, _ = self.plans(a_policy(self.regrouped), firing=frozenset({"SLOErrorBudgetBurnPage"}))

        assert plan.children is KEEP_ALL
        found = condition(plan, "RoutesLoaded")
        assert (found["status"], found["reason"]) == ("False", "Deferred")
        assert "SLOErrorBudgetBurnPage fires" in found["message"]
        assert condition(plan, "Ready")["status"] == "True"

    def test_nothing_fires_and_it_is_done(self):
        plan, _ = self.plans(a_policy(self.regrouped), firing=frozenset())

        assert plan.children is not KEEP_ALL

    def test_what_orphans_nothing_does_not_wait(self):
        slower = a_policy({"spec.grouping": {"interval": "10m"}})
        plan, _ = self.plans(slower, firing=frozenset({"SLOErrorBudgetBurnPage"}))

        assert plan.children is not KEEP_ALL

    def test_it_ends_after_six_hours(self):
        firing = frozenset({"SLOErrorBudgetBurnPage"})
        plan, parent = self.plans(a_policy(self.regrouped), firing=firing)
        before = planned(a_policy(), told=ready())
        waiting = settled(parent, plan)

        def at(**later):
            return planned(
                waiting,
                told=ready(firing=firing),
                seen=world(parent=waiting, children=as_children(before)),
                now=NOW + timedelta(minutes=1, **later),
            )

        assert at(hours=5).children is KEEP_ALL
        assert at(hours=6).children is not KEEP_ALL

    def test_an_operator_that_starts_anew_says_the_same_until_it_knows(self):
        plan, parent = self.plans(a_policy(self.regrouped), firing=frozenset({"SLOErrorBudgetBurnPage"}))
        waiting = settled(parent, plan)
        before = planned(a_policy(), told=ready())

        anew = planned(
            waiting,
            told=ready(firing=None),
            seen=world(parent=waiting, children=as_children(before)),
            now=NOW + timedelta(minutes=2),
        )

        assert anew.children is KEEP_ALL
        assert anew.status == plan.status

    def test_the_annotation_ends_it_at_once(self):
        after = a_policy({**self.regrouped, "metadata.annotations": {"fireline.dev/apply-now": "true"}})
        plan, _ = self.plans(after, firing=frozenset({"SLOErrorBudgetBurnPage"}))

        assert plan.children is not KEEP_ALL


class TestTestAlert:
    """Written before it is sent, so that no crash sends it twice."""

    result = TestResult(
        "one",
        NOW,
        (
            ReceiverOutcome("oncall", DeliveryState.DELIVERED, ""),
            ReceiverOutcome("tickets", DeliveryState.FAILED, "webhook: answered 401"),
        ),
    )

    def asked(self, nonce="one"):
        return a_policy({"metadata.annotations": {"fireline.dev/test": nonce}})

    def test_first_the_status_says_so_then_it_is_sent_once(self):
        told = ready()
        planner = PolicyPlanner(SETTINGS, told)
        parent = self.asked()

        first = planned(parent, planner=planner)
        assert first.status["lastTest"] == {"nonce": "one", "state": "Running"}
        assert told.tests == []
        assert first.requeue_after is not None

        second = planned(settled(parent, first), planner=planner)
        assert told.tests == ["one"]
        assert second.status == first.status

    def test_the_result_is_written(self):
        told = ready()
        planner = PolicyPlanner(SETTINGS, told)
        parent = self.asked()
        running = settled(parent, planned(parent, planner=planner))
        told.observation = ready(test=self.result).observation

        plan = planned(running, planner=planner)

        assert plan.status["lastTest"] == {
            "nonce": "one",
            "at": "2026-11-22T12:00:00Z",
            "state": "Failed",
            "delivered": ["oncall"],
            "failed": [{"receiver": "tickets", "message": "webhook: answered 401"}],
        }
        assert planned(settled(parent, plan), planner=planner).status == plan.status

    def test_a_restart_in_the_middle_is_unknown_and_sends_nothing(self):
        parent = self.asked()
        running = settled(parent, planned(parent, told=ready()))
        restarted = ready()

        plan = planned(running, told=restarted)

        assert plan.status["lastTest"]["state"] == "Unknown"
        assert "restarted" in plan.status["lastTest"]["notes"][0]
        assert restarted.tests == []
        assert planned(settled(parent, plan), told=restarted).status == plan.status

    def test_an_old_result_stays_until_another_value_asks(self):
        parent = self.asked()
        done = {**parent, "status": {"lastTest": {"nonce": "one", "state": "Delivered"}}}

        assert planned(done, told=ready()).status["lastTest"] == {"nonce": "one", "state": "Delivered"}


class TestDependents:
    """Who else must be planned again."""

    planner = PolicyPlanner(SETTINGS, Told())

    def keys(self, change, *objects):
        planner = PolicyPlanner(SETTINGS, Told())
        return [str(key) for key in planner.dependents(change, World(objects=list(objects)))]

    def test_an_slo_that_changes_sides_concerns_both_policies(self):
        ours, theirs = a_policy(), a_policy({"spec.selector": {"matchLabels": {"team": "ops"}}}, name="ops")
        change = Change(SLO, "shop", "a", an_slo("a", "shop"), an_slo("a", "ops"))

        found = self.keys(change, (ALERT_POLICY, ours), (ALERT_POLICY, theirs))

        assert found == ["AlertPolicy/shop/checkout", "AlertPolicy/shop/ops"]

    def test_a_new_figure_in_an_slos_status_concerns_nobody(self):
        slo = an_slo("a")
        change = Change(SLO, "shop", "a", slo, {**slo, "status": {"budget": {}}})

        assert self.keys(change, (ALERT_POLICY, a_policy())) == []

    def test_a_rival_for_the_same_slo_concerns_who_has_it(self):
        rival = a_policy({"spec.priority": 5}, name="rival")
        change = Change(ALERT_POLICY, "shop", "rival", None, rival)

        found = self.keys(change, (ALERT_POLICY, a_policy()), (ALERT_POLICY, rival), (SLO, an_slo("a")))

        assert found == ["AlertPolicy/shop/checkout"]


class TestMerged:
    """One configuration of all policies delivered as a Secret."""

    key = Key("AlertmanagerSecret", "monitoring", "default")
    edits: ClassVar = {"spec.delivery": {"mode": "Secret"}}

    def config(self, *, children, parent):
        planner = MergedPlanner(SETTINGS)
        seen = world(parent=parent, children=children)
        plan = planner.plan(self.key, parent=None, seen=seen, now=NOW, problem=None)
        (secret,) = plan.children
        return yaml.safe_load(base64.b64decode(secret["data"]["alertmanager.yaml"]))

    def test_a_policys_part_stands_before_the_base(self):
        parent = a_policy(self.edits)
        plan = planned(parent, told=ready())

        config = self.config(children=as_children(plan), parent=parent)

        (route,) = config["route"]["routes"]
        assert route["matchers"] == ['alert_policy="shop/checkout"', 'namespace="shop"']
        (oncall,) = [one for one in config["receivers"] if one["name"].endswith("/oncall")]
        assert oncall["webhook_configs"][0]["url_file"] == "/etc/alertmanager/secrets/shop.hooks/oncall"

    def test_a_broken_edit_keeps_its_last_good_part(self):
        parent = a_policy(self.edits)
        plan = planned(parent, told=ready())
        broken = a_policy({**self.edits, "spec.fallback": {"receivers": ["nobody"]}})

        assert self.config(children=as_children(plan), parent=broken) == self.config(
            children=as_children(plan), parent=parent
        )

    def test_without_a_policy_there_is_the_base(self):
        config = self.config(children=[], parent=None)

        assert config == {"route": {"receiver": "null", "routes": []}, "receivers": [{"name": "null"}]}

    def test_secrets_that_are_not_mounted_are_named(self):
        main = {**MAIN, "spec": {"configSecret": "fireline-alertmanager"}}
        parent = a_policy(self.edits)

        plan = planned(
            parent, told=ready(), seen=World(objects=[(ALERTMANAGER, main), (ALERT_POLICY, parent)])
        )

        found = condition(plan, "Selected")
        assert found["status"] == "False"
        assert "does not mount shop.hooks: add to spec.secrets" in found["message"]

    def test_a_problem_of_the_merged_secret_is_told_by_its_policies(self):
        parent = a_policy(self.edits)
        seen = world(parent=parent)
        seen.problems[self.key] = Problem("Forbidden", "may not patch secrets")

        assert (
            condition(planned(parent, told=ready(), seen=seen), "Ready")["message"] == "may not patch secrets"
        )


def test_an_alertmanager_without_url_is_said_and_the_routes_are_written():
    settings = Settings()

    plan = planned(a_policy(), planner=PolicyPlanner(settings, ready(routes=Routes(configured=False))))

    assert plan.children is not KEEP_ALL
    assert condition(plan, "Ready")["status"] == "True"
    assert condition(plan, "RoutesLoaded")["reason"] == "NoAlertmanager"


def test_a_policy_that_goes_is_forgotten():
    going = a_policy({"metadata.deletionTimestamp": "2026-11-22T12:00:00Z"})

    assert (
        PolicyPlanner(SETTINGS, Told()).plan(KEY, parent=going, seen=world(), now=NOW, problem=None) is None
    )


def test_the_loops_forget_a_policy_that_goes():
    told = Told()

    PolicyPlanner(SETTINGS, told).plan(KEY, parent=None, seen=world(), now=NOW, problem=None)

    assert told.forgotten == [KEY]
