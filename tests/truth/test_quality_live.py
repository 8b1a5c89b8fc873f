"""What a running Prometheus writes about its own alerts, and that the questions understand it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fireline.alerting.quality import queries
from fireline.alerting.quality.episodes import episodes
from fireline.alerting.quality.model import Episode, Stretch
from fireline.prometheus.replicas import Replicas
from fireline.settings import Source
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for

pytestmark = pytest.mark.bed

RULE = """
groups:
- name: alertpolicy-live
  interval: 1s
  rules:
  - alert: Blinks
    expr: vector(1) and on () (vector(time()) < {off} or vector(time()) >= {again})
    labels: {{namespace: shop, sev: sev0, severity: critical, alert_policy: shop/live}}
  - alert: AlertPolicyHeartbeat
    expr: vector(1)
    labels: {{namespace: shop, severity: none, alert_policy: shop/live}}
"""
STEP = 1


@pytest.fixture(scope="module")
def blinked(tools: Tools, bed_directory: Path) -> Iterator[tuple[Prometheus, int, int]]:
    """A Prometheus with its usual lookback of five minutes, where an alert was off for five seconds."""
    directory = bed_directory / "quality-live"
    with Prometheus(tools, directory, scrape_interval="1s", evaluation_interval="1s") as prometheus:
        off = int(time.time()) + 8
        again = off + 5
        (prometheus.rules / "live.yaml").write_text(RULE.format(off=off, again=again))
        prometheus.reload()
        wait_for(
            lambda: prometheus.query(f'ALERTS{{alertname="Blinks"}} and on () vector(time()) > {again + 1}'),
            what="both",
        )
        yield prometheus, off, again


def test_an_alert_ends_at_the_evaluation_at_which_it_no_longer_fires(blinked):
    prometheus, off, again = blinked
    first, second = asyncio.run(read(prometheus, off - 2, again + 1))
    assert first.truncated
    assert first.end is not None
    assert off <= first.end <= off + 2 * STEP
    assert again <= second.start <= again + 2 * STEP
    assert second.end is None


async def read(prometheus: Prometheus, start: int, end: int) -> list[Episode]:
    source = Replicas.of(Source(urls=(prometheus.url,)))
    before = await source.instant(queries.firing_now([]), at=datetime.fromtimestamp(start - STEP, UTC))
    found = {
        name: await source.range(
            query,
            start=datetime.fromtimestamp(start, UTC),
            end=datetime.fromtimestamp(end, UTC),
            step=timedelta(seconds=STEP),
        )
        for name, query in queries.edges([], step=STEP).items()
    }
    asked = Stretch(start, end)
    return episodes(found["began"], found["ended"], before=before, asked=asked, missed=2 * STEP)
