"""SIGKILL right before and right after every write: the next operator ends with the very same objects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import After, Before, Fault
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.faults.story import STORY, Chapter, clear, objects, told

pytestmark = pytest.mark.bed

MOST_WRITES = max(len(chapter.writes) for chapter in STORY)
SIDES: dict[str, type[Before] | type[After]] = {"before": Before, "after": After}


@pytest.fixture(scope="module")
def teller(breakable: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One namespace for all runs: its name is in every rule."""
    rig = Rig(breakable, tmp_path_factory.mktemp("killed"), toy=False)
    with contextlib.closing(rig):
        yield rig


@pytest.fixture(scope="module")
def undisturbed(teller: Rig) -> list[str]:
    """The objects after each chapter when nothing goes wrong; the writes are as the story says."""
    begin(teller)
    return told(teller)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("write", range(1, MOST_WRITES + 1))
def test_a_killed_operator_leaves_nothing_the_next_one_does_not_put_right(
    teller: Rig, undisturbed: list[str], write: int, side: str
):
    begin(teller)
    for chapter, wanted in zip(STORY, undisturbed, strict=True):
        if write <= len(chapter.writes):
            happen_and_kill(teller, chapter, SIDES[side](teller.operator.kill), nth=write)
        else:
            chapter.happens(teller)
        same_objects(teller, wanted, chapter.title)


def begin(rig: Rig) -> None:
    """An empty namespace and a running operator, whatever a failed test left behind."""
    rig.proxy.plan.clear()
    if not rig.operator.running:
        rig.operator.start()
    clear(rig)
    rig.await_idle()


def happen_and_kill(rig: Rig, chapter: Chapter, kill: Fault, *, nth: int) -> None:
    """Let a chapter happen, the operator die at its nth write, and another one start."""
    killed = rig.proxy.inject(kill, when=matching(is_write=True), nth=nth)
    chapter.happens(rig)
    wait_for(lambda: killed.hits == 1 and not rig.operator.running, what="the operator is killed")
    rig.operator.start()


def same_objects(rig: Rig, wanted: str, title: str) -> None:
    """Wait until the objects are the wanted ones, and nothing is left to do about them."""
    with contextlib.suppress(AssertionError):  # the comparison below says more than the deadline
        wait_for(lambda: objects(rig) == wanted, what=title)
    rig.await_idle()
    assert objects(rig).splitlines() == wanted.splitlines(), title
