"""The loop that keeps alert quality fresh: what it asks, what it keeps, whom it tells."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from tests.builders import an_objective

from fireline.api.alert_policy import AlertPolicy
from fireline.api.belonging import Owner
from fireline.api.metrics import Sample
from fireline.api.plan import Key
from fireline.errors import MetricsError, MetricsTooHeavy
from fireline.prometheus.memory import InMemorySource
from fireline.refresh.quality import Member, QualityRefresher

DAY = 86_400
NOW = 20_000 * DAY
POLICY = AlertPolicy.of(
    {
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "selector": {},
            "severities": [{"name": "sev0", "page": True, "receivers": ["chat"]}],
            "receivers": [{"name": "chat", "slack": {"apiURLSecret": {"name": "slack", "key": "url"}}}],
        },
    }
)
MEMBER = Member(POLICY, (an_objective(policy=Owner("shop", "checkout")),))
ALERT = {
    "alert_policy": "shop/checkout",
    "namespace": "shop",
    "alertname": "SLOErrorBudgetBurnPage",
    "slo": "checkout",
    "slo_tier": "PageFast",
    "sev": "sev0",
    "severity": "critical",
}


class Ranges(InMemorySource):
    """Answers range queries by what began in them, and remembers the stretches they were about."""

    def __init__(self, began: list[int]) -> None:
        super().__init__(self.vector)
        self.began = began
        self.stretches: list[tuple[str, int, int]] = []

    @staticmethod
    def vector(query: str, _: object) -> list[Sample]:
        slo = {"namespace": "shop", "slo": "checkout"}
        if query.startswith("count(ALERTS{"):
            return [Sample({}, 1.0, 0)]
        return [Sample(slo, 1.0, 0)] if query.startswith("count_over_time(max by (namespace, slo)") else []

    async def range(self, query, *, start, end, step) -> list[Sample]:
        await self.healthy()
        first, last = int(start.timestamp()), int(end.timestamp())
        assert step.total_seconds() in {60, 300}
        self.stretches.append((query, first, last))
        if (
            not query.startswith("max by")
            or "unless" not in query
            or " offset 60s" in query.split("unless")[0]
        ):
            return []
        return [Sample(ALERT, 1.0, at) for at in self.began if first <= at <= last]


def a_refresher(source: InMemorySource, clock: list[float], told: list[Key], members=(MEMBER,)):
    return QualityRefresher(
        {"default": source}, members=lambda: members, enqueue=told.extend, clock=lambda: clock[0]
    )


def test_a_policy_is_told_of_when_its_figures_change_and_at_most_daily_otherwise():
    told: list[Key] = []
    clock, source = [float(NOW)], Ranges([])
    own = a_refresher(source, clock, told)
    asyncio.run(own.refresh_once("default"))
    assert told == [Key("AlertPolicy", "shop", "checkout")]
    assert own.of("shop/checkout")["pages"] == 0
    clock[0] += 900
    asyncio.run(own.refresh_once("default"))
    assert len(told) == 1
    source.began.append(NOW + 1200)
    clock[0] += 900
    asyncio.run(own.refresh_once("default"))
    assert len(told) == 2
    assert own.of("shop/checkout")["pages"] == 1
    clock[0] += DAY - 1800
    asyncio.run(own.refresh_once("default"))
    assert len(told) == 3


def test_only_what_is_new_is_asked_for_and_everything_again_after_a_day():
    clock, source = [float(NOW)], Ranges([])
    own = a_refresher(source, clock, [])
    asyncio.run(own.refresh_once("default"))
    assert min(start for _, start, _ in source.stretches) == NOW - 14 * DAY
    source.stretches.clear()
    clock[0] += 900
    asyncio.run(own.refresh_once("default"))
    assert {(start, end) for _, start, end in source.stretches} == {(NOW + 60, NOW + 900)}
    source.stretches.clear()
    clock[0] += DAY
    asyncio.run(own.refresh_once("default"))
    assert min(start for _, start, _ in source.stretches) == NOW + 900 + DAY - 14 * DAY


def test_a_source_that_is_down_changes_nothing_and_nothing_is_lost_by_it():
    clock, source = [float(NOW)], Ranges([NOW + 300])
    own = a_refresher(source, clock, [])
    asyncio.run(own.refresh_once("default"))
    before = own.of("shop/checkout")
    source.down = "connection refused"
    clock[0] += 900
    with pytest.raises(MetricsError):
        asyncio.run(own.refresh_once("default"))
    assert own.of("shop/checkout") == before
    source.down = None
    clock[0] += 900
    asyncio.run(own.refresh_once("default"))
    assert own.of("shop/checkout")["pages"] == 1


def test_the_loop_goes_on_when_a_source_is_down():
    async def until_told() -> None:
        told = asyncio.Event()
        source = Ranges([])
        source.down = "connection refused"
        own = QualityRefresher(
            {"default": source},
            members=lambda: [MEMBER],
            enqueue=lambda _: told.set(),
            every=0.01,
            clock=lambda: NOW,
        )
        running = asyncio.create_task(own.run())
        await asyncio.sleep(0)
        source.down = None
        async with asyncio.timeout(30):
            await told.wait()
        running.cancel()

    asyncio.run(until_told())


def test_a_policy_that_is_gone_is_forgotten_and_one_without_a_source_is_unknown():
    members = [MEMBER]
    own = a_refresher(Ranges([]), [float(NOW)], [], members)
    assert own.of("shop/checkout") is None
    asyncio.run(own.refresh_once("default"))
    assert own.of("shop/checkout") is not None
    members.clear()
    asyncio.run(own.refresh_once("default"))
    assert own.of("shop/checkout") is None


def test_a_question_that_is_too_heavy_is_asked_in_parts():
    class Small(Ranges):
        """Answers nothing about more than three days."""

        def vector(self, query: str, at: object) -> list[Sample]:
            found = re.match(r".*consumed:ratio\[(\d+)s", query)
            if found and int(found[1]) > 3 * DAY:
                raise MetricsTooHeavy("query processing would load too many samples into memory")
            return super().vector(query, at)

        async def range(self, query, *, start, end, step) -> list[Sample]:
            if end - start > timedelta(days=3):
                raise MetricsTooHeavy("query processing would load too many samples into memory")
            return await super().range(query, start=start, end=end, step=step)

    began = [NOW - 6 * DAY, NOW - 3 * DAY, NOW - 600]
    shown = {}
    for kind in (Ranges, Small):
        own = a_refresher(kind(began), [float(NOW)], [])
        asyncio.run(own.refresh_once("default"))
        shown[kind] = own.of("shop/checkout")
    assert shown[Small] == shown[Ranges]
    assert shown[Small]["episodes"] == 1  # none of them ended
