"""What a real Prometheus says of triggers: firing, silent, stale, broken, stopped. Unknown is Unknown."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from fireline.api import plan
from fireline.api.plan import Key, Manifest
from fireline.api.resources import MITIGATION
from fireline.errors import NotFound
from fireline.mitigation.model import Signal
from fireline.refresh.mitigation_rollouts import Rollouts
from fireline.refresh.mitigation_source import quick_sources
from fireline.refresh.mitigations import MitigationWatch
from fireline.refresh.pause import Pause
from fireline.settings import MitigationSettings, Settings, Source
from fireline.slo import names
from tests.bed.calls import matching
from tests.bed.faults import Answer, Reset
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.proxy import FaultProxy
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.seen import World as Seen
from tests.unit.refresh.mitigation_world import a_mitigation

pytestmark = pytest.mark.bed

SLO = {"namespace": "shop", "slo": "checkout"}
TOTAL = names.rate(names.TOTAL, names.RAW_WINDOWS[0])
BROKEN = "prometheus_build_info * on () prometheus_http_requests_total"
"""Prometheus loads it and cannot evaluate it: many of the right side match."""
QUIET_SECONDS, SAMPLE_SECONDS = 60, 5
"""The backfilled series has had a sample every five seconds, and none for a minute."""


def recorded(expr: str) -> Manifest:
    """What an SLO's own rules record of its traffic."""
    return {"record": TOTAL, "expr": expr, "labels": {**SLO, "sli": "v1-0123456789"}}


def page(expr: str, tier: str = "PageFast") -> Manifest:
    """The alert of one tier of that SLO."""
    return {"alert": names.ALERT_PAGE, "expr": expr, "labels": {**SLO, "slo_tier": tier}}


def alert(name: str, expr: str, **labels: str) -> Manifest:
    """Somebody's alert."""
    return {"alert": name, "expr": expr, "labels": labels}


class World:
    """A Prometheus behind a proxy that breaks what it is told to, and the loop over Mitigations."""

    def __init__(self, prometheus: Prometheus, proxy: FaultProxy) -> None:
        self.prometheus = prometheus
        self.proxy = proxy
        self._uids = itertools.count(1)
        settings = Settings(sources={"default": Source(urls=(proxy.url,), timeout_seconds=2)})
        self.seen = Seen()
        self.watch = MitigationWatch(
            lambda: self.seen,
            sources=quick_sources(settings, lambda _: lambda *_: None),
            objectives=lambda: (),
            pause=Pause(_no_pause, place="fireline", name="fireline-pause"),
            rollouts=Rollouts(_no_deployment),
            enqueue=lambda _: None,
            settings=MitigationSettings(tick_seconds=0.2),
        )

    def load(self, *rules: Manifest) -> None:
        """These rules and no others, evaluated every second; returns when Prometheus has them."""
        group = {"name": names.rule_name("checkout"), "interval": "1s", "rules": list(rules)}
        text = yaml.safe_dump({"groups": [group]})
        (self.prometheus.rules / "rules.yaml").write_text(text)
        self.prometheus.reload()

    def mitigate(self, *triggers: dict[str, Any]) -> None:
        """One Mitigation for each trigger; none of those before is left."""
        made = [
            a_mitigation(f"m-{number}", trigger={"forTicks": 1, **trigger})
            for number, trigger in enumerate(triggers)
        ]
        for one in made:
            one["metadata"]["uid"] = f"uid-{next(self._uids)}"
        self.seen.objects[:] = [(MITIGATION, one) for one in made]

    def look(self) -> None:
        """One round."""

        async def once() -> None:
            await asyncio.gather(*await self.watch.look("default"))

        asyncio.run(once())

    def signal(self, number: int = 0) -> Signal:
        """What is known of a trigger."""
        found = self.watch.signal(Key(MITIGATION.kind, "shop", f"m-{number}"))
        assert found is not None
        return found

    def await_reason(self, reason: str, number: int = 0) -> Signal:
        """Look until the signal has this reason."""

        def told() -> Signal | None:
            self.look()
            found = self.signal(number)
            assert found.details["reason"] == reason, found
            return found

        return wait_for(told, what=f"the trigger says {reason}", every=0.2)


