"""Changes that would orphan an open incident wait for it, on a live Prometheus and Alertmanager."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from fireline.alerting.names import PAGE
from fireline.api.labels import APPLY_NOW
from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, PROMETHEUS_RULE, SLO
from tests.bed.kubeclient import ALERTMANAGER_CONFIG
from tests.bed.waiting import wait_for
from tests.cluster.toy import an_slo
from tests.policies.scene import Scene, policy

pytestmark = pytest.mark.bed

SHOP = "waiting"
OWNER = f"{SHOP}/shop"
DEFERRED = ("RoutesLoaded", "False", "Deferred")
NARROW = {"wait": "1s", "interval": "1s", "by": ["alertname", "slo"]}
WIDE = {**NARROW, "by": ["slo"]}


def shop(scene: Scene, grouping: object, **spec: object) -> Manifest:
    """The policy of the shop."""
    hook = {"name": "hook", "webhook": {"url": f"{scene.webhook.url}/waiting"}}
    return policy(SHOP, "shop", [hook], grouping=grouping, **spec)


def group_by(scene: Scene) -> list[str]:
    """What the policy's routes group by, as prometheus-operator reads them."""
    found = scene.client.get(ALERTMANAGER_CONFIG, "alertpolicy-shop", SHOP)
    (severity,) = (
        one
        for one in found["spec"]["route"]["routes"]
        if {"name": "sev", "value": "sev0", "matchType": "="} in one["matchers"]
    )
    names: list[str] = severity.get("groupBy", found["spec"]["route"].get("groupBy"))
    return names


@contextlib.contextmanager
def fires(scene: Scene, alert: str, **labels: str) -> Iterator[None]:
    """An alert of the policy fires, its receiver knows, and the operator too."""
    scene.outage(alert, OWNER, on=True, **labels)
    try:
        wait_for(lambda: scene.told("/waiting", alertname=alert, **labels), what=f"{alert} is delivered")
        yield
    finally:
        scene.outage(alert, OWNER, on=False, **labels)


@pytest.fixture
def settled(scene: Scene) -> Iterator[Scene]:
    """The policy is loaded, and nothing of it fires."""
    scene.client.namespace(SHOP)
    scene.client.apply(shop(scene, NARROW))
    scene.await_condition(SHOP, "shop", "RoutesLoaded", "True")
    scene.webhook.clear()
    scene.settle()
    scene.proxy.log.clear()
    yield scene
    for resource in (SLO, ALERT_POLICY):
        for one in scene.client.list(resource, SHOP):
            scene.client.delete(resource, one["metadata"]["name"], SHOP)
    wait_for(
        lambda: (
            not scene.client.list(ALERTMANAGER_CONFIG, SHOP) and not scene.client.list(PROMETHEUS_RULE, SHOP)
        ),
        what="everything is collected",
    )


def deferred(scene: Scene) -> Manifest:
    """Change the grouping, which must wait."""
    scene.client.apply(shop(scene, WIDE))
    return scene.await_condition(SHOP, "shop", *DEFERRED)


def test_another_grouping_waits_until_what_fires_has_resolved(settled: Scene):
    with fires(settled, "First", slo="first"):
        said = deferred(settled)["message"]
        assert said.startswith("First fires, and this change takes a route away")
        assert "fireline.dev/apply-now" in said
        assert group_by(settled) == ["alertname", "slo"]
        with fires(settled, "Second", slo="second"):
            assert group_by(settled) == ["alertname", "slo"]
        wait_for(lambda: settled.told("/waiting", "resolved", alertname="Second"), what="Second is over")
        assert settled.condition(SHOP, "shop", "RoutesLoaded")["reason"] == "Deferred"
        assert not [one for one in settled.writes() if "alertmanagerconfigs" in one]
    wait_for(lambda: settled.told("/waiting", "resolved", alertname="First"), what="First is over")
    wait_for(lambda: group_by(settled) == ["slo"], what="the change is made by itself")
    settled.await_condition(SHOP, "shop", "RoutesLoaded", "True")


