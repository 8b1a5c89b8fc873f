"""One operator for the stories of each file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.bed.cluster import Cluster
from tests.cluster.ward import Ward
from tests.mitigations.scene import Aid, an_aid


@pytest.fixture(scope="module")
def aid(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aid]:
    """Mitigations of one namespace, at rest."""
    with an_aid(cluster, tmp_path_factory.mktemp("aid")) as found:
        yield found


@pytest.fixture
def ward(cluster: Cluster, aid: Aid) -> Iterator[Ward]:
    """The scene's namespace, with the rights that are printed."""
    opened = Ward(cluster, cluster.client(), aid.namespace)
    yield opened
    opened.close()
