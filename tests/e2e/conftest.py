"""Fixtures of the tests that need pods. A test takes ``pods`` and namespaces of its own.

Where pods cannot run, these tests are skipped with the reason; with ``E2E_REQUIRED=1`` that is a failure.
All of them share one cluster, so they stay on one worker (tests/spread.py) and must not leave the operator
changed: who kills it waits until it is ready again.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from tests.bed.podbed.machine import obstacles
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.world import World
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def pods(tools: Tools) -> Iterator[World]:
    """A cluster that runs pods, with the operator installed by its manifests and ready."""
    if reasons := obstacles():
        unable = pytest.fail if os.environ.get("E2E_REQUIRED") == "1" else pytest.skip
        unable("pods cannot run here: " + " ".join(reasons))
    with workdir("e2e") as directory, World(tools, directory) as world:
        yield world


@pytest.fixture(scope="session")
def monitoring(pods: World) -> Monitoring:
    """Prometheus, Alertmanager, prometheus-operator and a webhook beside the cluster."""
    return pods.monitoring()


@pytest.fixture
def namespace(pods: World) -> str:
    """A fresh namespace; it goes with the cluster."""
    return pods.client.namespace(f"e2e-{next(_numbers)}")
