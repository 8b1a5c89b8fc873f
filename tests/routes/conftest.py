"""Fixtures: the real prometheus-operator beside an API server, without any node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient
from tests.bed.promoperator import PrometheusOperator


@pytest.fixture(scope="session")
def merging(cluster: Cluster, bed_directory: Path) -> Iterator[PrometheusOperator]:
    """prometheus-operator on the API server of this run."""
    with PrometheusOperator(cluster, bed_directory / "merging") as running:
        yield running


@pytest.fixture(scope="session")
def client(cluster: Cluster, merging: PrometheusOperator) -> KubeClient:  # noqa: ARG001 - it must run
    """A client of the API server that prometheus-operator works on."""
    return cluster.client()
