"""Calls counted at the fault proxy: what an SLO costs the API server in its life."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Gone, Slow
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig
from tests.cluster.toy import an_slo

from fireline.api.resources import PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

RESTART_COUNT = 500


def create_writes(rig: Rig) -> list[str]:
    """The writes of one creation, with the SLO's own watch event coming much later than its child's.

    So the child's event meets a cache that only the write-back can have brought up to date.
    """
    rig.proxy.break_watches()
    rig.proxy.inject(Slow(64, 0.02), when=matching(verb="watch", resource=SLO.crd_name), times=None)
    rig.proxy.inject(Slow(64, 0.02), when=matching(verb="list", resource=SLO.crd_name), times=None)
    wait_for(lambda: rig.proxy.open_watches() >= 4, what="every watch is open again")
    rig.proxy.log.clear()
    rig.apply("a")
    rig.await_reason("a", "Applied")
    rig.apply("fence")
    rig.await_reason("fence", "Applied")
    rig.await_idle()
    return [write for write in rig.writes() if "fence" not in write]


def test_creation_costs_one_apply_and_one_status(toy: Rig):
    assert create_writes(toy) == [
        "apply prometheusrules/slo-a",
        "patch servicelevelobjectives/status/a",
    ]


def test_without_the_write_back_creation_would_cost_more(cluster: Cluster, tmp_path: Path):
    with a_rig(cluster, tmp_path, module="tests.cluster.nowriteback") as rig:
        assert len(create_writes(rig)) > 2


def test_a_real_slo_costs_one_apply_one_status_and_the_shared_windows_once(rig: Rig):
    for name in ("a", "b"):
        rig.client.apply(an_slo(rig.namespace, name))
        wait_for(lambda name=name: rig.ready(name)["status"] == "True", what=f"{name} is Ready")
        rig.await_idle()
    counted = sorted(rig.writes())
    assert counted == [
        "apply prometheusrules/fireline-windows-default",
        "apply prometheusrules/slo-a",
        "apply prometheusrules/slo-b",
        "patch servicelevelobjectives/status/a",
        "patch servicelevelobjectives/status/b",
    ]


def test_a_spec_change_costs_one_apply_and_one_status(rig: Rig):
    rig.client.apply(an_slo(rig.namespace, "a"))
    wait_for(lambda: rig.ready("a")["status"] == "True", what="a is Ready")
    rig.await_idle()
    rig.proxy.log.clear()
    changed = an_slo(rig.namespace, "a")
    changed["spec"]["objective"] = "99.5"
    rig.client.apply(changed)
    wait_for(lambda: rig.slo("a")["status"]["observedGeneration"] == 2, what="the change is observed")
    rig.await_idle()
    assert sorted(rig.writes()) == ["apply prometheusrules/slo-a", "patch servicelevelobjectives/status/a"]


def test_relists_and_broken_watches_cost_no_write(rig: Rig):
    rig.client.apply(an_slo(rig.namespace, "a"))
    wait_for(lambda: rig.ready("a")["status"] == "True", what="a is Ready")
    rig.await_idle()
    rig.proxy.log.clear()
    assert rig.proxy.break_watches(Gone()) >= 4
    wait_for(lambda: len(rig.proxy.log.calls(verb="list", resource=SLO.crd_name)) >= 1, what="a LIST")
    wait_for(lambda: rig.proxy.open_watches() >= 4, what="every watch is open again")
    rig.await_idle()
    assert rig.writes() == []


def test_a_restart_with_many_slos_costs_no_write(rig: Rig):
    names = [f"slo-{number}" for number in range(RESTART_COUNT)]
    for name in names:
        rig.client.apply(an_slo(rig.namespace, name))
    wait_for(
        lambda: len(rig.client.list(PROMETHEUS_RULE, rig.namespace)) == RESTART_COUNT + 1, what="every rule"
    )
    rig.await_idle()
    rig.proxy.log.clear()
    rig.operator.restart()
    rig.await_idle()
    wait_for(
        lambda: rig.metric("fireline_reconcile_total", kind=SLO.kind) >= RESTART_COUNT,
        what="every SLO planned",
    )
    rig.await_idle()
    assert rig.writes() == []
