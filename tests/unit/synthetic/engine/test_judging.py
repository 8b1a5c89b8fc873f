"""What is asserted of an answer, and the sentence that says what does not hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.synthetic.engine.recorded import STARTED, a_journey, a_step, an_answer, run_recorded

from fireline.synthetic.engine.answer import Certificate

JSON = {
    "status": "ok",
    "count": 3,
    "on": True,
    "none": None,
    "items": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}],
    "price": 10.0,
}

TOO_LARGE = "TooLarge: the body is larger than the 9 bytes that are read, and all of it is needed"
VALID = "CertificateExpires: expected a certificate that is valid for 14d, it"


def judged(assertion, answer=None, **step):
    """``holds``, or reason and message of a GET that asserts one thing."""
    journey = a_journey(a_step(**{"assert": [assertion], **step}), variables=[{"name": "one", "value": "1"}])
    result = run_recorded(journey, {"GET /health": answer or an_answer(200, JSON)}).result
    if result.outcome == "success":
        return "degraded" if result.degraded else "holds"
    return f"{result.reason}: {result.message.removeprefix('health: ')}"


@pytest.mark.parametrize(
    ("status", "asserted", "said"),
    [
        (200, [200], "holds"),
        (404, [404], "holds"),
        (201, [200, 201], "holds"),
        (204, [200, 201], "StatusMismatch: expected status 200 or 201, found 204"),
    ],
)
def test_status(status, asserted, said):
    assert judged({"status": asserted}, an_answer(status)) == said


@pytest.mark.parametrize(
    ("status", "holds"), [(199, False), (200, True), (299, True), (300, False), (302, False)]
)
def test_without_a_word_on_status_it_must_be_a_success(status, holds):
    said = judged({"latency": {"below": "1m"}}, an_answer(status))
    assert said == ("holds" if holds else f"StatusMismatch: expected status 2xx, found {status}")


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        ({"jsonPath": "$.status", "exists": True}, "holds"),
        ({"jsonPath": "$.none", "exists": True}, "holds"),
        ({"jsonPath": "$.error", "exists": False}, "holds"),
        (
            {"jsonPath": "$.error", "exists": True},
            "JsonPathMismatch: expected $.error to exist, found nothing",
        ),
        ({"jsonPath": "$.status", "exists": False}, 'JsonPathMismatch: expected no $.status, found "ok"'),
        ({"jsonPath": "$.status", "equals": "ok"}, "holds"),
        (
            {"jsonPath": "$.status", "equals": "up"},
            'JsonPathMismatch: expected $.status to equal "up", found "ok"',
        ),
        (
            {"jsonPath": "$.nope", "equals": "up"},
            'JsonPathMismatch: expected $.nope to equal "up", found nothing',
        ),
        ({"jsonPath": "$.count", "equals": 3}, "holds"),
        ({"jsonPath": "$.count", "equals": 3.0}, "holds"),
        ({"jsonPath": "$.price", "equals": 10}, "holds"),
        ({"jsonPath": "$.count", "equals": "3"}, 'JsonPathMismatch: expected $.count to equal "3", found 3'),
        ({"jsonPath": "$.on", "equals": True}, "holds"),
        ({"jsonPath": "$.on", "equals": 1}, "JsonPathMismatch: expected $.on to equal 1, found true"),
        (
            {"jsonPath": "$.items[0].id", "equals": True},
            "JsonPathMismatch: expected $.items[0].id to equal true, found 1",
        ),
        ({"jsonPath": "$.items[0].id", "equals": "${one}"}, "holds"),
        ({"jsonPath": "$.items[0]", "equals": {"tags": ["a", "b"], "id": 1}}, "holds"),
        (
            {"jsonPath": "$.items[0].tags", "equals": ["b", "a"]},
            'JsonPathMismatch: expected $.items[0].tags to equal ["b", "a"], found ["a", "b"]',
        ),
        ({"jsonPath": "$.items[*].id", "equals": [1, 2]}, "holds"),
        ({"jsonPath": "$.items[*].id", "contains": "2"}, "holds"),
        ({"jsonPath": "$.items[?@.id==2].id", "exists": True}, "holds"),
        (
            {"jsonPath": "$.items[?@.id==9].id", "exists": True},
            "JsonPathMismatch: expected $.items[?@.id==9].id to exist, found nothing",
        ),
        ({"jsonPath": "$.items[0].tags", "contains": "a"}, "holds"),
        (
            {"jsonPath": "$.items[0].tags", "contains": "${one}"},
            'JsonPathMismatch: expected $.items[0].tags to contain "1", found ["a", "b"]',
        ),
        ({"jsonPath": "$.status", "contains": "k"}, "holds"),
        ({"jsonPath": "$.status", "matches": "^o"}, "holds"),
        ({"jsonPath": "$.count", "matches": "^[0-9]$"}, "holds"),
        (
            {"jsonPath": "$.status", "matches": "^up$"},
            'JsonPathMismatch: expected $.status to match ^up$, found "ok"',
        ),
    ],
)
def test_a_place_in_json(asserted, said):
    assert judged(asserted) == said


@pytest.mark.parametrize("operator", [{"exists": True}, {"equals": 1}, {"matches": "."}, {"contains": "x"}])
def test_no_json_is_a_failure(operator):
    said = judged({"jsonPath": "$.a", **operator}, an_answer(200, b"<html>"))
    assert said.startswith("NotJson: expected JSON, found a body that is none: Expecting value")


def test_json_nested_deeper_than_anyone_writes_is_a_failure():
    assert judged({"jsonPath": "$.a", "exists": True}, an_answer(200, b"[" * 500_000)).startswith("NotJson: ")
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    assert judged({"jsonPath": "$..b", "exists": True}, an_answer(200, deep)).startswith("NotSearchable: ")


def test_a_path_that_finds_the_same_places_again_and_again_comes_to_an_end(monkeypatch):
    monkeypatch.setattr("fireline.synthetic.engine.paths.MOST", 1000)
    body = b"[" * 40 + b",".join([b"1"] * 10) + b"]" * 40
    told = judged({"jsonPath": "$..*..*..*..*..*", "exists": True}, an_answer(200, body))
    assert told.startswith(
        "NotSearchable: cannot look for $..*..*..*..*..*: it leads to more than 1000 places"
    )


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        ({"name": "Content-Type", "contains": "json"}, "holds"),
        ({"name": "x-missing", "exists": False}, "holds"),
        (
            {"name": "x-missing", "contains": "a"},
            'HeaderMismatch: expected header x-missing to contain "a", found nothing',
        ),
        (
            {"name": "Content-Type", "equals": "text/html"},
            'HeaderMismatch: expected header content-type to equal "text/html", found "application/json"',
        ),
        ({"name": "Content-Type", "matches": "^application/"}, "holds"),
        ({"name": "Content-Type", "exists": True}, "holds"),
    ],
)
def test_header(asserted, said):
    answer = an_answer(200, JSON, headers={"content-type": "application/json"})
    assert judged({"header": asserted}, answer) == said


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        ({"contains": "wörld"}, "holds"),
        ({"equals": "hello wörld"}, "holds"),
        ({"equals": "hello"}, 'BodyMismatch: expected the body to equal "hello", found "hello wörld"'),
        ({"matches": "^hello w.rld$"}, "holds"),
        ({"matches": "^w"}, 'BodyMismatch: expected the body to match ^w, found "hello wörld"'),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_body(asserted, said, charset):
    answer = an_answer(
        200, "hello wörld".encode(charset), headers={"content-type": f'text/plain; charset="{charset}"'}
    )
    assert judged({"body": asserted}, answer) == said


def test_a_charset_that_is_none_is_not_asked_of_python():
    answer = an_answer(200, b"\\u0041", headers={"content-type": "text/plain; charset=unicode_escape"})
    assert judged({"body": {"equals": "\\u0041"}}, answer) == "holds"


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        ({"body": {"contains": "begin"}}, "holds"),
        ({"body": {"contains": "end"}}, TOO_LARGE),
        ({"body": {"matches": "g$"}}, TOO_LARGE),
        ({"jsonPath": "$.a", "exists": True}, TOO_LARGE),
        ({"status": [200]}, "holds"),
    ],
)
def test_of_a_body_that_is_too_large_only_the_beginning_counts(asserted, said):
    assert judged(asserted, an_answer(200, b"beginning", truncated=True)) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=15), "holds"),
        (timedelta(days=3), f"{VALID} expires on 2026-11-25 10:00 UTC"),
        (timedelta(days=-1), f"{VALID} expired on 2026-11-21 10:00 UTC"),
    ],
)
def test_certificate(left, said):
    answer = an_answer(certificate=Certificate(STARTED + left, "CN=x", "CN=y"))
    assert judged({"certificate": {"validFor": "14d"}}, answer) == said


def test_without_tls_there_is_no_certificate():
    said = judged({"certificate": {"validFor": "14d"}}, an_answer())
    assert said == (
        "NoCertificate: expected a certificate that is valid for 14d, the connection was without TLS"
    )


@pytest.mark.parametrize(
    ("records", "asserted", "said"),
    [
        (("10.0.0.1",), {"contains": "10.0.0.1"}, "holds"),
        (("10.0.0.1", "10.0.0.2"), {"atLeast": 2}, "holds"),
        (
            ("10.0.0.10",),
            {"contains": "10.0.0.1"},
            "AnswersMismatch: expected 10.0.0.1 among the answers, found 10.0.0.10",
        ),
        (("10 mail.example.",), {"contains": "Mail.example"}, "holds"),
        (('"v=spf1 include:example -all"',), {"contains": "include:example"}, "holds"),
        ((), {}, "AnswersMismatch: expected at least 1 answers, found none"),
        (("10.0.0.1",), {"atLeast": 2}, "AnswersMismatch: expected at least 2 answers, found 1: 10.0.0.1"),
        (
            tuple(f"10.0.0.{n}" for n in range(9)),
            {"contains": "x"},
            (
                "AnswersMismatch: expected x among the answers, "
                "found 10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, …"
            ),
        ),
    ],
)
def test_answers_of_a_name_server(records, asserted, said):
    journey = a_journey(a_step(dns={"name": "api.example"}, **{"assert": [{"answers": asserted}]}))
    result = run_recorded(journey, {"DNS A api.example": an_answer(None, records=records)}).result
    told = (
        "holds"
        if result.outcome == "success"
        else f"{result.reason}: {result.message.removeprefix('health: ')}"
    )
    assert told == said


@pytest.mark.parametrize(
    ("body", "given", "said"),
    [
        ({"data": {"a": 1}}, {}, ""),
        ({"data": None, "errors": []}, {}, ""),
        (
            {"errors": [{"message": "no such field"}]},
            {},
            'GraphQLErrors: expected no errors, found "no such field"',
        ),
        ({"errors": "broken"}, {}, 'GraphQLErrors: expected no errors, found "broken"'),
        ({"errors": [{"message": "no such field"}]}, {"noErrors": False}, ""),
        ([1], {}, "NotGraphQL: expected an object with data, found [1]"),
        (
            b"<html>",
            {},
            "NotJson: expected JSON, found a body that is none: Expecting value: line 1 column 1 (char 0)",
        ),
        (b"<html>", {"noErrors": False}, ""),
    ],
)
def test_graphql_tells_errors_with_status_200(body, given, said):
    step = a_step(graphql={"url": "https://api.example/graphql", "query": "{ a }", **given})
    result = run_recorded(a_journey(step), {"POST /graphql": an_answer(200, body)}).result
    assert result.outcome == ("failure" if said else "success")
    assert result.message.removeprefix("health: ") == said.partition(": ")[2]
    assert result.reason == said.partition(": ")[0]


def test_the_first_thing_that_does_not_hold_decides_and_evidence_tells_all():
    step = a_step(
        **{
            "assert": [
                {"latency": {"below": "10ms", "otherwise": "Degraded"}},
                {"jsonPath": "$.status", "equals": "up"},
                {"jsonPath": "$.count", "equals": 4},
            ]
        }
    )
    result = run_recorded(a_journey(step), {"GET /health": an_answer(200, JSON)}).result
    assert result.message == 'health: expected $.status to equal "up", found "ok"'
    assert result.evidence.startswith(
        "GET https://api.example/health\n"
        'expected $.status to equal "up", found "ok"\n'
        "expected an answer within 10ms, it took 100ms\n"
        "expected $.count to equal 4, found 3\n"
        "answered 200 after 100ms by 192.0.2.10:443\n"
    )
