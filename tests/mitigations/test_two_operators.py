"""Two operators alive at once, both sure that they lead: every effect is had once all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.proxy import FaultProxy
from tests.cluster.rig import Rig
from tests.mitigations.crash import Torturer
from tests.mitigations.scene import QUICK, Aid
from tests.mitigations.stories import ANYTHING, stories
from tests.unit.kube.receiver import Receiver

pytestmark = pytest.mark.bed
UNLED = {"mitigations": QUICK, "lease": {"enabled": False}}
STORIES = (
    "absent key of a ConfigMap",
    "feature-flag",
    "scale",
    "webhook that is idempotent",
    "webhook that is not",
)


@contextlib.contextmanager
def two_operators(cluster: Cluster, directory: Path) -> Iterator[tuple[Torturer, FaultProxy]]:
    """In one namespace, without a Lease to tell them apart."""
    with Receiver() as receiver, FaultProxy(receiver.url) as hook:
        rig = Rig(cluster, directory, toy=False, settings=UNLED)
        try:
            rig.operator.start()
            rig.make_operator("second", settings=UNLED).start()
            aid = Aid(rig)
            aid.may(ANYTHING)
            yield Torturer(cluster, aid, receiver), hook
        finally:
            rig.close()


@pytest.fixture(scope="module")
def both(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Torturer, FaultProxy]]:
    install_foreign_crds(cluster)
    with two_operators(cluster, tmp_path_factory.mktemp("both")) as found:
        yield found


@pytest.mark.parametrize("name", STORIES)
def test_two_at_once_do_it_once(both: tuple[Torturer, FaultProxy], name: str):
    torturer, hook = both
    story = next(one for one in stories(hook.url) if one.name == name)
    for _ in range(3):
        life = torturer.undisturbed(story, hook)
        assert life.left == []
        if story.target is None:
            paths = [path for path, _ in (life.posts if story.once else life.posts.elements())]
            assert len(set(paths)) == len(paths), life.posts
            assert life.result in ({"Reverted"} if story.once else {"Reverted", "Unknown"})
        else:
            # Both swap it back; the one that is refused, since the other was first, calls that a stranger's.
            assert life.result in {"Reverted", "RevertedByOther"}
            before, after, again = life.values
            assert (before == again, before == after) == (True, False)
        assert life.reasons.count("IntentPersisted") == 1
        assert life.reasons.count("Applied") <= 1
