"""The loop: steps in order until one does not hold, retries, time, and what the verdict says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.unit.synthetic.engine.recorded import (
    STARTED,
    RecordedWire,
    TestClock,
    a_journey,
    a_step,
    an_answer,
    run_recorded,
)

from fireline.synthetic.engine.answer import Certificate, Denial, TargetError
from fireline.synthetic.engine.run import run
from fireline.synthetic.result import CertificateSeen, StepResult

LOGIN = {
    "name": "login",
    "http": {"method": "POST", "url": "${base}/login", "json": {"password": "${password}"}},
    "capture": [{"variable": "session", "jsonPath": "$.token", "sensitive": True}],
}
BASE_VARIABLE = {"name": "base", "value": "https://api.example"}


def test_a_journey_of_which_all_holds_is_a_success():
    ran = run_recorded(
        a_journey(a_step("one"), a_step("two")), {"GET /one": an_answer(), "GET /two": an_answer(seconds=0.3)}
    )
    result = ran.result
    assert (result.outcome, result.step, result.reason, result.message) == ("success", "", "", "")
    assert (result.started_at, result.duration_ms) == (STARTED, 400)
    assert result.steps == (StepResult("one", "success", 100), StepResult("two", "success", 300))
    assert (result.degraded, result.flaky, result.evidence, result.cleanup) == (False, False, "", ())


def test_the_first_step_that_does_not_hold_ends_the_journey():
    ran = run_recorded(
        a_journey(a_step("one"), a_step("two"), a_step("three")),
        {"GET /one": an_answer(), "GET /two": an_answer(503, b"<h1>down</h1>")},
    )
    result = ran.result
    assert (result.outcome, result.step, result.reason) == ("failure", "two", "StatusMismatch")
    assert result.message == "two: expected status 2xx, found 503"
    assert ran.asked == ["GET /one", "GET /two"]
    assert [step.name for step in result.steps] == ["one", "two"]
    assert result.evidence == (
        "GET https://api.example/two\n"
        "expected status 2xx, found 503\n"
        "answered 503 after 100ms by 192.0.2.10:443\n"
        "\n"
        "<h1>down</h1>"
    )


def test_a_target_that_gives_no_answer_is_an_error():
    error = TargetError("Connect", "api.example:443: connection refused")
    result = run_recorded(a_journey(), {"GET /health": error}).result
    assert (result.outcome, result.step, result.reason) == ("error", "health", "Connect")
    assert result.message == "health: api.example:443: connection refused"
    assert result.evidence == "GET https://api.example/health\napi.example:443: connection refused"


def test_a_target_that_says_no_is_a_failure():
    answer = an_answer(denial=Denial("NotServing", "db: NOT_SERVING"))
    journey = a_journey(a_step("db", grpcHealth={"address": "db:50051"}))
    result = run_recorded(journey, {"gRPC health at db:50051": answer}).result
    assert (result.outcome, result.reason, result.message) == ("failure", "NotServing", "db: db: NOT_SERVING")


def test_a_captured_value_is_used_by_later_steps_and_never_shown():
    verify = a_step("verify", http={"url": "${base}/me", "headers": {"Authorization": "Bearer ${session}"}})
    ran = run_recorded(
        a_journey(LOGIN, verify, variables=[BASE_VARIABLE, {"name": "password"}]),
        {
            "POST /login": an_answer(200, {"token": "tok-CANARY-1"}),
            "GET /me": an_answer(500, b"no user for tok-CANARY-1, password hunter-CANARY-2"),
        },
        secrets={"password": "hunter-CANARY-2"},
    )
    login, me = ran.wires[0].requests
    assert login.body.value == {"password": "hunter-CANARY-2"}
    assert me.headers == {"Authorization": "Bearer tok-CANARY-1"}
    assert "CANARY" not in repr(ran.result)
    assert "no user for ***, password ***" in ran.result.evidence


def test_builtin_variables_tell_steps_of_the_run():
    step = a_step(
        "make", http={"url": "https://api.example/${run.check}/${run.id}/${run.startedAt}/${run.location}"}
    )
    ran = run_recorded(
        a_journey(step, location="eu-1"), {"GET /shop/r1/2026-11-22T10:00:00Z/eu-1": an_answer()}
    )
    assert ran.result.outcome == "success"


def test_a_secret_without_a_value_is_never_measured():
    ran = run_recorded(a_journey(LOGIN, variables=[BASE_VARIABLE, {"name": "password"}]))
    assert (ran.result.outcome, ran.result.reason) == ("infra", "VariableMissing")
    assert ran.result.message == (
        "variable password has no value: FIRELINE_VAR_PASSWORD is not in the environment of the probe;"
        " look at its secretKeyRef"
    )
    assert ran.result.duration_ms is None
    assert ran.wires == []


def test_a_name_nobody_knows_is_never_measured():
    ran = run_recorded(a_journey(a_step(http={"url": "${nowhere}/health"})))
    assert (ran.result.outcome, ran.result.reason) == ("infra", "UndefinedVariable")
    assert ran.result.message == "health: ${nowhere} has no value"
    assert ran.asked == []


def test_what_an_optional_capture_did_not_find_fails_the_step_that_needs_it():
    first = a_step("first", capture=[{"variable": "next", "jsonPath": "$.next", "optional": True}])
    second = a_step("second", http={"url": "https://api.example/${next}"})
    ran = run_recorded(a_journey(first, second), {"GET /first": an_answer(200, {})})
    assert (ran.result.outcome, ran.result.step) == ("failure", "second")
    assert ran.result.message == "second: ${next} has no value: it was in no answer so far"


class TestRetries:
    def test_success_after_a_retry_is_success_and_flaky(self):
        ran = run_recorded(
            a_journey(retries={"count": 2, "backoff": "2s"}),
            {"GET /health": [an_answer(503), an_answer(200)]},
        )
        result = ran.result
        assert (result.outcome, result.flaky, result.attempts) == ("success", True, 2)
        assert result.steps == (
            StepResult("health", "success", 2200, 2, "before: expected status 2xx, found 503"),
        )
        assert "steps health attempt 1: expected status 2xx, found 503; again in 2.0s" in ran.follower.lines

    def test_a_step_that_never_holds_was_tried_as_often_as_allowed(self):
        ran = run_recorded(
            a_journey(a_step(retries={"count": 3, "backoff": "1s"}), retries={"count": 0}),
            {
                "GET /health": [
                    an_answer(503),
                    TargetError("DNS", "no such host"),
                    an_answer(500),
                    an_answer(418),
                ]
            },
        )
        result = ran.result
        assert (result.outcome, result.flaky, result.attempts) == ("failure", False, 4)
        assert result.message == "health: expected status 2xx, found 418"
        assert len(ran.asked) == 4

    def test_a_pause_longer_than_what_is_left_is_not_begun(self):
        ran = run_recorded(
            a_journey(timeout="5s", retries={"count": 5, "backoff": "2s"}),
            {"GET /health": an_answer(503, seconds=1.0)},
        )
        assert ran.result.attempts == 2
        assert ran.clock.seconds == 1004.0
        assert ran.result.message == "health: expected status 2xx, found 503"

    @pytest.mark.parametrize("reason", ["AddressRefused", "InvalidRequest", "RedirectRefused"])
    def test_what_another_attempt_does_not_change_is_not_tried_again(self, reason):
        ran = run_recorded(a_journey(retries={"count": 5}), {"GET /health": TargetError(reason, "no")})
        assert (ran.result.outcome, ran.result.reason, ran.result.attempts) == ("error", reason, 1)

    def test_the_attempts_of_a_run_are_those_of_its_most_tried_step(self):
        ran = run_recorded(
            a_journey(a_step("one"), a_step("two"), a_step("three"), retries={"count": 3}),
            {
                "GET /one": [an_answer(500), an_answer()],
                "GET /two": [an_answer(500), an_answer(500), an_answer()],
                "GET /three": an_answer(),
            },
        )
        assert [step.attempts for step in ran.result.steps] == [2, 3, 1]
        assert ran.result.attempts == 3


class TestTime:
    def test_a_step_has_its_own_time(self):
        ran = run_recorded(
            a_journey(a_step(timeout="2s"), timeout="20s"), {"GET /health": an_answer(seconds=3.0)}
        )
        assert (ran.result.outcome, ran.result.reason) == ("error", "Timeout")
        assert ran.result.duration_ms == 2000
        assert ran.result.message == "health: GET https://api.example/health: no answer"

    @pytest.mark.parametrize("own", [{}, {"timeout": "8s"}])
    def test_all_steps_together_have_the_time_of_the_check(self, own):
        ran = run_recorded(
            a_journey(a_step("one"), a_step("two", **own), timeout="10s"),
            {"GET /one": an_answer(seconds=7), "GET /two": an_answer(seconds=4)},
        )
        assert (ran.result.outcome, ran.result.step) == ("error", "two")
        assert ran.result.duration_ms == 10_000
        assert ran.result.message.endswith("no answer (3s were left of the check's timeout of 10s)")

    def test_a_step_for_which_no_time_is_left_is_not_begun(self):
        ran = run_recorded(
            a_journey(a_step("one"), a_step("two"), timeout="10s"), {"GET /one": an_answer(seconds=10)}
        )
        assert (ran.result.outcome, ran.result.step, ran.result.reason) == ("error", "two", "Timeout")
        assert ran.result.message == "two: not begun: the check's timeout of 10s is used up"
        assert ran.asked == ["GET /one"]


SLOW = [{"latency": {"below": "800ms", "otherwise": "Degraded"}}]


class TestSlowness:
    def test_a_slow_and_correct_answer_is_degraded(self):
        result = run_recorded(
            a_journey(a_step("one", **{"assert": SLOW}), a_step("two")),
            {"GET /one": an_answer(seconds=1.2), "GET /two": an_answer()},
        ).result
        assert (result.outcome, result.degraded, result.step, result.reason) == (
            "success",
            True,
            "one",
            "TooSlow",
        )
        assert result.message == "one: expected an answer within 800ms, it took 1s200ms"
        assert result.steps[0].outcome == result.steps[1].outcome == "success"
        assert result.evidence.startswith("GET https://api.example/one\nexpected an answer within 800ms")

    def test_it_may_be_flaky_as_well(self):
        ran = run_recorded(
            a_journey(a_step(**{"assert": SLOW}), retries={"count": 1}),
            {"GET /health": [an_answer(503), an_answer(seconds=1.2)]},
        )
        assert (ran.result.outcome, ran.result.degraded, ran.result.flaky) == ("success", True, True)

    def test_a_slow_and_wrong_answer_is_a_failure(self):
        result = run_recorded(
            a_journey(a_step(**{"assert": SLOW})), {"GET /health": an_answer(500, seconds=1.2)}
        ).result
        assert (result.outcome, result.degraded, result.reason) == ("failure", False, "StatusMismatch")
        assert "expected an answer within 800ms" in result.evidence

    def test_a_slow_answer_that_must_be_fast_is_a_failure(self):
        result = run_recorded(
            a_journey(a_step(**{"assert": [{"latency": {"below": "1s"}}]})),
            {"GET /health": an_answer(seconds=1.0)},
        ).result
        assert (result.outcome, result.degraded, result.reason) == ("failure", False, "TooSlow")

    def test_a_degraded_answer_is_not_asked_for_again(self):
        ran = run_recorded(
            a_journey(a_step(**{"assert": SLOW}), retries={"count": 3}),
            {"GET /health": an_answer(seconds=1.2)},
        )
        assert (ran.result.degraded, ran.result.flaky, len(ran.asked)) == (True, False, 1)


def test_certificates_are_told_also_when_they_are_not_trusted():
    fine = Certificate(datetime(2027, 1, 1, tzinfo=UTC), "CN=api.example", "CN=CA")
    expired = Certificate(datetime(2026, 1, 1, tzinfo=UTC), "CN=api.example", "CN=CA")
    result = run_recorded(
        a_journey(a_step("one"), a_step("two")),
        {
            "GET /one": an_answer(certificate=fine),
            "GET /two": TargetError(
                "TLS", "certificate has expired", certificate=expired, address="192.0.2.1:443"
            ),
        },
    ).result
    assert result.outcome == "error"
    assert result.certificates == (
        CertificateSeen("one", fine.not_after),
        CertificateSeen("two", expired.not_after),
    )
    assert (
        "certificate of CN=api.example, issued by CN=CA\nvalid until 2026-01-01 00:00 UTC" in result.evidence
    )


def test_a_fault_of_our_own_is_never_measured_and_says_where_to_look():
    ran = run_recorded(
        a_journey(cleanup=[a_step("delete")]),
        {"GET /health": ZeroDivisionError("oops"), "GET /delete": an_answer()},
    )
    assert (ran.result.outcome, ran.result.step, ran.result.reason) == ("infra", "health", "EngineError")
    assert ran.result.message.startswith("health: ZeroDivisionError in recorded.py line ")
    assert ran.result.duration_ms is None
    assert ran.asked == ["GET /health", "GET /delete"]


def test_somebody_who_follows_and_raises_changes_nothing():
    class Closed:
        def __getattr__(self, name):
            raise BrokenPipeError

    clock = TestClock()
    wire = RecordedWire(clock, {"GET https://api.example/health": an_answer()})
    result = asyncio.run(
        run(a_journey(), run_id="r", secrets={}, wires=lambda: wire, clock=clock, progress=Closed())
    )
    assert result.outcome == "success"


def test_who_follows_hears_of_everything_in_order():
    ran = run_recorded(
        a_journey(a_step("one"), cleanup=[a_step("two")], sweep=[a_step("zero")]),
        {"GET /zero": an_answer(), "GET /one": an_answer(), "GET /two": an_answer()},
    )
    assert ran.follower.lines == [
        "sweep zero …",
        "sweep zero success",
        "steps one …",
        "steps one success",
        "measured success",
        "cleanup two …",
        "cleanup two success",
    ]
