"""A short telling of the story in :mod:`tests.counting.torture`; `make torture` tells the long one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.counting.torture import torture

pytestmark = pytest.mark.bed


def test_runs_are_counted_exactly_once_while_the_operator_is_killed(cluster: Cluster, tmp_path: Path):
    outcome = torture(cluster, tmp_path, runs=240, kills=5, checks=12)

    assert (outcome.runs, outcome.lost, outcome.double) == (240, 0, 0)
    assert outcome.backwards == ()
    assert outcome.wrong == ()
    assert outcome.kills >= 5
    assert outcome.reads > 0
