"""SIGKILL right before and right after every call of a story with effects: each effect happens once.

The story is the small one of :mod:`tests.cluster.toy_rounds`, so that this tests the engine; the matrix of
all real actions is elsewhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from tests.bed.calls import Call, matching
from tests.bed.cluster import Cluster
from tests.bed.faults import After, Before
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for
from tests.cluster.calling import (
    MODULE,
    a_target,
    account,
    await_phase,
    clear,
    count,
    effects,
    grant,
    phase,
    story,
    unannounced,
)
from tests.cluster.rig import Rig
from tests.unit.kube.receiver import Receiver

from fireline.api.resources import SLO

pytestmark = pytest.mark.bed

GOAL = 2
SIDES: dict[str, type[Before] | type[After]] = {"before": Before, "after": After}
OBJECT_A = "patch servicelevelobjectives/a"
STATUS_A = "patch servicelevelobjectives/status/a"
TARGET_A = "patch configmaps/target"
STORY = [OBJECT_A, STATUS_A, TARGET_A, STATUS_A, TARGET_A, STATUS_A, OBJECT_A]
READS = 3
"""Looks at the target: one before each step, and one after the last."""


@pytest.fixture(scope="module")
def teller(breakable: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One namespace and one operator, killed and started again and again."""
    rig = Rig(breakable, tmp_path_factory.mktemp("rounds"), toy=True, module=MODULE)
    with contextlib.closing(rig):
        grant(rig.client, rig.namespace, account("mitigator", rig.namespace), "get", "patch")
        yield rig


@pytest.fixture
def begun(teller: Rig) -> Iterator[Rig]:
    """A running operator and a target at 0; afterwards nothing of either is left."""
    clear(teller)
    a_target(teller.client, teller.namespace)
    teller.proxy.log.clear()
    yield teller
    clear(teller)


def happens(rig: Rig) -> None:
    rig.apply("a", target="target", account="mitigator", goal=str(GOAL))


def test_the_story_that_nobody_disturbs(begun: Rig):
    happens(begun)
    await_phase(begun, "Done")
    begun.await_idle()
    assert story(begun) == STORY
    # One more when the watch told of a write before its answer came: then it is planned once again.
    assert len(begun.proxy.log.calls(verb="get", resource="configmaps")) in {READS, READS + 1}


def is_look(call: Call) -> bool:
    return call.verb == "get" and call.resource == "configmaps"


POINTS = [
    *(
        pytest.param(matching(is_write=True), n, side, id=f"{side} write {n} {STORY[n - 1]}")
        for n in range(1, len(STORY) + 1)
        for side in SIDES
    ),
    *(pytest.param(is_look, n, "before", id=f"at look {n}") for n in range(1, READS + 1)),
]


@pytest.mark.parametrize(("when", "nth", "side"), POINTS)
def test_a_killed_operator_has_done_each_step_once_or_not_at_all(begun: Rig, when, nth: int, side: str):
    killed = begun.proxy.inject(SIDES[side](begun.operator.kill), when=when, nth=nth)
    happens(begun)
    wait_for(lambda: killed.hits == 1 and not begun.operator.running, what="the operator is killed")
    intended, before = phase(begun)
    done = count(begun)
    assert done in ({int(before), int(before) + 1} if intended == "Step" else {0, GOAL})
    assert intended or done == 0, "nothing is done without a status that says so"
    begun.operator.start()
    await_phase(begun, "Done")
    begun.await_idle()
    assert count(begun) == effects(begun) == GOAL
    assert unannounced(list(begun.proxy.log)) == []
    assert "finalizers" not in begun.slo("a")["metadata"]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_killed_operator_has_changed_back_once_what_a_deletion_takes_back(begun: Rig, nth: int, side: str):
    """Writes of a deletion, with the intent there already: target, status, finalizer."""
    target = matching(verb="patch", resource="configmaps")
    stuck = begun.proxy.inject(Before(lambda: None), when=target, nth=2, times=None)
    happens(begun)
    wait_for(lambda: stuck.hits and count(begun) == 1, what="the first step is done")
    begun.operator.kill()
    stuck.cancel()
    begun.client.delete(SLO, "a", begun.namespace)
    begun.proxy.log.clear()
    killed = begun.proxy.inject(SIDES[side](begun.operator.kill), when=matching(is_write=True), nth=nth)
    begun.operator.launch()
    wait_for(lambda: killed.hits == 1 and not begun.operator.running, what="the operator is killed")
    begun.operator.start()
    wait_for(lambda: begun.client.find(SLO, "a", begun.namespace) is None, what="the object is gone")
    assert count(begun) == 0
    assert effects(begun) == 1


def test_a_namespace_goes_although_something_was_to_be_taken_back(teller: Rig, breakable: Cluster):
    rig = Rig(breakable, teller.directory / "going", toy=True, module=MODULE)
    rig.directory.mkdir()
    with contextlib.closing(rig):
        grant(rig.client, rig.namespace, account("mitigator", rig.namespace), "get", "patch")
        a_target(rig.client, rig.namespace)
        # Its lease is elsewhere, or it could not go on in a namespace that is going.
        elsewhere = {"lease": {"enabled": False}}
        operator = rig.make_operator("going", settings=elsewhere)
        operator.start()
        rig.proxy.inject(Before(lambda: None), when=matching(verb="patch", resource="configmaps"), times=None)
        happens(rig)
        wait_for(lambda: phase(rig)[0] == "Step", what="something is under way")
        rig.client.request("DELETE", f"/api/v1/namespaces/{rig.namespace}")
        rig.proxy.plan.clear()
        wait_for(lambda: rig.client.find(SLO, "a", rig.namespace) is None, what="the object is gone")


HOOK = [
    # killed at which write of the status, or at the post; then: the phase it ends in, and posts received
    ("status", 1, "before", "Done", 1),
    ("status", 1, "after", "Unknown", 0),
    ("post", 1, "before", "Unknown", 0),
    ("post", 1, "after", "Unknown", 1),
    ("status", 2, "before", "Unknown", 1),
    ("status", 2, "after", "Done", 1),
]


@pytest.mark.parametrize("case", HOOK, ids=lambda case: " ".join(map(str, case)))
def test_a_killed_operator_has_called_a_webhook_at_most_once(
    begun: Rig, case: tuple[str, int, str, str, int]
):
    what, nth, side, ends, posts = case
    with Receiver() as receiver, FaultProxy(receiver.url) as between:
        proxy = begun.proxy if what == "status" else between
        when = matching(subresource="status") if what == "status" else matching(verb="post")
        killed = proxy.inject(SIDES[side](begun.operator.kill), when=when, nth=nth)
        begun.apply("a", hook=f"{between.url}/ok")
        wait_for(lambda: killed.hits == 1 and not begun.operator.running, what="the operator is killed")
        begun.operator.start()
        await_phase(begun, ends)
        begun.await_idle()
        assert len(receiver.received) == posts