async def _no_pause(namespace: str, name: str) -> Manifest:
    raise NotFound(f"no {namespace}/{name}", status=404)


async def _no_deployment(_: plan.Call) -> plan.Answer:
    return plan.Answer(404)


@pytest.fixture(scope="module")
def prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """With a series that a dead exporter left behind: nothing says that it is stale."""
    directory = tmp_path_factory.mktemp("signals")
    data = directory / "data"
    _left_behind(tools, directory, data)
    with Prometheus(tools, directory, scrape_interval="1s", evaluation_interval="1s", data=data) as running:
        yield running


def _left_behind(tools: Tools, directory: Path, data: Path) -> None:
    end = int(time.time()) - QUIET_SECONDS
    lines = [f"abandoned 1 {at}\n" for at in range(end - 600, end, SAMPLE_SECONDS)]
    file = directory / "abandoned.om"
    file.write_text("# TYPE abandoned gauge\n" + "".join(lines) + "# EOF\n")
    backfill(tools, file, data)


@pytest.fixture
def world(prometheus: Prometheus) -> Iterator[World]:
    """An SLO with 20 requests per second that does not page, and one alert that does not fire."""
    with FaultProxy(prometheus.url) as proxy:
        found = World(prometheus, proxy)
        found.load(recorded("vector(20)"), page("vector(1) > 1"), alert("High", "vector(1) > 1", team="pay"))
        found.mitigate({"slo": "checkout"}, {"alert": {"name": "High", "labels": {"team": "pay"}}})
        found.await_reason("Silent", 0)
        found.await_reason("Silent", 1)
        yield found


def test_an_slo_and_an_alert_that_are_silent_are_false(world: World) -> None:
    assert [world.signal(number).state for number in (0, 1)] == ["False", "False"]
    assert world.signal(0).message.endswith("does not fire, at 20 requests per second")


def test_what_fires_is_true_with_the_time_it_began_and_its_value(world: World) -> None:
    world.load(
        recorded("vector(20)"), page("vector(21.5) > 1"), alert("High", "vector(7) > 1", team="pay", pod="a")
    )
    for number, labels in enumerate(({"slo": "checkout"}, {"team": "pay"})):
        told = world.await_reason("Firing", number)
        (seen,) = world.prometheus.alerts(**labels)
        began = datetime.fromisoformat(seen["activeAt"])
        assert abs((told.since - began).total_seconds()) < 1, (told, seen)
        assert told.state == "True"
    world.look()
    assert [world.signal(number).value for number in (0, 1)] == ["21.5", "7"]
    world.load(recorded("vector(20)"), page("vector(1) > 1"), alert("High", "vector(1) > 1", team="pay"))
    assert world.await_reason("Silent", 0).state == "False"
    assert world.await_reason("Silent", 1).state == "False"


def test_traffic_decides_whether_anybody_knows(world: World) -> None:
    world.mitigate({"slo": "checkout", "minTraffic": "30"})
    assert world.await_reason("TooLittleTraffic").state == "Unknown"
    world.load(recorded("vector(20)"), page("vector(1) > 0"))
    assert world.await_reason("TooLittleTraffic").state == "Unknown"
    world.load(recorded("vector(40)"), page("vector(1) > 0"))
    assert world.await_reason("Firing").state == "True"


@pytest.mark.parametrize(
    ("expr", "reason"),
    [("vector(0)", "NoTraffic"), ("vector(0) / vector(0)", "NotANumber"), ("vector(1) > 1", "NoData")],
)
def test_an_slo_without_figures_is_unknown(world: World, expr: str, reason: str) -> None:
    world.load(recorded(expr), page("vector(1) > 1"))
    assert world.await_reason(reason).state == "Unknown"


def test_series_of_rules_that_are_gone_are_no_figures_and_no_alerts(world: World) -> None:
    """They fired a moment ago, and for Prometheus' five minutes of grace nobody would notice."""
    world.load(recorded("vector(20)"), page("vector(1) > 0"), alert("High", "vector(1) > 0", team="pay"))
    world.await_reason("Firing", 0)
    world.await_reason("Firing", 1)
    world.load(recorded("vector(20)"))
    assert world.await_reason("Silent", 0).state == "False"
    assert world.await_reason("NoSuchRule", 1).state == "Unknown"
    world.load(alert("Other", "vector(1) > 1"))
    assert world.await_reason("NoData", 0).state == "Unknown"


