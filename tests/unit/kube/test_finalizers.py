"""A finalizer while something is to be taken back: put on before the status, taken off after it."""

from __future__ import annotations

import pytest
from tests.unit.kube.engine_room import OURS, Finishing, Room, Scripted, an_action
from tests.unit.kube.objects import a_rule

from fireline.api.plan import KEEP_ALL, Finalizing, Plan
from fireline.errors import Conflict, Forbidden
from fireline.kube.refusals import NAMESPACE_TERMINATING

GOING = {"deletionTimestamp": "2026-11-22T12:00:00Z"}


def a_plan(phase: str, **more) -> Plan:
    return Plan(children=KEEP_ALL, status={"phase": phase}, **more)


def never(**_):
    raise AssertionError("planned for")


def a_room(planning, *, kind=Finishing, **metadata) -> Room:
    room = Room(kind(planning))
    if metadata:
        room.tell(room.server.edit(**metadata))
    return room


def finalizers(room: Room) -> list[str]:
    return room.server.live["metadata"].get("finalizers", [])


def test_it_is_put_on_before_the_status_says_that_something_will_be_done():
    def planning(*, answer, **_):
        return a_plan("Done") if answer("act") else a_plan("Applying", finalizer=True, action=an_action())

    room = a_room(planning)
    room.run()
    assert room.log == [f"finalizers ['{OURS}']", "status", "act", "status"]


def test_it_is_put_on_once():
    room = a_room(lambda **_: a_plan("Active", finalizer=True))
    room.run()
    room.run()
    assert room.log == [f"finalizers ['{OURS}']", "status"]


def test_those_of_others_stay():
    room = a_room(lambda **_: a_plan("Active", finalizer=True), finalizers=["theirs"])
    room.run()
    assert finalizers(room) == ["theirs", OURS]
    room = a_room(lambda **_: a_plan("Ended", finalizer=False), finalizers=["theirs", OURS])
    room.run()
    assert finalizers(room) == ["theirs"]


def test_it_is_taken_off_after_the_status_says_how_it_ended():
    room = a_room(lambda **_: a_plan("Ended", finalizer=False), finalizers=[OURS], **GOING)
    room.run()
    assert room.log == ["status", "finalizers []"]


def test_it_stays_while_there_is_still_something_to_do():
    def planning(*, answer, **_):
        if answer("act") is None:
            return a_plan("Reverting", finalizer=False, action=an_action())
        return a_plan("Ended", finalizer=False)

    room = a_room(planning, finalizers=[OURS], **GOING)
    room.run()
    assert room.log == ["status", "act", "status", "finalizers []"]


def test_a_plan_that_says_nothing_of_it_leaves_it_as_it_is():
    room = a_room(lambda **_: a_plan("Active"), finalizers=[OURS])
    room.run()
    assert room.log == ["status"]
    assert finalizers(room) == [OURS]


@pytest.mark.parametrize("wanted", [True, False])
def test_it_is_not_written_over_a_change_nobody_planned_for(wanted: bool):
    room = a_room(lambda **_: a_plan("Active", finalizer=wanted), finalizers=[] if wanted else [OURS])
    room.server.edit(finalizers=["theirs"])
    with pytest.raises(Conflict):
        room.run()
    assert finalizers(room) == ["theirs"]


def test_an_object_that_is_deleted_is_planned_for_while_it_carries_it():
    seen = []
    room = a_room(
        lambda parent, **_: seen.append(parent["metadata"]) or a_plan(""), finalizers=[OURS], **GOING
    )
    room.run()
    assert [one["deletionTimestamp"] for one in seen] == [GOING["deletionTimestamp"]]


@pytest.mark.parametrize("theirs", [[], ["theirs"]])
def test_an_object_that_is_deleted_without_it_is_left_alone(theirs: list[str]):
    room = a_room(never, finalizers=theirs, **GOING)
    assert room.run() is None
    assert room.log == []


def test_other_kinds_are_left_alone_even_if_somebody_gave_them_one():
    room = a_room(never, kind=Scripted, finalizers=[OURS], **GOING)
    assert room.run() is None
    assert room.log == []
    assert not isinstance(Scripted(never), Finalizing)


def test_other_kinds_cannot_ask_for_one():
    room = a_room(lambda **_: a_plan("Active", finalizer=True), kind=Scripted)
    room.run()
    assert room.log == ["status"]


def test_an_object_that_went_in_the_meantime_needs_none_taken_off():
    room = a_room(lambda **_: Plan(children=KEEP_ALL, finalizer=False), finalizers=[OURS], **GOING)
    room.server.live = None
    room.run()
    assert room.log == ["finalizers []"]


def test_a_namespace_that_goes_is_not_held_up_by_a_child_that_cannot_be_made_there():
    going = Forbidden("the namespace is going", status=403, cause=NAMESPACE_TERMINATING)

    def planning(**_):
        return Plan(children=(a_rule(),), status={"phase": "Ended"}, finalizer=False)

    room = a_room(planning, finalizers=[OURS], **GOING)
    room.server.fails["apply PrometheusRule"] = going
    room.run()
    assert room.log == ["get", "apply PrometheusRule", "status", "finalizers []"]


def test_before_that_a_namespace_that_goes_is_left_in_silence():
    going = Forbidden("the namespace is going", status=403, cause=NAMESPACE_TERMINATING)
    room = a_room(lambda **_: Plan(children=(a_rule(),), status={"phase": "Idle"}))
    room.server.fails["apply PrometheusRule"] = going
    with pytest.raises(Forbidden):
        room.run()
