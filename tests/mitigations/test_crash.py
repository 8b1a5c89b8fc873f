"""A short look at the crash matrix (``make crash-matrix`` is the whole of it)."""

from __future__ import annotations

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.mitigations.crash import a_torturer, tell

pytestmark = pytest.mark.bed
EVERY = 7
"""Of about seventy crashes; odd, so that both sides come."""


@pytest.mark.parametrize("story", ["absent key of a ConfigMap", "webhook that is not"])
def test_an_operator_killed_anywhere_makes_it_once_and_takes_it_back(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, story: str
):
    install_foreign_crds(cluster)
    with a_torturer(cluster, tmp_path_factory.mktemp("crash")) as (torturer, hook):
        found = list(tell(torturer, hook, story, EVERY))
    assert len(found) >= 5
    assert [(str(one.point), one.wrong) for one in found if one.wrong] == []
