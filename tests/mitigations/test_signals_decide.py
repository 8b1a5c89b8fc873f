"""Triggers, verifications, pause and outages of Prometheus, from a real Prometheus to a changed ConfigMap.

Unknown is tried at each step: it begins nothing, verifies nothing and takes nothing back.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer
from tests.bed.kubeclient import Manifest
from tests.bed.prometheus import Prometheus
from tests.bed.proxy import FaultProxy
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.mitigations.scene import CONFIG_MAPS, QUICK, Aid

from fireline.api.labels import RUN_NOW
from fireline.api.resources import CONFIG_MAP, JOB

pytestmark = pytest.mark.bed

_numbers = itertools.count(1)


class World:
    """An operator that reaches Prometheus through a proxy, and alerts that fire when they are told to."""

    def __init__(self, aid: Aid, prometheus: Prometheus, proxy: FaultProxy) -> None:
        self.aid = aid
        self.prometheus = prometheus
        self.proxy = proxy
        self._firing: dict[str, bool] = {}

    def mitigate(self, **spec: Any) -> str:
        """A ConfigMap whose mode is fast, and an automatic Mitigation with a silent alert; their name."""
        name = f"story-{next(_numbers)}"
        self.aid.config_map(name, mode="fast")
        self.fire(name, firing=False)
        revert = {"healthyFor": "1s", "ttl": "1h"}
        self.aid.apply(
            name,
            mode="Auto",
            trigger={"alert": {"name": _alert(name)}, "forTicks": 2},
            target={"apiVersion": "v1", "kind": "ConfigMap", "name": name},
            **({"revert": revert} | spec),
        )
        wait_for(lambda: self.aid.status(name).get("signal") == "False", what="the trigger is false")
        return name

    def fire(self, name: str, *, firing: bool = True) -> None:
        """Let the alert of one of them fire, or be silent, and the others be as they are."""
        self._firing[name] = firing
        rules = [
            {"alert": _alert(one), "expr": f"vector(1) > {0 if fires else 1}"}
            for one, fires in self._firing.items()
        ]
        group = {"name": "stories", "interval": "1s", "rules": rules}
        (self.prometheus.rules / "stories.yaml").write_text(yaml.safe_dump({"groups": [group]}))
        self.prometheus.reload()

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Nobody can ask Prometheus."""
        broken = self.proxy.inject(Answer(503), when=lambda _: True, times=None)
        try:
            yield
        finally:
            broken.cancel()

    def await_reverted(self, name: str) -> None:
        """Wait until it was taken back; with its trigger false it may already be ready for the next time."""
        wait_for(lambda: self.aid.status(name).get("result") == "Reverted", what=f"{name} was taken back")
        assert self.aid.data(name) == {"mode": "fast"}

    def await_signal(self, name: str, state: str) -> None:
        """Wait until the status says so."""
        wait_for(lambda: self.aid.status(name).get("signal") == state, what=f"the trigger is {state}")


def _alert(name: str) -> str:
    return "Story_" + name.replace("-", "_")