def test_annotated_it_does_not_wait(settled: Scene):
    with fires(settled, "Third", slo="third"):
        deferred(settled)
        settled.client.patch(ALERT_POLICY, "shop", SHOP, {"metadata": {"annotations": {APPLY_NOW: "true"}}})
        wait_for(lambda: group_by(settled) == ["slo"], what="the change is made")
        settled.await_condition(SHOP, "shop", "RoutesLoaded", "True")
        assert not settled.told("/waiting", "resolved", alertname="Third")


def test_waiting_goes_on_where_it_was_after_a_restart(settled: Scene):
    with fires(settled, "Fourth", slo="fourth"):
        since = deferred(settled)["lastTransitionTime"]
        settled.settle()
        settled.proxy.log.clear()
        settled.operator.kill()
        settled.operator.start()
        settled.settle()
        again = settled.condition(SHOP, "shop", "RoutesLoaded")
        assert (again["reason"], again["lastTransitionTime"]) == ("Deferred", since)
        assert settled.writes() == []
    wait_for(lambda: group_by(settled) == ["slo"], what="the change is made once it is over")


def test_other_severities_of_tiers_wait_for_the_alert_of_an_slo(settled: Scene):
    """By an alert with the labels of a page, since a real one takes minutes to resolve."""
    slo = an_slo(SHOP, "cart")
    slo["metadata"]["labels"] = {"team": "shop"}
    settled.client.apply(slo)
    wait_for(lambda: page(settled)["sev"] == "sev0", what="the rules of cart")
    settled.await_condition(SHOP, "shop", "RoutesLoaded", "True")
    with fires(settled, PAGE, slo="cart", slo_tier="PageFast", service="checkout"):
        wait_for(
            lambda: any(one["state"] == "Firing" for one in _slo(settled)["status"]["alerts"]),
            what="the SLO knows that it fires",
        )
        settled.client.apply(shop(settled, NARROW, tiers={"PageFast": "sev2"}))
        loaded = wait_for(lambda: _condition(_slo(settled), "RulesLoaded", "Deferred"), what="the rules wait")
        assert loaded["message"].startswith(
            "PageFast fires, and this change alters the severity of the alert"
        )
        assert page(settled)["sev"] == "sev0"
        settled.client.patch(SLO, "cart", SHOP, {"metadata": {"annotations": {APPLY_NOW: "true"}}})
        wait_for(lambda: page(settled)["sev"] == "sev2", what="annotated, it waits no longer")
        settled.client.patch(SLO, "cart", SHOP, {"metadata": {"annotations": {APPLY_NOW: None}}})
        settled.client.apply(shop(settled, NARROW, tiers={"PageFast": "sev1"}))
        wait_for(lambda: _condition(_slo(settled), "RulesLoaded", "Deferred"), what="the rules wait again")
    wait_for(lambda: page(settled)["sev"] == "sev1", what="the change is made once it is over")


def page(scene: Scene) -> Manifest:
    """Labels of the SLO's fastest page. Raises LookupError while there are no rules."""
    found = scene.client.list(PROMETHEUS_RULE, SHOP)
    labels: list[Manifest] = [
        rule["labels"]
        for one in found
        for group in one["spec"]["groups"]
        for rule in group["rules"]
        if rule.get("labels", {}).get("slo_tier") == "PageFast"
    ]
    return labels[0]


def _slo(scene: Scene) -> Manifest:
    found: Manifest = scene.client.get(SLO, "cart", SHOP)
    return found


def _condition(slo: Manifest, type_: str, reason: str) -> Manifest | None:
    found: list[Manifest] = [
        one for one in slo["status"]["conditions"] if (one["type"], one["reason"]) == (type_, reason)
    ]
    return found[0] if found else None
