"""Revisions: which there are, what can be known of them, and how a template is found again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.workloads import (
    a_condition,
    a_replica_set,
    a_template,
    a_workload,
    ago,
)

from fireline.api.plan import Manifest
from fireline.mitigation.actions.revisions import (
    Availability,
    availability,
    current_of,
    gone_back_from,
    kept,
    revisions_of,
    same_program,
    source_of,
    template_finder,
)
from fireline.mitigation.model import ABSENT
from fireline.mitigation.values import Unresolved, real

OLD, BAD = a_template("shop:1"), a_template("shop:2")


def known(number: int, *replica_sets: Manifest, deployment: Manifest | None = None) -> Availability:
    """What is known of a revision, when the incident began a minute ago."""
    target = deployment or a_workload()
    revisions = revisions_of(target, replica_sets)
    (one,) = [revision for revision in revisions if revision.number == number]
    return availability(one, revisions, target, ago(1))


def test_revisions_are_those_of_this_very_deployment_the_newest_first():
    mine = [a_replica_set(number, OLD, minutes=60) for number in (2, 10, 9)]
    foreign = a_replica_set(11, OLD, minutes=5, owner="uid-of-a-deployment-of-the-same-name")
    assert [one.number for one in revisions_of(a_workload(), [*mine, foreign])] == [10, 9, 2]


@pytest.mark.parametrize("number", [None, "", "new", "-1"])
def test_a_replicaset_without_a_number_is_no_revision(number: str | None):
    found = a_replica_set(1, OLD, minutes=60)
    if number is None:
        del found["metadata"]["annotations"]
    else:
        found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = number
    assert revisions_of(a_workload(), [found]) == ()


def test_a_template_is_given_back_as_it_was_in_the_deployment():
    (one,) = revisions_of(a_workload(), [a_replica_set(1, OLD, minutes=60)])
    assert one.template == OLD


def test_the_current_revision_is_the_one_with_the_template_of_the_deployment():
    target = a_workload(spec={"template": OLD})
    target["spec"]["template"]["metadata"]["creationTimestamp"] = None  # as some servers write it
    revisions = revisions_of(target, [a_replica_set(1, OLD, minutes=60), a_replica_set(2, BAD, minutes=5)])
    current = current_of(target, revisions)
    assert current is not None
    assert current.number == 1
    assert current_of(a_workload(spec={"template": a_template("shop:3")}), revisions) is None


@pytest.mark.parametrize(
    "annotation",
    [
        "kubectl.kubernetes.io/restartedAt",
        "openshift.io/restartedAt",
        "example.com/restarted-at",
        "cattle.io/timestamp",
        "reloader.stakater.com/last-reloaded-from",
        "rollme",
        "checksum/config",
    ],
)
def test_annotations_that_only_replace_the_pods_make_no_other_program(annotation: str):
    assert same_program(BAD, a_template(annotations={annotation: "2026-11-22T02:00:00Z"}))


@pytest.mark.parametrize(
    "other",
    [
        a_template("shop:3"),
        a_template(MODE="fast"),
        a_template(annotations={"sidecar.istio.io/inject": "false"}),
    ],
)
def test_anything_else_makes_another_program(other: Manifest):
    assert not same_program(BAD, other)


def test_available_pods_and_nothing_older_with_pods_prove_that_it_was_available():
    found = known(
        1,
        a_replica_set(1, OLD, minutes=600, wanted=3, available=2),
        a_replica_set(2, BAD, minutes=5, wanted=1),
    )
    assert found == Availability(True, "has 2 of 3 pods available now")


def test_what_never_replaced_an_older_revision_was_never_available():
    found = known(
        2,
        a_replica_set(1, OLD, minutes=600, wanted=3, available=3),
        a_replica_set(2, BAD, minutes=60, wanted=1, available=1),
        a_replica_set(3, a_template("shop:3"), minutes=5, wanted=1),
    )
    assert found == Availability(False, "never replaced revision 1, which still has pods")


def test_what_was_made_after_the_incident_began_was_not_available_before_it():
    assert known(1, a_replica_set(1, OLD, minutes=0.5, wanted=3, available=3)).yes is False
    assert known(1, a_replica_set(1, OLD, minutes=1, wanted=3, available=3)).yes is True


def test_nothing_made_while_the_deployment_was_down_was_available():
    down = a_workload()
    down["status"]["conditions"] = [a_condition("Available", "False", minutes=30)]
    sets = [a_replica_set(1, OLD, minutes=600), a_replica_set(2, BAD, minutes=20)]
    assert known(2, *sets, deployment=down) == Availability(False, "did not make the Deployment available")
    assert known(1, *sets, deployment=down).yes is None


def test_what_was_replaced_before_its_pods_could_be_available_was_not():
    slow = a_workload(spec={"minReadySeconds": 120})
    sets = [
        a_replica_set(1, OLD, minutes=600),
        a_replica_set(2, BAD, minutes=11),
        a_replica_set(3, a_template("shop:3"), minutes=10),
    ]
    assert known(2, *sets, deployment=slow) == Availability(
        False, "was replaced before any pod of it could be available"
    )
    assert known(2, *sets).yes is None


def test_what_was_gone_back_to_had_more_time_than_its_age_says():
    slow = a_workload(spec={"minReadySeconds": 120})
    sets = [a_replica_set(3, OLD, minutes=11, earlier="1"), a_replica_set(2, BAD, minutes=10)]
    assert known(3, *sets, deployment=slow).yes is None


def test_a_replicaset_that_was_scaled_down_tells_nothing():
    assert known(1, a_replica_set(1, OLD, minutes=600)) == Availability(
        None, "has no pods now, and nothing tells any more whether it had before"
    )


def test_pods_that_fail_now_may_have_been_available():
    assert known(1, a_replica_set(1, OLD, minutes=600, wanted=3)).yes is None


@pytest.mark.parametrize(
    ("history", "left"),
    [("1", {2}), ("", set()), ("1,2", {2}), ("2", set()), ("nonsense", set())],
)
def test_a_revision_between_two_numbers_of_another_was_gone_back_from(history: str, left: set[int]):
    sets = [
        a_replica_set(3, OLD, minutes=600, earlier=history),
        a_replica_set(2, BAD, minutes=5),
        a_replica_set(4, a_template("shop:4"), minutes=2),
    ]
    revisions = revisions_of(a_workload(), sets)
    assert {one.number for one in revisions if gone_back_from(one, revisions)} == left


def left_behind(*sets: Manifest) -> set[int]:
    """Numbers of the revisions that somebody went back from."""
    revisions = revisions_of(a_workload(), sets)
    return {one.number for one in revisions if gone_back_from(one, revisions)}


def test_what_was_gone_back_from_is_so_with_and_without_a_restart():
    restarted = a_template("shop:2", annotations={"kubectl.kubernetes.io/restartedAt": "then"})
    sets = [
        a_replica_set(1, restarted, minutes=600),
        a_replica_set(4, OLD, minutes=500, earlier="2"),
        a_replica_set(3, BAD, minutes=400),
    ]
    assert left_behind(*sets) == {1, 3}


def test_going_back_from_a_restart_says_nothing_against_the_program():
    restarted = a_template("shop:1", annotations={"kubectl.kubernetes.io/restartedAt": "then"})
    sets = [a_replica_set(3, OLD, minutes=600, earlier="1"), a_replica_set(2, restarted, minutes=5)]
    assert left_behind(*sets) == set()


def test_what_is_rolled_out_anew_after_going_back_is_trusted_again():
    anew = a_template("shop:2", annotations={"kubectl.kubernetes.io/restartedAt": "later"})
    sets = [
        a_replica_set(3, OLD, minutes=600, earlier="1"),
        a_replica_set(2, BAD, minutes=500),
        a_replica_set(4, anew, minutes=5),
    ]
    assert left_behind(*sets) == {2}


def recorded() -> tuple[Any, Any, list[Manifest]]:
    """An undo from 2 to 1 as an intent keeps it, and the ReplicaSets then."""
    sets = [a_replica_set(1, OLD, minutes=600), a_replica_set(2, BAD, minutes=5)]
    new, old = revisions_of(a_workload(), sets)
    return kept(BAD, source_of(new)), kept(OLD, source_of(old)), sets


def test_a_template_is_found_again_in_the_recorded_replicaset():
    before, after, sets = recorded()
    find = template_finder(a_workload(), sets)
    assert real(before, find) == BAD
    assert real(after, find) == OLD


def test_it_is_found_under_another_number_too():
    _, after, sets = recorded()
    sets[0]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    assert real(after, template_finder(a_workload(), sets)) == OLD


def test_another_replicaset_with_the_same_template_is_not_taken_for_it():
    _, after, sets = recorded()
    sets[0]["metadata"]["uid"] = "uid-of-another"
    assert template_finder(a_workload(), sets)(after) is ABSENT


def test_a_replicaset_that_is_gone_or_was_changed_is_never_replaced_by_another_choice():
    _, after, sets = recorded()
    with pytest.raises(Unresolved, match="not there any more"):
        real(after, template_finder(a_workload(), sets[1:]))
    sets[0]["spec"]["template"]["spec"]["containers"][0]["image"] = "shop:0"
    with pytest.raises(Unresolved, match="not what it was"):
        real(after, template_finder(a_workload(), sets))


def test_a_kept_template_shows_nothing_of_it():
    secret = a_template(PASSWORD="hunter2")
    (one,) = revisions_of(a_workload(), [a_replica_set(1, secret, minutes=5)])
    assert "hunter2" not in f"{kept(secret, source_of(one))!r} {one!r} {one}"
