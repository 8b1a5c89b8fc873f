"""The way out that the guide shows for an operator that is down, typed as it stands there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.mitigations.scene import Aid, an_aid

from fireline.api.labels import FINALIZER, MARKER
from fireline.api.resources import CONFIG_MAP, MITIGATION

pytestmark = pytest.mark.bed

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "mitigations.md"


@pytest.fixture
def alone(cluster: Cluster, tmp_path: Path) -> Iterator[Aid]:
    """A scene of its own: its operator is ended."""
    with an_aid(cluster, tmp_path) as found:
        yield found


def written() -> list[list[str]]:
    """The commands of the guide, without ``kubectl``."""
    section = GUIDE.read_text().split("\n## When the operator is down\n", 1)[1].split("\n## ", 1)[0]
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) if "finalizers" in one]
    return [shlex.split(line)[1:] for line in block.splitlines()]


def typed(command: list[str], aid: Aid, uid: str) -> list[str]:
    """For the objects of this scene instead of those of the guide."""
    other = {"shop": aid.namespace, "featureflag": "configmap", "shop-flags": "shop"}
    return [re.sub(r"/[0-9a-f]{8}-$", f"/{uid[:8]}-", other.get(word, word)) for word in command]


def marks(aid: Aid) -> list[str]:
    found = aid.client.get(CONFIG_MAP, "shop", aid.namespace)["metadata"].get("annotations", {})
    return [name for name in found if name.startswith(MARKER)]


def test_a_deletion_that_waits_for_an_operator_can_be_ended_by_hand(alone: Aid) -> None:
    alone.config_map("shop", mode="fast")
    uid = alone.apply("flag-off")["metadata"]["uid"]
    alone.propose("flag-off")
    alone.approve("flag-off")
    alone.phase("flag-off", "Active")
    alone.rig.operator.kill()

    alone.client.delete(MITIGATION, "flag-off", alone.namespace)
    waiting = alone.client.get(MITIGATION, "flag-off", alone.namespace)["metadata"]
    assert ("deletionTimestamp" in waiting, waiting["finalizers"]) == (True, [FINALIZER])
    assert marks(alone) == [f"{MARKER}{uid[:8]}"]

    patch, annotate = (typed(command, alone, uid) for command in written())
    alone.rig.cluster.kubectl(*patch)
    assert alone.client.find(MITIGATION, "flag-off", alone.namespace) is None
    alone.rig.cluster.kubectl(*annotate)
    assert marks(alone) == []

    # An operator that comes back finds nothing to do, and leaves the target as it is.
    before = alone.client.get(CONFIG_MAP, "shop", alone.namespace)
    alone.rig.operator.start()
    alone.rig.await_idle()
    assert alone.client.get(CONFIG_MAP, "shop", alone.namespace) == before
    assert before["data"] == {"mode": "safe"}
