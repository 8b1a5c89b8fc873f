"""Restart: one annotation in the pod template, the same however often it is planned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.workloads import NOW, a_spec, a_template, a_workload, ago, around

from fireline.api.plan import Manifest
from fireline.mitigation.actions.restart import PATH, RESTART, RESTARTED_AT
from fireline.mitigation.model import ABSENT, Change, PathChange, Permission, Refusal

EPISODE = ago(4)


def planned(target: Manifest, *, single: bool = False) -> Change | Refusal:
    """What a restart comes to in an episode that began four minutes ago."""
    spec = a_spec({"restart": {"allowSingleReplica": single}})
    return RESTART.plan(spec, target, around(before=EPISODE))


def restarted(at: str) -> Manifest:
    """A workload that was restarted at this time."""
    return a_workload(spec={"template": a_template(annotations={RESTARTED_AT: at})})


def after(found: Change | Refusal) -> Any:
    """The annotation that would be written."""
    assert isinstance(found, Change), found
    (path,) = found.paths
    assert path.path == PATH
    return path.after


def a_daemon_set(nodes: int) -> Manifest:
    """A DaemonSet on so many nodes."""
    found = a_workload("DaemonSet", spec={"updateStrategy": {"type": "RollingUpdate"}})
    del found["spec"]["replicas"]
    found["status"]["desiredNumberScheduled"] = nodes
    return found


def test_it_cannot_be_taken_back():
    assert RESTART.reversibility(a_spec({"restart": {}})) == "Irreversible"


def test_it_writes_when_the_episode_began_where_kubectl_writes_the_time():
    found = planned(a_workload())
    assert isinstance(found, Change)
    assert found.paths == (
        PathChange(
            "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
            ABSENT,
            "2026-11-22T02:56:00Z",
        ),
    )
    assert found.summary == "restarts the 3 pods of Deployment checkout"


@pytest.mark.parametrize("seconds", [0, 1, 30, 7200])
def test_planning_again_later_in_the_same_episode_gives_the_same_change(seconds: int):
    spec, target = a_spec({"restart": {}}), a_workload()
    later = around(before=EPISODE)
    again = type(later)(later.answers, NOW + timedelta(seconds=seconds), EPISODE)
    assert RESTART.plan(spec, target, again) == planned(target)


def test_without_an_episode_the_time_it_is_planned_at_counts():
    found = RESTART.plan(a_spec({"restart": {}}), a_workload(), around())
    assert after(found) == "2026-11-22T03:00:00Z"


@given(minutes=st.integers(-600, 600))
def test_it_always_writes_a_later_time_than_the_last_restart(minutes: int):
    last = EPISODE + timedelta(minutes=minutes)
    written = after(planned(restarted(last.strftime("%Y-%m-%dT%H:%M:%SZ"))))
    assert written == max(EPISODE, last + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("text", ["yesterday", "", "2026-11-22T01:00:00"])
def test_what_somebody_else_wrote_there_does_no_harm(text: str):
    assert after(planned(restarted(text))) == "2026-11-22T02:56:00Z"


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_single_pod_needs_an_explicit_yes(kind: str):
    target = a_workload(kind, spec={"replicas": 1})
    refused = planned(target)
    assert isinstance(refused, Refusal)
    assert refused.reason == "SingleReplica"
    assert "action.restart.allowSingleReplica: true" in refused.message
    assert isinstance(planned(target, single=True), Change)


def test_a_strategy_that_stops_all_pods_first_needs_an_explicit_yes():
    target = a_workload(spec={"strategy": {"type": "Recreate"}})
    refused = planned(target)
    assert isinstance(refused, Refusal)
    assert "strategy Recreate: all of its 3 pods stop" in refused.message
    assert isinstance(planned(target, single=True), Change)


@pytest.mark.parametrize("target", [a_workload(spec={"replicas": 0}), a_daemon_set(0)])
def test_without_pods_there_is_nothing_to_restart(target: Manifest):
    found = planned(target, single=True)
    assert isinstance(found, Refusal)
    assert found.reason == "NoPods"


def test_a_daemonset_has_as_many_pods_as_it_has_nodes():
    assert isinstance(planned(a_daemon_set(2)), Change)
    found = planned(a_daemon_set(1))
    assert isinstance(found, Refusal)
    assert found.reason == "SingleReplica"


def test_a_paused_deployment_is_refused_with_the_command_that_resumes_it():
    found = planned(a_workload(spec={"paused": True}))
    assert isinstance(found, Refusal)
    assert found.reason == "Paused"
    assert "kubectl -n shop rollout resume deployment/checkout" in found.message


def test_pods_that_stay_until_they_are_deleted_are_not_restarted():
    found = planned(a_workload("StatefulSet", spec={"updateStrategy": {"type": "OnDelete"}}))
    assert isinstance(found, Refusal)
    assert found.reason == "OnDelete"


def test_a_partition_that_no_pod_is_above_leaves_nothing_to_restart():
    def partitioned(partition: int) -> Change | Refusal:
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
        return planned(a_workload("StatefulSet", spec={"updateStrategy": strategy}))

    refused, some = partitioned(3), partitioned(2)
    assert isinstance(refused, Refusal)
    assert refused.reason == "Partitioned"
    assert isinstance(some, Change)
    assert some.notes == ("the partition keeps pods 0 to 1 as they are",)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_it_needs_the_right_to_patch_its_target(kind: str):
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "checkout"}
    assert RESTART.permissions(a_spec({"restart": {}}, target)) == (
        Permission("apps", f"{kind.lower()}s", ("get", "patch"), ("checkout",)),
    )
