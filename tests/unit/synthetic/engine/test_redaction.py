"""No secret leaves a run, in whatever spelling a target sends it back."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.engine.recorded import a_journey, a_step, an_answer, run_recorded

from fireline.synthetic.engine.redaction import MARK, Redactor

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "JSON": lambda value: json.dumps(value)[1:-1],
    "JSON without escapes": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "JSON in JSON": lambda value: json.dumps(json.dumps(value))[1:-1],
    "URL": lambda value: quote(value, safe=""),
    "URL with slashes": quote,
    "form": quote_plus,
    "URL in lower case": lambda value: "".join(
        f"%{byte:02x}" if chr(byte) not in _UNRESERVED else chr(byte) for byte in value.encode()
    ),
    "HTML": html.escape,
    "JSON in HTML": lambda value: html.escape(json.dumps(value)[1:-1]),
    "hexadecimal": lambda value: value.encode().hex(),
    "HEXADECIMAL": lambda value: value.encode().hex().upper(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 without padding": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    "JSON in base64": lambda value: base64.b64encode(json.dumps(value)[1:-1].encode()).decode(),
    "JSON in base64 for URLs": lambda value: base64.urlsafe_b64encode(
        json.dumps(value)[1:-1].encode()
    ).decode(),
    "JSON in hexadecimal": lambda value: json.dumps(value, ensure_ascii=False)[1:-1].encode().hex(),
    "URL in base64": lambda value: base64.b64encode(quote(value, safe="").encode()).decode(),
    "form in hexadecimal": lambda value: quote_plus(value).encode().hex(),
    "wrong charset": lambda value: value.encode().decode("latin-1"),
}
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"

canaries = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=6, max_size=40
).filter(lambda text: text == text.strip() and MARK not in text and len(set(text)) > 3)
around = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None)
@given(canary=canaries, before=around, after=around, spelling=st.sampled_from(sorted(SPELLINGS)))
@example(canary="päss wörd/&\"'", before="", after="", spelling="JSON in HTML")
def test_a_secret_does_not_come_through_in_any_spelling(canary, before, after, spelling):
    spelt = SPELLINGS[spelling](canary)
    text = f"{before}{spelt}{after}"
    assert spelt in text
    assert spelt not in Redactor([canary]).redact(text)


@settings(deadline=None)
@given(canary=canaries, before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_a_secret_in_the_middle_of_something_encoded_does_not_come_through(canary, before, after):
    """As in ``Authorization: Basic``, which has the user in front of the password."""
    encoded = base64.b64encode(before + canary.encode() + after).decode()
    redacted = Redactor([canary]).redact(encoded)
    assert MARK in redacted
    assert len(redacted) <= len(encoded)
    rest = "".join(redacted.split(MARK)).rstrip("=")
    for offset in range(4):
        whole = rest[offset : offset + (len(rest) - offset) // 4 * 4]
        assert canary.encode() not in base64.b64decode(whole)


@settings(deadline=None, max_examples=25)
@given(st.lists(canaries, min_size=1, max_size=3), st.integers(100, 2000), st.integers(0, 40_000))
def test_what_is_cut_is_cut_after_it_was_redacted(secrets, limit, padding):
    text = "x" * padding + " ".join(secrets * 3) + "y" * 40_000
    cut = Redactor(secrets).beginning(text, limit)
    assert len(cut.encode()) <= limit
    for secret in secrets:
        assert secret not in cut
    if padding < limit - 20:
        assert MARK in cut or "…" in cut


def test_a_secret_at_the_end_of_what_is_looked_at_does_not_stay_in_half():
    secret = "0123456789abcdefghijklmnopqrstuvwxyz-CANARY"
    assert set(Redactor([secret]).beginning(secret * 2000, 4000)) == set(MARK)


@settings(deadline=None)
@given(canaries, st.integers(4, 40), st.sampled_from(["", '"', ")", " and more"]))
def test_the_half_of_a_secret_that_somebody_else_has_cut_is_taken_away(canary, keep, after):
    half = canary[: min(keep, len(canary) - 1)]
    redacted = Redactor([canary]).redact(f"no such user {half}…{after}")
    assert redacted == f"no such user {MARK}…{after}"


def test_halves_that_are_no_beginning_stay():
    assert Redactor(["s3cr3t-value"]).redact("this is a text that…") == "this is a text that…"
    assert Redactor(["abcabcabd-secret"]).redact("x abcabc…") == f"x {MARK}…"


def test_a_longer_secret_is_removed_before_one_it_begins_with():
    assert Redactor(["token", "token-and-more"]).redact("token-and-more token") == f"{MARK} {MARK}"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("status 1 of 10", f"status {MARK} of 10"),
        ("1", MARK),
        ("a1b and 1.5", f"a1b and {MARK}.5"),
        ("id=1&page=11", f"id={MARK}&page=11"),
    ],
)
def test_a_value_of_few_characters_is_removed_only_where_it_stands_alone(text, redacted):
    assert Redactor(["1"]).redact(text) == redacted


def test_values_that_are_nothing_remove_nothing():
    assert Redactor(["", "\n"]).redact("some text") == "some text"


def test_the_newline_at_the_end_of_a_secret_file_does_not_hide_it():
    assert Redactor(["s3cr3t\n"]).redact("got s3cr3t") == f"got {MARK}"


def test_every_line_of_a_key_is_removed():
    key = "-----BEGIN KEY-----\r\nMIIBVgIBADANBgkq\r\nhkiG9w0BAQEFAASC\r\n-----END KEY-----\r\n"
    redacted = Redactor([key]).redact("bad line MIIBVgIBADANBgkq, expected hkiG9w0BAQEFAASC")
    assert redacted == f"bad line {MARK}, expected {MARK}"


def test_values_inside_a_captured_object_are_removed():
    redactor = Redactor()
    redactor.add_captured('{"access":"CANARY-1","list":["CANARY-2",{"n":123456}],"on":true}')
    assert redactor.redact("CANARY-1 CANARY-2 123456 true") == f"{MARK} {MARK} {MARK} true"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET https://user:pa55@api.example/x", "GET https://***@api.example/x"),
        ("GET https://pa55@api.example/x", "GET https://***@api.example/x"),
        ("redis://:pa55@db:6379", "redis://***@db:6379"),
        ("/callback?code=abc123&state=1", "/callback?code=***&state=1"),
        ("/x?api_key=abc&page=2#top", "/x?api_key=***&page=2#top"),
        ("/x?X-Amz-Signature=abc&X-Amz-Date=2", "/x?X-Amz-Signature=***&X-Amz-Date=2"),
        ('{"accessToken": "abc", "id": 7}', '{"accessToken": "***", "id": 7}'),
        ('{"user":{"password":"a\\"b"}}', '{"user":{"password":"***"}}'),
        ("{\\\"token\\\":\\\"abc\\\"}", "{\\\"token\\\":\\\"***\\\"}"),
        ("Authorization: Bearer abcdef.ghi", "Authorization: Bearer ***"),
        ("got Basic dXNlcjpwYXNz", "got Basic ***"),
        # and what only looks alike
        ("mailto:somebody@example.com", "mailto:somebody@example.com"),
        ("https://api.example/a@b", "https://api.example/a@b"),
        ("/x?page=2&design=new&keyword=shoes", "/x?page=2&design=new&keyword=shoes"),
        ('{"status": "invalid token", "code": "E42"}', '{"status": "invalid token", "code": "E42"}'),
        ('{"mapping": "x", "monkey": "y"}', '{"mapping": "x", "monkey": "y"}'),
        ("a basic plan", "a basic plan"),
    ],
)  # fmt: skip
def test_what_looks_like_a_credential_is_masked_without_knowing_it(text, masked):
    assert Redactor().redact(text) == masked


def test_masking_takes_time_linear_in_the_text():
    """Each of these would take years with an expression that tries again and again."""
    for piece in ("a://", "&a=", '"a":"', "token", "a-b_c.", "Bearer ", "\\", "://@", '"token":"\\'):
        Redactor(["s3cr3t"]).redact(piece * 20_000)


class TestInARun:
    """Everything that leaves a run, searched for what must not be in it."""

    SECRET = 'C4n/a"r&y-sécret'
    CAPTURED = "c4ptured+CANARY/value=="

    def ran(self):
        login = a_step(
            "login",
            http={
                "method": "POST",
                "url": "https://bot:${password}@api.example/login?key=${password}",
                "basicAuth": {"username": "bot", "password": "${password}"},
            },
            capture=[{"variable": "session", "jsonPath": "$.data", "sensitive": True}],
        )
        use = a_step(
            "use",
            http={"url": "https://api.example/${session}", "headers": {"Authorization": "Bearer ${session}"}},
            **{"assert": [{"body": {"contains": "${session} and ${password}"}}, {"status": [200]}]},
        )
        said = [spell(value) for value in (self.SECRET, self.CAPTURED) for spell in SPELLINGS.values()]
        return run_recorded(
            a_journey(login, use, variables=[{"name": "password"}], cleanup=[{**use, "name": "clean"}]),
            {
                f"POST https://bot:{self.SECRET}@api.example/login?key={self.SECRET}": an_answer(
                    200, {"data": self.CAPTURED}
                ),
                f"GET https://api.example/{self.CAPTURED}": an_answer(
                    403,
                    " ".join(said).encode(),
                    headers={"location": f"/a?{self.CAPTURED}", "set-cookie": f"s={self.SECRET}"},
                ),
            },
            secrets={"password": self.SECRET},
        )

    def test_neither_result_nor_progress_holds_a_secret(self):
        done = self.ran()
        assert done.result.step == "use"
        everything = repr(done.result) + "".join(done.follower.lines) + repr(done.follower.reports)
        everything += json.dumps(done.result.evidence) + done.result.evidence + done.result.message
        for value in (self.SECRET, self.CAPTURED):
            for spell in SPELLINGS.values():
                assert spell(value) not in everything

    def test_the_search_would_find_one(self):
        """Without redaction the same text is full of them."""
        done = self.ran()
        body = done.wires[0]._recorded[f"GET https://api.example/{self.CAPTURED}"][0].body.decode()
        for value in (self.SECRET, self.CAPTURED):
            assert all(spell(value) in body for spell in SPELLINGS.values())

    def test_a_secret_in_a_fault_of_our_own_does_not_come_through(self):
        done = run_recorded(
            a_journey(variables=[{"name": "password"}]),
            {"GET /health": RuntimeError(f"cannot use {self.SECRET}")},
            secrets={"password": self.SECRET},
        )
        assert done.result.message.endswith("cannot use ***")

    def test_a_session_that_a_cookie_holds_does_not_come_through_a_page_that_shows_it(self):
        page = an_answer(500, b"debug: your session is 9f8e7d6c5b4a3f2e1d0c")
        done = run_recorded(
            a_journey(),
            {"GET /health": replace(page, set_cookies={"s": "9f8e7d6c5b4a3f2e1d0c", "theme": "dark"})},
        )
        assert "debug: your session is ***" in done.result.evidence
