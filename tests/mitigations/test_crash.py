"""A short look at the crash matrix (``make crash-matrix`` is the whole of it)."""

from __future__ import annotations

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.mitigations.crash import a_torturer, tell, values_of
from tests.mitigations.stories import stories

from fireline.api.resources import DEPLOYMENT
from fireline.mitigation.actions.restart import RESTARTED_AT

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


def test_a_change_that_is_made_twice_at_two_times_is_seen_as_two(cluster: Cluster):
    client = cluster.client()
    target = next(one for one in stories("http://unused") if one.name == "restart").target
    assert target is not None
    made = client.create({**target, "metadata": {"name": "twice", "namespace": client.namespace("twice")}})
    for second in range(2):
        mark = {RESTARTED_AT: f"2026-11-22T12:00:0{second}Z"}
        body = {"spec": {"template": {"metadata": {"annotations": mark}}}}
        client.patch(DEPLOYMENT, "twice", made["metadata"]["namespace"], body)
    assert len(values_of(cluster, made, DEPLOYMENT)) == 3
