"""One Prometheus over all scenarios, for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.live import Live
from tests.truth.measured import build_measured
from tests.truth.scenarios import build
from tests.truth.slos import an_slo
from tests.truth.store import write_blocks
from tests.truth.traffic import Service

END = 1_789_000_000 // 60 * 60
"""End of all data: a fixed time of day, so that a failure can be repeated."""


@pytest.fixture(scope="session")
def services() -> dict[str, Service]:
    """The scenarios, by service name."""
    return build(END)


@pytest.fixture(scope="session")
def measured() -> dict[str, Service]:
    """Gauges, and services with maintenance, by service name."""
    return build_measured(END)


@pytest.fixture(scope="session")
def prometheus(
    tools: Tools, bed_directory: Path, services: dict[str, Service], measured: dict[str, Service]
) -> Iterator[Prometheus]:
    """A real Prometheus that holds the scenarios and scrapes nothing that could be mistaken for them."""
    directory = bed_directory / "truth"
    data = write_blocks(tools, (*services.values(), *measured.values()), directory)
    with Prometheus(tools, directory, data=data) as running:
        yield running


SHORT_END = 20_707 * 86_400 + 80_000
"""End of the short scenarios as they are made: late on a day with a spike."""
SHORT_DAYS = 3
SHORT = (
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
"""The scenarios recorded history can tell; a gap is lost to it in proportion to the window."""
BLIND = "blind-hour"
"""One it cannot tell, which an audit must find."""


@pytest.fixture(scope="package")  # not longer: it asks and scrapes every second or two
def live(tools: Tools, bed_directory: Path, services: dict[str, Service]) -> Iterator[Live]:
    """The running operator over all scenarios: those of a month, and short ones with recorded history."""
    day = build(SHORT_END, days=SHORT_DAYS, step=15)
    short = {f"short-{name}": replace(day[name], name=f"short-{name}") for name in (*SHORT, BLIND)}
    recorded = [an_slo(name, namespace="recorded", window=f"{SHORT_DAYS}d") for name in short]
    with Live(tools, bed_directory / "live", {**services, **short}, recorded=recorded) as running:
        # At once, so that the rules go on where their recorded history ends.
        running.apply(recorded)
        yield running
