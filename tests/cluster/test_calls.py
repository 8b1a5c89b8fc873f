"""What a real SLO costs the API server in its life, counted at the fault proxy before ``fireline run``.

The engine's own call tests use a toy kind; these count with the real planners, no Prometheus to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Gone, Slow
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig
from tests.cluster.toy import an_slo

from fireline.api import labels
from fireline.api.plan import Manifest
from fireline.api.resources import EVENT, PROMETHEUS_RULE, SLO, Resource
from fireline.app import WATCHED

pytestmark = pytest.mark.bed

WINDOWS = "fireline-windows-default"
APPLY_A, APPLY_WINDOWS = "apply prometheusrules/slo-a", f"apply prometheusrules/{WINDOWS}"
STATUS_A = "patch servicelevelobjectives/status/a"


@pytest.fixture(scope="module")
def running(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator in a namespace of its own, for the whole module."""
    with a_rig(cluster, tmp_path_factory.mktemp("calls"), toy=False) as rig:
        yield rig


@pytest.fixture
def empty(running: Rig) -> Iterator[Rig]:
    """No SLO in the namespace, and an empty call log."""
    yield running
    for slo in running.client.list(SLO, running.namespace):
        running.client.delete(SLO, slo["metadata"]["name"], running.namespace)
    for rule in running.client.list(PROMETHEUS_RULE, running.namespace):  # no garbage collector runs here
        running.client.delete(PROMETHEUS_RULE, rule["metadata"]["name"], running.namespace)
    wait_for(
        lambda: (
            not any(running.metric("fireline_cache_objects", kind=k) for k in (SLO.kind, "PrometheusRule"))
        ),
        what="the operator has seen that everything is gone",
    )
    running.await_idle()
    running.proxy.log.clear()


@pytest.fixture
def settled(empty: Rig) -> Rig:
    """One SLO, Ready, its rule and shared windows in place, and an empty call log."""
    create(empty, "a")
    empty.proxy.log.clear()
    return empty


def create(rig: Rig, name: str, **spec: object) -> None:
    """Apply an SLO and wait until nothing more happens."""
    slo = an_slo(rig.namespace, name)
    slo["spec"] |= spec
    change(rig, slo)


def change(rig: Rig, slo: Manifest) -> None:
    """Apply a version of an SLO and wait until it is Ready and nothing more happens."""
    generation = rig.client.apply(slo)["metadata"]["generation"]
    name = slo["metadata"]["name"]

    def observed() -> bool:
        return bool(rig.slo(name)["status"]["observedGeneration"] == generation)

    wait_for(lambda: observed() and rig.ready(name)["status"] == "True", what=f"{name} is Ready")
    rig.await_idle()


def settle(rig: Rig) -> list[str]:
    """The writes so far, once the operator has surely seen what was done before.

    Watches deliver in order: when a later object is through, so are the events before it.
    """
    create(rig, "fence")
    return sorted(write for write in rig.writes() if "fence" not in write)


def test_creation_costs_one_apply_one_status_and_the_shared_windows_once(empty: Rig):
    create(empty, "a")
    assert settle(empty) == [APPLY_WINDOWS, APPLY_A, STATUS_A]


@pytest.mark.parametrize(("module", "more"), [(None, False), ("tests.cluster.forgetful", True)])
def test_a_skipped_cache_write_back_would_be_noticed(
    cluster: Cluster, tmp_path: Path, module: str | None, more: bool
):
    started = a_rig(cluster, tmp_path, module=module) if module else a_rig(cluster, tmp_path, toy=False)
    with started as rig:
        writes = creation_seen_late(rig)
    assert sorted(set(writes)) == [APPLY_WINDOWS, APPLY_A, STATUS_A]
    assert (len(writes) > 3) is more


def creation_seen_late(rig: Rig) -> list[str]:
    """The writes of one creation when the SLO's own watch event comes much later than its child's.

    So the child's event meets a cache that only the write-back can have brought up to date.
    """
    for verb in ("watch", "list"):
        rig.proxy.inject(Slow(64, 0.02), when=matching(verb=verb, resource=SLO.crd_name), times=None)
    rig.proxy.break_watches()
    wait_for(lambda: rig.proxy.open_watches() >= len(WATCHED), what="every watch is open again")
    rig.proxy.log.clear()
    create(rig, "a")
    return settle(rig)


def test_shared_windows_are_applied_again_only_for_a_window_they_lack(settled: Rig):
    create(settled, "same")
    assert settle(settled) == ["apply prometheusrules/slo-same", "patch servicelevelobjectives/status/same"]
    settled.proxy.log.clear()
    create(settled, "week", window={"rolling": "7d"})
    assert settle(settled) == [
        APPLY_WINDOWS,
        "apply prometheusrules/slo-week",
        "patch servicelevelobjectives/status/week",
    ]


