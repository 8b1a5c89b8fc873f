"""A short look at the crash matrix (``make crash-matrix`` is the whole of it)."""

from __future__ import annotations

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.mitigations.crash import a_torturer, tell

pytestmark = pytest.mark.bed
STORIES = {"absent key of a ConfigMap": 7, "webhook that is not": 3}
"""Only each so many of their crashes, about seventy and 25; odd, so that both sides come."""


@pytest.mark.parametrize(("story", "every"), STORIES.items())
def test_an_operator_killed_anywhere_makes_it_once_and_takes_it_back(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, story: str, every: int
):
    install_foreign_crds(cluster)
    with a_torturer(cluster, tmp_path_factory.mktemp("crash")) as (torturer, hook):
        found = list(tell(torturer, hook, story, every))
    assert len(found) >= 5
    assert [(str(one.point), one.wrong) for one in found if one.wrong] == []
