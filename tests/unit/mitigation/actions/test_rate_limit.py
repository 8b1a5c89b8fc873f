"""Limits of requests, by an Envoy Gateway policy that exists already."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.objects import a_change, a_refusal, an_object, planned

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, PathChange

OURS: Manifest = {"limit": {"requests": 50, "unit": "Second"}}
PARTNER: Manifest = {
    "clientSelectors": [{"headers": [{"name": "x-partner", "value": "a"}]}],
    "limit": {"requests": 5, "unit": "Minute"},
}
GLOBAL: Manifest = {"rules": [{"limit": {"requests": 100, "unit": "Hour"}}]}


def policy(limit: Manifest | None = None, *conditions: Manifest) -> Manifest:
    """A policy with a limit, and with what its gateway says about it."""
    spec: dict[str, Any] = {"targetRefs": [{"kind": "HTTPRoute", "name": "checkout"}]}
    if limit is not None:
        spec["rateLimit"] = limit
    said = conditions or ({"type": "Accepted", "status": "True", "reason": "Accepted", "message": "ok"},)
    status = {"ancestors": [{"ancestorRef": {"name": "shop"}, "conditions": list(said)}]}
    return an_object("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", spec=spec, status=status)


def limit(requests: int = 50, unit: str = "Second") -> Manifest:
    return {"rateLimit": {"requests": requests, "unit": unit}}


def test_a_policy_without_limit_gets_one_as_a_whole():
    change = a_change(planned(limit(), policy()))
    assert change.paths == (
        PathChange("/spec/rateLimit", ABSENT, {"type": "Local", "local": {"rules": [OURS]}}),
    )
    assert change.summary == "limits BackendTrafficPolicy checkout to 50 requests per second in each proxy"


def test_the_limit_for_all_is_replaced_and_its_place_and_other_fields_stay():
    now = {"local": {"rules": [{"limit": {"requests": 200, "unit": "Second"}, "shared": True}, PARTNER]}}
    (path,) = a_change(planned(limit(), policy(now))).paths
    assert path == PathChange(
        "/spec/rateLimit/local/rules", now["local"]["rules"], [{**OURS, "shared": True}, PARTNER]
    )


def test_limits_for_some_clients_stay_beside_it():
    change = a_change(planned(limit(), policy({"local": {"rules": [PARTNER]}})))
    assert change.paths == (PathChange("/spec/rateLimit/local/rules", [PARTNER], [PARTNER, OURS]),)
    assert "meets the strictest" in change.notes[0]


def test_a_limit_per_hour_does_not_fit_beside_one_per_minute():
    refusal = a_refusal(
        planned(limit(unit="Hour"), policy({"local": {"rules": [PARTNER]}})), "UnitDoesNotFit"
    )
    assert "write the limit per Minute" in refusal.message


@pytest.mark.parametrize("unit", ["Second", "Minute"])
def test_units_that_divide_those_of_other_rules_fit(unit: str):
    a_change(planned(limit(unit=unit), policy({"local": {"rules": [PARTNER]}})))


def test_a_global_limit_that_would_lose_its_effect_is_not_replaced():
    refusal = a_refusal(planned(limit(), policy({"type": "Global", "global": GLOBAL})), "GlobalLimit")
    assert "Remove the deprecated field /spec/rateLimit/type" in refusal.message


def test_a_global_limit_that_keeps_its_effect_stays_beside_a_local_one():
    change = a_change(planned(limit(), policy({"global": GLOBAL})))
    assert change.paths == (PathChange("/spec/rateLimit/local", ABSENT, {"rules": [OURS]}),)
    assert "its global limit stays: both hold" in change.notes


def test_a_policy_that_is_not_accepted_is_refused_with_the_gateways_words():
    said = {
        "type": "Accepted",
        "status": "False",
        "reason": "Conflicted",
        "message": "route checkout has another policy",
    }
    refusal = a_refusal(planned(limit(), policy(None, said)), "NotAccepted")
    assert "Conflicted: route checkout has another policy" in refusal.message
    assert not refusal.lasting


def test_a_policy_that_is_overridden_is_refused():
    accepted = {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "ok"}
    said = {
        "type": "Overridden",
        "status": "True",
        "reason": "Overridden",
        "message": "by shop/checkout-route",
    }
    refusal = a_refusal(planned(limit(), policy(None, accepted, said)), "Overridden")
    assert "by shop/checkout-route" in refusal.message


def test_a_policy_nobody_speaks_about_is_changed_and_people_are_told():
    target = policy()
    del target["status"]
    assert any("no gateway says" in note for note in a_change(planned(limit(), target)).notes)
    assert not any("no gateway says" in note for note in a_change(planned(limit(), policy())).notes)


def test_people_are_told_when_more_is_let_through_than_now():
    now = {"local": {"rules": [{"limit": {"requests": 60, "unit": "Minute"}}]}}
    notes = a_change(planned(limit(2), policy(now))).notes
    assert "this is more than the 60 requests per minute that are let through now" in notes
    now = {"local": {"rules": [{"limit": {"requests": 60, "unit": "Second"}}]}}
    assert not any("more than" in note for note in a_change(planned(limit(2), policy(now))).notes)


def test_the_same_limit_needs_nothing():
    a_refusal(planned(limit(), policy({"local": {"rules": [OURS]}})), "NotNeeded")
