"""Which alerts of each policy fire, and how the policy watch tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from tests.unit.alerting.policies import compiled

from fireline.api.metrics import Sample
from fireline.api.plan import Key
from fireline.errors import MetricsError
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.firing import firing
from fireline.refresh.policies import PolicyWatch
from fireline.refresh.routes import RoutesWatch
from fireline.refresh.testing import AlertTests

CHECKOUT = Key("AlertPolicy", "shop", "checkout")


class Prometheus(InMemorySource):
    """Alerts fire as a test says: pairs of policy and name."""

    def __init__(self, *alerts: tuple[str, str]) -> None:
        self.alerts = list(alerts)
        self.refused: asyncio.Queue[None] = asyncio.Queue()
        super().__init__(lambda *_: [_sample(*one) for one in self.alerts])

    async def healthy(self) -> None:
        """Tells of every question it refuses."""
        if self.down is not None:
            self.refused.put_nowait(None)
        await super().healthy()


def _sample(policy: str, name: str) -> Sample:
    return Sample({"alert_policy": policy, "alertname": name}, 1.0, 0.0)


class NoQuality:
    """Nobody measures quality here."""

    def of(self, policy: str) -> None:
        """Nothing."""


def test_alerts_are_told_apart_by_policy():
    prometheus = Prometheus(("shop/checkout", "Down"), ("shop/checkout", "Slow"), ("infra/edge", "Down"))

    found = asyncio.run(firing(prometheus))

    assert found == {"shop/checkout": {"Down", "Slow"}, "infra/edge": {"Down"}}


def test_tests_and_heartbeats_are_left_out_by_the_question():
    prometheus = Prometheus()
    asyncio.run(firing(prometheus))
    (query,) = prometheus.asked
    assert 'alertname!~"AlertPolicyHeartbeat|AlertPolicyTest"' in query


def test_a_prometheus_that_is_down_is_an_error():
    prometheus = Prometheus()
    prometheus.down = "connection refused"
    with pytest.raises(MetricsError, match="connection refused"):
        asyncio.run(firing(prometheus))


def test_a_policy_is_told_when_its_alerts_begin_and_end_and_an_outage_is_neither():
    prometheus = Prometheus(("shop/checkout", "Down"))
    policy = compiled()

    async def told() -> list[frozenset[str] | None]:
        news: asyncio.Queue[Key] = asyncio.Queue()

        def enqueue(keys: Iterable[Key]) -> None:
            for key in keys:
                news.put_nowait(key)

        async def get(*_: str) -> dict[str, object]:
            return {"data": {"oncall": "aHR0cHM6Ly9ob29r"}}

        watch = PolicyWatch(
            sources={"default": prometheus},
            tests=AlertTests({}, {}, enqueue=enqueue),
            quality=NoQuality(),
            get=get,
            enqueue=enqueue,
            every=0.001,
            secrets_every=300.0,
        )
        watch.routes = RoutesWatch({}, policies=watch.routed, enqueue=enqueue, every=60)
        seen = [watch.observe(CHECKOUT, policy, ()).firing]
        running = asyncio.create_task(watch.run())

        async def next_time() -> None:
            assert await asyncio.wait_for(news.get(), 10) == CHECKOUT
            seen.append(watch.observe(CHECKOUT, policy, ()).firing)

        await next_time()
        prometheus.down = "away"
        for _ in range(3):
            await asyncio.wait_for(prometheus.refused.get(), 10)
        seen.append(watch.observe(CHECKOUT, policy, ()).firing)
        assert news.empty()
        prometheus.alerts, prometheus.down = [], None
        await next_time()
        running.cancel()
        return seen

    down = frozenset({"Down"})
    assert asyncio.run(told()) == [None, down, down, frozenset()]
