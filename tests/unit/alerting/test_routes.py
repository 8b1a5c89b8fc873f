"""The routing tree: who is told of what, in the order Alertmanager walks it."""

from __future__ import annotations

import pytest
from tests.unit.alerting.policies import ABSENT, compiled

from fireline.alerting.amc import alertmanager_config
from fireline.alerting.effective import merged
from fireline.alerting.model import Matcher
from fireline.alerting.simulate.inhibition import inhibitors, rules

ESCALATING = {
    "spec.receivers": [
        {"name": name, "webhook": {"url": f"http://{name}:80/"}}
        for name in ("oncall", "lead", "manager", "tickets", "mail")
    ],
    "spec.escalation": {
        "severities": ["sev0"],
        "levels": [
            {"after": "0m", "receivers": ["oncall"]},
            {"after": "15m", "receivers": ["lead"]},
            {"after": "30m", "receivers": ["manager", "mail"]},
        ],
    },
}


def told(policy, **wanted):
    """(receiver, wait, continue) of the top's children whose first matcher is this one."""
    ((name, value),) = wanted.items()
    return [
        (route.receiver, route.wait, route.goes_on)
        for route in policy.route.routes
        if route.matchers[:1] == (Matcher(name, value),)
    ]


def test_the_top_route_takes_alerts_of_the_policy_and_nobody_elses():
    route = compiled().route

    assert route.matchers == (Matcher("alert_policy", "shop/checkout"),)
    assert route.receiver == "Nobody"


def test_each_severity_tells_its_receivers():
    policy = compiled()

    assert told(policy, sev="sev0") == [("oncall", None, False)]
    assert told(policy, sev="sev2") == [("tickets", None, False)]


def test_all_receivers_of_a_severity_are_told_and_nobody_after_them():
    both = [{"name": "P1", "page": True, "receivers": ["oncall", "tickets"]}]

    assert told(compiled({"spec.severities": both}), sev="sev0") == [
        ("oncall", None, True),
        ("tickets", None, False),
    ]


def test_a_test_alert_goes_to_every_receiver_once():
    tests = told(compiled(), alertname="AlertPolicyTest")

    assert tests == [("oncall", "1s", True), ("tickets", "1s", False)]


def test_levels_wait_for_their_time_and_have_a_group_of_their_own():
    policy = compiled(ESCALATING)

    assert told(policy, sev="sev0") == [
        ("oncall", None, True),
        ("lead", "15m", True),
        ("manager", "30m", True),
        ("mail", "30m", False),
    ]
    ways = {(route.matchers, route.receiver) for route in policy.route.routes}
    assert len(ways) == len(policy.route.routes)
    levels = {route.matchers[1:] for route in policy.route.routes if route.wait in {"15m", "30m"}}
    assert levels == {
        (Matcher("escalation_level_2", "off", "!="),),
        (Matcher("escalation_level_3", "off", "!="),),
    }


def test_severities_that_do_not_escalate_have_no_levels():
    assert told(compiled(ESCALATING), sev="sev1") == [("oncall", None, False)]


def test_a_level_may_be_for_one_severity_alone():
    edits = {
        **ESCALATING,
        "spec.escalation": {
            "levels": [
                {"after": "5m", "receivers": ["lead"]},
                {"after": "10m", "receivers": ["manager"], "severities": ["critical"]},
            ]
        },
    }

    assert [name for name, *_ in told(compiled(edits), sev="sev1")] == ["oncall", "lead"]
    assert [name for name, *_ in told(compiled(edits), sev="sev0")] == ["oncall", "lead", "manager"]


def test_hours_bind_whoever_is_told_in_them_and_whoever_is_told_outside():
    edits = {
        "spec.hours": [{"name": "business", "from": "09:00", "to": "17:00"}],
        "spec.severities": [
            {
                "name": "sev1",
                "page": True,
                "receivers": ["oncall"],
                "hours": "business",
                "outsideHours": ["tickets"],
            }
        ],
    }
    policy = compiled(edits)

    found = {route.receiver: route.active for route in policy.route.routes if route.active}
    assert found == {"oncall": ("business",), "tickets": ("business-outside",)}
    assert [(one.name, one.outside) for one in policy.intervals] == [
        ("business", False),
        ("business-outside", True),
    ]


