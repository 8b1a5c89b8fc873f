"""Whatever happens in whatever order: no write to a value that was not the recorded one, none done twice.

Humans edit, another tool re-applies, the target goes and comes back, clocks jump, Prometheus is away, calls
fail or lose their answers, and the operator is killed between any two of them.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.mitigation.simulated import Simulated

from fireline.api.plan import Manifest

VALUES = st.sampled_from(["fast", "safe", "slow", "", None])
MEDDLING = st.sampled_from(["no", "no", "fast", "slow", None])
"""Whether somebody edits the field right before our write, and to what."""
Trouble = tuple[str, int]
ENDS = st.sampled_from(["recovery", "time", "person", "deletion"])
STATES = st.sampled_from(["True", "False", "Unknown"])


def a_spec(*, mode: str, policy: str) -> Manifest:
    return {
        "serviceAccountName": "aid",
        "mode": mode,
        "trigger": {"slo": "checkout", "forTicks": 2},
        "target": {"apiVersion": "v1", "kind": "ConfigMap", "name": "shop"},
        "action": {"configMapKey": {"key": "mode", "value": "safe"}},
        "revert": {"ttl": "20m", "ttlPolicy": policy, "healthyFor": "5m", "maxHold": "1h"},
        "limits": {"cooldown": "1m", "maxPerDay": 100},
    }


class World(RuleBasedStateMachine):
    """One mitigation, and everything around it."""

    ways: ClassVar[Counter[str]] = Counter()
    """What was gone through in all runs: a world in which little happens proves little."""

    @initialize(
        mode=st.sampled_from(["Auto", "Propose"]), policy=st.sampled_from(["RevertIfHealthy", "Always"])
    )
    def begin(self, mode: str, policy: str) -> None:
        self.policy = policy
        self.sim = Simulated(a_spec(mode=mode, policy=policy))
        self.looked = 0
        self.seen_history = 0
        self.nonces = itertools.count(100)
        self.uids = (f"{number:08x}-0000-4000-8000-000000000000" for number in itertools.count(1))

    # What happens around it

    @rule(value=VALUES)
    def somebody_edits_the_field(self, value: str | None) -> None:
        self.sim.edit(mode=value)

    @rule(value=VALUES)
    def somebody_edits_another_field(self, value: str | None) -> None:
        self.sim.edit(other=value)

    @rule(value=VALUES)
    def somebody_edits_the_field_between_two_calls(self, value: str | None) -> None:
        self.sim.meanwhile.append(lambda: self.sim.edit(mode=value))

    @rule(value=VALUES)
    def somebody_edits_the_field_right_before_our_write(self, value: str | None) -> None:
        self.sim.before_write = lambda: self.sim.edit(mode=value)

    @rule()
    def nothing_happens_before_the_next_call(self) -> None:
        self.sim.meanwhile.append(lambda: None)

    @rule(value=st.sampled_from(["fast", "safe"]))
    def the_target_is_made_anew(self, value: str) -> None:
        self.sim.make_target(mode=value)

    @rule()
    def the_target_goes(self) -> None:
        self.sim.objects.pop(("ConfigMap", "shop"), None)

    @rule(state=STATES, ticks=st.integers(1, 3))
    def the_trigger_turns(self, state: str, ticks: int) -> None:
        told = self.sim.told
        told.state, told.ticks = state, ticks if state == "True" else 0
        if state == "True":
            told.since, told.false_since = self.sim.now, None
        elif state == "False" and told.false_since is None:
            told.false_since = self.sim.now

    @rule(minutes=st.integers(-60, 90))
    def the_clock_moves_or_jumps(self, minutes: int) -> None:
        self.sim.now += timedelta(minutes=minutes)

    @rule()
    def the_operator_is_killed(self) -> None:
        self.sim.start()

    @rule(call=st.integers(1, 12), after=st.booleans())
    def the_operator_will_be_killed_at_a_call(self, call: int, after: bool) -> None:
        self.sim.die_at, self.sim.die_after = call, after

    @rule(count=st.integers(1, 3))
    def answers_are_lost(self, count: int) -> None:
        self.sim.lose_answers = count

    @rule(count=st.integers(1, 4))
    def calls_fail(self, count: int) -> None:
        self.sim.refuse = count

    @precondition(lambda self: self.sim.status.get("planHash"))
    @rule()
    def a_person_approves(self) -> None:
        self.sim.annotate(approve=self.sim.status["planHash"], approved_by="ann")

    @precondition(lambda self: self.sim.status.get("planHash"))
    @rule()
    def a_person_rejects(self) -> None:
        self.sim.annotate(reject=self.sim.status["planHash"])

    @rule(nonce=st.integers(0, 10))
    def a_person_takes_it_back(self, nonce: int) -> None:
        self.sim.annotate(revert=str(nonce))

    @rule(nonce=st.integers(0, 10))
    def a_person_proposes_it(self, nonce: int) -> None:
        self.sim.annotate(propose=str(nonce))

    @rule()
    def a_person_deletes_it(self) -> None:
        self.sim.delete()

    @rule(times=st.integers(1, 4))
    def the_operator_looks(self, times: int) -> None:
        for _ in range(times):
            self.sim.now += timedelta(seconds=1)
            self.sim.reconcile()
            self._what_it_said()

    @precondition(lambda self: self.sim.parent is None)
    @rule()
    def a_person_makes_it_anew(self) -> None:
        self.sim.make_parent(next(self.uids))
        self.seen_history = 0

    @rule(value=VALUES, meddling=MEDDLING)
    def it_burns_and_a_person_approves(self, value: str | None, meddling: str | None) -> None:
        """The way by which targets get changed: by chance alone it would hardly ever be gone to its end."""
        if self.sim.parent is None:
            self.a_person_makes_it_anew()
        if self.sim.target is None:
            self.sim.make_target()
        self.sim.edit(mode=value if value != "safe" else "fast")
        self.the_trigger_turns("False", 0)
        self.the_operator_looks(2)
        self.sim.now += timedelta(minutes=2)
        self.the_trigger_turns("True", 3)
        self._meddle(meddling)
        self.the_operator_looks(2)
        if self.sim.phase == "Proposed":
            self.a_person_approves()
        self.the_operator_looks(1)

    @rule(value=VALUES, meddling=MEDDLING, end=ENDS)
    def it_is_made_and_comes_to_an_end(self, value: str | None, meddling: str | None, end: str) -> None:
        """To the end of the way, through whatever was arranged to go wrong."""
        self.it_burns_and_a_person_approves(value, "no")
        self._meddle(meddling)
        self.it_comes_to(end)

    def it_comes_to(self, end: str) -> None:
        """An end."""
        match end:
            case "recovery":
                self._recovers()
            case "time":
                self.the_trigger_turns("False", 0)
                self.sim.now += timedelta(minutes=21)
            case "person":
                self.a_person_takes_it_back(next(self.nonces))
            case _:
                self.a_person_deletes_it()
        self.the_operator_looks(3)

    @precondition(lambda self: self.sim.phase in {"Verifying", "Active"})
    @rule(meddling=MEDDLING)
    def it_recovers(self, meddling: str | None) -> None:
        self._meddle(meddling)
        self._recovers()
        self.the_operator_looks(2)

    def _recovers(self) -> None:
        self.the_trigger_turns("False", 0)
        self.the_operator_looks(1)
        self.sim.now += timedelta(minutes=6)

    def _meddle(self, value: str | None) -> None:
        if value != "no":
            self.somebody_edits_the_field_right_before_our_write(value)

    # What must hold

    @invariant()
    def every_write_was_of_the_recorded_value(self) -> None:
        for one in self.sim.writes[self.looked :]:
            (path,) = one.intent["paths"]
            before, after = (_value(path[name]) for name in ("before", "after"))
            pair = (one.before, one.after)
            assert pair in {(before, after), (after, before), (before, before)}, (one, path)
            # Taking back (or the marker away) needs our marker; making needs that it is not there.
            assert one.marked_before is (pair != (before, after))
            self.ways[
                "made" if not one.marked_before else "taken back" if pair[0] == after else "unmarked"
            ] += 1
        self.looked = len(self.sim.writes)

    @invariant()
    def no_intent_was_made_or_taken_back_twice(self) -> None:
        count = Counter((one.intent["id"], one.marked_before) for one in self.sim.writes)
        assert all(times == 1 for times in count.values()), count

    @invariant()
    def a_lease_of_ours_is_written_down(self) -> None:
        """Or a crash would leave it behind for ever."""
        if self.sim.parent is not None:
            ours = f"shop/{self.sim.name}/{self.sim.parent['metadata']['uid']}"
            leases = [one for (kind, _), one in self.sim.objects.items() if kind == "Lease"]
            held = [one["metadata"]["name"] for one in leases if one["spec"]["holderIdentity"] == ours]
            assert held in ([], [self.sim.status.get("lease")])

    def _what_it_said(self) -> None:
        """Unknown begins nothing, recovers nothing, and takes nothing back by itself."""
        history = self.sim.status.get("history", [])
        fresh = [one for one in history if one["seq"] > self.seen_history]
        self.seen_history = max([self.seen_history, *(one["seq"] for one in history)])
        if self.sim.told.state != "Unknown":
            return
        reasons = {one["reason"] for one in fresh}
        assert "Recovered" not in reasons
        assert "Withdrawn" not in reasons
        assert "Auto" not in reasons
        assert "VerificationFailed" not in reasons
        if self.policy == "RevertIfHealthy":
            assert "TTLExpired" not in reasons
        proposed = [one for one in fresh if one["reason"] == "Proposed"]
        assert all(one["trigger"] == "asked for by a person" for one in proposed)


def _value(stored: Manifest) -> object:
    return json.loads(stored["json"]) if stored["state"] == "Value" else None


World.TestCase.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
TestNeverWrong = World.TestCase

TROUBLES: Mapping[str, Callable[[World, int], None]] = {
    "the operator is killed before a call": lambda one, at: one.the_operator_will_be_killed_at_a_call(
        at, False
    ),
    "the operator is killed after a call": lambda one, at: one.the_operator_will_be_killed_at_a_call(
        at, True
    ),
    "answers are lost": lambda one, at: one.answers_are_lost(1 + at % 2),
    "calls fail": lambda one, at: one.calls_fail(1 + at % 3),
    "somebody takes it over": lambda one, _: one.somebody_edits_the_field_right_before_our_write("slow"),
    "somebody puts it back": lambda one, _: one.somebody_edits_the_field_right_before_our_write("fast"),
    "somebody edits between two calls": lambda one, at: one.somebody_edits_the_field_between_two_calls(
        ("fast", "safe", "slow", None)[at % 4]
    ),
    "somebody edits another field": lambda one, _: one.somebody_edits_another_field("y"),
    "the clock jumps": lambda one, at: one.the_clock_moves_or_jumps(5 * at - 30),
    "nobody can ask Prometheus": lambda one, _: one.the_trigger_turns("Unknown", 0),
}
TROUBLE = st.tuples(st.sampled_from(sorted(TROUBLES)), st.integers(1, 12))


@settings(max_examples=200, deadline=None)
@given(
    value=VALUES,
    end=ENDS,
    before=st.lists(TROUBLE, max_size=1),
    during=st.lists(TROUBLE, max_size=2),
    mode=st.sampled_from(["Auto", "Propose"]),
)
def whole_stories(
    value: str | None, end: str, before: list[Trouble], during: list[Trouble], mode: str
) -> None:
    world = World()
    world.begin(mode, "RevertIfHealthy")
    for name, at in before:
        TROUBLES[name](world, at)
    world.it_burns_and_a_person_approves(value, "no")
    for name, at in during:
        TROUBLES[name](world, at)
    world.it_comes_to(end)
    world.the_operator_looks(3)
    world.every_write_was_of_the_recorded_value()
    world.no_intent_was_made_or_taken_back_twice()
    world.a_lease_of_ours_is_written_down()


def test_from_the_trigger_to_the_end_and_back_through_every_trouble():
    """A world in which little happens proves little: what was gone through is counted."""
    World.ways.clear()
    whole_stories()
    assert World.ways["made"] > 100, World.ways
    assert World.ways["taken back"] > 50, World.ways


@settings(max_examples=40, deadline=None)
@given(value=VALUES, seconds=st.integers(1, 5), mode=st.sampled_from(["Auto", "Propose"]))
def test_another_tool_that_applies_again_what_it_wants_is_written_over_once(
    value: str | None, seconds: int, mode: str
):
    world = World()
    world.begin(mode, "RevertIfHealthy")
    world.it_burns_and_a_person_approves(value, "no")
    intent = world.sim.status["intent"]
    world.sim.now += timedelta(seconds=seconds)
    world.sim.edit(mode=_value(intent["paths"][0]["before"]))
    world.the_operator_looks(3)
    assert world.sim.status["result"] == "Contested"
    assert [one.intent["id"] for one in world.sim.writes] == [intent["id"]]
