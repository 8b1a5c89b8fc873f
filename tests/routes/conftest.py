"""Fixtures: the real prometheus-operator beside an API server, without any node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient
from tests.bed.promoperator import PrometheusOperator
from tests.bed.toolchain import Tools


@dataclass(frozen=True)
class Merging:
    """An API server of its own, since what these tests put there stops who merges it; and who does."""

    cluster: Cluster
    client: KubeClient
    operator: PrometheusOperator

    def log(self) -> str:
        """What prometheus-operator said so far."""
        return self.operator.log.read_text()


@pytest.fixture(scope="session")
def merging(tools: Tools, bed_directory: Path) -> Iterator[Merging]:
    """prometheus-operator at work."""
    with (
        Cluster(tools, bed_directory / "merging-cluster") as cluster,
        PrometheusOperator(cluster, bed_directory / "merging") as operator,
    ):
        yield Merging(cluster, cluster.client(), operator)
