"""Fixtures of the tests that need pods. A test takes ``pods`` and namespaces of its own.

Where pods cannot run, these tests are skipped with the reason; with ``E2E_REQUIRED=1`` that is a failure.
All of them share one cluster, so they stay on one worker (tests/spread.py) and must not leave the operator
changed: who kills it waits until it is ready again.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.foreign import HOST
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.platform import reasons
from tests.bed.podbed.world import World
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir
from tests.e2e.early import absence, early_stories, failing, hindered, late_tests, make_checks

__all__ = ["absence", "failing", "hindered", "make_checks"]
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for minutes is looked at last."""
    late_tests(items)


@pytest.fixture(scope="session", autouse=True)
def begun(request: pytest.FixtureRequest) -> None:
    """What waits for minutes begins at once."""
    early_stories(request)


@pytest.fixture(scope="session")
def pods(tools: Tools) -> Iterator[World]:
    """A cluster that runs pods, with the operator installed by its manifests and ready."""
    if why := reasons():
        unable = pytest.fail if os.environ.get("E2E_REQUIRED") == "1" else pytest.skip
        unable("pods cannot run here: " + " ".join(why))
    with workdir("e2e") as directory, World(tools, directory) as world:
        yield world


@pytest.fixture(scope="session")
def pod_bed(pods: World) -> PodBed:
    """The pod bed under ``pods``, for tests that trouble its node; skipped on somebody else's cluster."""
    if not isinstance(pods.platform, PodBed):
        pytest.skip("needs the pod bed: the cluster belongs to somebody else")
    return pods.platform


@pytest.fixture(scope="session")
def monitoring(pods: World) -> Monitoring:
    """Prometheus, Alertmanager, prometheus-operator and a webhook beside the cluster."""
    if pods.platform.host is None:
        pytest.skip(f"needs {HOST}: an address of this computer that the cluster's pods reach")
    return pods.monitoring()


@pytest.fixture(scope="session")
def new_namespace(pods: World) -> Callable[[], str]:
    """Makes a fresh namespace; it goes with the cluster."""
    return lambda: pods.client.namespace(f"e2e-{next(_numbers)}")


@pytest.fixture
def namespace(new_namespace: Callable[[], str]) -> str:
    """A fresh namespace; it goes with the cluster."""
    return new_namespace()
