"""Trouble between the operator and its API server: in the end the objects are as if nothing had been."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator

import pytest
import requests
from tests.bed.calls import Call, matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer, Before, Fault, Gone, HalfLine, Hang, Reset, Slow
from tests.bed.operator import Operator
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, short
from tests.cluster.toy import an_slo
from tests.faults.story import STORY, clear, objects, supervised, told

from fireline.api.resources import LEASE

pytestmark = pytest.mark.bed

PAUSE_SECONDS = 20.0
PATIENT_LEASE = {"duration_seconds": 40.0, "renew_deadline_seconds": 30.0, "retry_seconds": 0.3}
PASSING: tuple[tuple[Fault, ...], ...] = (
    (Answer(500), Reset(after=True)),
    (Answer(409), Reset()),
    (Hang(0.2), Answer(503)),
)
"""What each call meets before it succeeds. Few at a time: each failure doubles the wait."""


@pytest.fixture(scope="module")
def running(breakable: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator in a namespace of its own, for the whole module."""
    with contextlib.closing(Rig(breakable, tmp_path_factory.mktemp("server"), toy=False)) as rig:
        yield rig


@pytest.fixture(scope="module")
def undisturbed(running: Rig) -> list[str]:
    """The objects after each chapter of the story when nothing goes wrong."""
    running.operator.start()
    running.await_idle()
    return told(running)


@pytest.fixture
def empty(running: Rig) -> Iterator[Rig]:
    """A running operator, no SLO, no fault."""
    if not running.operator.running:
        running.operator.start()
    clear(running)
    running.await_idle()
    yield running
    running.proxy.plan.clear()


