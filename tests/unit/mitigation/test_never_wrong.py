"""Whatever happens in whatever order: no write to a value that was not the recorded one, none done twice.

Humans edit, another tool re-applies, the target goes and comes back, clocks jump, Prometheus is away, calls
fail or lose their answers, and the operator is killed between any two of them.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.mitigation.simulated import Simulated

from fireline.api.plan import Manifest

VALUES = st.sampled_from(["fast", "safe", "slow", "", None])
MEDDLING = st.sampled_from(["no", "no", "fast", "slow", None])
"""Whether somebody edits the field right before our write, and to what."""
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

    @initialize(
        mode=st.sampled_from(["Auto", "Propose"]), policy=st.sampled_from(["RevertIfHealthy", "Always"])
    )
    def begin(self, mode: str, policy: str) -> None:
        self.policy = policy
        self.sim = Simulated(a_spec(mode=mode, policy=policy))
        self.looked = 0
        self.seen_history = 0

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

    @rule(value=VALUES, meddling=MEDDLING)
    def it_burns_and_a_person_approves(self, value: str | None, meddling: str | None) -> None:
        """The way by which targets get changed: by chance alone it would hardly ever be gone to its end."""
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

    @precondition(lambda self: self.sim.phase in {"Verifying", "Active"})
    @rule(meddling=MEDDLING)
    def it_recovers(self, meddling: str | None) -> None:
        self._meddle(meddling)
        self.the_trigger_turns("False", 0)
        self.the_operator_looks(1)
        self.sim.now += timedelta(minutes=6)
        self.the_operator_looks(2)

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
        self.looked = len(self.sim.writes)

    @invariant()
    def no_intent_was_made_or_taken_back_twice(self) -> None:
        count = Counter((one.intent["id"], one.marked_before) for one in self.sim.writes)
        assert all(times == 1 for times in count.values()), count

    @invariant()
    def a_lease_of_ours_is_written_down(self) -> None:
        """Or a crash would leave it behind for ever."""
        leases = [name for kind, name in self.sim.objects if kind == "Lease"]
        if self.sim.parent is not None and "deletionTimestamp" not in self.sim.parent["metadata"]:
            assert leases in ([], [self.sim.status.get("lease")])

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


World.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestNeverWrong = World.TestCase