def test_new_words_in_an_alert_cost_one_apply_and_one_status(settled: Rig):
    before = settled.rule("slo-a")["spec"]
    create(settled, "a", description="Customers can pay, at last")
    assert settle(settled) == [APPLY_A, STATUS_A]
    assert settled.rule("slo-a")["spec"] != before


def test_a_spec_that_turns_invalid_costs_one_status(settled: Rig):
    slo = an_slo(settled.namespace, "a")
    slo["spec"]["indicator"]["ratio"]["bad"] = {"metric": "http_requests_total{"}
    settled.client.apply(slo)
    wait_for(lambda: settled.ready("a")["status"] == "False", what="a is refused")
    assert settle(settled) == [STATUS_A]


EDITS = {
    "edited": {"spec": {"groups": []}},
    "relabelled": {"metadata": {"labels": None}},
    "annotated": {"metadata": {"annotations": {labels.SOURCE: "forged"}}},
}


@pytest.mark.parametrize("child", ["slo-a", WINDOWS])
@pytest.mark.parametrize("patch", EDITS.values(), ids=EDITS.keys())
def test_a_child_changed_by_hand_costs_one_apply(settled: Rig, child: str, patch: Manifest):
    repaired_by_one_apply(
        settled, child, lambda: settled.client.patch(PROMETHEUS_RULE, child, settled.namespace, patch)
    )


@pytest.mark.parametrize("child", ["slo-a", WINDOWS])
def test_a_child_deleted_by_hand_costs_one_apply(settled: Rig, child: str):
    repaired_by_one_apply(
        settled, child, lambda: settled.client.delete(PROMETHEUS_RULE, child, settled.namespace)
    )


def repaired_by_one_apply(rig: Rig, child: str, harm: Callable[[], object]) -> None:
    """Harm a child; it comes back as it was, by exactly one write."""
    before = lasting(rig.rule(child))
    harm()
    wait_for(lambda: lasting(rig.rule(child)) == before, what=f"{child} is as it was")
    assert settle(rig) == [f"apply prometheusrules/{child}"]


def lasting(rule: Manifest) -> Manifest:
    """What a repair brings back: everything that is not new with each write."""
    meta = rule["metadata"]
    annotations = {key: value for key, value in meta["annotations"].items() if key != labels.CORRELATION_ID}
    kept = {"labels": meta["labels"], "annotations": annotations, "owners": meta.get("ownerReferences")}
    return {**kept, "spec": rule["spec"]}


@pytest.mark.parametrize(
    ("resource", "name"), [(SLO, "a"), (PROMETHEUS_RULE, "slo-a"), (PROMETHEUS_RULE, WINDOWS)]
)
@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_an_edit_that_changes_no_rendered_byte_costs_nothing(
    settled: Rig, resource: Resource, name: str, field: str
):
    settled.client.patch(resource, name, settled.namespace, {"metadata": {field: {"note": "x"}}})
    assert settle(settled) == []


def test_a_copied_label_costs_one_apply(settled: Rig):
    settled.client.patch(SLO, "a", settled.namespace, {"metadata": {"labels": {"team": "payments"}}})
    wait_for(lambda: settled.rule("slo-a")["metadata"]["labels"]["team"] == "payments", what="the label")
    assert settle(settled) == [APPLY_A]


def test_a_relist_of_everything_costs_nothing(settled: Rig):
    assert settled.proxy.break_watches(Gone()) >= len(WATCHED)

    def relisted() -> bool:
        listed = {call.resource for call in settled.proxy.log.calls(verb="list")}
        return listed >= {kind.resource.crd_name for kind in WATCHED}

    wait_for(relisted, what="kopf's LIST of every kind, which ours reads over its shoulder")
    assert settle(settled) == []


def test_each_transition_is_told_by_one_event(empty: Rig):
    create(empty, "told")
    create(empty, "told", description="no transition, no event")
    slo = an_slo(empty.namespace, "told")
    slo["spec"]["prometheus"] = "nowhere"
    empty.client.apply(slo)
    wait_for(lambda: empty.ready("told")["status"] == "False", what="told is refused")
    create(empty, "told")
    settle(empty)

    def reasons() -> list[str]:
        events = [
            one for one in empty.client.list(EVENT, empty.namespace) if one["regarding"]["name"] == "told"
        ]
        return [one["reason"] for one in sorted(events, key=lambda one: str(one["eventTime"]))]

    wait_for(lambda: len(reasons()) >= 3, what="the events are posted")
    assert reasons() == ["Ready", "UnknownSource", "Ready"]
