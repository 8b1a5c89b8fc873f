"""Plans that ask for calls: what is looked at before, what is done after, and what is never done."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.unit.kube.engine_room import KEY, START, Aggregate, Room, Scripted, a_read, an_action
from tests.unit.kube.objects import a_rule
from tests.unit.kube.virtual import run

from fireline.api.plan import KEEP_ALL, Answer, Call, Plan
from fireline.errors import Conflict, Forbidden, NotFound, ServerUnavailable
from fireline.kube.cache import Cache
from fireline.kube.rounds import AT_A_TIME, MOST_ROUNDS, Misplanned, Rounds, harmless


def a_plan(phase: str, **more) -> Plan:
    return Plan(children=KEEP_ALL, status={"phase": phase}, **more)


def a_room(planning) -> Room:
    return Room(Scripted(planning))


def acts_once(*, answer, **_) -> Plan:
    """Writes its intent, acts, and writes what came of it."""
    done = answer("act")
    if done is None:
        return a_plan("Applying", action=an_action())
    return a_plan("Done" if done.ok else f"Failed {done.status}")


def test_a_plan_with_reads_is_made_again_with_their_answers_and_not_carried_out_before():
    def planning(*, answer, **_):
        found = answer("target")
        if found is None:
            return a_plan("Never", reads=(a_read(),), action=an_action("never"))
        return a_plan(found.body["words"])

    room = a_room(planning)
    room.answers["target"] = Answer(200, {"words": "Seen"})
    room.run()
    assert room.log == ["target", "status"]
    assert room.server.live["status"] == {"phase": "Seen"}


def test_the_status_is_persisted_before_the_call_is_made_and_its_answer_after():
    room = a_room(acts_once)
    phases = []
    room.answers["act"] = lambda: phases.append(room.server.live["status"]["phase"]) or Answer(200)
    room.run()
    assert phases == ["Applying"]
    assert room.log == ["status", "act", "status"]
    assert room.server.live["status"] == {"phase": "Done"}


@pytest.mark.parametrize("status", [0, 403, 404, 409, 422, 429, 500, 503])
def test_whatever_comes_of_a_call_is_an_answer_for_the_planner(status: int):
    room = a_room(acts_once)
    room.answers["act"] = Answer(status)
    room.run()
    assert room.server.live["status"] == {"phase": f"Failed {status}"}
    assert room.log.count("act") == 1


def test_an_object_that_changed_since_it_was_planned_gets_no_call():
    room = a_room(acts_once)
    room.server.edit(labels={"edited": "yes"})
    with pytest.raises(Conflict):
        room.run()
    assert room.log == ["status"]


def test_an_object_that_somebody_edits_during_a_call_does_not_lose_what_came_of_it():
    room = a_room(acts_once)

    def meanwhile() -> Answer:
        room.server.edit(labels={"edited": "yes"})
        return Answer(200)

    room.answers["act"] = meanwhile
    room.run()
    assert room.server.live["status"] == {"phase": "Done"}
    assert room.log == ["status", "act", "status", "get", "status"]


@pytest.mark.parametrize("error", [Forbidden("no", status=403), ServerUnavailable("away", status=500)])
def test_a_status_that_cannot_be_written_means_no_call(error):
    room = a_room(acts_once)
    room.server.fails["status"] = error
    with pytest.raises(type(error)):
        room.run()
    assert room.log == ["status"]


def test_a_status_that_is_there_already_is_compared_with_the_servers_before_the_call():
    room = a_room(acts_once)
    room.begin_with({"phase": "Applying"})
    room.run()
    assert room.log == ["get", "act", "status"]


def test_a_status_that_is_there_already_but_not_the_newest_means_no_call():
    room = a_room(acts_once)
    room.begin_with({"phase": "Applying"})
    room.server.edit(annotations={"fireline.dev/revert": "now"})
    with pytest.raises(Conflict):
        room.run()
    assert room.log == ["get"]


def test_an_object_that_is_gone_gets_no_call():
    room = a_room(acts_once)
    room.begin_with({"phase": "Applying"})
    room.server.live = None
    with pytest.raises(NotFound):
        room.run()
    assert room.log == ["get"]


def test_a_replica_that_may_no_longer_lead_makes_no_call_with_an_effect():
    room = a_room(acts_once)
    room.leads = False
    with pytest.raises(ServerUnavailable, match="another replica may lead"):
        room.run()
    assert "act" not in room.log


def test_answers_are_forgotten_when_the_reconcile_ends():
    room = a_room(acts_once)
    room.run()
    assert room.cache.answer(KEY, "act") is None
    room.run()
    assert room.log.count("act") == 2


def test_answers_are_forgotten_when_the_reconcile_fails():
    room = a_room(acts_once)
    room.answers["act"] = lambda: room.server.fails.update(status=ServerUnavailable("away")) or Answer(200)
    with pytest.raises(ServerUnavailable):
        room.run()
    assert room.cache.answer(KEY, "act") is None


def test_answers_are_forgotten_when_a_planner_breaks():
    def planning(*, answer, **_):
        return a_plan(answer("target").no_such_field) if answer("target") else a_plan("", reads=(a_read(),))

    room = a_room(planning)
    with pytest.raises(AttributeError):
        room.run()
    assert room.cache.answer(KEY, "target") is None


@pytest.mark.parametrize("noted", [False, True], ids=["now", "by a process before"])
def test_after_a_call_what_was_looked_at_before_must_be_looked_at_again(noted: bool):
    seen = []

    def planning(*, answer, **_):
        if answer("target") is None:
            return a_plan("Looking", reads=(a_read(),))
        seen.append((answer("target").body, answer("act") is not None))
        if answer("act") is None:
            return a_plan("Applying", action=an_action())
        return a_plan("Done")

    room = a_room(planning)
    if noted:
        room.begin_with({"phase": "Applying"})
    target = iter(["before", "after"])
    room.answers["target"] = lambda: Answer(200, next(target))
    room.run()
    assert seen == [("before", False), ("after", True)]
    assert room.log == ["target", "get" if noted else "status", "act", "target", "status"]


def test_what_was_looked_at_before_the_object_changed_must_be_looked_at_again():
    """Another replica went on in between: its status is newer than our look at the target."""
    seen = []

    def planning(*, parent, answer, **_):
        phase = parent.get("status", {}).get("phase")
        if answer("target") is None:
            return a_plan("Never", reads=(a_read(),))
        seen.append((phase, answer("target").body))
        return a_plan(phase)

    room = a_room(planning)
    looks = iter(["before", "after"])

    def look() -> Answer:
        found = next(looks)
        if found == "before":
            room.begin_with({"phase": "Verifying"})
        return Answer(200, found)

    room.answers["target"] = look
    room.run()
    assert seen == [("Verifying", "after")]


def test_answers_of_several_calls_of_one_reconcile_are_kept():
    def planning(*, answer, **_):
        for name in ("lock", "act"):
            if answer(name) is None:
                return a_plan(name, action=an_action(name))
        return a_plan("Done")

    room = a_room(planning)
    room.run()
    assert room.log == ["status", "lock", "status", "act", "status"]


def test_clock_and_object_are_looked_at_anew_in_each_round():
    seen = []

    def planning(*, parent, answer, now, **_):
        seen.append((now, parent.get("status", {}).get("phase")))
        return acts_once(answer=answer)

    room = a_room(planning)
    room.run()
    assert seen == [(START, None), (START + timedelta(seconds=1), "Applying")]


def test_a_planner_that_goes_round_in_circles_is_stopped():
    room = a_room(lambda **_: a_plan("Looking", reads=(a_read(),)))
    with pytest.raises(Misplanned, match=f"no end after {MOST_ROUNDS} rounds; last asked for: target"):
        room.run()
    assert room.log == ["target"] * MOST_ROUNDS


def test_a_planner_that_acts_without_end_is_stopped():
    room = a_room(lambda **_: a_plan("Applying", action=an_action()))
    with pytest.raises(Misplanned, match="last asked for: act"):
        room.run()
    assert room.log.count("act") == MOST_ROUNDS


EFFECTS = [
    an_action(),
    Call("make", "create", "coordination.k8s.io/v1", "Lease", "shop", body={}),
    Call("put", "replace", "v1", "ConfigMap", "shop", "x", body={}),
    Call("drop", "delete", "v1", "ConfigMap", "shop", "x"),
    Call("hook", "post", url="http://x"),
    Call("hook", "post", url="http://x", dry_run=True),
]


@pytest.mark.parametrize("call", EFFECTS, ids=lambda call: f"{call.name} dry={call.dry_run}")
def test_a_read_that_would_change_something_is_a_bug_and_nothing_is_sent(call: Call):
    room = a_room(lambda **_: a_plan("Looking", reads=(a_read(), call)))
    with pytest.raises(Misplanned, match=f"reads with an effect: {call.name}"):
        room.run()
    assert room.log == []


def test_dry_runs_and_questions_about_rights_are_reads():
    assert harmless(an_action(dry_run=True))
    assert harmless(Call("may", "create", "authorization.k8s.io/v1", "SelfSubjectAccessReview", body={}))
    assert harmless(Call("all", "list", "apps/v1", "ReplicaSet", "shop"))


def test_an_action_without_a_status_is_a_bug_and_nothing_is_sent():
    room = a_room(lambda **_: Plan(children=KEEP_ALL, action=an_action()))
    with pytest.raises(Misplanned, match="without a status"):
        room.run()
    assert room.log == []


def test_an_aggregate_makes_no_call_with_an_effect():
    room = Room(Aggregate(lambda **_: Plan(children=(), status={"a": 1}, action=an_action())))
    with pytest.raises(Misplanned, match="without a status"):
        room.run()
    assert room.log == []


def test_some_reads_are_under_way_together_and_never_too_many():
    under_way, most = 0, 0

    class Slow:
        async def make(self, call: Call) -> Answer:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(1)
            under_way -= 1
            return Answer(200, call.name)

    cache = Cache(child_resources=[])
    names = [f"read-{number}" for number in range(10)]

    async def story() -> float:
        rounds = Rounds(KEY, cache, Slow(), may_act=lambda: True)
        await rounds.look([a_read(name) for name in names])
        return asyncio.get_running_loop().time()

    assert run(story()) == 3.0
    assert most == AT_A_TIME
    assert [cache.answer(KEY, name) for name in names] == [Answer(200, name) for name in names]


def test_a_child_that_is_refused_is_told_and_does_not_keep_the_call_back():
    def planning(*, answer, problem, **_):
        plan = acts_once(answer=answer)
        status = plan.status | ({"problem": problem.reason} if problem else {"problem": "None"})
        return Plan(children=(a_rule(),), status=status, action=plan.action)

    room = a_room(planning)
    room.server.fails["apply PrometheusRule"] = Forbidden("no", status=403)
    wait = room.run()
    assert room.server.live["status"] == {"phase": "Done", "problem": "Forbidden"}
    assert room.log.count("act") == 1
    assert wait == 60.0


def test_a_plan_without_calls_costs_one_write_and_comes_back_when_it_asks_to():
    room = a_room(lambda **_: a_plan("Idle", requeue_after=timedelta(seconds=7)))
    assert room.run() == 7.0
    assert room.run() == 7.0
    assert room.log == ["status"]
