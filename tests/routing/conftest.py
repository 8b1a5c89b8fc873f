"""The rig of these tests, one for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.toolchain import Tools
from tests.routing.rig import Routing


@pytest.fixture(scope="session")
def routing(tools: Tools, bed_directory: Path) -> Iterator[Routing]:
    """prometheus-operator, Alertmanager and receivers."""
    with Routing(tools, bed_directory / "routing") as running:
        yield running
