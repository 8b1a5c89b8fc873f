"""Mitigations, a Prometheus held in memory and the loop over them, with a clock that is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.seen import World as Seen

from fireline.api.metrics import Sample
from fireline.api.plan import Answer, Call, Key, Manifest
from fireline.api.resources import MITIGATION
from fireline.errors import NotFound
from fireline.mitigation.model import Signal
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.mitigation_rollouts import Rollouts
from fireline.refresh.mitigations import MitigationWatch
from fireline.refresh.pause import Pause
from fireline.settings import MitigationSettings

NAME = "less-captcha"
KEY = Key("Mitigation", "shop", NAME)
NOW = 1_700_000_000.0
SLO = {"namespace": "shop", "slo": "checkout"}
PAGE = {"alertname": "SLOErrorBudgetBurnPage", **SLO, "slo_tier": "PageFast"}


def a_mitigation(name: str = NAME, *, status: dict[str, Any] | None = None, **spec: Any) -> Manifest:
    """As the API server hands it out; its trigger is the fast page of the checkout."""
    given = {
        "trigger": {"slo": "checkout", "forTicks": 2},
        "target": {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "name": "shop"},
        "action": {"featureFlag": {"name": "captcha", "set": "Disabled"}},
        "revert": {"healthyFor": "20s"},
        "serviceAccountName": "mitigator",
    }
    return {
        "apiVersion": MITIGATION.api_version,
        "kind": MITIGATION.kind,
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "generation": 1},
        "spec": {name: value for name, value in (given | spec).items() if value is not None},
        "status": status or {},
    }


class World:
    """``page``: whether the checkout pages; ``total``: its requests per second; ``queries``: what users'
    queries yield, by text. ``pause``: the ConfigMap, or the error of reading it.
    """

    def __init__(self, *mitigations: Manifest, sources: tuple[str, ...] = ("default",)) -> None:
        self.page = False
        self.total: float | None = 20.0
        self.known, self.paging = 10.0, 0.0
        self.queries: dict[str, float] = {}
        self.deployments: dict[str, Answer] = {}
        self.asked: list[Call] = []
        self.pause: Manifest | Exception = NotFound("no such ConfigMap", status=404)
        self.seen = Seen()
        for one in mitigations or (a_mitigation(),):
            self.put(one)
        self.seconds = 1000.0
        self.jump = 0.0
        self.enqueued: list[Key] = []
        self.objectives: list[Any] = []
        self.source = InMemorySource(self.answer, documents={"rules": {"groups": []}})
        self.watch = MitigationWatch(
            lambda: self.seen,
            sources=dict.fromkeys(sources, self.source),
            objectives=lambda: self.objectives,
            pause=Pause(self.config_map, place="fireline", name="fireline-pause", steady=self.steady),
            rollouts=Rollouts(self.rollout, clock=lambda: datetime.fromtimestamp(self.now, UTC)),
            enqueue=self.enqueued.extend,
            settings=MitigationSettings(),
            clock=lambda: datetime.fromtimestamp(self.now + self.jump, UTC),
            steady=self.steady,
        )

    @property
    def now(self) -> float:
        """Unix time of Prometheus."""
        return NOW + self.seconds

    def steady(self) -> float:
        return self.seconds

    def put(self, manifest: Manifest) -> None:
        """Create or replace a Mitigation."""
        name = manifest["metadata"]["name"]
        kept = [one for one in self.seen.objects if one[1]["metadata"]["name"] != name]
        self.seen.objects[:] = [*kept, (MITIGATION, manifest)]

    async def rollout(self, call: Call) -> Answer:
        """What the API server says of a Deployment and its ReplicaSets."""
        self.asked.append(call)
        return self.deployments.get(call.kind, Answer(404, message="there is no such thing"))

    async def config_map(self, namespace: str, name: str) -> Manifest:
        assert (namespace, name) == ("fireline", "fireline-pause")
        if isinstance(self.pause, Exception):
            raise self.pause
        return self.pause

    def answer(self, query: str, at: datetime | None) -> list[Sample]:
        """What Prometheus says, by the beginning of the question."""
        now = at.timestamp() if at else self.now
        if query.startswith("count(count by (namespace, slo) (timestamp(ALERTS"):
            return [Sample({}, self.paging, now)]
        if query.startswith("count(count by (namespace, slo) (timestamp(slo:total"):
            return [Sample({}, self.known, now)]
        if query.startswith("timestamp(ALERTS"):
            return [Sample(PAGE, now - 3, now)] if self.page else []
        if query.startswith("ALERTS_FOR_STATE"):
            return [Sample(PAGE, NOW, now)] if self.page else []
        if "slo:total:rate5m" in query:
            value = now - 3 if "timestamp" in query else self.total
            return [Sample(SLO, value, now)] if self.total is not None and value is not None else []
        if query.startswith("label_replace"):
            return [Sample({"read": "0"}, 10.0, now)]
        value = self.queries.get(query.strip("()"))
        return [] if value is None else [Sample({}, value, now)]

    def tick(self, times: int = 1, *, seconds: float = 5.0, source: str = "default") -> list[Key]:
        """Some rounds, ``seconds`` apart; returns the keys that were enqueued."""
        self.enqueued.clear()
        for _ in range(times):
            asyncio.run(self._once(source))
            self.seconds += seconds
        return list(self.enqueued)

    async def _once(self, source: str) -> None:
        await asyncio.gather(*await self.watch.look(source))
        await self.watch.look_here()

    def signal(self) -> Signal:
        found = self.watch.signal(KEY)
        assert found is not None
        return found

    def until(self, reached: Callable[[], bool]) -> None:
        """Runs the loops themselves until ``reached()``."""

        async def both() -> None:
            running = asyncio.create_task(self.watch.run())
            async with asyncio.timeout(20):
                while not reached():
                    assert not running.done(), running
                    await asyncio.sleep(0.001)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(both())
