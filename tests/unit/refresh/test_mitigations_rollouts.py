"""The loop over rollouts: who looks, how often, and what the planner is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.unit.mitigation.workloads import a_replica_set, a_template, a_workload, listed
from tests.unit.refresh.mitigation_world import KEY, NOW, World, a_mitigation

from fireline.api.conditions import timestamp
from fireline.api.plan import Answer, Manifest

WITHIN = 300


def by_rollout(**changes: Any) -> Manifest:
    """A Mitigation whose Deployment tells."""
    spec = {
        "trigger": {"rolloutFailed": {"within": f"{WITHIN}s"}, "forTicks": 2},
        "target": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
        "action": {"rolloutUndo": {}},
    }
    return a_mitigation(**(spec | changes))


def roll(world: World) -> None:
    """One round of looks."""
    asyncio.run(world.watch.look_at_rollouts())


def stuck(world: World, *, since: float) -> None:
    """A rollout that got no further since then (Unix time)."""
    at = timestamp(datetime.fromtimestamp(since, UTC))
    told = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": at}
    deployment = a_workload()
    deployment["status"] |= {"updatedReplicas": 1, "replicas": 4, "conditions": [told]}
    new = a_replica_set(2, a_template("shop:2"), minutes=5, wanted=1)
    world.deployments = {"Deployment": Answer(200, deployment), "ReplicaSet": listed(new)}


def done(world: World) -> None:
    """A rollout that came to its end."""
    deployment = a_workload()
    deployment["status"] |= {"updatedReplicas": 3, "replicas": 3, "availableReplicas": 3}
    world.deployments = {"Deployment": Answer(200, deployment)}


def test_a_rollout_that_got_stuck_is_true_and_ticks_are_counted():
    world = World(by_rollout())
    stuck(world, since=world.now - WITHIN)
    roll(world)
    told = world.signal()
    assert (told.state, told.ticks, told.details["reason"]) == ("True", 1, "RolloutFailed")
    assert told.since.timestamp() == world.now - WITHIN
    world.seconds += 5
    roll(world)
    assert world.signal().ticks == 2
    assert KEY in world.enqueued


def test_it_looks_with_the_rights_of_the_serviceaccount_and_asks_no_prometheus():
    world = World(by_rollout())
    stuck(world, since=NOW)
    roll(world)
    assert {call.user for call in world.asked} == {"system:serviceaccount:shop:mitigator"}
    assert [(call.verb, call.kind) for call in world.asked] == [("get", "Deployment"), ("list", "ReplicaSet")]


def test_a_rollout_that_came_to_its_end_costs_one_read_and_is_looked_at_less_often():
    world = World(by_rollout())
    done(world)
    for _ in range(7):
        roll(world)
        world.seconds += 5
    assert world.signal().state == "False"
    assert [call.kind for call in world.asked] == ["Deployment"] * 3


def test_a_deployment_that_may_not_be_read_is_unknown():
    world = World(by_rollout())
    world.deployments = {"Deployment": Answer(403, message="mitigator may not get deployments")}
    roll(world)
    assert world.signal().state == "Unknown"
    assert "mitigator may not get deployments" in world.signal().message


def test_a_look_that_failed_does_not_forget_how_far_the_rollout_was():
    world = World(by_rollout(status={"phase": "Proposed"}))
    stuck(world, since=world.now)
    roll(world)
    world.seconds += WITHIN - 5
    world.deployments = {}
    roll(world)
    assert world.signal().state == "Unknown"
    world.seconds += 5
    stuck(world, since=world.now)  # pods that come and crash again renew Kubernetes' own time
    roll(world)
    assert world.signal().state == "True"


def test_the_planner_is_told_when_the_verdict_changes():
    world = World(by_rollout())
    done(world)
    roll(world)
    world.enqueued.clear()
    world.seconds += 15
    roll(world)
    assert world.enqueued == []
    stuck(world, since=world.now - WITHIN)
    world.seconds += 15
    roll(world)
    assert world.enqueued == [KEY]
