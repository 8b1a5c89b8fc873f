"""rolloutFailed: true by Kubernetes' own verdict or when nothing gets further; false only at the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.workloads import NOW, a_condition, a_replica_set, a_template, a_workload, ago

from fireline.api.plan import Answer, Manifest
from fireline.mitigation.model import Signal
from fireline.mitigation.rollout import rollout_answered, rollout_calls, rollout_signal
from fireline.promql.durations import Duration

OLD, BAD = a_template("shop:1"), a_template("shop:2")
NAMED = '"checkout-2"'


def a_deployment(
    *conditions: Manifest, updated: int = 1, replicas: int = 4, available: int = 3, **spec: Any
) -> Manifest:
    """A Deployment whose new revision has one pod of three."""
    found = a_workload(spec=spec)
    found["status"] |= {
        "updatedReplicas": updated,
        "replicas": replicas,
        "availableReplicas": available,
        "conditions": list(conditions),
    }
    return found


def progressing(status: str, reason: str, *, minutes: float, of: str = NAMED) -> Manifest:
    """The condition that tells of progress."""
    return a_condition(
        "Progressing", status, minutes=minutes, reason=reason, message=f"ReplicaSet {of} says so."
    )


def the_sets(*, available: int = 0, minutes: float = 8) -> list[Manifest]:
    """An old revision, and the new one that was made so many minutes ago."""
    old = a_replica_set(1, OLD, minutes=600, wanted=3, available=3)
    return [old, a_replica_set(2, BAD, minutes=minutes, wanted=1, available=available)]


def judged(
    deployment: Manifest | None,
    sets: list[Manifest] | None = None,
    *,
    now: datetime = NOW,
    earlier: Signal | None = None,
) -> Signal:
    """The verdict, five minutes without progress being too long."""
    found = the_sets() if sets is None else sets
    return rollout_signal(deployment, found, within=Duration.parse("5m"), now=now, earlier=earlier)


def test_kubernetes_own_verdict_counts_at_once():
    late = progressing("False", "ProgressDeadlineExceeded", minutes=0.1)
    found = judged(a_deployment(late, progressDeadlineSeconds=60))
    assert found.state == "True"
    assert found.since == ago(1.1)  # one deadline before the verdict
    assert found.value == "0/3"
    assert "ProgressDeadlineExceeded" in found.message
    assert "0 of 3 pods of Deployment checkout, revision 2 (ReplicaSet checkout-2)" in found.message


def test_it_tells_when_the_rollout_began_and_since_when_it_gets_no_further():
    found = judged(a_deployment(progressing("True", "ReplicaSetUpdated", minutes=7)))
    assert found.state == "True"
    assert found.details["begun"] == "2026-11-22T02:52:00Z"
    assert found.since == ago(7)
    assert found.details["furthest"] == "2026-11-22T02:53:00Z"


@pytest.mark.parametrize(("minutes", "state"), [(4.9, "Unknown"), (5, "True"), (60, "True")])
def test_a_rollout_that_gets_no_further_for_long_enough_has_failed(minutes: float, state: str):
    found = judged(a_deployment(progressing("True", "ReplicaSetUpdated", minutes=minutes)))
    assert found.state == state


def test_the_time_a_pod_must_be_ready_is_no_failure():
    waiting = progressing("True", "ReplicaSetUpdated", minutes=7)
    assert judged(a_deployment(waiting, minReadySeconds=180)).state == "Unknown"
    assert judged(a_deployment(waiting, minReadySeconds=60)).state == "True"


def test_a_rollout_that_came_to_its_end_has_not_failed():
    done = progressing("True", "NewReplicaSetAvailable", minutes=60)
    sets = [a_replica_set(1, OLD, minutes=600), a_replica_set(2, BAD, minutes=90, wanted=3, available=3)]
    found = judged(a_deployment(done, updated=3, replicas=3, available=3), sets)
    assert found.state == "False"
    assert found.since is None


def test_pods_that_crash_after_the_rollout_are_no_failed_rollout():
    done = progressing("True", "NewReplicaSetAvailable", minutes=60)
    sets = [a_replica_set(1, OLD, minutes=600), a_replica_set(2, BAD, minutes=90, wanted=3)]
    assert judged(a_deployment(done, updated=3, replicas=3, available=0), sets).state == "False"


def test_the_verdict_about_the_revision_before_does_not_count_for_the_one_gone_back_to():
    late = progressing("False", "ProgressDeadlineExceeded", minutes=3)
    old = a_replica_set(3, OLD, minutes=600, wanted=3, available=2, earlier="1")
    bad = a_replica_set(2, BAD, minutes=20, wanted=1)
    target = a_deployment(late, updated=3, replicas=4, available=2, template=OLD)
    under_way = judged(target, [old, bad])
    assert under_way.state == "Unknown"
    assert "begun" not in under_way.details  # its ReplicaSet is older than this rollout
    old["status"]["availableReplicas"] = 3
    done = a_deployment(late, updated=3, replicas=3, available=3, template=OLD)
    assert judged(done, [old, bad]).state == "False"


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        (None, "does not exist"),
        (a_deployment(paused=True), "is paused"),
        (a_workload(generation=5), "has not seen the latest change"),
    ],
)
def test_what_cannot_be_told_is_unknown(deployment: Manifest | None, words: str):
    found = judged(deployment)
    assert found.state == "Unknown"
    assert words in found.message


def test_without_a_deadline_kubernetes_says_nothing_and_the_pods_decide():
    assert judged(a_deployment()).state == "True"  # made 8 minutes ago, and no pod yet
    assert judged(a_deployment(), the_sets(minutes=4)).state == "Unknown"
    some = judged(a_deployment(), the_sets(available=1))
    assert some.state == "Unknown"  # one pod, and nobody saw when
    assert judged(
        a_deployment(), the_sets(available=1), now=NOW + timedelta(minutes=5), earlier=some
    ).state == ("True")


def test_pods_that_come_and_crash_again_are_no_progress_though_kubernetes_counts_them():
    def look(minute: int, available: int, earlier: Signal | None) -> Signal:
        fresh = progressing("True", "ReplicaSetUpdated", minutes=-minute)
        sets = the_sets(available=available)
        return judged(a_deployment(fresh), sets, now=NOW + timedelta(minutes=minute), earlier=earlier)

    signal = None
    states = []
    for minute in range(7):
        signal = look(minute, minute % 2, signal)
        states.append(signal.state)
    assert states == ["Unknown"] * 6 + ["True"]
    assert signal is not None
    assert signal.since == NOW + timedelta(minutes=1)  # the first pod was the furthest it came


def test_figures_of_the_rollout_before_do_not_count_for_the_next():
    first = judged(a_deployment(progressing("True", "ReplicaSetUpdated", minutes=60)))
    assert first.state == "True"
    sets = [*the_sets(), a_replica_set(3, a_template("shop:3"), minutes=1, wanted=1)]
    fresh = progressing("True", "NewReplicaSetCreated", minutes=1, of='"checkout-3"')
    next_one = a_deployment(fresh, template=a_template("shop:3"))
    assert judged(next_one, sets, earlier=first).state == "Unknown"


def test_it_says_why_no_pod_can_be_made():
    quota = a_condition("ReplicaFailure", "True", minutes=7, message="exceeded quota: pods=4")
    found = judged(a_deployment(progressing("True", "ReplicaSetUpdated", minutes=7), quota))
    assert "pods cannot be made: exceeded quota: pods=4" in found.message


def test_when_the_replicasets_may_not_be_read_the_conditions_still_count():
    late = progressing("False", "ProgressDeadlineExceeded", minutes=1)
    found = judged(a_deployment(late), [])
    assert found.state == "True"
    assert "begun" not in found.details


def test_no_replicas_wanted_is_a_rollout_at_its_end():
    off = a_deployment(updated=0, replicas=0, available=0)
    off["spec"]["replicas"] = 0
    assert judged(off, [a_replica_set(2, BAD, minutes=8)]).state == "False"


def test_everything_is_read_with_the_rights_of_the_serviceaccount():
    user = "system:serviceaccount:shop:first-aid"
    calls = rollout_calls("shop", "checkout", user=user)
    assert [(call.verb, call.kind, call.namespace, call.object, call.user) for call in calls] == [
        ("get", "Deployment", "shop", "checkout", user),
        ("list", "ReplicaSet", "shop", "", user),
    ]


@pytest.mark.parametrize("missing", [0, 1])
@pytest.mark.parametrize("answer", [None, Answer(403, message="forbidden"), Answer(404), Answer(0)])
def test_what_could_not_be_read_is_unknown_and_nothing_else(missing: int, answer: Answer | None):
    late = progressing("False", "ProgressDeadlineExceeded", minutes=1)
    names = [call.name for call in rollout_calls("shop", "checkout", user="")]
    answers = dict(
        zip(names, [Answer(200, a_deployment(late)), Answer(200, {"items": the_sets()})], strict=True)
    )
    within = Duration.parse("5m")
    assert rollout_answered(answers, within=within, now=NOW).state == "True"
    if answer is None:
        del answers[names[missing]]
    else:
        answers[names[missing]] = answer
    assert rollout_answered(answers, within=within, now=NOW).state == "Unknown"


def test_a_deployment_whose_pods_are_all_replaced_is_enough():
    done = a_deployment(updated=3, replicas=3, available=3)
    first, _ = rollout_calls("shop", "checkout", user="")
    within = Duration.parse("5m")
    assert rollout_answered({first.name: Answer(200, done)}, within=within, now=NOW).state == "False"
    unseen = {**done, "metadata": {**done["metadata"], "generation": 5}}
    assert rollout_answered({first.name: Answer(200, unseen)}, within=within, now=NOW).state == "Unknown"


def test_a_look_that_came_to_nothing_forgets_nothing():
    first = judged(a_deployment(progressing("True", "ReplicaSetUpdated", minutes=4)), the_sets(available=1))
    lost = rollout_answered({}, within=Duration.parse("5m"), now=NOW, earlier=first)
    assert lost.state == "Unknown"
    flapping = a_deployment(progressing("True", "ReplicaSetUpdated", minutes=-2))
    late = judged(flapping, the_sets(), now=NOW + timedelta(minutes=2), earlier=lost)
    assert late.state == "True"


@given(
    steps=st.lists(st.tuples(st.integers(1, 240), st.integers(0, 3)), min_size=1, max_size=20),
)
def test_it_is_true_exactly_when_the_most_pods_so_far_are_as_many_as_five_minutes_before(
    steps: list[tuple[int, int]],
):
    signal, now, seen = None, NOW, []
    for seconds, available in steps:
        now += timedelta(seconds=seconds)
        seen.append((now, available))
        fresh = progressing("True", "ReplicaSetUpdated", minutes=-((now - NOW).total_seconds() / 60))
        signal = judged(
            a_deployment(fresh, replicas=9), the_sets(available=available), now=now, earlier=signal
        )
        most = max(pods for _, pods in seen)
        reached = next(at for at, pods in seen if pods == most)
        assert signal.state == ("True" if now - reached >= timedelta(minutes=5) else "Unknown")