def test_one_fallback_is_the_top_routes_own_and_several_come_last():
    one = compiled({"spec.fallback": {"receivers": ["tickets"]}})
    two = compiled({"spec.fallback": {"receivers": ["tickets", "oncall"]}})

    assert one.route.receiver == "tickets"
    assert [(route.receiver, route.matchers) for route in two.route.routes[-2:]] == [
        ("tickets", ()),
        ("oncall", ()),
    ]


def test_the_heartbeat_is_due_at_every_tick_of_its_interval():
    policy = compiled({"spec.deadman": {"receiver": "tickets", "every": "1m"}})

    (route,) = [
        r for r in policy.route.routes if r.matchers == (Matcher("alertname", "AlertPolicyHeartbeat"),)
    ]
    assert (route.interval, route.repeat, route.group_by) == ("1m", "54s", ("...",))
    (rule,) = policy.groups[0]["rules"]
    assert (rule["alert"], rule["expr"]) == ("AlertPolicyHeartbeat", "vector(1)")


def test_with_mode_rules_levels_are_alerts_and_not_delays():
    edits = {**ESCALATING, "spec.escalation": {**ESCALATING["spec.escalation"], "mode": "Rules"}}
    policy = compiled(edits)

    assert told(policy, sev="sev0") == [("oncall", None, False)]
    assert told(policy, alertname="AlertPolicyEscalation") == [
        ("lead", "1s", False),
        ("manager", "1s", True),
        ("mail", "1s", False),
    ]
    rules = policy.groups[0]["rules"]
    assert [rule["labels"]["escalation_level"] for rule in rules] == ["2", "3"]
    assert ">= 900" in rules[0]["expr"]
    assert ">= 1800" in rules[1]["expr"]


def test_with_mode_rules_levels_keep_the_hours_and_the_pace_of_the_first_alert():
    edits = {
        **ESCALATING,
        "spec.severities": [
            {"name": "sev0", "page": True, "receivers": ["oncall"]},
            {"name": "sev1", "page": True, "receivers": ["oncall"], "hours": "business"},
        ],
        "spec.hours": [{"name": "business", "from": "09:00", "to": "17:00"}],
        "spec.escalation": {"mode": "Rules", "levels": [{"after": "15m", "receivers": ["lead"]}]},
    }
    of_level = [
        ({one.name: one.value for one in route.matchers}["sev"], route.active, route.repeat)
        for route in compiled(edits).route.routes
        if ("alertname", "AlertPolicyEscalation") in {(one.name, one.value) for one in route.matchers}
    ]

    assert of_level == [("sev0", (), "1h"), ("sev1", ("business",), "4h")]


def test_the_same_time_spelled_otherwise_is_the_same_route():
    def spelled(text):
        return compiled({"spec.grouping": {"wait": text}}).route.wait

    assert spelled("60s") == spelled("1m") == "1m"


def test_a_page_mutes_the_ticket_of_its_own_slo_and_group_when_tickets_are_chat():
    chat = {
        "spec.receivers": [
            {"name": "oncall", "webhook": {"url": "http://oncall:80/"}},
            {"name": "tickets", "slack": {"apiURLSecret": {"name": "slack", "key": "url"}}},
        ]
    }
    (rule,) = compiled(chat, group_labels={"region"}).inhibitions

    assert rule.equal == ("namespace", "slo", "region")
    assert Matcher("alert_policy", "shop/checkout") in rule.source
    assert Matcher("alert_policy", "shop/checkout") in rule.target


PAGES = [{"name": sev, "page": True, "receivers": ["chat"]} for sev in ("sev0", "sev1")]
NIGHT = {"hours": "business", "receivers": ["chat"]}


