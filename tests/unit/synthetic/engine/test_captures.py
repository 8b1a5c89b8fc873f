"""What is taken along from an answer."""

from __future__ import annotations

import pytest
from tests.unit.synthetic.engine.recorded import a_journey, a_step, an_answer, run_recorded

ANSWER = an_answer(
    200,
    {
        "id": 7,
        "on": True,
        "name": "seven",
        "tags": ["a", "b"],
        "big": "x" * 20_000,
        "nothing": None,
        "empty": "",
    },
    headers={"location": "/events/7", "x-empty": ""},
    set_cookies={"session": "s-1"},
)


def captured(answer=ANSWER, **capture):
    """The value a later step is asked with, or the sentence that says why there is none."""
    first = a_step("first", capture=[{"variable": "value", **capture}])
    second = a_step("second", tcp={"address": "host:1", "send": "${value}"})
    ran = run_recorded(a_journey(first, second), {"GET /first": answer, "TCP host:1": an_answer()})
    if ran.result.step == "first":
        return ran.result.message.removeprefix("first: ")
    return ran.wires[0].requests[1].send


@pytest.mark.parametrize(
    ("capture", "value"),
    [
        ({"jsonPath": "$.id"}, "7"),
        ({"jsonPath": "$.name"}, "seven"),
        ({"jsonPath": "$.on"}, "true"),
        ({"jsonPath": "$.tags"}, '["a","b"]'),
        ({"jsonPath": "$.tags[*]"}, "a"),
        ({"header": "Location"}, "/events/7"),
        ({"cookie": "session"}, "s-1"),
        ({"body": '"id": ([0-9]+)'}, "7"),
    ],
)
def test_parts_of_an_answer_become_variables(capture, value):
    assert captured(**capture) == value


@pytest.mark.parametrize(
    ("capture", "said"),
    [
        ({"jsonPath": "$.nope"}, "expected jsonPath $.nope to capture as value, found nothing"),
        ({"jsonPath": "$.nothing"}, "expected jsonPath $.nothing to capture as value, found nothing"),
        ({"jsonPath": "$.empty"}, "expected jsonPath $.empty to capture as value, found nothing"),
        ({"jsonPath": "$.big"}, "expected jsonPath $.big to capture as value, found nothing"),
        ({"header": "X-Empty"}, "expected header X-Empty to capture as value, found nothing"),
        ({"header": "X-None"}, "expected header X-None to capture as value, found nothing"),
        ({"cookie": "Session"}, "expected cookie Session to capture as value, found nothing"),
        ({"body": "id=([0-9]+)"}, "expected body id=([0-9]+) to capture as value, found nothing"),
        ({"body": "id(x)?"}, "expected body id(x)? to capture as value, found nothing"),
    ],
)
def test_what_is_not_there_is_a_failure(capture, said):
    assert captured(**capture) == said


def test_of_what_is_no_json_or_too_large_nothing_is_taken():
    said = captured(an_answer(200, b"<html>"), jsonPath="$.id")
    assert said.startswith(
        "expected jsonPath $.id to capture as value, expected JSON, found a body that is none"
    )
    said = captured(an_answer(200, b"id=7", truncated=True), body="id=([0-9])")
    assert said.startswith(
        "expected body id=([0-9]) to capture as value, the body is larger than the 4 bytes"
    )


def test_an_optional_one_may_be_missing():
    first = a_step("first", capture=[{"variable": "value", "jsonPath": "$.nope", "optional": True}])
    ran = run_recorded(a_journey(first, a_step("second")), {"GET /first": ANSWER, "GET /second": an_answer()})
    assert ran.result.outcome == "success"


def test_regular_expressions_take_time_linear_in_the_body():
    """With a backtracking engine this would outlive us."""
    answer = an_answer(200, b"a" * 200_000)
    assert captured(answer, body="(?:(?:a+)+)+(b)$").endswith("found nothing")
