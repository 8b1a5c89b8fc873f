"""The loop over triggers: what the planner is told, when it is woken, and what one slow query delays."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders import an_objective
from tests.unit.refresh.mitigation_world import KEY, NOW, World, a_mitigation

from fireline.api.conditions import parse_timestamp
from fireline.api.metrics import Sample
from fireline.api.plan import Key
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.errors import MetricsError
from fireline.mitigation.intent import spec_text
from fireline.refresh.mitigation_looks import LATE_SECONDS
from fireline.synthetic.verifying import Application, jobs_of

QUERY = "sum(rate(errors_total[5m])) > bool 5"


def by_query(**changes):
    return a_mitigation(**({"trigger": {"query": QUERY, "forTicks": 2}} | changes))


def under_way(phase="Active", *, intent="i-1", spec=None, **spec_now):
    """With a change made at noon of 22 November 2023, under the spec as it was then."""
    approved = spec or a_mitigation()["spec"]
    status = {
        "phase": phase,
        "appliedAt": "2023-11-22T12:00:00Z",
        "intent": {"id": intent, "spec": spec_text(approved)},
    }
    return a_mitigation(status=status, **spec_now)


# What the planner is told


def test_before_the_first_look_everything_is_unknown():
    world = World()
    assert (world.signal().state, world.signal().details["reason"]) == ("Unknown", "NotLookedAtYet")
    assert world.watch.storm()[0] is None
    assert world.watch.paused() is not None


def test_a_page_that_fires_is_true_and_ticks_are_counted():
    world = World()
    world.page = True
    world.tick()
    assert (world.signal().state, world.signal().ticks) == ("True", 1)
    world.tick(5)
    assert world.signal().ticks == 2
    assert world.signal().since.timestamp() == NOW


def test_silence_counts_from_the_first_look_that_said_false():
    world = World()
    world.tick(3)
    told = world.signal()
    assert told.state == "False"
    assert told.at - told.false_since == timedelta(seconds=10)


def test_an_outage_of_prometheus_freezes_what_was_counted():
    world = World()
    world.tick(3)
    world.source.down = "connection refused"
    world.tick(10)
    told = world.signal()
    assert (told.state, told.message) == ("Unknown", "connection refused")
    assert told.at - told.false_since == timedelta(seconds=10)
    assert world.watch.health()["mitigations/default"] == {"state": "down", "message": "connection refused"}
    world.source.down = None
    world.tick(2)
    assert world.signal().at - world.signal().false_since == timedelta(seconds=15)
    assert world.watch.health() == {}


def test_a_look_that_is_long_ago_is_unknown():
    world = World()
    world.tick()
    world.seconds += LATE_SECONDS
    assert (world.signal().state, world.signal().details["reason"]) == ("Unknown", "Late")


def test_a_trigger_that_was_changed_has_not_been_looked_at():
    world = World()
    world.page = True
    world.tick(2)
    changed = a_mitigation(trigger={"slo": "cart", "forTicks": 2})
    changed["metadata"]["generation"] = 2
    world.put(changed)
    assert world.signal().details["reason"] == "NotLookedAtYet"
    world.tick()
    assert world.signal().ticks <= 1


def test_another_object_of_the_same_name_is_counted_afresh():
    world = World()
    world.page = True
    world.tick(2)
    other = a_mitigation()
    other["metadata"]["uid"] = "another"
    world.put(other)
    assert world.signal().ticks == 0


def test_what_was_healthy_before_a_change_was_made_is_not_counted_after_it():
    world = World()
    world.tick(4)
    world.put(under_way())
    world.tick()
    assert world.signal().at == world.signal().false_since


def test_the_approved_spec_rules_while_a_change_is_under_way():
    """The trigger is edited, or the whole spec is wrong by now: what was approved still recovers."""
    world = World(under_way(trigger={"slo": "cart"}))
    world.tick()
    assert "shop/checkout" in world.signal().message
    wrong = under_way()
    wrong["metadata"]["generation"], wrong["spec"] = 2, {"nonsense": True}
    world.put(wrong)
    world.tick()
    assert world.signal().state == "False"


def test_what_is_asked_of_nobody_has_no_signal():
    world = World(a_mitigation(trigger=None))
    world.tick()
    assert world.watch.signal(KEY) is None
    assert world.watch.verification(KEY) is None
    assert world.watch.signal(Key("Mitigation", "shop", "gone")) is None


def test_a_wrong_spec_has_nothing_to_ask():
    world = World(a_mitigation(trigger={"slo": "checkout", "query": "up"}))
    world.tick()
    assert world.watch.signal(KEY) is None


def test_a_source_without_a_url_is_named():
    world = World(a_mitigation(prometheus="team-a"))
    world.tick()
    assert world.signal().message == "source 'team-a' has no URL: nobody can be asked"


# Who is woken, and when


def test_the_planner_is_woken_only_for_what_it_would_see():
    world = World()
    assert world.tick(1) == [KEY], "false for the first time"
    assert world.tick(3) == []
    assert world.tick(1) == [KEY], "false for twenty seconds, which is healthyFor"
    assert world.tick(5) == []
    world.page = True
    assert world.tick(1) == [KEY], "true for the first time"
    assert world.tick(1) == [KEY], "true for forTicks"
    assert world.tick(5) == []


def test_one_answer_that_is_missing_wakes_nobody_and_two_do():
    world = World()
    world.tick(2)
    world.source.down = "gone"
    assert world.tick(1) == []
    assert world.signal().state == "Unknown", "but nobody who looks is told anything else"
    assert world.tick(1) == [KEY]
    assert world.tick(3) == []
    world.source.down = None
    assert world.tick(1) == [KEY]


# Queries of users


def test_a_query_at_rest_is_asked_every_third_tick_and_a_hot_one_every_tick():
    world = World(by_query())
    asked = f"({QUERY})"
    world.queries[QUERY] = 0.0
    world.tick(9)
    assert world.source.asked.count(asked) == 3
    world.queries[QUERY] = 1.0
    world.tick(3)
    world.source.asked.clear()
    world.tick(4)
    assert world.source.asked.count(asked) == 4
    world.queries[QUERY] = 0.0
    world.put(by_query(status={"phase": "Proposed"}))
    world.tick(2)
    world.source.asked.clear()
    world.tick(4)
    assert world.source.asked.count(asked) == 4


def test_a_query_needs_its_traffic_too():
    world = World(by_query(trigger={"query": QUERY, "minTraffic": "30"}, slo="checkout"))
    world.queries[QUERY] = 1.0
    world.tick()
    assert world.signal().details["reason"] == "TooLittleTraffic"
    world.total = 40.0
    world.tick(3)
    assert world.signal().state == "True"


def test_a_query_that_fails_is_left_alone_for_a_while():
    world = World(by_query(status={"phase": "Proposed"}))
    asked = []

    def answer(query, at):
        if query == f"({QUERY})":
            asked.append(world.seconds)
            raise MetricsError("bad_data")
        return world.answer(query, at)

    world.source.answer = answer
    world.tick(10)
    assert [later - asked[0] for later in asked] == [0, 30]
    assert world.signal().message == "the query has no answer: bad_data"


def test_a_query_that_hangs_delays_nobody_else():
    """The trigger by SLO goes on being looked at while a user's query has no answer."""
    world = World(a_mitigation(), by_query(name="slow"))
    hanging, released = asyncio.Event(), asyncio.Event()
    whole = world.source.whole

    async def slow(queries):
        if f"({QUERY})" in queries.values():
            hanging.set()
            await released.wait()
        return await whole(queries)

    world.source.whole = slow

    async def story():
        queries = [asyncio.create_task(one) for one in await world.watch.look("default")]
        await hanging.wait()
        for _ in range(3):
            world.seconds += 5
            assert await world.watch.look("default") == [], "it is not asked again while it is under way"
        counted = world.signal().at - world.signal().false_since
        released.set()
        await asyncio.gather(*queries)
        return counted

    assert asyncio.run(story()) == timedelta(seconds=15)


