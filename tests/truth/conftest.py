"""One Prometheus over all scenarios, for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.scenarios import build
from tests.truth.store import write_blocks
from tests.truth.traffic import Service

END = 1_789_000_000 // 60 * 60
"""End of all data: a fixed time of day, so that a failure can be repeated."""


@pytest.fixture(scope="session")
def services() -> dict[str, Service]:
    """The scenarios, by service name."""
    return build(END)


@pytest.fixture(scope="session")
def prometheus(tools: Tools, bed_directory: Path, services: dict[str, Service]) -> Iterator[Prometheus]:
    """A real Prometheus that holds the scenarios and scrapes nothing that could be mistaken for them."""
    directory = bed_directory / "truth"
    data = write_blocks(tools, services.values(), directory)
    with Prometheus(tools, directory, data=data) as running:
        yield running