def test_a_rule_that_cannot_be_evaluated_is_unknown_with_prometheus_own_words(world: World) -> None:
    world.load(recorded("vector(20)"), page(BROKEN), alert("High", BROKEN, team="pay"))
    for number in (0, 1):
        told = world.await_reason("RuleFails", number)
        assert told.state == "Unknown"
        assert "match" in told.message


def test_a_tier_that_is_not_there_is_not_just_silent(world: World) -> None:
    world.mitigate({"slo": "checkout", "tier": "PageFats"})
    told = world.await_reason("NoSuchTier")
    assert told.message == "there is no tier PageFats of SLO shop/checkout: its alerts have tiers PageFast"


@pytest.mark.parametrize(
    ("query", "state", "reason"),
    [
        ("vector(1)", "True", "NotZero"),
        ("vector(0)", "False", "Zero"),
        ('sum(up{job="prometheus"}) > bool 0', "True", "NotZero"),
        ("sum(rate(prometheus_http_requests_total[1m])) > bool 1e9 # never", "False", "Zero"),
        ('sum(up{job="prometheus"}) > 5', "Unknown", "NoSample"),
        ("prometheus_http_requests_total", "Unknown", "ManySamples"),
        ("vector(0) / vector(0)", "Unknown", "NotANumber"),
        ("sum(nothing) or vector(0)", "Unknown", "NoData"),
        ("sum(nothing) > bool 5", "Unknown", "NoData"),
        ("abandoned > bool 0", "Unknown", "Stale"),
        ("sum(rate(abandoned[5m])) >= bool 0", "Unknown", "Stale"),
        ("1 + 1", "Unknown", "QueryFailed"),
        ("up[5m]", "Unknown", "QueryFailed"),
        (BROKEN, "Unknown", "QueryFailed"),
    ],
)
def test_queries_of_users(world: World, query: str, state: str, reason: str) -> None:
    world.mitigate({"query": query})
    assert world.await_reason(reason).state == state


@pytest.mark.parametrize(
    "fault",
    [Answer(503), Answer(200, message="not Prometheus at all"), Reset()],
    ids=["503", "other", "reset"],
)
def test_a_prometheus_that_does_not_answer_freezes_what_was_counted(
    world: World, fault: Answer | Reset
) -> None:
    world.look()
    world.look()
    before = world.signal()
    broken = world.proxy.inject(fault, when=lambda _: True, times=None)
    world.look()
    told = world.signal()
    assert (told.state, told.details["reason"]) == ("Unknown", "PrometheusUnreachable")
    assert broken.hits
    assert "mitigations/default" in world.watch.health()
    broken.cancel()
    world.look()
    after = world.signal()
    assert after.state == "False"
    assert (after.at - after.false_since) - (before.at - before.false_since) < after.at - before.at
    assert world.watch.health() == {}


def test_without_the_rules_api_an_alert_is_unknown_and_an_slo_is_not(world: World) -> None:
    world.mitigate({"slo": "checkout"}, {"alert": {"name": "High"}})
    world.proxy.inject(Answer(404), when=matching(path="/api/v1/rules"), times=None)
    assert world.await_reason("RulesUnknown", 1).state == "Unknown"
    assert world.signal(0).state == "False"


def test_a_prometheus_that_is_paused_is_unknown_and_comes_back(world: World) -> None:
    """Connections stay open, nothing answers: each look ends by itself."""
    world.prometheus.pause()
    try:
        told = world.await_reason("PrometheusUnreachable")
        assert told.state == "Unknown"
    finally:
        world.prometheus.resume()
    assert world.await_reason("Silent").state == "False"


def test_forty_triggers_are_a_handful_of_requests(world: World) -> None:
    slos = ({"slo": f"slo-{number}"} for number in range(20))
    world.mitigate(*slos, *({"alert": {"name": f"Alert{number}"}} for number in range(20)))
    world.look()
    world.proxy.log.clear()
    world.look()
    assert 1 < len(world.proxy.log) <= 9, str(world.proxy.log)
