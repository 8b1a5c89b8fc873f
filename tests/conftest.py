"""Fixtures over the bed. A test file that uses one carries ``pytestmark = pytest.mark.bed``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from fireline.cli.main import NESTED
from tests.bed.bed import Bed
from tests.bed.cluster import Cluster
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir
from tests.spread import ByGroup, long_ones_first

# Go's collector runs too often for heaps as small as those of the tests' servers and tools: it is a fifth of
# what they cost. An API server, the largest of them, lives on 250 MB and takes 700 instead of 500 then.
os.environ.setdefault("GOGC", "400")
os.environ.setdefault("GOMEMLIMIT", "640MiB")

# How long one example takes says how busy the computer is, and nothing about the code.
settings.register_profile("fireline", deadline=None, print_blob=True)
settings.load_profile("fireline")
# The command line's own: hypothesis warns when the limit changes in the middle of an example.
sys.setrecursionlimit(NESTED)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the workers of `make test`: in which order to start, and what is tried again.

    Beside each other, dozens of real servers can starve one another of a small computer for longer than a
    check's time-out or a Lease. A test on them is therefore tried once more; the summary names it (RERUN),
    and failing twice is a failure. Everything else has one try, and so has every test of a plain `pytest`.
    """
    if not hasattr(config, "workerinput"):
        return
    long_ones_first(items, config.rootpath)
    for item in items:
        if item.get_closest_marker("bed"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why the first try of a test failed that was tried again: it may be more than a busy computer."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"first try of {report.nodeid}", sep="_")
        terminalreporter.write_line(report.longreprtext)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup | None:
    """Which tests stay together."""
    return ByGroup(config, log) if config.getoption("dist") == "loadfile" else None


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
