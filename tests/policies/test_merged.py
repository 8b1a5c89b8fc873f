"""Policies delivered as one merged Secret, up to the live Alertmanager that runs on it.

Two namespaces have such policies: one with a parent in another namespace, one with hours of a time zone.
A third has an AlertmanagerConfig, which prometheus-operator merges on top.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from fireline.alerting.names import PAGE
from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY
from tests.bed.kubeclient import ALERTMANAGER_CONFIG, SECRET
from tests.bed.promoperator import NAMESPACE
from tests.bed.waiting import wait_for
from tests.policies.scene import MERGED, Scene, policy

pytestmark = pytest.mark.bed

PARENT = {"parents": [{"slo": "gateway", "namespace": "infra"}]}
TOKEN = "t0ken-of-the-store"
POLICIES = (("store", "checkout"), ("night", "shift"), ("plain", "team"))


def checkout(**spec: Any) -> Manifest:
    """Its URL is a file in the pod of Alertmanager."""
    hook = {"name": "hook", "webhook": {"urlSecret": {"name": "hooks", "key": "url"}}}
    return policy("store", "checkout", [hook], **{"inhibition": PARENT, "grouping": QUICK, **spec})


QUICK = {"wait": "1s", "interval": "2s"}


def shift(scene: Scene) -> Manifest:
    """Told during office hours in Berlin only."""
    desk = {"name": "desk", "webhook": {"url": f"{scene.webhook.url}/desk"}}
    hours = {"name": "office", "timeZone": "Europe/Berlin", "from": "09:00", "to": "17:00"}
    return policy(
        "night",
        "shift",
        [desk],
        severities=[{"name": "sev0", "page": True, "receivers": ["desk"], "hours": "office"}],
        hours=[hours],
        delivery={"mode": "Secret"},
    )


@pytest.fixture(scope="module")
def unmounted(scene: Scene) -> Iterator[Manifest]:
    """What Selected says of a Secret that the Alertmanager does not mount; after that it mounts it."""
    for namespace, name in (*POLICIES, ("infra", "edge")):
        scene.client.namespace(namespace)
        scene.client.delete(ALERT_POLICY, name, namespace)
    scene.secret(NAMESPACE, "store.hooks", url=f"{scene.webhook.url}/store/{TOKEN}")
    scene.client.apply(checkout())
    said = scene.await_condition("store", "checkout", "Selected", "False")
    scene.alertmanager_spec(secrets=["store.hooks"])
    yield said
    for namespace, name in POLICIES:
        scene.client.delete(ALERT_POLICY, name, namespace)


@pytest.fixture(scope="module")
def merged(scene: Scene, unmounted: Manifest) -> Scene:
    """All three are loaded."""
    assert unmounted["status"] == "False"
    scene.client.apply(shift(scene))
    scene.client.apply(
        policy("plain", "team", [{"name": "hook", "webhook": {"url": f"{scene.webhook.url}/team"}}])
    )
    for namespace, name in POLICIES:
        scene.await_condition(namespace, name, "RoutesLoaded", "True")
        scene.await_condition(namespace, name, "Ready", "True")
    scene.settle()
    return scene


def config(scene: Scene) -> Manifest:
    """The merged configuration as Fireline wrote it."""
    data = scene.client.get(SECRET, MERGED, NAMESPACE)["data"]["alertmanager.yaml"]
    found: Manifest = yaml.safe_load(base64.b64decode(data))
    return found


def names(found: Manifest) -> set[str]:
    return {one["name"] for one in found["receivers"]}


def alert(scene: Scene, **labels: str) -> Manifest:
    """The one alert Alertmanager holds with these labels. Raises LookupError while there is none."""
    found = [one for one in scene.bed.alertmanager.alerts() if labels.items() <= one["labels"].items()]
    return found[0]


@contextlib.contextmanager
def outage(scene: Scene, name: str, owner: str, **labels: str) -> Iterator[None]:
    """An alert fires meanwhile."""
    scene.outage(name, owner, on=True, **labels)
    try:
        yield
    finally:
        scene.outage(name, owner, on=False, **labels)


def test_a_secret_that_is_not_mounted_is_named(unmounted: Manifest):
    assert unmounted["reason"] == "NotSelected"
    assert "does not mount store.hooks: add to spec.secrets" in unmounted["message"]


def test_the_way_of_delivery_and_its_reason_are_told(merged: Scene):
    told = merged.status("store", "checkout")["delivery"]
    assert told["mode"] == "Secret"
    assert "infra/gateway" in told["reason"]
    assert merged.status("plain", "team")["delivery"]["mode"] == "AlertmanagerConfig"


def test_credentials_are_files_and_stand_nowhere_else(merged: Scene):
    (hook,) = (one for one in config(merged)["receivers"] if one["name"].endswith("checkout/hook"))
    assert hook["webhook_configs"][0]["url_file"] == "/etc/alertmanager/secrets/store.hooks/url"
    texts = [
        yaml.safe_dump(config(merged)),
        merged.loaded(),
        str(merged.client.list(ALERT_POLICY)),
        str(merged.client.list(ALERTMANAGER_CONFIG)),
        merged.operator.log.read_text(),
    ]
    assert not [text for text in texts if TOKEN in text]


def test_prometheus_operator_merges_the_others_on_top(merged: Scene):
    live = names(yaml.safe_load(merged.loaded()))
    assert live >= {
        "webhook",
        "store/alertpolicy-checkout/hook",
        "night/alertpolicy-shift/desk",
        "plain/alertpolicy-team/hook",
    }
    assert "plain/alertpolicy-team/hook" not in names(config(merged))


def test_hours_keep_their_time_zone(merged: Scene):
    (office,) = yaml.safe_load(merged.loaded())["time_intervals"]
    assert office["name"] == "night/alertpolicy-shift/office"
    assert {one["location"] for one in office["time_intervals"]} == {"Europe/Berlin"}


def test_an_alert_arrives_by_the_file_and_others_by_the_base(merged: Scene):
    with outage(merged, "StoreDown", "store/checkout"), outage(merged, "Other", "nobody/none"):
        wait_for(lambda: merged.told(f"/store/{TOKEN}", alertname="StoreDown"), what="the store is told")
        wait_for(lambda: merged.told("/alerts", alertname="Other"), what="the base's receiver is told")
    assert not merged.told("/alerts", alertname="StoreDown")


def test_a_parent_in_another_namespace_mutes_while_it_pages(merged: Scene):
    with outage(merged, PAGE, "infra/edge", slo="gateway"):
        wait_for(lambda: alert(merged, alertname=PAGE), what="the parent pages")
        with outage(merged, "Checkout", "store/checkout", slo="checkout"):
            muted = wait_for(
                lambda: (found := alert(merged, alertname="Checkout"))["status"]["inhibitedBy"] and found,
                what="the child is inhibited",
            )
            assert muted["status"]["state"] == "suppressed"
            assert not merged.told(f"/store/{TOKEN}", alertname="Checkout")
            merged.outage(PAGE, "infra/edge", on=False, slo="gateway")
            wait_for(
                lambda: merged.told(f"/store/{TOKEN}", alertname="Checkout"), what="the child speaks again"
            )


def test_a_restart_writes_nothing_and_lists_secrets_in_one_namespace_only(merged: Scene):
    merged.settle()
    merged.proxy.log.clear()
    merged.operator.restart()
    merged.settle()

    def asked() -> set[tuple[str, str | None]]:
        found = merged.proxy.log.calls(lambda call: call.resource == "secrets" and call.verb != "get")
        return {(call.verb, call.namespace) for call in found}

    wanted = {("list", NAMESPACE), ("watch", NAMESPACE)}
    wait_for(lambda: asked() >= wanted, what="the watch of Secrets")
    assert asked() == wanted
    assert merged.writes() == []


def test_a_wrong_edit_keeps_its_last_good_part_also_across_a_restart(merged: Scene):
    before = config(merged)
    merged.client.apply(checkout(fallback={"receivers": ["nobody"]}))
    merged.await_condition("store", "checkout", "Valid", "False")
    merged.operator.kill()
    merged.operator.start()
    # Another policy's change makes the operator merge anew.
    merged.client.apply(shift(merged) | {"spec": shift(merged)["spec"] | {"grouping": {"wait": "7s"}}})
    wait_for(lambda: config(merged) != before, what="a merge after the restart")
    assert _of(config(merged), "store") == _of(before, "store")
    assert "last good" in merged.condition("store", "checkout", "Ready")["message"]
    merged.client.apply(checkout())
    merged.await_condition("store", "checkout", "Ready", "True")


def _of(found: Manifest, namespace: str) -> list[Any]:
    """A namespace's part of a merged configuration."""
    prefix = f"{namespace}/"
    routes = [one for one in found["route"]["routes"] if one["receiver"].startswith(prefix)]
    receivers = [one for one in found["receivers"] if one["name"].startswith(prefix)]
    inhibitions = [one for one in found.get("inhibit_rules", ()) if prefix in str(one)]
    return [routes, receivers, inhibitions]


def test_a_policy_that_goes_takes_its_part_along_and_the_base_stays(merged: Scene):
    """The last test of the file."""
    merged.client.delete(ALERT_POLICY, "checkout", "store")
    wait_for(lambda: _of(config(merged), "store") == [[], [], []], what="the store's part is gone")
    assert _of(config(merged), "night") != [[], [], []]
    merged.client.delete(ALERT_POLICY, "shift", "night")
    wait_for(lambda: names(config(merged)) == {"webhook"}, what="only the base is left")
    left = wait_for(
        lambda: not any(_of(live := yaml.safe_load(merged.loaded()), "night") + _of(live, "store")) and live,
        what="Alertmanager runs without both",
    )
    assert names(left) >= {"webhook", "plain/alertpolicy-team/hook"}
    merged.settle()
    merged.proxy.log.clear()
    merged.operator.restart()
    merged.settle()
    assert merged.writes() == []
