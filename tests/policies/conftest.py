"""One bed for all files of this folder, in which an operator for the whole cluster carries out policies.

The Alertmanager runs on the configuration that Fireline merges, and prometheus-operator merges
AlertmanagerConfigs on top: so one bed has both ways of delivery.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.bed import Bed
from tests.bed.proxy import FaultProxy
from tests.bed.toolchain import Tools
from tests.policies.scene import Scene


@pytest.fixture(scope="session")
def scene(tools: Tools, bed_directory: Path) -> Iterator[Scene]:
    """Everything, and the operator leads."""
    bed = Bed(
        tools, directory=bed_directory / "policies", scrape_interval="1s", evaluation_interval="1s", rate=1.0
    )
    with bed, FaultProxy.before(bed.cluster) as proxy, contextlib.closing(Scene(bed, proxy)) as running:
        running.begin()
        yield running