@pytest.mark.parametrize(
    ("edits", "mutes"),
    [
        ({"spec.severities": PAGES}, True),
        ({"spec.severities": PAGES[:1]}, True),
        ({"spec.severities": [PAGES[0], PAGES[1] | NIGHT]}, False),
        ({"spec.severities": [PAGES[0], PAGES[1] | NIGHT | {"outsideHours": ["chat"]}]}, True),
        ({"spec.severities": [*PAGES, PAGES[0] | NIGHT | {"name": "sev2"}]}, True),
        ({"spec.severities": [*PAGES, PAGES[0] | {"name": "sev2"}], "spec.fallback": ABSENT}, True),
        ({"spec.severities": [PAGES[0], PAGES[0] | {"name": "sev2"}], "spec.fallback": ABSENT}, False),
    ],
)
def test_a_page_that_nobody_hears_mutes_no_ticket(edits, mutes):
    usual = {
        "spec.receivers": [{"name": "chat", "slack": {"apiURLSecret": {"name": "slack", "key": "url"}}}],
        "spec.fallback": {"receivers": ["chat"]},
        "spec.hours": [{"name": "business", "from": "09:00", "to": "17:00"}],
    }

    assert bool(compiled({**usual, **edits}).inhibitions) == mutes


def test_a_ticket_that_must_be_closed_is_not_muted():
    assert compiled().inhibitions == ()
    assert len(compiled({"spec.inhibition": {"pageInhibitsTicket": "Always"}}).inhibitions) == 1


def test_a_parent_mutes_this_policys_alerts_and_not_its_own():
    (rule,) = compiled({"spec.inhibition": {"parents": [{"slo": "gateway"}]}}).inhibitions

    assert rule.source == (
        Matcher("alertname", "SLOErrorBudgetBurnPage"),
        Matcher("namespace", "shop"),
        Matcher("slo", "gateway"),
    )
    assert Matcher("alert_policy", "shop/checkout") in rule.target
    assert Matcher("slo", "gateway", "!=") in rule.target


@pytest.mark.parametrize(
    ("alert", "muted"),
    [
        ({"alertname": "SLOErrorBudgetBurnPage", "slo": "web", "severity": "critical"}, True),
        ({"alertname": "AlertPolicyEscalation", "slo": "web", "severity": "critical"}, True),
        ({"alertname": "QueueLong", "severity": "warning"}, True),
        ({"alertname": "SLOErrorBudgetBurnPage", "slo": "gateway", "severity": "critical"}, False),
        ({"alertname": "SLOErrorBudgetBurnPage", "slo": "database", "severity": "critical"}, False),
        ({"alertname": "AlertPolicyHeartbeat", "severity": "none"}, False),
        ({"alertname": "AlertPolicyTest", "severity": "none"}, False),
    ],
)
def test_parents_that_page_mute_neither_one_another_nor_the_heartbeat(alert, muted):
    """Else nobody is told when both are down, and the dead-man's switch goes off in every outage."""
    parents = [{"slo": "gateway"}, {"slo": "database"}]
    policy = compiled({"spec.inhibition": {"parents": parents}})
    common = {"namespace": "shop", "alert_policy": policy.label}
    firing = [{**common, "alertname": "SLOErrorBudgetBurnPage", "slo": one["slo"]} for one in parents]
    configuration = merged(
        {"route": {"receiver": "null"}, "receivers": [{"name": "null"}]},
        [alertmanager_config(policy, years=range(2026, 2028))],
        strategy="OnNamespace",
        alertmanager_namespace="monitoring",
    )

    found = inhibitors(rules(configuration), {**common, **alert}, firing)

    assert bool(found) == muted


def test_receivers_nobody_is_told_by_are_still_tested():
    edits = {"spec.severities": [{"name": "sev0", "page": True, "receivers": ["oncall"]}]}

    assert {one.name for one in compiled(edits).receivers} == {"oncall", "tickets"}


def test_a_policy_without_anything_optional_has_no_rules_of_its_own():
    assert compiled({"spec.deadman": ABSENT}).groups == ()
