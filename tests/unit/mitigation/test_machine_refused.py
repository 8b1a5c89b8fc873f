"""The API server refuses the write that its dry run let through: nothing was made, and a person is told."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import approve, human, mode, proposed, result

from fireline.api.plan import Answer, Call


def refusing(sim: Simulated, answer: Answer, times: int) -> None:
    """Answer our next writes of the target so, and carry none of them out."""
    others, left = sim.server, iter(range(times))

    def refused(call: Call) -> Answer:
        if call.verb == "patch" and not call.dry_run and next(left, None) is not None:
            return answer
        return others(call)

    sim.server = refused


@pytest.mark.parametrize("code", [400, 403, 405, 413])
def test_what_is_refused_for_good_is_not_tried_again(code: int):
    sim = proposed()
    refusing(sim, Answer(code, message="a webhook of the cluster said no"), times=1)
    approve(sim)
    assert result(sim) == ("Ended", "Failed")
    assert human(sim) == "ApplyRefused"
    assert "a webhook of the cluster said no" in sim.status["message"]
    assert (mode(sim), "lease" in sim.status) == ("fast", False)


@pytest.mark.parametrize("code", [0, 409, 422, 429, 503])
def test_what_may_pass_is_tried_again_with_the_same_intent(code: int):
    sim = proposed()
    refusing(sim, Answer(code, message="not now"), times=2)
    approve(sim)
    assert (sim.phase, sim.status["reason"], mode(sim)) == ("Applying", "ApplyTried", "fast")
    sim.settle()
    assert (sim.phase, mode(sim), len(sim.writes)) == ("Verifying", "safe", 1)
    assert [one["reason"] for one in sim.status["history"]].count("IntentPersisted") == 1
