"""A webhook as the machine calls it: noted before, repeated only where that harms nobody, else Unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.mitigation.simulated import Simulated

from fireline.api.plan import Answer, Call, Manifest


def a_spec(**webhook: Any) -> Manifest:
    return {
        "serviceAccountName": "aid",
        "action": {
            "webhook": {"url": "http://pager.shop/on", "revertURL": "http://pager.shop/off", **webhook}
        },
    }


class Pager(Simulated):
    """A service that answers as it is told, and remembers what it did."""

    def __init__(self, answers: list[Answer | Callable[[], Answer]], **webhook: Any) -> None:
        super().__init__(a_spec(**webhook))
        self.answers = answers
        self.done: list[str] = []

    def carried_out(self, call: Call) -> Answer:
        if call.verb != "post":
            return super().carried_out(call)
        answer = self.answers.pop(0) if self.answers else Answer(200)
        found = answer() if callable(answer) else answer
        if found.sent:
            self.done.append(call.headers["Idempotency-Key"].rpartition("/")[2])
        return found

    def begin(self) -> None:
        """A person asks for it and approves."""
        self.annotate(propose="1")
        self.settle()
        self.annotate(approve=self.status["planHash"], approved_by="ann")
        self.settle()

    def later(self, seconds: int) -> None:
        """Time goes by."""
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            self.settle()


REFUSED = Answer(0, message="nobody listens", sent=False)
LOST = Answer(0, message="time-out")


def test_it_is_called_once_and_once_to_take_it_back():
    pager = Pager([])
    pager.begin()
    assert pager.phase == "Active"
    pager.annotate(revert="1")
    pager.settle()
    assert pager.done == ["apply", "revert"]
    assert pager.status["result"] == "Reverted"


def test_a_call_that_reached_nobody_is_made_again_also_when_it_is_not_idempotent():
    pager = Pager([REFUSED, REFUSED])
    pager.begin()
    assert pager.phase == "Applying"
    pager.later(20)
    assert pager.done == ["apply"]
    assert pager.phase == "Active"


def test_a_call_whose_answer_was_lost_is_not_repeated_and_ends_unknown():
    pager = Pager([LOST])
    pager.begin()
    pager.later(60)
    assert pager.done == ["apply"]
    assert (pager.phase, pager.status["result"]) == ("Ended", "Unknown")
    assert pager.status["needsHuman"]["reason"] == "WebhookUnknown"


def test_an_idempotent_one_is_repeated_until_it_is_known():
    pager = Pager([LOST, Answer(503)], idempotent=True)
    pager.begin()
    pager.later(30)
    assert pager.done == ["apply"] * 3
    assert pager.phase == "Active"


def test_a_refusal_is_not_done_and_asks_for_a_person():
    pager = Pager([Answer(403, message="no")])
    pager.begin()
    assert (pager.phase, pager.status["result"]) == ("Ended", "Failed")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("idempotent", [False, True])
def test_a_crash_at_the_call_never_calls_twice_what_may_not_be_called_twice(*, idempotent: bool, after: bool):
    pager = Pager([], idempotent=idempotent)
    pager.annotate(propose="1")
    pager.settle()
    pager.annotate(approve=pager.status["planHash"], approved_by="ann")
    for call in range(1, 20):
        pager.die_at, pager.die_after = call, after
        pager.reconcile()
        if pager.status.get("sent"):
            break
    pager.die_at = None
    pager.later(60)
    if idempotent:
        assert set(pager.done) == {"apply"}
        assert pager.phase == "Active"
    else:
        assert len(pager.done) <= 1
        assert pager.status.get("result") == "Unknown" or pager.done == ["apply"]
