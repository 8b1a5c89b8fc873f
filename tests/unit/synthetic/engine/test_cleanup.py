"""Cleanup runs whatever happened before, every step of it, and never changes a verdict."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.engine.recorded import (
    BASE,
    CREATE,
    CREATED,
    DELETE,
    GONE,
    RecordedWire,
    TestClock,
    a_journey,
    a_step,
    an_answer,
    cleanup_of,
    ran,
    run_recorded,
)

from fireline.synthetic.engine.answer import Denial, TargetError
from fireline.synthetic.engine.progress import Quiet
from fireline.synthetic.engine.run import run


class TestCleanup:
    def test_it_removes_what_the_steps_made(self):
        done = run_recorded(
            a_journey(CREATE, cleanup=[DELETE]), {"POST /events": CREATED, "DELETE /events/7": GONE}
        )
        assert done.result.outcome == "success"
        assert done.asked == ["POST /events", "DELETE /events/7"]
        assert cleanup_of(done.result) == [("delete", "success", "")]
        assert done.result.cleanup_failed is False

    @pytest.mark.parametrize(
        ("verify", "outcome"),
        [
            (an_answer(500), "failure"),
            (TargetError("Connect", "refused"), "error"),
            (an_answer(seconds=60), "error"),
            (RuntimeError("a fault of ours"), "infra"),
            (MemoryError(), "infra"),
        ],
    )
    def test_it_runs_whatever_became_of_the_steps(self, verify, outcome):
        done = run_recorded(
            a_journey(CREATE, a_step("verify"), cleanup=[DELETE]),
            {"POST /events": CREATED, "GET /verify": verify, "DELETE /events/7": GONE},
        )
        assert done.result.outcome == outcome
        assert done.asked[-1] == "DELETE /events/7"

    def test_what_was_made_is_removed_also_when_the_answer_that_told_of_it_did_not_hold(self):
        slow = {**CREATE, "assert": [{"status": [201]}, {"latency": {"below": "50ms"}}]}
        done = run_recorded(
            a_journey(slow, cleanup=[DELETE]), {"POST /events": CREATED, "DELETE /events/7": GONE}
        )
        assert (done.result.outcome, done.result.reason) == ("failure", "TooSlow")
        assert done.asked == ["POST /events", "DELETE /events/7"]

    def test_what_somebody_else_made_is_left_alone(self):
        """A conflict tells the id of the one that is there already."""
        done = run_recorded(a_journey(CREATE, cleanup=[DELETE]), {"POST /events": an_answer(409, {"id": 7})})
        assert done.asked == ["POST /events"]

    def test_everything_that_several_attempts_made_is_removed(self):
        create = {**CREATE, "assert": [{"status": [201]}, {"jsonPath": "$.state", "equals": "ready"}]}
        made = [an_answer(201, {"id": n, "state": "ready" if n == 3 else "new"}) for n in (1, 2, 3)]
        done = run_recorded(
            a_journey(create, retries={"count": 2}, cleanup=[DELETE, a_step("logout")]),
            {"POST /events": made, "GET /logout": an_answer()}
            | {f"DELETE /events/{n}": GONE for n in (1, 2, 3)},
        )
        assert done.asked[3:] == [
            "DELETE /events/1",
            "DELETE /events/2",
            "DELETE /events/3",
            "GET /logout",
        ]
        assert cleanup_of(done.result)[0] == ("delete", "success", "3 of 3 done")

    @pytest.mark.parametrize("body", [{}, {"id": None}, {"id": ""}, b"no json"])
    def test_a_step_is_left_out_when_its_variable_was_never_captured(self, body):
        """An empty id would make it delete the collection."""
        done = run_recorded(
            a_journey(CREATE, cleanup=[DELETE, a_step("logout")]),
            {"POST /events": an_answer(201, body), "GET /logout": an_answer()},
        )
        assert (done.result.outcome, done.result.reason) == ("failure", "CaptureNotFound")
        assert done.asked == ["POST /events", "GET /logout"]
        assert cleanup_of(done.result) == [
            ("delete", "skipped", "id was never captured"),
            ("logout", "success", ""),
        ]
        assert done.result.cleanup_failed is False

    @pytest.mark.parametrize("fault", [an_answer(500), TargetError("DNS", "gone"), RuntimeError("ours")])
    def test_every_step_of_it_runs_also_when_one_fails_and_the_verdict_stays(self, fault):
        done = run_recorded(
            a_journey(cleanup=[a_step("one"), a_step("two"), a_step("three")]),
            {
                "GET /health": an_answer(),
                "GET /one": an_answer(),
                "GET /two": fault,
                "GET /three": an_answer(),
            },
        )
        assert done.asked == ["GET /health", "GET /one", "GET /two", "GET /three"]
        assert (done.result.outcome, done.result.cleanup_failed) == ("success", True)
        assert [step.outcome == "success" for step in done.result.cleanup] == [True, False, True]

    def test_the_evidence_of_a_success_tells_what_could_not_be_removed(self):
        done = run_recorded(
            a_journey(CREATE, cleanup=[DELETE]),
            {"POST /events": CREATED, "DELETE /events/7": an_answer(500, b"locked")},
        )
        assert done.result.evidence == (
            "cleanup delete\n"
            "DELETE https://api.example/events/7\n"
            "expected status 2xx, found 500\n"
            "answered 500 after 100ms by 192.0.2.10:443\n"
            "\n"
            "locked"
        )

    def test_it_has_time_of_its_own_and_one_that_hangs_leaves_time_for_the_others(self):
        done = run_recorded(
            a_journey(
                timeout="5s", cleanupTimeout="9s", cleanup=[a_step("one"), a_step("two"), a_step("three")]
            ),
            {
                "GET /health": an_answer(seconds=60),
                "GET /one": an_answer(seconds=60),
                "GET /two": an_answer(seconds=5),
                "GET /three": an_answer(seconds=3),
            },
        )
        assert [(step.outcome, step.ms) for step in done.result.cleanup] == [
            ("error", 3000),
            ("error", 3000),
            ("success", 3000),
        ]
        assert done.result.duration_ms == 5000

    def test_what_there_was_no_time_for_may_have_been_left_behind(self):
        """A machine that stalls for longer than the whole reserve."""

        clock = TestClock()

        class Stalling(Quiet):
            def on_step_ended(self, report):
                clock.seconds += 60 * (report.result.name == "one")

        async def stalled():
            wire = RecordedWire(clock, {f"GET {BASE}/{name}": an_answer() for name in ("health", "one")})
            journey = a_journey(cleanup=[a_step("one"), a_step("two")])
            return await run(
                journey, run_id="r", secrets={}, wires=lambda: wire, clock=clock, progress=Stalling()
            )

        result = asyncio.run(stalled())
        assert (result.outcome, result.cleanup_failed) == ("success", True)
        assert cleanup_of(result) == [
            ("one", "success", ""),
            ("two", "skipped", "no time: the cleanup's time of 10s is used up"),
        ]

    def test_only_what_attempts_of_one_step_made_is_removed_in_turn(self):
        """Another step that captures the same name has its reasons."""
        other = {**CREATE, "name": "other", "http": {"method": "POST", "url": f"{BASE}/others"}}
        done = run_recorded(
            a_journey(CREATE, other, cleanup=[DELETE]),
            {"POST /events": CREATED, "POST /others": an_answer(201, {"id": 8}), "DELETE /events/8": GONE},
        )
        assert done.asked == ["POST /events", "POST /others", "DELETE /events/8"]

    def test_from_an_answer_that_is_a_no_nothing_is_taken(self):
        hello = a_step("hello", tcp={"address": "a:1"}, capture=[{"variable": "id", "body": "([0-9]+)"}])
        answer = an_answer(None, b"500 go away", denial=Denial("Unexpected", "no greeting"))
        done = run_recorded(a_journey(hello, cleanup=[DELETE]), {"TCP a:1": answer})
        assert (done.result.reason, done.result.cleanup[0].outcome) == ("Unexpected", "skipped")

    def test_its_time_is_not_in_the_duration(self):
        done = run_recorded(
            a_journey(cleanup=[a_step("slow")], sweep=[a_step("old")]),
            {"GET /health": an_answer(), "GET /slow": an_answer(seconds=4), "GET /old": an_answer(seconds=3)},
        )
        assert done.result.duration_ms == 100

    def test_it_is_tried_again_like_any_step(self):
        done = run_recorded(
            a_journey(cleanup=[a_step("one")], retries={"count": 1}),
            {"GET /health": an_answer(), "GET /one": [an_answer(500), an_answer()]},
        )
        assert done.result.cleanup[0].attempts == 2
        assert (done.result.flaky, done.result.cleanup_failed) == (False, False)

    def test_it_keeps_the_cookies_of_the_steps_and_the_sweep_has_its_own(self):
        done = run_recorded(
            a_journey(sweep=[a_step("old")], cleanup=[a_step("one")]),
            {"GET /old": an_answer(), "GET /health": an_answer(), "GET /one": an_answer()},
        )
        sweep, journey = done.wires
        assert [line.rpartition("/")[2] for line in sweep.asked] == ["old"]
        assert [line.rpartition("/")[2] for line in journey.asked] == ["health", "one"]


class TestStopping:
    def test_when_told_to_stop_it_goes_to_the_cleanup(self):
        async def stopped():
            stop = asyncio.Event()
            return await ran(
                a_journey(CREATE, a_step("verify"), a_step("more"), cleanup=[DELETE]),
                {"POST /events": CREATED, "GET /verify": an_answer(), "DELETE /events/7": GONE},
                stop=stop,
                on_ask=lambda line: stop.set() if line.endswith("/verify") else None,
            )

        done = asyncio.run(stopped())
        assert (done.result.outcome, done.result.reason) == ("infra", "Interrupted")
        assert done.result.message == "verify: stopped before it was over"
        assert done.asked == ["POST /events", "GET /verify", "DELETE /events/7"]

    def test_a_verdict_that_stands_is_not_taken_back(self):
        async def stopped():
            stop = asyncio.Event()
            return await ran(
                a_journey(cleanup=[a_step("one"), a_step("two")]),
                {"GET /health": an_answer(500), "GET /one": an_answer(), "GET /two": an_answer()},
                stop=stop,
                on_ask=lambda line: stop.set() if line.endswith("/one") else None,
            )

        done = asyncio.run(stopped())
        assert done.result.outcome == "failure"
        assert done.asked == ["GET /health", "GET /one", "GET /two"]

    def test_told_during_the_sweep_it_does_not_begin(self):
        async def stopped():
            stop = asyncio.Event()
            return await ran(
                a_journey(sweep=[a_step("old")], cleanup=[a_step("one"), DELETE]),
                {"GET /old": an_answer(), "GET /one": an_answer()},
                stop=stop,
                on_ask=lambda _: stop.set(),
            )

        done = asyncio.run(stopped())
        assert (done.result.outcome, done.result.reason) == ("infra", "Interrupted")
        assert done.asked == ["GET /old", "GET /one"]

    def test_cancelled_it_cleans_up_before_it_ends(self):
        asked = []

        async def cancelled():
            task: asyncio.Task[Any] | None = None

            def on_ask(line: str) -> None:
                asked.append(line.replace(BASE, ""))
                if line.endswith("/verify") and task is not None:
                    task.cancel()

            task = asyncio.create_task(
                ran(
                    a_journey(CREATE, a_step("verify"), cleanup=[DELETE]),
                    {"POST /events": CREATED, "GET /verify": an_answer(), "DELETE /events/7": GONE},
                    on_ask=on_ask,
                )
            )
            await task

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancelled())
        assert asked == ["POST /events", "GET /verify", "DELETE /events/7"]


fates = st.sampled_from(
    [
        an_answer(201, {"id": 7}),
        an_answer(500),
        an_answer(200, b"no json"),
        an_answer(seconds=60),
        TargetError("Connect", "refused"),
        RuntimeError("ours"),
        MemoryError(),
    ]
)


@settings(deadline=None)
@given(st.lists(fates, min_size=1, max_size=4), st.lists(fates, min_size=1, max_size=3), st.integers(0, 2))
def test_whatever_happens_every_step_of_the_cleanup_is_asked_for(steps, cleanup, retries):
    made = [a_step(f"step-{n}", capture=CREATE["capture"]) for n in range(len(steps))]
    last = [a_step(f"clean-{n}") for n in range(len(cleanup))]
    recorded = {f"GET /step-{n}": fate for n, fate in enumerate(steps)}
    recorded |= {f"GET /clean-{n}": fate for n, fate in enumerate(cleanup)}
    recorded |= {"DELETE /events/7": GONE}
    done = run_recorded(
        a_journey(*made, cleanup=[*last, DELETE], retries={"count": retries}, timeout="200s"), recorded
    )
    for n in range(len(cleanup)):
        assert f"GET /clean-{n}" in done.asked
    captured = isinstance(steps[0], type(GONE)) and steps[0].status == 201
    assert ("DELETE /events/7" in done.asked) == captured
    assert len(done.result.cleanup) == len(cleanup) + 1
