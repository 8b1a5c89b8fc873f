"""Servers away, and policies that compete: routes stay as they are, and the status says what is not known."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer, Fault, Hang, Reset
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.toy import an_slo
from tests.faults.policies import Told, a_policy, told
from tests.faults.story import supervised

from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, SLO

pytestmark = pytest.mark.bed

FAULTS: tuple[Fault, ...] = (Answer(503), Answer(200, message="not Alertmanager at all"), Reset(), Hang(2.0))


@pytest.fixture(scope="module")
def running(breakable: Cluster, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One operator for the module."""
    with told(breakable, tools, tmp_path_factory.mktemp("away"), "shop", "other") as found:
        yield found


@pytest.fixture
def loaded(running: Told) -> Iterator[Told]:
    """Policy shop is loaded, and nothing is wrong."""
    running.put(a_policy(running.rig, "shop"))
    wait_for(lambda: running.condition("shop", "RoutesLoaded")["status"] == "True", what="shop is loaded")
    running.rig.await_idle()
    running.rig.proxy.log.clear()
    yield running
    running.asked.plan.clear()
    running.rig.proxy.plan.clear()


@contextlib.contextmanager
def untouched(told: Told) -> Iterator[None]:
    """No route is written meanwhile, and Ready makes no transition."""
    routes = told.rig.client.list(ALERTMANAGER_CONFIG, told.rig.namespace)
    since = told.condition("shop", "Ready")["lastTransitionTime"]
    yield
    assert {write for write in told.rig.writes() if "status" not in write} == set()
    assert told.rig.client.list(ALERTMANAGER_CONFIG, told.rig.namespace) == routes
    ready = told.condition("shop", "Ready")
    assert (ready["status"], ready["lastTransitionTime"]) == ("True", since)


def comes_and_goes(told: Told, back: Callable[[], object]) -> None:
    """RoutesLoaded is Unknown with words, and True again once Alertmanager is back."""
    wait_for(
        lambda: told.condition("shop", "RoutesLoaded")["reason"] == "AlertmanagerUnreachable",
        what="the status says that Alertmanager is away",
    )
    said = told.condition("shop", "RoutesLoaded")
    assert said["status"] == "Unknown"
    assert told.asked.url.removeprefix("http://") in said["message"]
    assert told.condition("shop", "Ready")["status"] == "True"
    told.rig.await_idle()
    assert told.rig.writes() == ["patch alertpolicies/status/shop"]
    back()
    wait_for(lambda: told.condition("shop", "RoutesLoaded")["status"] == "True", what="it is back")


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_an_alertmanager_that_cannot_answer_changes_no_route_and_not_ready(loaded: Told, fault: Fault):
    with untouched(loaded):
        broken = loaded.asked.inject(fault, when=lambda _: True, times=None)
        comes_and_goes(loaded, broken.cancel)


def test_a_stopped_alertmanager_changes_no_route_and_not_ready(loaded: Told):
    with untouched(loaded):
        loaded.alertmanager.kill()
        comes_and_goes(loaded, loaded.alertmanager.start)


def test_a_policy_changed_while_the_api_server_is_away_is_carried_out_once_it_is_back(loaded: Told):
    rig = loaded.rig
    with supervised(rig.operator) as ends:
        away = rig.proxy.inject(Answer(503), when=lambda _: True, times=None)
        wait_for(lambda: ends, what="the leader ends, because it cannot renew its lease")
        rig.client.apply(a_policy(rig, "shop", grouping={"wait": "9s"}))
        away.cancel()
        wait_for(
            lambda: (
                rig.client.get(ALERTMANAGER_CONFIG, "alertpolicy-shop", rig.namespace)["spec"]["route"][
                    "groupWait"
                ]
                == "9s"
            ),
            what="the routes are written",
        )
        rig.await_idle()
        assert set(rig.writes()) == {
            "apply alertmanagerconfigs/alertpolicy-shop",
            "patch alertpolicies/status/shop",
        }
        assert rig.writes().count("apply alertmanagerconfigs/alertpolicy-shop") == 1


def test_an_slo_of_two_policies_goes_to_the_other_once_the_first_is_deleted(loaded: Told):
    rig = loaded.rig
    rig.client.delete(ALERT_POLICY, "shop", rig.namespace)
    loaded.put(a_policy(rig, "other", priority=7))
    slo = an_slo(rig.namespace, "a")
    slo["metadata"]["labels"] = {"team": "shop"}
    rig.client.apply(slo)
    wait_for(
        lambda: rig.slo("a").get("status", {}).get("alertPolicy") == f"{rig.namespace}/other",
        what="a is other's",
    )
    status = loaded.put(a_policy(rig, "shop"))["status"]
    assert status["overlapping"] == [{"slo": "a", "policy": "other"}]
    rig.client.delete(ALERT_POLICY, "other", rig.namespace)
    wait_for(lambda: rig.slo("a")["status"].get("alertPolicy") == f"{rig.namespace}/shop", what="a is shop's")
    labels = [
        rule["labels"]["alert_policy"]
        for group in rig.rule("slo-a")["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert set(labels) == {f"{rig.namespace}/shop"}
    rig.client.delete(SLO, "a", rig.namespace)
