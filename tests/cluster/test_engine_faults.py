"""One fault at a time between the operator and the API server: it converges and tells no lies."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer, Before, Fault, Gone, HalfLine, Reset
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig

from fireline.api.resources import PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

APPLY = matching(verb="apply", resource=PROMETHEUS_RULE.crd_name)
STATUS = matching(verb="patch", resource=SLO.crd_name)
LOOK = matching(verb="get", resource=PROMETHEUS_RULE.crd_name)
PASSING: tuple[Fault, ...] = (Answer(500), Answer(503), Answer(409), Reset(), Reset(after=True))


@pytest.mark.parametrize("fault", PASSING, ids=str)
@pytest.mark.parametrize("call", [LOOK, APPLY, STATUS], ids=["look", "apply", "status"])
def test_a_passing_fault_is_retried_and_marks_nothing_failed(toy: Rig, fault: Fault, call):
    injected = toy.proxy.inject(fault, when=call, times=3)
    toy.apply("a")
    toy.await_reason("a", "Applied")
    toy.await_idle()
    assert injected.hits
    seen = [line["Ready"] for line in toy.operator.logs() if line["event"] == "conditions changed"]
    assert all(ready == "True (Applied)" for ready in seen)


def test_a_throttled_key_waits_as_told_while_others_go_on(toy: Rig):
    slow = matching(verb="apply", name="slo-slow")
    injected = toy.proxy.inject(Answer(429, retry_after=3600), when=slow, times=None)
    toy.apply("slow")
    wait_for(lambda: injected.hits == 1, what="the throttled apply")
    for number in range(30):
        toy.apply(f"other-{number}")
    for number in range(30):
        toy.await_reason(f"other-{number}", "Applied")
    assert injected.hits == 1
    injected.cancel()
    toy.apply("slow", expr="vector(2)")
    toy.await_reason("slow", "Applied")


def test_a_storm_of_429_on_everything_converges(toy: Rig):
    toy.proxy.inject(Answer(429, retry_after=1), when=lambda call: call.is_write, times=40)
    for number in range(20):
        toy.apply(f"slo-{number}")
    for number in range(20):
        toy.await_reason(f"slo-{number}", "Applied")


def test_an_object_made_anew_between_plan_and_status_gets_its_own_status(toy: Rig):
    def make_anew() -> None:
        toy.client.delete(SLO, "a", toy.namespace)
        toy.apply("a", expr="vector(2)")

    toy.proxy.inject(Before(make_anew), when=STATUS)
    old = toy.apply("a")["metadata"]["uid"]
    wait_for(lambda: toy.slo("a")["metadata"]["uid"] != old, what="the object is another one")
    toy.await_reason("a", "Applied")

    def owner() -> str:
        found: str = toy.rule("slo-a")["metadata"]["ownerReferences"][0]["uid"]
        return found

    wait_for(lambda: owner() == toy.slo("a")["metadata"]["uid"], what="the rule belongs to the new object")
    assert toy.rule("slo-a")["spec"]["groups"][0]["rules"][0]["expr"] == "vector(2)"


@pytest.mark.parametrize("fault", [Gone(), HalfLine(), Reset()], ids=str)
def test_what_happens_while_watches_are_broken_is_caught_up_with(toy: Rig, fault: Gone | HalfLine | Reset):
    for name in ("a", "b"):
        toy.apply(name)
        toy.await_reason(name, "Applied")
    down = toy.proxy.inject(Answer(503), when=matching(verb="watch"), times=None)
    listing = toy.proxy.inject(Answer(503), when=matching(verb="list"), times=None)
    toy.proxy.break_watches(fault)
    toy.client.delete(PROMETHEUS_RULE, "slo-a", toy.namespace)
    toy.client.delete(SLO, "b", toy.namespace)
    toy.apply("c")
    wait_for(lambda: down.hits + listing.hits > 3, what="kopf tries to watch again")
    down.cancel()
    listing.cancel()
    toy.await_reason("c", "Applied")
    wait_for(lambda: toy.find_rule("slo-a"), what="the deleted child is back")
    wait_for(lambda: toy.metric("fireline_cache_objects", kind=SLO.kind) == 2, what="the ghost is gone")


def test_a_deletion_hidden_by_a_410_is_found_by_comparison(toy: Rig):
    toy.apply("a")
    toy.await_reason("a", "Applied")
    closed = toy.proxy.inject(Answer(503), when=matching(verb="watch"), times=None)
    toy.proxy.break_watches(Gone())
    wait_for(lambda: closed.hits >= 4, what="no watch is open")
    toy.client.delete(PROMETHEUS_RULE, "slo-a", toy.namespace)
    gone = toy.proxy.inject(Gone(), when=matching(verb="watch"), times=4)
    closed.cancel()
    wait_for(lambda: gone.hits == 4, what="every watch was told 410")
    wait_for(lambda: toy.find_rule("slo-a"), what="the child is made again")


def test_an_operator_without_its_own_crd_is_not_ready_and_says_why(tools: Tools, tmp_path: Path):
    with Cluster(tools, tmp_path / "cluster", crds=False) as cluster:
        rig = Rig(cluster, tmp_path, toy=True)
        try:
            rig.operator.launch()
            answer = wait_for(
                lambda: _refused(f"{rig.operator.url}/readyz", "servicelevelobjectives"), what="not ready"
            )
            assert "apply the files in Fireline's crds/ folder" in answer
            assert requests.get(f"{rig.operator.url}/healthz", timeout=30).status_code == 200
        finally:
            rig.close()


def _refused(url: str, word: str) -> str | None:
    answer = requests.get(url, timeout=30)
    return answer.text if answer.status_code == 503 and word in answer.text else None
