"""The Prometheus client on a real Prometheus, and 20 new SLOs at once over 30 days of history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fireline.errors import MetricsError, MetricsTooHeavy
from fireline.prometheus.replicas import Replicas
from fireline.refresh import Refresher
from fireline.refresh.asking import ask
from fireline.settings import Settings, Source
from fireline.slo.ledger import Ledger
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.builders import an_objective
from tests.truth import indicators
from tests.truth.scenarios import quiet_nights
from tests.truth.store import write_blocks

pytestmark = pytest.mark.bed

DAY = 86_400
RULE = """
groups:
- name: slo-broken
  rules:
  - record: broken
    expr: up * on (job) group_right () {__name__=~"up|scrape_.*"}
"""


def source_of(prometheus: Prometheus, **settings: object) -> Replicas:
    return Replicas.of(Source(urls=(prometheus.url,), **settings))


@pytest.fixture(scope="module")
def small(tools: Tools, bed_directory: Path) -> Iterator[Prometheus]:
    """A Prometheus with a month up to now of one service, that may load 1,500 samples per query."""
    end = int(time.time()) // 60 * 60
    service = quiet_nights(end - 31 * DAY, 60, 31 * DAY // 60)
    directory = bed_directory / "small"
    data = write_blocks(tools, [service], directory)
    (directory / "rules").mkdir(exist_ok=True)
    (directory / "rules" / "broken.yaml").write_text(RULE)
    running = Prometheus(
        tools,
        directory,
        data=data,
        scrape_interval="1s",
        evaluation_interval="1s",
        flags=["--query.max-samples=1500"],
    )
    with running:
        running.service = service
        yield running


def test_an_instant_query_is_answered_at_the_time_asked(small):
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    (sample,) = asyncio.run(source_of(small).instant("vector(time())", at=at))
    assert sample.value == sample.at == pytest.approx(at.timestamp())


def test_a_range_query_answers_every_step_with_both_ends(small):
    start = datetime(2026, 1, 2, tzinfo=UTC)
    found = asyncio.run(
        source_of(small).range(
            "vector(time())", start=start, end=start + timedelta(days=2), step=timedelta(days=1)
        )
    )
    assert [sample.at - start.timestamp() for sample in found] == [0, DAY, 2 * DAY]


def test_a_query_over_the_sample_limit_is_too_heavy(small):
    with pytest.raises(MetricsTooHeavy, match="too many samples"):
        asyncio.run(source_of(small).instant("sum(rate(http_requests_total[30d]))"))


def test_a_query_that_is_wrong_is_an_error_with_prometheus_own_words(small):
    with pytest.raises(MetricsError, match="parse error") as caught:
        asyncio.run(source_of(small).instant("sum("))
    assert not isinstance(caught.value, MetricsTooHeavy)


def test_a_rule_that_fails_is_told_with_its_error(small):
    async def until_evaluated() -> str:
        # Seconds on a computer that does nothing else; the deadline is for one that does.
        async with asyncio.timeout(300):
            while True:
                rules = await source_of(small).rules(["slo-broken", "no-such-group"])
                if rules and rules[0].error:
                    assert {rule.group for rule in rules} == {"slo-broken"}
                    return rules[0].error
                await asyncio.sleep(0.1)

    assert "match" in asyncio.run(until_evaluated())


def test_days_too_heavy_for_the_server_are_counted_in_parts(small):
    service = small.service
    end = service.start + 31 * DAY
    objective = an_objective(window="7d", indicator=indicators.bad(service.name))
    ledger = Ledger(objective, end)
    source = source_of(small)

    async def ask_all() -> None:
        while question := ledger.next_question(end):
            await ask(source, ledger, question, now=end)

    asyncio.run(ask_all())
    truth = service.consumed(end - 7 * DAY, end, 0.001)
    assert ledger.unit < DAY
    assert not ledger.figures().heavy
    assert ledger.figures().consumed == pytest.approx(truth, rel=0.01, abs=0.001)


def test_a_server_that_hangs_is_left_for_the_next_replica(small, prometheus):
    settings = Source(urls=(small.url, prometheus.url), timeout_seconds=1)
    source = Replicas.of(settings)
    small.pause()
    try:
        (sample,) = asyncio.run(source.instant('count(http_requests_total{service="doubled"} @ 1788000000)'))
    finally:
        small.resume()
    assert sample.value == 8


def test_twenty_new_slos_over_a_month_have_their_figures_soon(small):
    service = small.service
    objectives = [an_objective(name=f"slo{n}", indicator=indicators.bad(service.name)) for n in range(20)]
    refresher = Refresher(
        Settings(sources={"default": Source(urls=(small.url,))}),
        {"default": source_of(small)},
        objectives=lambda: objectives,
        enqueue=lambda _: None,
    )

    async def until_known() -> None:
        running = asyncio.create_task(refresher.run())
        # Seconds on a computer that does nothing else; the deadline is for one that does.
        async with asyncio.timeout(300):
            for objective in objectives:
                while refresher.observe(objective).source != "Exact":
                    assert not running.done(), running
                    await asyncio.sleep(0.05)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(until_known())
    for objective in objectives:
        seen = refresher.observe(objective)
        truth = service.consumed(seen.at.timestamp() - 30 * DAY, seen.at.timestamp(), 0.001)
        assert seen.consumed == pytest.approx(truth, rel=0.02, abs=0.002)