# Rules


def test_rules_are_asked_for_now_and_then_and_again_at_once_while_they_leave_something_open():
    world = World(a_mitigation(trigger={"alert": {"name": "High"}}))

    def load(health):
        evaluated = datetime.fromtimestamp(world.now, UTC).isoformat()
        rule = {"type": "alerting", "name": "High", "health": health, "lastEvaluation": evaluated}
        world.source.documents["rules"] = {"groups": [{"name": "g", "interval": 30, "rules": [rule]}]}

    load("unknown")
    world.tick()
    assert world.signal().details["reason"] == "RuleNotEvaluated"
    load("ok")
    world.tick()
    assert world.signal().state == "False"
    load("err")
    world.tick()
    assert world.signal().state == "False", "what was fine is not asked for at every look"
    world.tick(3)
    assert world.signal().details["reason"] == "RuleFails"


# Verification


def test_a_verifying_query_is_asked_only_while_it_verifies():
    spec = {"verify": {"query": "all_is_well"}}
    world = World(under_way("Active", spec=a_mitigation(**spec)["spec"]))
    world.queries["all_is_well"] = 1.0
    world.tick()
    assert world.watch.verification(KEY) is None
    world.put(under_way("Verifying", spec=a_mitigation(**spec)["spec"]))
    assert world.watch.verification(KEY).state == "Unknown"
    assert KEY in world.tick()
    assert world.watch.verification(KEY).state == "True"
    world.put(under_way("Verifying", intent="i-2", spec=a_mitigation(**spec)["spec"]))
    assert world.watch.verification(KEY).state == "Unknown", "of another change"


