"""What every Alertmanager has loaded, and which policies are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from fireline.alertmanager.memory import InMemoryAlertmanager
from fireline.alertmanager.replica import Status
from fireline.api.plan import Key
from fireline.refresh.routes import Routed, RoutesWatch

CHECKOUT = Key("AlertPolicy", "shop", "checkout")
CART = Key("AlertPolicy", "shop", "cart")


def running(*receivers: str, version: str = "0.28.1") -> Status:
    names = ", ".join(f"{{name: {name}}}" for name in receivers)
    return Status(version, f"receivers: [{names}]")


class World:
    """Two policies at an Alertmanager of two replicas."""

    def __init__(self) -> None:
        self.replicas = [
            InMemoryAlertmanager(status=running("a", "b"), place=f"http://am-{index}") for index in range(2)
        ]
        self.told: list[Key] = []
        self.policies = [Routed(CHECKOUT, "main", frozenset({"a"})), Routed(CART, "main", frozenset({"b"}))]
        self.watch = RoutesWatch(
            {"main": self.replicas}, policies=lambda: self.policies, enqueue=self._tell, every=30
        )

    def refresh(self) -> list[Key]:
        """The keys that were told."""
        self.told.clear()
        asyncio.run(self.watch.refresh_once("main"))
        return list(self.told)

    def _tell(self, keys: Iterable[Key]) -> None:
        self.told.extend(keys)


def test_before_the_first_look_nothing_is_known_and_without_a_url_nothing_ever_is():
    world = World()
    assert world.watch.of("main").receivers is None
    assert world.watch.of("main").configured
    assert not world.watch.of("other").configured


def test_a_receiver_counts_when_every_replica_has_it_and_the_oldest_version_does():
    world = World()
    world.replicas[1].running = running("a", version="0.9.0")
    world.refresh()
    found = world.watch.of("main")
    assert (found.receivers, found.version, found.down) == (frozenset({"a"}), "0.9.0", None)


def test_only_policies_whose_receivers_come_or_go_are_told():
    world = World()
    assert world.refresh() == [CHECKOUT, CART]
    assert world.refresh() == []
    for replica in world.replicas:
        replica.running = running("a", "c")
    assert world.refresh() == [CART]
    for replica in world.replicas:
        replica.running = running("a", "c", version="0.30.0")
    assert world.refresh() == [CHECKOUT, CART]


def test_one_failure_is_no_outage_and_two_are():
    world = World()
    world.refresh()
    for replica in world.replicas:
        replica.down = "connection refused"
    assert world.refresh() == []
    assert world.watch.of("main").receivers == {"a", "b"}
    assert world.refresh() == [CHECKOUT, CART]
    down = world.watch.of("main")
    assert down.down == "http://am-0: connection refused; http://am-1: connection refused"
    assert down.receivers is None
    assert down.version == "0.28.1", "what an escalation promises does not change with an outage"
    assert world.watch.health() == {"alertmanager/main": {"state": "down", "message": down.down}}


def test_words_that_change_during_an_outage_are_no_news():
    world = World()
    for replica in world.replicas:
        replica.down = "connection refused"
    world.refresh()
    world.refresh()
    world.replicas[0].down = "no route"
    assert world.refresh() == []


def test_it_recovers_at_once():
    world = World()
    for replica in world.replicas:
        replica.down = "connection refused"
    world.refresh()
    world.refresh()
    world.replicas[0].down = None
    assert world.refresh() == [CHECKOUT, CART]
    assert world.watch.of("main").receivers == {"a", "b"}
    assert world.watch.health() == {"alertmanager/main": {"state": "up"}}


def test_a_configuration_that_cannot_be_read_is_an_outage_of_that_replica():
    world = World()
    for replica in world.replicas:
        replica.running = Status("0.28.1", "receivers: {")
    world.refresh()
    world.refresh()
    down = world.watch.of("main").down or ""
    assert "a configuration we cannot read" in down
    assert all(f"{replica.place}: " in down for replica in world.replicas)


def test_someone_in_a_hurry_need_not_wait_for_the_next_round():
    """A policy that was just applied is looked at within seconds, however rarely the others are."""

    async def story() -> float:
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        class Replica(InMemoryAlertmanager):
            async def status(self):
                asked.set()
                return await super().status()

        watch = RoutesWatch(
            {"default": [Replica()]}, policies=lambda: (), enqueue=lambda _: None, every=3600.0
        )
        running = asyncio.create_task(watch.run())
        await asked.wait()
        asked.clear()
        began = loop.time()
        watch.hurry()
        async with asyncio.timeout(60):
            await asked.wait()
        running.cancel()
        return loop.time() - began

    assert asyncio.run(story()) < 3600


def test_what_was_shown_between_two_looks_is_what_counts():
    """A policy gets another receiver, its status says that it is missing, and then Alertmanager has it."""
    world = World()
    for replica in world.replicas:
        replica.running = running("a", "b")
    world.refresh()
    renamed = Routed(CHECKOUT, "main", frozenset({"c"}))
    world.policies[0] = renamed
    shown = world.watch.observe(renamed)
    assert shown.receivers == {"a", "b"}
    for replica in world.replicas:
        replica.running = running("b", "c")
    assert world.refresh() == [CHECKOUT]