class FirstTime:
    """A predicate: the first call of each kind since it was made. Leases have tests of their own."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()

    def __call__(self, call: Call) -> bool:
        kind = (call.verb, call.resource, call.subresource, call.name)
        if call.resource == LEASE.crd_name or call.verb == "watch" or kind in self._seen:
            return False
        self._seen.add(kind)
        return True


@pytest.mark.parametrize("faults", PASSING, ids=str)
def test_every_call_may_fail_before_it_succeeds(
    empty: Rig, undisturbed: list[str], faults: tuple[Fault, ...]
):
    empty.proxy.inject(Slow(4096, 0.01), when=matching(verb="list"), times=None)
    hits = 0
    for chapter, wanted in zip(STORY, undisturbed, strict=True):
        broken = [empty.proxy.inject(fault, when=FirstTime(), times=None) for fault in faults]
        chapter.happens(empty)
        same(empty, wanted, chapter.title)
        hits += sum(fault.hits for fault in broken)
        for fault in broken:
            fault.cancel()
    assert hits >= len(faults) * sum(len(chapter.writes) for chapter in STORY)


def test_watches_may_break_in_every_way_at_every_change(empty: Rig, undisturbed: list[str]):
    breaks: Iterator[Reset | HalfLine | Gone] = itertools.cycle((Gone(), HalfLine(), Reset()))
    for chapter, wanted in zip(STORY, undisturbed, strict=True):
        wait_for(lambda: empty.proxy.open_watches() >= 4, what="every watch is open")
        assert empty.proxy.break_watches(next(breaks)) > 0
        chapter.happens(empty)
        same(empty, wanted, chapter.title)


def test_a_storm_of_429_is_waited_for(empty: Rig):
    storm = empty.proxy.inject(Answer(429, retry_after=1), when=lambda call: call.is_write, times=30)
    names = [f"slo-{number}" for number in range(20)]
    for name in names:
        empty.client.apply(an_slo(empty.namespace, name))
    for name in names:
        wait_for(lambda name=name: empty.ready(name)["status"] == "True", what=f"{name} is Ready")
    wait_for(lambda: empty.find_rule("fireline-windows-default"), what="the shared windows")
    assert storm.hits == 30
    assert said_of_ready(empty.operator, names) == {"True (Ready)"}


def test_a_restarted_api_server_is_waited_for(empty: Rig, breakable: Cluster, undisturbed: list[str]):
    assert empty.operator.stop() == 0
    patient = empty.make_operator(
        "patient", settings={"lease": {**PATIENT_LEASE, "namespace": empty.namespace}}
    )
    with patient:
        wait_for(lambda: leads(patient), what="the patient operator leads")
        pid = patient.pid
        for chapter, wanted in zip(STORY, undisturbed, strict=True):
            chapter.happens(empty)
            if chapter is STORY[0]:
                breakable.api_server.kill()
                breakable.api_server.start()
            same(empty, wanted, chapter.title)
        assert patient.running
        assert patient.pid == pid


def test_a_frozen_etcd_ends_the_leader_and_the_next_one_goes_on(
    empty: Rig, breakable: Cluster, undisturbed: list[str]
):
    STORY[0].happens(empty)
    same(empty, undisturbed[0], STORY[0].title)
    first = empty.operator.pid
    with supervised(empty.operator) as ends:
        breakable.etcd.pause()
        frozen = time.monotonic()
        try:
            wait_for(lambda: ends, what="the leader ends, because it cannot renew its lease")
            time.sleep(max(0.0, frozen + PAUSE_SECONDS - time.monotonic()))  # the length of the fault itself
        finally:
            breakable.etcd.resume()
        for chapter, wanted in list(zip(STORY, undisturbed, strict=True))[1:]:
            wait_for(lambda chapter=chapter: chapter.happens(empty) or True, what="etcd is back")
            same(empty, wanted, chapter.title)
    assert set(ends) == {1}
    assert empty.operator.pid != first
    assert "LeaseLost" in empty.operator.log.read_text()


def test_a_second_replica_goes_on_where_the_first_was_killed(empty: Rig, breakable: Cluster):
    with FaultProxy.before(breakable) as proxy:
        second = empty.make_operator("second", kubeconfig=proxy.kubeconfig)
        second.start()
        empty.proxy.log.clear()
        kill = empty.proxy.inject(Before(empty.operator.kill), when=lambda call: call.is_write, nth=2)
        empty.client.apply(an_slo(empty.namespace, "a"))
        wait_for(lambda: kill.hits, what="the first replica is killed at its second write")
        wait_for(lambda: empty.find_rule("fireline-windows-default"), what="the second has taken over")
        wait_for(lambda: empty.ready("a")["status"] == "True", what="a is Ready")
        wait_for(lambda: leads(second), what="the second says that it leads")
        assert [write for write in empty.writes() if "status" not in write] == ["apply prometheusrules/slo-a"]
        assert [short(call) for call in proxy.log.writes()] == [
            "patch servicelevelobjectives/status/a",
            "apply prometheusrules/fireline-windows-default",
        ]
        empty.operator.start()
        empty.proxy.log.clear()
        empty.client.apply(an_slo(empty.namespace, "b"))
        wait_for(lambda: empty.ready("b")["status"] == "True", what="b is Ready")
        assert not leads(empty.operator)
        assert empty.writes() == []
        assert second.stop() == 0
        wait_for(lambda: leads(empty.operator), what="the first leads again")


def leads(operator: Operator) -> bool:
    """Whether this replica says that it leads."""
    found: bool = requests.get(f"{operator.url}/status", timeout=30).json()["leading"]
    return found


def same(rig: Rig, wanted: str, title: str) -> None:
    """Wait until the objects are those of the undisturbed run."""
    wait_for(lambda: objects(rig) == wanted, what=f"{title}: the objects of the undisturbed run")


def said_of_ready(operator: Operator, names: list[str]) -> set[str]:
    """Every state of Ready the log tells of these SLOs."""
    lines = [line for line in operator.logs() if line["event"] == "conditions changed"]
    return {line["Ready"] for line in lines if "Ready" in line and line["key"].rpartition("/")[2] in names}
