"""Rounds of the running operator: intent first, then the call, each change of a target exactly once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer, Before, Fault, Reset
from tests.bed.kubeclient import CONFIG_MAP
from tests.bed.operator import Operator
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
from tests.cluster.rig import Rig, a_rig
from tests.unit.kube.receiver import Receiver

from fireline.api.resources import SLO

pytestmark = pytest.mark.bed

STATUS = matching(verb="patch", resource=SLO.crd_name, subresource="status")
TARGET = matching(verb="patch", resource="configmaps")
LOOKS = ("get", "list", "watch")
STATUS_A = "patch servicelevelobjectives/status/a"
OBJECT_A = "patch servicelevelobjectives/a"
TARGET_A = "patch configmaps/target"


@pytest.fixture(scope="module")
def running(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """An operator of the calling kinds, for all tests here: each begins with an empty namespace."""
    with a_rig(cluster, tmp_path_factory.mktemp("rounds"), module=MODULE) as rig:
        grant(rig.client, rig.namespace, account("mitigator", rig.namespace), "get", "patch")
        yield rig


@pytest.fixture
def steps(running: Rig) -> Iterator[Rig]:
    """The operator, and a target at 0 that its account may change."""
    a_target(running.client, running.namespace)
    running.proxy.log.clear()
    yield running
    clear(running)


def begin(rig: Rig, goal: int = 1, **wishes: str) -> None:
    rig.apply("a", **{"target": "target", "account": "mitigator", "goal": str(goal), **wishes})


def test_each_step_is_persisted_made_and_then_the_next_one(steps: Rig):
    begin(steps, goal=2)
    await_phase(steps, "Done")
    steps.await_idle()
    # The object needs its finalizer once; the last status comes before it goes.
    assert story(steps) == [
        OBJECT_A,
        STATUS_A,
        TARGET_A,
        STATUS_A,
        TARGET_A,
        STATUS_A,
        OBJECT_A,
    ]
    assert count(steps) == effects(steps) == 2
    assert unannounced(list(steps.proxy.log)) == []


def test_nothing_is_left_to_do_for_a_restarted_operator(steps: Rig):
    begin(steps)
    await_phase(steps, "Done")
    steps.await_idle()
    steps.proxy.log.clear()
    steps.operator.restart()
    steps.await_idle()
    wait_for(lambda: steps.metric("fireline_reconcile_total", kind=SLO.kind) >= 1, what="it is planned again")
    steps.await_idle()
    assert story(steps) == []


def test_a_refused_call_is_told_and_tried_again_until_it_is_allowed(steps: Rig):
    begin(steps, account="stranger")
    await_phase(steps, "Unreadable")
    assert "403 get on configmaps is forbidden" in phase(steps)[1]
    grant(steps.client, steps.namespace, account("stranger", steps.namespace), "get", "patch")
    await_phase(steps, "Done")
    assert count(steps) == 1


def test_an_intent_that_was_planned_from_an_older_object_is_not_carried_out(steps: Rig):
    """Somebody edits the object after it was planned and before its status is written."""

    def edit() -> None:
        steps.client.patch(SLO, "a", steps.namespace, {"metadata": {"annotations": {"toy/goal": "0"}}})

    refused = steps.proxy.inject(Before(edit), when=STATUS)
    begin(steps)
    await_phase(steps, "Done")
    steps.await_idle()
    assert refused.hits == 1
    assert count(steps) == effects(steps) == 0


PASSING: tuple[Fault, ...] = (
    Answer(409),
    Answer(429, retry_after=1),
    Answer(500),
    Reset(),
    Reset(after=True),
)


@pytest.mark.parametrize("fault", PASSING, ids=str)
@pytest.mark.parametrize("call", [STATUS, TARGET], ids=["status", "target"])
def test_a_passing_fault_leads_to_the_same_end_with_one_effect_for_each_step(steps: Rig, fault: Fault, call):
    injected = steps.proxy.inject(fault, when=call, times=2)
    begin(steps, goal=2)
    await_phase(steps, "Done")
    steps.await_idle()
    assert injected.hits
    assert count(steps) == effects(steps) == 2
    assert unannounced(list(steps.proxy.log)) == []


def test_a_human_edit_of_the_target_ends_the_story_without_a_write(steps: Rig):
    def edit() -> None:
        steps.client.apply(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "target", "namespace": steps.namespace},
                "data": {"count": "7"},
            }
        )

    steps.proxy.inject(Before(edit), when=TARGET)
    begin(steps)
    await_phase(steps, "Contested")
    steps.await_idle()
    assert count(steps) == 7
    assert effects(steps) == 0


def test_an_object_that_is_deleted_takes_back_what_it_did_before_it_goes(steps: Rig):
    # There is something to take back, and that is held up.
    steps.client.patch(CONFIG_MAP, "target", steps.namespace, {"data": {"count": "1"}})
    held = steps.proxy.inject(Answer(503), when=TARGET, times=None)
    begin(steps, goal=2)
    await_phase(steps, "Step")
    wait_for(lambda: held.hits, what="the call is tried")
    assert "fireline.dev/mitigation" in steps.slo("a")["metadata"]["finalizers"]
    steps.client.delete(SLO, "a", steps.namespace)
    assert steps.client.find(SLO, "a", steps.namespace), "the finalizer holds it"
    held.cancel()
    wait_for(lambda: steps.client.find(SLO, "a", steps.namespace) is None, what="the object is gone")
    assert count(steps) == 0
    steps.await_idle()
    assert [line for line in steps.operator.logs() if line["level"] == "error"] == []


def test_an_object_without_the_finalizer_goes_at_once(steps: Rig):
    begin(steps)
    await_phase(steps, "Done")
    steps.await_idle()
    assert "finalizers" not in steps.slo("a")["metadata"]
    steps.proxy.log.clear()
    steps.client.delete(SLO, "a", steps.namespace)
    assert steps.client.find(SLO, "a", steps.namespace) is None
    steps.apply("fence")
    await_phase(steps, "Done", "fence")
    assert [one for one in story(steps) if "fence" not in one] == []


def test_a_kind_that_is_planned_without_a_finalizer_costs_what_it_did(steps: Rig):
    steps.apply("a")
    await_phase(steps, "Done")
    steps.await_idle()
    assert story(steps) == [STATUS_A]


def test_a_webhook_is_called_once_after_its_intent_is_persisted(steps: Rig):
    with Receiver() as receiver:
        steps.apply("a", hook=f"{receiver.url}/ok")
        await_phase(steps, "Done")
        steps.await_idle()
        assert len(receiver.received) == 1
    assert story(steps) == [STATUS_A, STATUS_A]
    assert steps.metric("fireline_api_requests_total", verb="post", resource="webhooks", code="200") >= 1


def test_a_webhook_that_does_not_answer_is_not_called_again(steps: Rig):
    with Receiver() as receiver:
        steps.apply("a", hook=f"{receiver.url}/break")
        await_phase(steps, "Unknown")
        steps.operator.restart()
        steps.await_idle()
        assert len(receiver.received) == 1


def test_a_webhook_that_nobody_can_have_got_has_failed(steps: Rig):
    steps.apply("a", hook="http://169.254.169.254/latest/secret-path")
    await_phase(steps, "Failed")
    message = phase(steps)[1]
    assert message == (
        "http://169.254.169.254: 169.254.169.254 is in 169.254.0.0/16, which no webhook may reach"
    )
    assert "secret-path" not in steps.operator.log.read_text()


@pytest.fixture
def twins(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[Rig, Operator, Operator]]:
    """Two operators of one namespace that both believe that they lead, not started."""
    alone = {"lease": {"enabled": False}}
    rig = Rig(cluster, tmp_path, toy=True, module=MODULE)
    with contextlib.closing(rig):
        a_target(rig.client, rig.namespace)
        grant(rig.client, rig.namespace, account("mitigator", rig.namespace), "get", "patch")
        yield rig, rig.make_operator("one", settings=alone), rig.make_operator("two", settings=alone)


def test_two_operators_at_once_take_each_step_once(twins: tuple[Rig, Operator, Operator]):
    rig, one, two = twins
    one.start()
    two.start()
    begin(rig, goal=12)
    await_phase(rig, "Done")
    assert count(rig) == effects(rig) == 12


def test_two_operators_at_once_call_a_webhook_once(twins: tuple[Rig, Operator, Operator]):
    rig, one, two = twins
    one.start()
    two.start()
    with Receiver() as receiver:
        for number in range(10):
            rig.apply(f"hook-{number}", hook=f"{receiver.url}/ok?{number}")
        for number in range(10):
            name = f"hook-{number}"
            wait_for(lambda name=name: phase(rig, name)[0] in {"Done", "Unknown"}, what=f"{name} has ended")
        calls = sorted(one.path for one in receiver.received)
    assert calls == sorted(f"/ok?{number}" for number in range(10))


def test_an_operator_with_an_old_view_meets_conflicts_and_does_not_act(
    twins: tuple[Rig, Operator, Operator], cluster: Cluster
):
    """It planned the call, could not write its status, and heard of nothing since; another one did all."""
    rig, one, _ = twins
    other = rig.make_operator("other", kubeconfig=cluster.kubeconfig, settings={"lease": {"enabled": False}})
    one.start()
    held = rig.proxy.inject(Answer(503), when=STATUS, times=None)
    with Receiver() as receiver:
        rig.apply("a", hook=f"{receiver.url}/ok")
        wait_for(lambda: held.hits, what="the first one has planned the call")
        deaf = [rig.proxy.inject(Answer(503), when=matching(verb=verb), times=None) for verb in LOOKS]
        rig.proxy.break_watches()
        other.start()
        await_phase(rig, "Done")
        held.cancel()
        wait_for(lambda: len(rig.proxy.log.calls(STATUS, code=409)) > 2, what="the first one meets conflicts")
        assert len(receiver.received) == 1
        for one_kind in deaf:
            one_kind.cancel()
        rig.apply("fence")
        await_phase(rig, "Done", "fence")
        assert len(receiver.received) == 1
    assert phase(rig)[0] == "Done"
