"""What quality takes from SLOs and policies: whose share of the budget, who is woken, when people work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.builders import an_objective

from fireline.alerting.quality.facts import policy_of
from fireline.alerting.quality.model import DAY, OFFICE
from fireline.alerting.quality.queries import Window
from fireline.api.alert_policy import AlertPolicy
from fireline.api.belonging import Owner
from fireline.refresh.quality import members
from fireline.refresh.quality_facts import of_policy, subjects, tiers_of, window_at, without_policy
from fireline.slo.model import Composite
from fireline.slo.period import SLOWindow

OWNER = Owner("shop", "checkout", tiers=(("PageSlow", "sev2"), ("TicketFast", "sev1")))


def a_policy(**spec: Any) -> AlertPolicy:
    return AlertPolicy.of(
        {
            "metadata": {"name": "checkout", "namespace": "shop"},
            "spec": {
                "selector": {},
                "severities": [
                    {"name": "P1", "page": True, "receivers": ["chat"]},
                    {"name": "high", "page": True, "receivers": ["chat"]},
                ],
                "receivers": [{"name": "chat", "slack": {"apiURLSecret": {"name": "slack", "key": "url"}}}],
                **spec,
            },
        }
    )


def test_a_tier_stands_for_the_share_its_factor_spends():
    tiers = tiers_of(an_objective())
    shares = {name: round(rule.share, 4) for name, rule in tiers.items()}
    assert shares == {"PageFast": 0.02, "PageSlow": 0.05, "TicketFast": 0.1, "TicketSlow": 0.1}
    assert [rule.page for rule in tiers.values()] == [True, True, False, False]
    assert tiers["PageFast"].long == 3600
    assert tiers["PageFast"].factor == 14.4


def test_a_lowered_tier_stands_for_less():
    """At 90 % a total outage burns 10 times too fast: the factor is 8 and not 14.4."""
    assert tiers_of(an_objective("90"))["PageFast"].share == pytest.approx(8 / 720)


def test_which_tiers_wake_people_says_the_policy():
    mine = an_objective(policy=OWNER)
    tiers = of_policy(a_policy(), [mine]).tiers["shop", "checkout"]
    assert [name for name, rule in tiers.items() if rule.page] == ["PageFast", "TicketFast"]
    about = subjects([mine], [a_policy()])
    assert about.tiers["shop", "checkout"] == tiers
    assert about.least == pytest.approx(0.02)


def test_the_alerts_of_an_slo_are_those_its_rules_have():
    declared = of_policy(a_policy(), [an_objective(policy=OWNER)]).declared
    assert {one.alert.policy for one in declared} == {"shop/checkout"}
    assert {one.alert.tier: one.page for one in declared} == {
        "PageFast": True,
        "PageSlow": False,
        "NoData": True,
        "TicketFast": True,
        "TicketSlow": False,
        "Budget50": False,
        "Exhausted": True,
        "Ineffective": False,
    }
    alone = without_policy([an_objective()])
    assert [one.alert.tier for one in alone.declared if one.page] == ["PageFast", "PageSlow", "NoData"]


def test_the_length_of_a_calendar_window_is_that_of_its_period():
    window = window_at(SLOWindow.parse("Month Europe/Berlin"))
    march, april = (int(datetime(2026, month, 20, tzinfo=UTC).timestamp()) for month in (3, 4))
    assert window(march) == Window("Month Europe/Berlin", 31 * DAY - 3600)
    assert window(april) == Window("Month Europe/Berlin", 30 * DAY)
    assert window_at(SLOWindow.parse("30d"))(march) == Window("30d", 30 * DAY)


def test_of_a_composite_no_bad_events_are_asked_for():
    composite = an_objective(name="all", indicator=None, composite=Composite("Worst", ()))
    about = subjects([an_objective(group_by=("zone",)), composite], [])
    assert list(about.windows) == [("shop", "checkout")]
    assert about.groups == {"zone"}
    assert set(about.tiers) == {("shop", "checkout"), ("shop", "all")}


def test_working_hours_are_the_policys_own():
    day = {"from": "08:00", "to": "16:00", "timeZone": "Europe/Berlin"}
    both = a_policy(hours=[{"name": "late", **day, "to": "22:00"}, {"name": "business", **day}])
    (business,) = policy_of(both, {}, ()).hours
    assert (business.name, business.zone, business.end_minute) == ("business", "Europe/Berlin", 16 * 60)
    assert [one.name for one in policy_of(a_policy(hours=[{"name": "late", **day}]), {}, ()).hours] == [
        "late"
    ]
    assert policy_of(a_policy(), {}, ()).hours == (OFFICE,)


def test_a_severity_told_in_hours_only_disturbs_nobody_at_night():
    hours = [{"name": "business", "from": "09:00", "to": "17:00"}]
    severities = [
        {"name": "sev0", "page": True, "receivers": ["chat"]},
        {"name": "sev1", "page": True, "receivers": ["chat"], "hours": "business"},
        {
            "name": "sev2",
            "page": True,
            "receivers": ["chat"],
            "hours": "business",
            "outsideHours": ["chat"],
        },
    ]
    found = policy_of(a_policy(hours=hours, severities=severities), {}, ())
    assert (found.quiet, found.paging) == ({"sev1"}, {"sev0", "sev1", "sev2"})


def test_rules_and_targets_are_the_policys():
    rules = [
        {"name": "Calm", "expression": {"query": "a > 1"}, "groupBy": ["queue"]},
        {"name": "Loud", "expression": {"query": "b > 1"}, "page": True, "pageReason": "It burns."},
    ]
    policy = a_policy(rules=rules, quality={"detectionWithin": {"sev0": "5m"}, "pagesPerWeek": 2})
    found = policy_of(policy, {}, (), since=7)
    assert [(one.alert.name, one.page) for one in found.declared] == [("Calm", False), ("Loud", True)]
    assert (found.calm, found.within, found.pages_per_week, found.since) == ({"Calm"}, {"sev0": 300}, 2, 7)
    assert subjects([], [policy]).groups == {"queue"}


def test_members_are_the_slos_that_name_the_policy():
    mine, other = an_objective(policy=OWNER), an_objective(name="b", policy=Owner("shop", "other"))
    (found,) = members([(a_policy(), 7)], [mine, other, an_objective(name="c")])
    assert (found.key, found.objectives, found.since) == ("shop/checkout", (mine,), 7)
