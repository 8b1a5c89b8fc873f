"""The message a run is told in: written so that it always fits, read so that nothing a pod writes harms."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.synthetic.message import LIMIT_BYTES, to_message
from fireline.synthetic.result import (
    OUTCOMES,
    STEP_OUTCOMES,
    CertificateSeen,
    Result,
    StepResult,
    parse,
)
from fireline.synthetic.text import cut

STARTED = datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC)

names = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
texts = st.text(st.characters(exclude_categories=[]), max_size=100).map(lambda text: text * 50)
moments = st.integers(0, 250_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
steps = st.builds(
    StepResult,
    names,
    st.sampled_from(STEP_OUTCOMES),
    st.integers(0, 10**8),
    st.integers(0, 99),
    st.text(max_size=300),
)
results = st.builds(
    Result,
    outcome=st.sampled_from(OUTCOMES),
    step=names,
    reason=st.from_regex(r"\A[A-Z][a-z]{0,40}\Z"),
    message=texts,
    degraded=st.booleans(),
    flaky=st.booleans(),
    attempts=st.integers(1, 1000),
    started_at=st.none() | moments,
    duration_ms=st.none() | st.integers(0, 10**8),
    steps=st.lists(steps, max_size=32).map(tuple),
    certificates=st.lists(st.builds(CertificateSeen, names, moments), max_size=32).map(tuple),
    cleanup=st.lists(steps, max_size=64).map(tuple),
    cleanup_failed=st.booleans(),
    evidence=texts,
)


def test_a_message_reads_like_its_documentation():
    result = Result(
        outcome="failure",
        step="login",
        reason="StatusMismatch",
        message="login: expected status 200, found 503",
        started_at=STARTED,
        duration_ms=123,
        steps=(StepResult("login", "failure", 120),),
        certificates=(CertificateSeen("health", datetime(2027, 1, 1, tzinfo=UTC)),),
        cleanup=(StepResult("delete", "success", 7),),
        evidence="POST https://api.example/login\n503",
    )
    assert to_message(result) == (
        '{"v":1,"outcome":"failure","step":"login","reason":"StatusMismatch",'
        '"message":"login: expected status 200, found 503","degraded":false,"flaky":false,"attempts":1,'
        '"startedAt":"2026-11-22T10:00:00.123Z","durationMs":123,'
        '"steps":[{"name":"login","outcome":"failure","ms":120,"attempts":1}],'
        '"certificates":[{"step":"health","notAfter":"2027-01-01T00:00:00Z"}],'
        '"cleanup":[{"name":"delete","outcome":"success","ms":7,"attempts":1}],'
        '"evidence":"POST https://api.example/login\\n503"}'
    )
    assert parse(to_message(result)) == result


@settings(deadline=None)
@given(results)
def test_a_message_always_fits_and_keeps_the_verdict(result):
    message = to_message(result)
    assert len(message.encode()) <= LIMIT_BYTES
    read = parse(message)
    assert isinstance(read, Result), read
    for field in ("outcome", "step", "reason", "degraded", "flaky", "attempts", "duration_ms"):
        assert getattr(read, field) == getattr(result, field)
    lists = ("steps", "certificates", "cleanup")
    omitted = sum(len(getattr(result, field)) - len(getattr(read, field)) for field in lists)
    assert read.omitted == omitted
    assert bool(read.message) == bool(result.message)


@pytest.mark.parametrize("letter", ["é", "€", "😀", '"', "\n"])
@pytest.mark.parametrize("steps", range(0, 24, 3))
def test_what_counts_is_bytes_and_not_letters(letter, steps):
    told = tuple(StepResult(f"step-{i}", "failure", 1, 1, letter * 200) for i in range(steps))
    message = to_message(Result("failure", message=letter * 600, evidence=letter * 2000, steps=told))
    assert len(message.encode()) <= LIMIT_BYTES
    assert isinstance(parse(message), Result)


@settings(deadline=None)
@given(results)
def test_evidence_is_cut_before_anything_else(result):
    read = parse(to_message(result))
    assert isinstance(read, Result)
    if read.omitted:
        assert read.evidence == ""


def test_steps_that_failed_outlive_steps_that_were_fine():
    fine = tuple(StepResult(f"step-{i:02}-{'x' * 40}", "success", i) for i in range(30))
    failed = StepResult("pay", "failure", 0)
    read = parse(to_message(Result("failure", steps=(*fine, failed), cleanup=fine, evidence="x" * 900)))
    assert isinstance(read, Result)
    assert read.steps[-1] == failed
    assert read.steps[-2] == fine[-1]
    assert len(read.steps) + read.omitted == 31


@settings(deadline=None)
@given(st.text(max_size=5000))
def test_a_text_never_becomes_halves_of_characters(text):
    read = parse(to_message(Result("success", evidence="ü€😀" * 400, message=text)))
    assert isinstance(read, Result)
    assert "\ufffd" not in read.evidence
    read.evidence.encode()


@pytest.mark.parametrize(
    ("limit", "text"),
    [(0, ""), (2, ""), (3, "…"), (4, "…"), (5, "ü…"), (6, "üb…"), (7, "übelst"), (9, "übelst")],
)
def test_a_text_is_cut_between_characters(limit, text):
    assert cut("übelst", limit) == text


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "the message is empty"),
        (" \n", "the message is empty"),
        ("oops", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[" * 4000, "not JSON: "),
        ('"' + "x" * 4095, "not JSON; it was cut at 4096 bytes: "),
        ("9" * 4090, "message: found 9999"),
        ("[]", "message: found []; allowed: an object"),
        ("{}", "v: found None; allowed: 1"),
        ('{"v":2,"outcome":"success"}', "v: found 2; allowed: 1"),
        ('{"v":true,"outcome":"success"}', "v: found True; allowed: 1"),
        ('{"v":1}', "outcome: found nothing; allowed: success, failure, error, infra"),
        ('{"v":1,"outcome":"skipped"}', "outcome: found skipped; allowed: success, failure, error, infra"),
        ('{"v":1,"outcome":["success"]}', 'outcome: found ["success"]; allowed: success, '),
        (
            '{"v":1,"outcome":"failure","durationMs":-1}',
            "durationMs: found -1; allowed: milliseconds from 0 to ",
        ),
        ('{"v":1,"outcome":"failure","durationMs":NaN}', "durationMs: found NaN; allowed: "),
        ('{"v":1,"outcome":"failure","durationMs":1e999}', "durationMs: found Infinity; allowed: "),
        ('{"v":1,"outcome":"failure","durationMs":true}', "durationMs: found true; allowed: "),
        ('{"v":1,"outcome":"failure","reason":"no words here"}', "reason: found no words here; allowed: "),
        ('{"v":1,"outcome":"failure","attempts":0}', "attempts: found 0; allowed: "),
        ('{"v":1,"outcome":"failure","startedAt":"yesterday"}', "startedAt: found yesterday; allowed: "),
        ('{"v":1,"outcome":"failure","startedAt":"2026-11-22T10:00:00"}', "startedAt: found 2026-11-22T10"),
        ('{"v":1,"outcome":"failure","startedAt":"0001-01-01T00:00:00+23:00"}', "startedAt: found 0001"),
        ('{"v":1,"outcome":"failure","steps":{"a":1}}', 'steps: found {"a": 1}; allowed: a list'),
        ('{"v":1,"outcome":"failure","steps":["a"]}', "steps[0]: found a; allowed: an object"),
        (
            '{"v":1,"outcome":"failure","steps":[{"outcome":"success"}]}',
            "steps[0].name: missing; allowed: a step's name, like login",
        ),
        (
            '{"v":1,"outcome":"failure","steps":[{"name":"a b","outcome":"success"}]}',
            "steps[0].name: found a b",
        ),
        ('{"v":1,"outcome":"failure","evidence":7}', "evidence: found 7; allowed: a text"),
    ],
)
def test_what_is_wrong_with_a_message_is_told_with_its_place(message, reason):
    read = parse(message)
    assert isinstance(read, str)
    assert read.startswith(reason)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_that_a_pod_writes_raises(anything):
    assert isinstance(parse(json.dumps(anything)), str)
    for key in ("step", "reason", "message", "steps", "certificates", "cleanup", "durationMs", "startedAt"):
        read = parse(json.dumps({"v": 1, "outcome": "error", key: anything}))
        assert isinstance(read, (Result, str))


def test_a_custom_image_needs_to_say_only_its_outcome():
    assert parse('{"v":1,"outcome":"success"}') == Result("success")
    assert parse('{"v":1,"outcome":"error","newer":{"a":1}}') == Result("error")


def test_control_characters_and_broken_halves_do_not_reach_status():
    read = parse('{"v":1,"outcome":"error","message":"a\\u0000b\\ud800c\\u001b[31m\\u202e"}')
    assert isinstance(read, Result)
    assert read.message == "a\ufffdb\ufffdc\ufffd[31m\ufffd"
