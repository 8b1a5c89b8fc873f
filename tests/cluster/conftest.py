"""Rigs for tests of the running operator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.cluster.rig import Rig, a_rig


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
