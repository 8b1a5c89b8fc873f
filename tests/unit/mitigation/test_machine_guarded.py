"""Mode Auto begins only while the API server checks whose rights it uses, up to the very last moment."""

from __future__ import annotations

from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_guard import Answers, in_force
from tests.unit.mitigation.test_machine import AUTO, burning, mode

from fireline.api.plan import Answer, Call
from fireline.settings import MitigationSettings


def guarded_and_paused() -> tuple[Simulated, Answers]:
    """Approved by itself, and waiting; what is there of the guard can be changed."""
    sim = Simulated(AUTO, settings=MitigationSettings(auto_namespaces=("*",)))
    guard, others = in_force(), sim.server

    def answered(call: Call) -> Answer:
        return guard[call.name] if call.name.startswith("guard:") else others(call)

    sim.server = answered
    sim.told.pausing = "holidays"
    burning(sim)
    sim.settle()
    assert sim.phase == "Approved"
    return sim, guard


def test_while_the_guard_is_in_force_it_goes_on():
    sim, _ = guarded_and_paused()
    sim.told.pausing = None
    sim.settle()
    assert (sim.phase, mode(sim)) == ("Verifying", "safe")


def test_a_guard_that_is_gone_while_it_waits_leaves_it_to_a_person():
    sim, guard = guarded_and_paused()
    guard[next(name for name in guard if name != "guard:probe")] = Answer(404)
    sim.told.pausing = None
    sim.settle()
    assert (sim.phase, sim.status["reason"], mode(sim)) == ("Proposed", "ApprovalGuardMissing", "fast")


def test_a_guard_that_nobody_can_read_is_waited_for():
    sim, guard = guarded_and_paused()
    before = dict(guard)
    guard.update({name: Answer(503, message="busy") for name in guard})
    sim.told.pausing = None
    sim.settle()
    assert (sim.phase, sim.status["reason"], mode(sim)) == ("Approved", "ApprovalGuardUnknown", "fast")
    guard.update(before)
    sim.settle()
    assert (sim.phase, mode(sim)) == ("Verifying", "safe")