def test_a_check_verifies_by_a_run_that_began_after_the_change_even_without_prometheus():
    spec = a_mitigation(verify={"check": "flow"})["spec"]
    world = World(under_way("Verifying", spec=spec))
    world.source.down = "gone"
    check = {"metadata": {"name": "flow", "namespace": "shop", "uid": "c-1"}, "status": {}}
    world.seen.objects.append((SYNTHETIC_CHECK, check))
    world.tick(2)
    assert world.watch.verification(KEY).details["reason"] == "NoRunYet"
    check["status"] = {"lastRun": {"startedAt": "2023-11-22T12:00:30Z", "outcome": "success"}}
    assert KEY in world.tick()
    assert world.watch.verification(KEY).state == "True"


def test_a_run_that_a_change_began_may_be_over_within_the_second_of_the_change():
    manifest = under_way("Verifying", spec=a_mitigation(verify={"check": "flow"})["spec"])
    world = World(manifest)
    applied = manifest["status"]["appliedAt"]
    change = Application(manifest["status"]["intent"]["id"], parse_timestamp(applied))
    job = min(jobs_of({"metadata": {"name": "flow", "uid": "c-1"}}, change))
    run = {"startedAt": applied, "outcome": "success", "job": job}
    check = {"metadata": {"name": "flow", "namespace": "shop", "uid": "c-1"}, "status": {"lastRun": run}}
    world.seen.objects.append((SYNTHETIC_CHECK, check))
    world.tick()
    assert world.watch.verification(KEY).state == "True"


# Storms


def page_of(number):
    return an_objective(name=f"slo-{number}")


def test_a_storm_is_judged_over_all_slos_and_wakes_what_it_holds_back():
    world = World(a_mitigation(status={"phase": "Proposed"}))
    world.objectives = [page_of(number) for number in range(10)]
    world.tick(2)
    assert world.watch.storm() == (False, "0 of 10 SLOs page")
    world.paging = 5.0
    assert KEY in world.tick()
    assert world.watch.storm()[0] is True
    world.source.down = "gone"
    assert KEY in world.tick()
    assert world.watch.storm() == (None, "source default: gone")


def test_a_source_that_was_not_looked_at_yet_may_hide_a_storm():
    world = World(sources=("default", "other"))
    world.objectives = [page_of(1), *(an_objective(name=f"o-{at}", source="other") for at in range(9))]
    world.known = 1.0
    world.tick(source="default")
    assert world.watch.storm()[0] is None


# The loops themselves


def test_the_loops_look_by_themselves():
    world = World(by_query())
    world.queries[QUERY] = 1.0
    world.until(lambda: world.signal().state == "True" and world.watch.paused() is None)
    assert KEY in world.enqueued


@pytest.mark.parametrize("mitigations", [0, 1])
def test_without_mitigations_nobody_is_asked(mitigations):
    world = World()
    if not mitigations:
        world.seen.objects.clear()
    world.tick(3)
    assert bool(world.source.asked) == bool(mitigations)


def test_a_clock_that_jumps_changes_nothing_that_was_counted():
    world = World()
    world.tick(3)
    world.jump = 3600.0
    world.tick(1)
    told = world.signal()
    assert told.at - told.false_since == timedelta(seconds=15)


def test_prometheus_own_clock_decides_what_is_stale():
    """Two days between its clock and ours."""
    world = World()
    answer = world.answer

    def later(query, at):
        off = 172_800.0
        shifted = answer(query, at)
        return [
            Sample(one.labels, one.value + (off if "timestamp(" in query else 0.0), one.at + off)
            for one in shifted
        ]

    world.source.answer = later
    world.tick()
    assert world.signal().state == "False"
