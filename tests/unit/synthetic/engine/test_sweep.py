"""The sweep removes what a run that was killed left behind, before the steps, and never changes a verdict."""

from __future__ import annotations

import pytest
from tests.unit.synthetic.engine.recorded import (
    BASE,
    CREATE,
    DELETE,
    GONE,
    a_journey,
    a_step,
    an_answer,
    cleanup_of,
    run_recorded,
)

LIST = {"name": "list", "http": {"url": f"{BASE}/events"}}
REMOVE = {
    "name": "remove",
    "http": {"method": "DELETE", "url": f"{BASE}/events/${{old}}"},
    "forEach": {"from": "list", "jsonPath": "$[*].id", "variable": "old"},
}


def test_it_removes_what_an_earlier_run_left():
    done = run_recorded(
        a_journey(sweep=[LIST, REMOVE]),
        {
            "GET /events": an_answer(200, [{"id": 3}, {"id": 4}]),
            "DELETE /events/3": GONE,
            "DELETE /events/4": GONE,
            "GET /health": an_answer(),
        },
    )
    assert done.asked == ["GET /events", "DELETE /events/3", "DELETE /events/4", "GET /health"]
    assert cleanup_of(done.result) == [("list", "success", ""), ("remove", "success", "2 of 2 done")]


def test_one_that_cannot_be_removed_stops_neither_the_others_nor_the_journey():
    done = run_recorded(
        a_journey(sweep=[LIST, REMOVE]),
        {
            "GET /events": an_answer(200, [{"id": 3}, {"id": 4}, {"id": 5}]),
            "DELETE /events/3": GONE,
            "DELETE /events/4": an_answer(500),
            "DELETE /events/5": GONE,
            "GET /health": an_answer(),
        },
    )
    assert (done.result.outcome, done.result.cleanup_failed) == ("success", True)
    assert cleanup_of(done.result)[1] == (
        "remove",
        "failure",
        "2 of 3 done; expected status 2xx, found 500",
    )


def test_with_nothing_left_there_is_nothing_to_do():
    done = run_recorded(
        a_journey(sweep=[LIST, REMOVE]), {"GET /events": an_answer(200, []), "GET /health": an_answer()}
    )
    assert cleanup_of(done.result)[1] == ("remove", "success", "nothing to do")


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        (an_answer(500), "list gave no answer"),
        (an_answer(200, b"<html>"), "list: expected JSON, found a body that is none: "),
    ],
)
def test_without_a_list_nothing_is_removed(listed, why):
    done = run_recorded(a_journey(sweep=[LIST, REMOVE]), {"GET /events": listed, "GET /health": an_answer()})
    assert done.result.outcome == "success"
    name, outcome, message = cleanup_of(done.result)[1]
    assert (name, outcome) == ("remove", "skipped")
    assert message.startswith(why)


def test_at_most_a_hundred_are_removed_and_none_twice():
    ids = [{"id": n} for n in (*range(150), 1, 2)]
    done = run_recorded(
        a_journey(sweep=[LIST, REMOVE]),
        {"GET /events": an_answer(200, ids), "GET /health": an_answer()}
        | {f"DELETE /events/{n}": an_answer(204, seconds=0.001) for n in range(150)},
    )
    assert cleanup_of(done.result)[1][2] == "100 of 100 done"
    assert len(set(done.asked)) == 102


def test_values_that_are_nothing_are_left_alone():
    done = run_recorded(
        a_journey(sweep=[LIST, REMOVE]),
        {"GET /events": an_answer(200, [{"id": ""}, {"id": None}, {}]), "GET /health": an_answer()},
    )
    assert done.asked == ["GET /events", "GET /health"]


def test_what_it_captured_is_not_what_the_steps_made():
    listed = {**LIST, "capture": [{"variable": "id", "jsonPath": "$[0].id"}]}
    done = run_recorded(
        a_journey(a_step(), CREATE, sweep=[listed], cleanup=[DELETE]),
        {"GET /events": an_answer(200, [{"id": 3}]), "GET /health": an_answer(500)},
    )
    assert done.asked == ["GET /events", "GET /health"]
    assert cleanup_of(done.result)[-1] == ("delete", "skipped", "id was never captured")


def test_it_has_time_of_its_own():
    done = run_recorded(
        a_journey(sweep=[LIST, a_step("other")], cleanupTimeout="4s", timeout="5s"),
        {
            "GET /events": an_answer(seconds=60),
            "GET /other": an_answer(seconds=60),
            "GET /health": an_answer(seconds=4),
        },
    )
    assert done.result.outcome == "success"
    assert [step.ms for step in done.result.cleanup] == [2000, 2000]
