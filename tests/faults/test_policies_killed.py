"""SIGKILL right before and right after every write of a policy's life: the same end, nothing sent twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import After, Before
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo
from tests.faults.policies import KINDS, Told, a_policy, told
from tests.faults.story import Chapter, objects

from fireline.api.labels import TEST
from fireline.api.resources import ALERT_POLICY

pytestmark = pytest.mark.bed

SIDES: dict[str, type[Before] | type[After]] = {"before": Before, "after": After}
TESTED = {
    # the policy that is tested: which write, on which side, what the status says in the end, what was sent
    "first-before": (1, Before, "Delivered", 1),
    "first-after": (1, After, "Unknown", 0),
    "second-before": (2, Before, "Unknown", 1),
    "second-after": (2, After, "Delivered", 1),
}
STATUS = "patch alertpolicies/status/shop"
SLO_STATUS = "patch servicelevelobjectives/status/a"


@pytest.fixture(scope="module")
def life(breakable: Cluster, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One namespace for all runs: its name is in every route."""
    with told(breakable, tools, tmp_path_factory.mktemp("killed"), "shop", *TESTED) as found:
        yield found


def _apply(**spec: object) -> Callable[[Rig], object]:
    return lambda rig: rig.client.apply(a_policy(rig, "shop", **spec))


def _slo(rig: Rig) -> object:
    slo = an_slo(rig.namespace, "a")
    slo["metadata"]["labels"] = {"team": "shop"}
    return rig.client.apply(slo)


STORY = (
    Chapter(
        "create",
        _apply(),
        ("apply alertmanagerconfigs/alertpolicy-shop", "apply prometheusrules/alertpolicy-shop", STATUS),
    ),
    Chapter("invalid", _apply(fallback={"receivers": ["nobody"]}), (STATUS,)),
    Chapter(
        "put right, without its rule", _apply(rules=[], grouping={"wait": "7s"}), ("apply", "delete", STATUS)
    ),
    Chapter(
        "deleted, with an SLO",
        lambda rig: rig.client.delete(ALERT_POLICY, "shop", rig.namespace),
        ("apply prometheusrules/slo-a", SLO_STATUS),
    ),
)


@pytest.fixture(scope="module")
def undisturbed(life: Told) -> list[str]:
    """The objects after each chapter when nothing goes wrong; the writes are as the story says."""
    found = []
    for chapter in STORY:
        if chapter is STORY[-1]:
            _with_slo(life)
        life.rig.proxy.log.clear()
        chapter.happens(life.rig)
        wait_for(lambda wanted=chapter.writes: len(life.rig.writes()) >= len(wanted), what=chapter.title)
        life.rig.await_idle()
        for write, wanted in zip(life.rig.writes(), chapter.writes, strict=True):
            assert write.startswith(wanted), chapter.title
        found.append(objects(life.rig, KINDS))
    return found


def _with_slo(life: Told) -> None:
    _slo(life.rig)
    wait_for(lambda: life.rig.slo("a").get("status", {}).get("alertPolicy"), what="a belongs to the policy")
    life.rig.await_idle()


@pytest.mark.parametrize("side", SIDES)
def test_a_killed_operator_leaves_nothing_the_next_one_does_not_put_right(
    life: Told, undisturbed: list[str], side: str
):
    rig = life.rig
    for nth in range(1, max(len(chapter.writes) for chapter in STORY) + 1):
        life.clear()
        last = max(place for place, chapter in enumerate(STORY) if nth <= len(chapter.writes))
        for chapter, wanted in list(zip(STORY, undisturbed, strict=True))[: last + 1]:
            if chapter is STORY[-1]:
                _with_slo(life)
            if nth <= len(chapter.writes):
                killed = rig.proxy.inject(
                    SIDES[side](rig.operator.kill), when=matching(is_write=True), nth=nth
                )
                chapter.happens(rig)
                wait_for(lambda: killed.hits == 1 and not rig.operator.running, what="the operator is killed")  # noqa: B023
                rig.operator.start()
            else:
                chapter.happens(rig)
            with contextlib.suppress(AssertionError):  # the comparison below says more than the deadline
                wait_for(lambda: objects(rig, KINDS) == wanted, what=chapter.title)  # noqa: B023
            rig.await_idle()
            assert objects(rig, KINDS).splitlines() == wanted.splitlines(), f"{chapter.title}, write {nth}"


def test_a_restart_writes_nothing(life: Told):
    life.clear()
    life.put(a_policy(life.rig, "shop"))
    life.rig.operator.stop()
    life.rig.proxy.log.clear()
    life.rig.operator.start()
    life.rig.await_idle()
    assert life.rig.writes() == []


@pytest.mark.parametrize("name", TESTED)
def test_a_test_alert_is_sent_once_at_most(life: Told, name: str):
    nth, side, state, sent = TESTED[name]
    rig = life.rig
    life.put(a_policy(rig, name))
    killed = rig.proxy.inject(
        side(rig.operator.kill), when=matching(is_write=True, resource=ALERT_POLICY.crd_name), nth=nth
    )
    rig.client.patch(ALERT_POLICY, name, rig.namespace, {"metadata": {"annotations": {TEST: "once"}}})
    wait_for(lambda: killed.hits == 1 and not rig.operator.running, what="the operator is killed")
    rig.operator.start()
    wait_for(
        lambda: life.policy(name)["status"].get("lastTest", {}).get("state") not in {None, "Running"},
        what="the test has ended",
    )
    rig.await_idle()
    assert life.policy(name)["status"]["lastTest"]["state"] == state
    firing = [
        one
        for one in life.webhook.alerts(alertname="AlertPolicyTest", alert_policy=f"{rig.namespace}/{name}")
        if one["status"] == "firing"
    ]
    assert len(firing) == sent