@pytest.fixture(scope="module")
def world(cluster: Cluster, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One operator for all stories of this file."""
    directory = tmp_path_factory.mktemp("signals-decide")
    with contextlib.ExitStack() as stack:
        prometheus = stack.enter_context(_prometheus(tools, directory))
        proxy = stack.enter_context(FaultProxy(prometheus.url))
        settings = {
            "mitigations": QUICK,
            "checks": {"image": "registry.example/fireline:1"},
            "sources": {"default": {"urls": [proxy.url], "timeout_seconds": 2}},
        }
        rig = stack.enter_context(contextlib.closing(Rig(cluster, directory, toy=False, settings=settings)))
        rig.operator.start()
        rig.await_idle()
        aid = Aid(rig)
        aid.may(CONFIG_MAPS)
        yield World(aid, prometheus, proxy)


def _prometheus(tools: Tools, directory: Path) -> Prometheus:
    return Prometheus(tools, directory / "prometheus", scrape_interval="1s", evaluation_interval="1s")


def test_an_alert_begins_it_and_its_end_takes_it_back(world: World) -> None:
    name = world.mitigate()
    world.fire(name)
    active = world.aid.phase(name, "Active", "Verifying")
    assert world.aid.data(name) == {"mode": "safe"}
    (alert,) = world.prometheus.alerts(alertname=_alert(name))
    assert active["episode"]["since"] == alert["activeAt"][:19] + "Z"
    world.fire(name, firing=False)
    world.await_reverted(name)


def test_while_nobody_can_ask_prometheus_nothing_begins(world: World) -> None:
    name = world.mitigate()
    with world.outage():
        world.await_signal(name, "Unknown")
        world.fire(name)
        wait_for(lambda: world.prometheus.alerts(alertname=_alert(name)), what="the alert fires")
        message = world.aid.status(name)["message"]
        assert "503" in message
        assert world.aid.data(name) == {"mode": "fast"}
    world.aid.phase(name, "Active", "Verifying")
    assert world.aid.data(name) == {"mode": "safe"}


def test_while_nobody_can_ask_prometheus_nothing_is_taken_back_not_even_at_the_end_of_its_time(
    world: World,
) -> None:
    name = world.mitigate(revert={"healthyFor": "1s", "ttl": "4s", "maxHold": "1h"})
    world.fire(name)
    world.aid.phase(name, "Active", "Verifying")
    with world.outage():
        world.await_signal(name, "Unknown")
        world.fire(name, firing=False)
        wait_for(lambda: world.aid.status(name).get("heldSince"), what="its time is over and it is held")
        assert world.aid.data(name) == {"mode": "safe"}
    world.await_reverted(name)


def test_while_the_cluster_is_paused_nothing_begins_and_what_is_active_is_still_taken_back(
    world: World,
) -> None:
    earlier, later = world.mitigate(), world.mitigate()
    world.fire(earlier)
    world.aid.phase(earlier, "Active", "Verifying")
    world.aid.config_map("fireline-pause", reason="game day")
    try:
        world.fire(later)
        wait_for(
            lambda: world.aid.status(later).get("reason") == "Paused",
            what="it waits for the end of the pause",
        )
        assert "game day" in world.aid.status(later)["message"]
        world.fire(earlier, firing=False)
        world.await_reverted(earlier)
        assert world.aid.data(later) == {"mode": "fast"}
    finally:
        world.aid.client.delete(CONFIG_MAP, "fireline-pause", world.aid.namespace)
    world.aid.phase(later, "Active", "Verifying")


def test_a_query_verifies_it_and_an_answer_that_is_missing_does_not(world: World) -> None:
    name = world.mitigate(verify={"query": "sum(nothing_yet) > bool 0", "within": "3s"})
    world.fire(name)
    world.aid.phase(name, "Verifying")
    unknown = world.aid.phase(name, "Active")
    assert unknown["needsHuman"]["reason"] == "VerificationUnknown"
    assert world.aid.data(name) == {"mode": "safe"}, "not knowing is no reason to take it back"
    good = world.mitigate(verify={"query": 'sum(up{job="prometheus"}) > bool 0', "within": "1m"})
    world.fire(good)
    assert world.aid.phase(good, "Active")["verifiedAt"]
    bad = world.mitigate(verify={"query": 'sum(up{job="prometheus"}) > bool 9', "within": "3s"})
    world.fire(bad)
    ended = world.aid.phase(bad, "Ended", "Reverted")
    assert world.aid.data(bad) == {"mode": "fast"}
    assert ended["needsHuman"]["reason"] == "VerificationFailed"


def test_the_check_that_verifies_it_is_run_once_for_it(world: World) -> None:
    world.aid.client.apply(
        {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "SyntheticCheck",
            "metadata": {"name": "flow", "namespace": world.aid.namespace},
            "spec": {
                "schedule": {"every": "1h"},
                "steps": [{"name": "home", "http": {"url": "https://shop.example/health"}}],
            },
        }
    )
    name = world.mitigate(verify={"check": "flow", "within": "5m"})
    world.fire(name)
    status = world.aid.phase(name, "Verifying")
    wanted = f"mitigation-{status['intent']['id']}-0"

    def jobs() -> list[Manifest]:
        found = world.aid.client.list(JOB, world.aid.namespace)
        return [one for one in found if one["metadata"]["annotations"].get(RUN_NOW) == wanted]

    assert len(wait_for(jobs, what="the check is run")) == 1
    assert world.aid.status(name)["phase"] == "Verifying", "a run that is not over tells nothing"
