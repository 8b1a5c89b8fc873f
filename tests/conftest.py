"""Fixtures over the bed. A test file that uses one carries ``pytestmark = pytest.mark.bed``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.bed import Bed
from tests.bed.cluster import Cluster
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir
from tests.spread import into_groups, without_group


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the workers of `make test`: which tests stay together, and which come first."""
    if hasattr(config, "workerinput"):
        into_groups(items, config.rootpath)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Show ids without the group, so that they can be given to pytest again (also by --last-failed)."""
    if hasattr(report, "node"):  # came from a worker
        report.nodeid = without_group(report.nodeid)


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Where the real programs are (built on first use)."""
    return Tools()


@pytest.fixture(scope="session")
def bed_directory() -> Iterator[Path]:
    """Directory of this test run's servers."""
    with workdir("tests") as path:
        yield path


@pytest.fixture(scope="session")
def cluster(tools: Tools, bed_directory: Path) -> Iterator[Cluster]:
    """One API server with all CRDs for the whole run; each test uses namespaces of its own."""
    with Cluster(tools, bed_directory / "cluster") as running:
        yield running


@pytest.fixture(scope="session")
def bed(tools: Tools, bed_directory: Path) -> Iterator[Bed]:
    """Everything, with short intervals so that a test sees an alert within seconds."""
    with Bed(
        tools, directory=bed_directory / "bed", scrape_interval="1s", evaluation_interval="1s"
    ) as running:
        yield running
