"""Webhooks that answer, do not answer, or say that it was not them."""

from __future__ import annotations

import json

from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import (
    MINUTE,
    approve,
    burning,
    human,
    later,
    result,
)

from fireline.api.plan import Answer, Call

WEBHOOK = {
    "serviceAccountName": "aid",
    "trigger": {"slo": "checkout", "forTicks": 3},
    "action": {"webhook": {"url": "https://aid.example/on", "revertURL": "https://aid.example/off"}},
}


class Service:
    """Answers webhooks as it is told, and counts them."""

    def __init__(self, sim: Simulated, *answers: Answer) -> None:
        self.sent: list[str] = []
        self._answers = list(answers)
        self._others = sim.server
        sim.server = self._answered

    def _answered(self, call: Call) -> Answer:
        if call.verb != "post":
            return self._others(call)
        self.sent.append(str(call.url))
        return self._answers.pop(0) if self._answers else Answer(200, {})


NOT_SENT = Answer(0, message="connection refused", sent=False)


class TestWebhooks:
    def waiting_to_be_sent_again(self) -> tuple[Simulated, Service]:
        sim = Simulated(json.loads(json.dumps(WEBHOOK)))
        service = Service(sim, NOT_SENT, NOT_SENT, NOT_SENT)
        burning(sim)
        sim.settle()
        approve(sim)
        assert (sim.phase, len(service.sent)) == ("Applying", 1)
        return sim, service

    def test_one_that_reached_nobody_is_not_sent_again_when_it_is_deleted(self):
        sim, service = self.waiting_to_be_sent_again()
        sim.delete()
        later(sim, MINUTE)
        assert len(service.sent) == 1
        assert sim.parent is None

    def test_one_that_reached_nobody_is_not_sent_hours_later(self):
        sim, service = self.waiting_to_be_sent_again()
        sim.start()
        sim.now += 180 * MINUTE
        sim.settle()
        assert len(service.sent) == 1
        assert (sim.phase, human(sim)) == ("Ended", "NotBegun")

    def test_one_that_reached_nobody_is_not_sent_again_when_it_is_rejected(self):
        sim, service = self.waiting_to_be_sent_again()
        sim.annotate(reject=sim.status["planHash"])
        later(sim, MINUTE)
        assert len(service.sent) == 1

    def test_one_that_may_have_been_done_is_not_sent_hours_later_and_ends_unknown(self):
        spec = json.loads(json.dumps(WEBHOOK))
        spec["action"]["webhook"]["idempotent"] = True
        sim = Simulated(spec)
        service = Service(sim, Answer(503, message="busy"))
        burning(sim)
        sim.settle()
        approve(sim)
        sim.start()
        sim.now += 180 * MINUTE
        sim.settle()
        assert len(service.sent) == 1
        assert (*result(sim), human(sim)) == ("Ended", "Unknown", "WebhookUnknown")
