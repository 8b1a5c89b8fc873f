"""What AlertPolicies cost the API server, counted at the fault proxy before ``fireline run``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

APPLY_SHOP = "apply alertmanagerconfigs/alertpolicy-shop"
STATUS_SHOP = "patch alertpolicies/status/shop"
APPLY_A, STATUS_A = "apply prometheusrules/slo-a", "patch servicelevelobjectives/status/a"


@pytest.fixture(scope="module")
def running(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator in a namespace of its own, for the whole module."""
    with a_rig(cluster, tmp_path_factory.mktemp("policy-calls"), toy=False) as rig:
        yield rig


@pytest.fixture
def two(running: Rig) -> Iterator[Rig]:
    """Policies shop and ops, SLO a of shop, all settled, and an empty call log."""
    for name in ("shop", "ops"):
        put(running, a_policy(running, name))
    slo = an_slo(running.namespace, "a")
    slo["metadata"]["labels"] = {"team": "shop"}
    running.client.apply(slo)
    wait_for(lambda: running.slo("a").get("status", {}).get("alertPolicy"), what="a has its policy")
    running.await_idle()
    running.proxy.log.clear()
    yield running
    for resource in (SLO, ALERT_POLICY, ALERTMANAGER_CONFIG, PROMETHEUS_RULE):  # nothing else collects it
        for one in running.client.list(resource, running.namespace):
            running.client.delete(resource, one["metadata"]["name"], running.namespace)
    wait_for(
        lambda: (
            not any(
                running.metric("fireline_cache_objects", kind=one.kind)
                for one in (SLO, ALERT_POLICY, ALERTMANAGER_CONFIG, PROMETHEUS_RULE)
            )
        ),
        what="the operator has seen that everything is gone",
    )
    running.await_idle()
    running.proxy.log.clear()


def a_policy(rig: Rig, team: str, **spec: Any) -> Manifest:
    """The policy of a team, which tells a webhook of everything."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": team, "namespace": rig.namespace},
        "spec": {
            "selector": {"matchLabels": {"team": team}},
            "severities": [{"name": "sev0", "page": True, "receivers": ["hook"]}],
            "receivers": [{"name": "hook", "webhook": {"url": "http://hook.example:8080/"}}],
            **spec,
        },
    }


def policy(rig: Rig, name: str) -> Manifest:
    """A policy as the server holds it."""
    return rig.client.get(ALERT_POLICY, name, rig.namespace)


def put(rig: Rig, manifest: Manifest) -> None:
    """Apply a policy and wait until its status is about it, and nothing more happens."""
    generation = rig.client.apply(manifest)["metadata"]["generation"]
    name = manifest["metadata"]["name"]
    wait_for(
        lambda: policy(rig, name).get("status", {}).get("observedGeneration") == generation,
        what=f"policy {name} is planned",
    )
    rig.await_idle()


def relabel(rig: Rig, team: str) -> None:
    """Give SLO a to another team, and wait until its alerts say so."""
    rig.client.patch(SLO, "a", rig.namespace, {"metadata": {"labels": {"team": team}}})
    wait_for(
        lambda: rig.slo("a")["status"].get("alertPolicy") == f"{rig.namespace}/{team}", what=f"a is {team}'s"
    )


def settle(rig: Rig) -> list[str]:
    """The writes so far, once the operator has surely seen what was done before."""
    put(rig, a_policy(rig, "fence"))
    return sorted(write for write in rig.writes() if "fence" not in write)


def test_creation_costs_one_apply_and_one_status(two: Rig):
    put(two, a_policy(two, "web"))

    assert settle(two) == ["apply alertmanagerconfigs/alertpolicy-web", "patch alertpolicies/status/web"]


def test_an_slo_that_changes_hands_costs_two_writes_and_no_routes(two: Rig):
    relabel(two, "ops")

    assert settle(two) == [APPLY_A, STATUS_A]
    labels = [
        rule["labels"]
        for group in two.rule("slo-a")["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert {one["alert_policy"] for one in labels} == {f"{two.namespace}/ops"}


def test_a_new_slo_writes_its_own_rule_and_no_routes(two: Rig):
    slo = an_slo(two.namespace, "b")
    slo["metadata"]["labels"] = {"team": "shop"}
    two.client.apply(slo)
    wait_for(lambda: two.slo("b").get("status", {}).get("alertPolicy"), what="b has its policy")

    assert not [write for write in settle(two) if "alertmanagerconfigs" in write]


def test_a_restart_costs_nothing(two: Rig):
    two.operator.stop()
    two.operator.start()
    two.await_idle()

    assert settle(two) == []


def test_what_someone_changed_by_hand_is_mended_with_one_apply(two: Rig):
    routes = {"spec": {"route": {"groupWait": "1h"}}}
    two.client.patch(ALERTMANAGER_CONFIG, "alertpolicy-shop", two.namespace, routes)

    def mended() -> bool:
        found = two.client.get(ALERTMANAGER_CONFIG, "alertpolicy-shop", two.namespace)
        return bool(found["spec"]["route"]["groupWait"] == "30s")

    wait_for(mended, what="the routes are mended")
    assert settle(two) == [APPLY_SHOP]


def test_a_wrong_edit_costs_one_status_and_keeps_the_routes(two: Rig):
    before = two.client.get(ALERTMANAGER_CONFIG, "alertpolicy-shop", two.namespace)["spec"]
    put(two, a_policy(two, "shop", fallback={"receivers": ["nobody"]}))

    assert [write for write in settle(two) if "events" not in write] == [STATUS_SHOP]
    assert two.client.get(ALERTMANAGER_CONFIG, "alertpolicy-shop", two.namespace)["spec"] == before


def test_an_edit_that_renders_the_same_bytes_costs_one_status(two: Rig):
    put(two, a_policy(two, "shop", grouping={"wait": "30000ms"}))

    assert settle(two) == [STATUS_SHOP]


def test_a_policy_that_goes_leaves_its_slos_without_one(two: Rig):
    two.client.delete(ALERT_POLICY, "shop", two.namespace)
    wait_for(lambda: "alertPolicy" not in two.slo("a")["status"], what="a belongs to nobody")

    assert settle(two) == [APPLY_A, STATUS_A]
