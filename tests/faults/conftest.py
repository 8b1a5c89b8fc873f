"""A cluster of its own for faults: with controllers, and free to be stopped, paused and broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.toolchain import Tools


@pytest.fixture(scope="session")
def breakable(tools: Tools, bed_directory: Path) -> Iterator[Cluster]:
    """API server, etcd and the garbage collector; every test uses a namespace of its own."""
    with Cluster(tools, bed_directory / "breakable", controllers=True) as running:
        yield running
