"""Recorded figures against integer truth: our rules over the scenarios that usually go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.slo.readings import Reading
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.builders import an_objective
from tests.truth import indicators, scenarios
from tests.truth.conftest import END
from tests.truth.recorded import backfill_rules, read_at
from tests.truth.store import write_blocks
from tests.truth.traffic import Service

pytestmark = pytest.mark.bed

DAYS = 3
WINDOW = f"{DAYS}d"
NAMES = (
    "quiet-nights",
    "spikes",
    "counter-resets",
    "missing-errors",
    "idle-hours",
    "doubled",
    "ten-minutes",
    "late-born",
    "latency",
)


@pytest.fixture(scope="module")
def week() -> dict[str, Service]:
    """The scenarios, squeezed into a few days at a scrape every 30 s."""
    return {
        name: service for name, service in scenarios.build(END, days=DAYS, step=30).items() if name in NAMES
    }


@pytest.fixture(scope="module")
def recorded(tools: Tools, bed_directory: Path, week: dict[str, Service]) -> Iterator[dict[str, Reading]]:
    """What a refresh at the end of the recorded days reads, by service."""
    directory = bed_directory / "recorded"
    data = write_blocks(tools, week.values(), directory)
    objectives = {
        name: an_objective(
            name=name,
            window=WINDOW,
            indicator=indicators.below(name) if name == "latency" else indicators.bad(name),
        )
        for name in week
    }
    with Prometheus(tools, directory, data=data) as prometheus:
        start = END - (DAYS + 1) * 86_400
        backfill_rules(tools, prometheus, data, objectives.values(), start=start, end=END)
        found = read_at(prometheus, objectives.values(), END)
        yield {name: found["shop", name] for name in week}


@pytest.mark.parametrize("name", NAMES)
def test_recorded_figures_consume_what_truly_happened(recorded, week, name):
    truth = week[name].consumed(END - DAYS * 86_400, END, 0.001)
    reading = recorded[name]
    assert reading.coverage == pytest.approx(1, abs=0.01)
    assert reading.consumed == pytest.approx(truth, rel=week[name].tolerance, abs=0.001)


@pytest.mark.parametrize("name", NAMES)
def test_every_reading_is_there_and_agrees_with_itself(recorded, week, name):
    del week
    reading = recorded[name]
    assert reading.hashes == {"0123456789ab"}
    assert reading.total_present
    assert reading.bad_present
    assert {"5m", "30m", "1h", "2h", "6h", "1d", "3d"} >= set(reading.burn)
    assert 1 - reading.window == pytest.approx(reading.consumed * 0.001, rel=0.01, abs=1e-6)
