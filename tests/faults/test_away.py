"""What happens while the operator is away, and what it remembers of a spec that is no longer valid."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo
from tests.faults.story import clear

from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

WINDOWS = "fireline-windows-default"
UNREADABLE = {
    "ratio": {"bad": {"metric": "http_requests_total{"}, "total": {"metric": "http_requests_total"}}
}


@pytest.fixture(scope="module")
def running(breakable: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator in a namespace of its own, for the whole module."""
    with contextlib.closing(Rig(breakable, tmp_path_factory.mktemp("away"), toy=False)) as rig:
        yield rig


@pytest.fixture
def empty(running: Rig) -> Rig:
    """A running operator and no SLO."""
    if not running.operator.running:
        running.operator.start()
    clear(running)
    running.await_idle()
    return running


def applied(rig: Rig, name: str, **spec: object) -> Manifest:
    """Apply an SLO; the object as the server took it."""
    slo = an_slo(rig.namespace, name)
    return rig.client.apply({**slo, "spec": slo["spec"] | spec})


def carried_out(rig: Rig, slo: Manifest) -> Manifest:
    """Wait until the operator has said what it thinks of this version; the Ready condition."""
    name, generation = slo["metadata"]["name"], slo["metadata"]["generation"]
    wait_for(lambda: rig.slo(name)["status"]["observedGeneration"] == generation, what=f"{name} is observed")
    rig.await_idle()
    return rig.ready(name)


def spec_of(rig: Rig, rule: str) -> Manifest:
    """The spec of a rule object."""
    found: Manifest = rig.rule(rule)["spec"]
    return found


def back(rig: Rig) -> None:
    """Start the operator again, and wait until it has nothing left to do."""
    rig.proxy.log.clear()
    rig.operator.start()
    rig.await_idle()


def test_the_last_member_deleted_while_away_takes_the_shared_windows_with_it(empty: Rig):
    carried_out(empty, applied(empty, "a"))
    empty.operator.kill()
    empty.client.delete(SLO, "a", empty.namespace)
    wait_for(lambda: empty.find_rule("slo-a") is None, what="the rule is collected")
    assert empty.find_rule(WINDOWS)
    back(empty)
    wait_for(lambda: empty.find_rule(WINDOWS) is None, what="the shared windows are gone")
    assert empty.writes() == [f"delete prometheusrules/{WINDOWS}"]


def test_a_window_no_longer_used_is_dropped_when_the_operator_is_back(empty: Rig):
    carried_out(empty, applied(empty, "a"))
    alone = spec_of(empty, WINDOWS)
    carried_out(empty, applied(empty, "week", window={"rolling": "7d"}))
    assert spec_of(empty, WINDOWS) != alone
    empty.operator.kill()
    empty.client.delete(SLO, "week", empty.namespace)
    wait_for(lambda: empty.find_rule("slo-week") is None, what="the rule is collected")
    back(empty)
    wait_for(lambda: spec_of(empty, WINDOWS) == alone, what="the windows are those of the one left")
    assert empty.writes() == [f"apply prometheusrules/{WINDOWS}"]


@pytest.mark.parametrize("child", ["slo-a", WINDOWS])
@pytest.mark.parametrize("harm", ["edited", "deleted"])
def test_a_child_harmed_while_away_is_repaired_with_one_write(empty: Rig, child: str, harm: str):
    carried_out(empty, applied(empty, "a"))
    before = spec_of(empty, child)
    empty.operator.kill()
    if harm == "deleted":
        empty.client.delete(PROMETHEUS_RULE, child, empty.namespace)
    else:
        empty.client.patch(PROMETHEUS_RULE, child, empty.namespace, {"spec": {"groups": []}})
    back(empty)
    wait_for(lambda: spec_of(empty, child) == before, what="the child is as it was")
    empty.await_idle()
    assert empty.writes() == [f"apply prometheusrules/{child}"]


def test_a_spec_that_turns_invalid_keeps_its_last_good_rules_and_says_so(empty: Rig):
    carried_out(empty, applied(empty, "week", window={"rolling": "7d"}))
    rule, windows = spec_of(empty, "slo-week"), spec_of(empty, WINDOWS)
    ready = carried_out(empty, applied(empty, "week", window={"rolling": "1d"}, indicator=UNREADABLE))
    assert ready["status"] == "False"
    assert ready["message"].endswith("The last good rules stay in place.")
    assert "spec.indicator.ratio.bad.metric" in ready["message"]
    assert conditions(empty, "week")["Stalled"] == "True"
    assert (spec_of(empty, "slo-week"), spec_of(empty, WINDOWS)) == (rule, windows)


def test_last_good_rules_outlive_a_restart_and_other_members(empty: Rig):
    carried_out(empty, applied(empty, "week", window={"rolling": "7d"}))
    rule, windows = spec_of(empty, "slo-week"), spec_of(empty, WINDOWS)
    carried_out(empty, applied(empty, "week", window={"rolling": "1d"}, indicator=UNREADABLE))
    empty.operator.kill()
    back(empty)
    assert empty.writes() == []
    carried_out(empty, applied(empty, "a"))
    both = spec_of(empty, WINDOWS)
    empty.client.delete(SLO, "a", empty.namespace)
    wait_for(lambda: spec_of(empty, WINDOWS) == windows, what="only the invalid member's window is left")
    assert both != windows
    assert spec_of(empty, "slo-week") == rule
    assert empty.ready("week")["message"].endswith("The last good rules stay in place.")


def test_a_spec_that_turns_invalid_while_away_keeps_its_last_good_rules(empty: Rig):
    carried_out(empty, applied(empty, "a"))
    rule, windows = empty.rule("slo-a"), empty.rule(WINDOWS)
    empty.operator.kill()
    wrong = applied(empty, "a", indicator=UNREADABLE)
    back(empty)
    assert carried_out(empty, wrong)["message"].endswith("The last good rules stay in place.")
    assert (empty.rule("slo-a"), empty.rule(WINDOWS)) == (rule, windows)


def test_a_spec_put_right_is_carried_out_again(empty: Rig):
    carried_out(empty, applied(empty, "a"))
    before = spec_of(empty, "slo-a")
    carried_out(empty, applied(empty, "a", indicator=UNREADABLE))
    assert carried_out(empty, applied(empty, "a", objective="99"))["status"] == "True"
    assert conditions(empty, "a")["Stalled"] == "False"
    assert spec_of(empty, "slo-a") != before


def test_a_spec_that_never_was_valid_has_no_rules_and_brings_no_windows(empty: Rig):
    ready = carried_out(empty, applied(empty, "a", indicator=UNREADABLE))
    assert ready["status"] == "False"
    assert "last good" not in ready["message"]
    assert empty.client.list(PROMETHEUS_RULE, empty.namespace) == []


def conditions(rig: Rig, name: str) -> dict[str, str]:
    """The status of each condition."""
    return {one["type"]: one["status"] for one in rig.slo(name)["status"]["conditions"]}
