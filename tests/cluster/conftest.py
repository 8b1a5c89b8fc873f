"""Rigs for tests of the running operator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.kubeclient import KubeClient
from tests.bed.toolchain import Tools
from tests.cluster.guarded import Guarded, Place
from tests.cluster.rig import Rig, a_rig
from tests.cluster.ward import Ward


@pytest.fixture
def toy(cluster: Cluster, tmp_path: Path) -> Iterator[Rig]:
    """An operator with the toy kind, for tests of the engine."""
    with a_rig(cluster, tmp_path) as rig:
        yield rig


@pytest.fixture
def rig(cluster: Cluster, tmp_path: Path) -> Iterator[Rig]:
    """The real operator."""
    with a_rig(cluster, tmp_path, toy=False) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(tools: Tools, bed_directory: Path) -> Iterator[Guarded]:
    """An API server of its own with the admission policies of mitigations."""
    with Cluster(tools, bed_directory / "guarded") as running:
        yield Guarded(running)


@pytest.fixture
def place(guarded: Guarded) -> Place:
    """A namespace there."""
    return guarded.place()


@pytest.fixture(scope="session")
def admin(cluster: Cluster) -> KubeClient:
    """A client with full rights, of an API server that also has the kinds of other projects."""
    install_foreign_crds(cluster)
    return cluster.client()


@pytest.fixture
def ward(cluster: Cluster, admin: KubeClient) -> Iterator[Ward]:
    """A namespace to try mitigations in, step by step."""
    opened = Ward(cluster, admin)
    yield opened
    opened.close()
