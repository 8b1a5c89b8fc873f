"""What somebody sees at 3 a.m. of a step that failed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.engine.recorded import a_journey, a_step, an_answer, run_recorded

from fireline.synthetic.engine import evidence
from fireline.synthetic.engine.answer import Answer, TargetError
from fireline.synthetic.engine.content import Content
from fireline.synthetic.engine.redaction import Redactor
from fireline.synthetic.result import EVIDENCE_BYTES

long_texts = st.text(max_size=100).map(lambda text: text * 30)


def of(answer: Answer, *expected: str, asked: str = "GET https://api.example/x") -> str:
    return evidence.of_answer(asked, expected, answer, Content(answer), Redactor())


def test_it_reads_from_what_was_asked_to_what_came():
    answer = an_answer(
        503,
        b"  <html>\r\n<h1>Service Unavailable</h1>\r\n</html>\n",
        seconds=1.2345,
        headers={
            "date": "Sun, 22 Nov 2026 10:00:00 GMT",
            "content-type": "text/html",
            "retry-after": "30",
            "x-request-id": "req-77",
        },
        redirects=("https://api.example/old", "https://api.example/older"),
    )
    assert of(answer, "expected status 2xx, found 503") == (
        "GET https://api.example/x\n"
        "expected status 2xx, found 503\n"
        "redirected to https://api.example/old\n"
        "redirected to https://api.example/older\n"
        "answered 503 after 1s234ms by 192.0.2.10:443\n"
        "content-type: text/html\n"
        "retry-after: 30\n"
        "x-request-id: req-77\n"
        "\n"
        "<html>\n<h1>Service Unavailable</h1>\n</html>"
    )


def test_of_other_protocols_it_tells_what_there_is():
    answer = Answer(seconds=0.02, address="10.0.0.10:53", records=("10.0.0.1", "10.0.0.2"))
    assert of(answer, "expected 10.0.0.3 among the answers", asked="DNS A db @10.0.0.10:53") == (
        "DNS A db @10.0.0.10:53\n"
        "expected 10.0.0.3 among the answers\n"
        "answered after 20ms by 10.0.0.10:53\n"
        "records: 10.0.0.1, 10.0.0.2"
    )
    answer = Answer(seconds=0.02, body=b"220 mail\r\n500 no\x00\xff", truncated=True)
    assert of(answer, asked="TCP mail:25").endswith("\n\n220 mail\n500 no\ufffd\ufffd")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("location", "/login?token=abc&next=/", "/login?token=***&next=/"),
        ("www-authenticate", 'Bearer realm="x"', 'Bearer realm="x"'),
        ("server", "x" * 500, "x" * 117 + "…"),
    ],
)
def test_headers_are_shown_without_credentials(name, value, shown):
    assert of(an_answer(401, headers={name: value})).splitlines()[-1] == f"{name}: {shown}"


@pytest.mark.parametrize("name", ["authorization", "set-cookie", "cookie", "x-api-key", "x-auth-token"])
def test_some_headers_are_never_shown(name):
    assert "s3cr3t" not in of(an_answer(401, headers={name: "s3cr3t"}))
    assert evidence.is_secret(name)


@settings(deadline=None)
@given(
    asked=long_texts,
    expected=st.lists(long_texts, max_size=4),
    body=st.binary(max_size=100).map(lambda data: data * 30),
    header=long_texts,
)
def test_it_is_never_longer_than_a_kilobyte_and_always_text(asked, expected, body, header):
    answer = an_answer(500, body, headers={"server": header}, records=(header,), redirects=(asked,))
    for shown in (
        of(answer, *expected, asked=asked),
        evidence.of_error(asked, TargetError("Protocol", header), Redactor()),
    ):
        assert len(shown.encode()) <= EVIDENCE_BYTES
        assert all(character >= " " or character in "\n\t" for character in shown)


def test_what_was_asked_and_expected_is_never_pushed_out_by_a_body():
    step = a_step(**{"assert": [{"body": {"equals": "e" * 30_000}}]})
    result = run_recorded(a_journey(step), {"GET /health": an_answer(200, b"b" * 100_000)}).result
    first, second, third, *_ = result.evidence.splitlines()
    assert first == "GET https://api.example/health"
    assert second.startswith('expected the body to equal "eee')
    assert second.endswith('…, found "' + "b" * 76 + "…")
    assert third.startswith("answered 200 after 100ms")
