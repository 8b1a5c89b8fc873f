"""What people read when somebody else was at the target, too, must be what happened."""

from __future__ import annotations

from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import MINUTE, applied, approve, human, later, mode, proposed, result

from fireline.api.plan import Answer, Call


def afterwards(sim: Simulated, **data: str | None) -> None:
    """Somebody edits the target right after our next write of it."""
    others = sim.server

    def edited(call: Call) -> Answer:
        answer = others(call)
        if call.verb == "patch" and not call.dry_run:
            sim.server = others
            sim.edit(**data)
        return answer

    sim.server = edited


def test_what_was_made_and_lost_and_changed_at_once_is_not_said_to_be_unwritten():
    sim = proposed()
    sim.lose_answers = 1
    afterwards(sim, mode="slow")
    approve(sim)
    assert (*result(sim), mode(sim), len(sim.writes)) == ("Ended", "Contested", "slow", 1)
    assert "nothing was written" not in sim.status["message"]
    assert "it was made, and changed since" in sim.status["message"]


def test_what_was_changed_before_it_was_made_is_said_to_be_unwritten():
    sim = proposed()
    sim.before_write = lambda: sim.edit(mode="slow")
    approve(sim)
    assert (*result(sim), mode(sim), sim.writes) == ("Ended", "Contested", "slow", [])
    assert "nothing was written" in sim.status["message"]


def test_what_somebody_puts_back_while_it_is_taken_back_is_theirs_and_needs_nobody():
    sim = applied(verify={"within": "9h"})
    sim.before_write = lambda: sim.edit(mode="fast")
    sim.annotate(revert="1")
    later(sim, MINUTE)
    assert (*result(sim), mode(sim), human(sim)) == ("Ended", "RevertedByOther", "fast", None)
    assert sim.target is not None
    assert not sim.target["metadata"].get("annotations")
