"""Webhook: what is sent, and what an answer, or none, means."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.workloads import NOW, a_spec, a_workload, ago, around

from fireline.api.mitigation_action import Webhook
from fireline.api.plan import Answer
from fireline.mitigation.actions.webhook import (
    WEBHOOK,
    About,
    Outcome,
    What,
    call_text,
    outcome,
    webhook_call,
    webhook_notes,
    webhook_refusal,
    webhook_subject,
    webhook_summary,
)
from fireline.mitigation.model import Permission, Refusal

URL = "https://pager.example/hooks/first-aid?key=s3cret"
ABOUT = About(
    uid="0b1c2d3e",
    intent="4f5a6b7c",
    mitigation="drain",
    namespace="shop",
    slo="checkout",
    episode="9d8e7f",
    trigger="burns 20 times too fast",
    plan_hash="sha256:00ff",
)
SENT = ago(0.5)
LATER = NOW + timedelta(minutes=2)


def a_webhook(**fields: Any) -> Webhook:
    """A webhook that cannot be taken back."""
    return Webhook.model_validate({"url": URL, **fields})


def judged(answer: Answer | None, *, idempotent: bool = False, **more: Any) -> Outcome:
    """What an answer means half a minute after the call, two minutes before its deadline."""
    times = {"since": SENT, "now": NOW, "deadline": LATER}
    return outcome(answer, idempotent=idempotent, **{**times, **more})


REVERSIBLE = a_webhook(revertURL="https://pager.example/hooks/undo")


@pytest.mark.parametrize(
    ("what", "path"), [("apply", "/hooks/first-aid?key=s3cret"), ("revert", "/hooks/undo")]
)
def test_it_tells_the_service_what_it_is_about_under_a_key_of_its_own(what: What, path: str):
    call = webhook_call(REVERSIBLE, what, ABOUT)
    assert call is not None
    assert call.url == f"https://pager.example{path}"
    assert call.headers["Idempotency-Key"] == f"0b1c2d3e/4f5a6b7c/{what}"
    assert call.body == {
        "mitigation": "drain",
        "namespace": "shop",
        "slo": "checkout",
        "episode": "9d8e7f",
        "trigger": "burns 20 times too fast",
        "action": what,
        "planHash": "sha256:00ff",
    }


def test_every_try_is_the_same_request():
    assert webhook_call(REVERSIBLE, "apply", ABOUT) == webhook_call(REVERSIBLE, "apply", ABOUT)


def test_without_reverturl_there_is_nothing_to_send_to_take_it_back():
    assert webhook_call(a_webhook(), "revert", ABOUT) is None


@pytest.mark.parametrize(("timeout", "seconds"), [("500ms", 0.5), ("10s", 10.0), ("30s", 30.0), ("5m", 30.0)])
def test_one_request_takes_thirty_seconds_at_most(timeout: str, seconds: float):
    call = webhook_call(a_webhook(timeout=timeout), "apply", ABOUT)
    assert call is not None
    assert call.timeout == seconds


def test_the_engine_is_given_the_name_of_the_secret_and_never_the_token():
    webhook = a_webhook(bearerToken={"name": "pager", "key": "token"})
    call = webhook_call(webhook, "apply", ABOUT)
    assert call is not None
    sent = call.as_call("webhook:sent", namespace="shop", user="system:serviceaccount:shop:first-aid")
    assert (sent.verb, sent.secret, sent.namespace) == ("post", ("pager", "token"), "shop")
    assert sent.user == "system:serviceaccount:shop:first-aid"
    assert "Authorization" not in sent.headers
    assert (sent.url, sent.body, sent.timeout) == (URL, call.body, 10.0)


def test_the_url_is_not_printed():
    call = webhook_call(a_webhook(), "apply", ABOUT)
    assert "s3cret" not in repr(call)
    assert webhook_summary(a_webhook()) == "calls pager.example"
    assert webhook_summary(REVERSIBLE) == "calls pager.example, and pager.example to take it back"


def test_what_is_approved_is_all_that_the_spec_says():
    webhook = a_webhook(idempotent=True, bearerToken={"name": "pager", "key": "token"})
    assert webhook_subject(webhook) == {
        "url": URL,
        "idempotent": True,
        "timeout": "10s",
        "bearerToken": {"name": "pager", "key": "token"},
    }
    spec = a_spec(
        {"webhook": {"url": URL, "idempotent": True, "bearerToken": {"name": "pager", "key": "token"}}}
    )
    assert json.loads(call_text(spec)) == webhook_subject(webhook)


def test_people_are_told_what_it_cannot_promise():
    assert len(webhook_notes(a_webhook())) == 2
    assert webhook_notes(a_webhook(idempotent=True, revertURL=URL)) == ()


@pytest.mark.parametrize("name", ["url", "revertURL"])
@pytest.mark.parametrize("credentials", ["anna:pw@", "anna@", ":pw@"])
def test_credentials_in_a_url_are_refused_without_repeating_them(name: str, credentials: str):
    refusal = webhook_refusal(a_webhook(**{name: f"https://{credentials}pager.example/"}))
    assert refusal is not None
    assert refusal.lasting
    assert f"action.webhook.{name}" in refusal.message
    assert "pw" not in refusal.message


def test_a_url_without_credentials_is_fine():
    assert webhook_refusal(REVERSIBLE) is None


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("doubt", [True, False])
def test_2xx_is_done(status: int, idempotent: bool, doubt: bool):
    assert judged(Answer(status), idempotent=idempotent, doubt=doubt).state == "Done"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 410, 422])
@pytest.mark.parametrize("idempotent", [True, False])
def test_a_refusal_is_certainly_not_done(status: int, idempotent: bool):
    found = judged(Answer(status, message=f"HTTP {status}: no such hook"), idempotent=idempotent)
    assert found.state == "Refused"
    assert "no such hook" in found.message
    assert "it was not done" in found.message


def test_a_redirect_says_what_to_do():
    assert "give the URL it redirects to" in judged(Answer(308)).message


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(502), Answer(503), Answer(0, message="timed out"), None]
)
def test_what_may_have_been_done_is_unknown_and_never_sent_twice_unless_idempotent(answer: Answer | None):
    assert judged(answer).state == "Unknown"
    again = judged(answer, idempotent=True)
    assert (again.state, again.doubt) == ("Again", True)


@pytest.mark.parametrize("status", [408, 425, 429])
def test_not_now_is_tried_again_only_when_idempotent(status: int):
    assert judged(Answer(status)).state == "Refused"
    again = judged(Answer(status), idempotent=True)
    assert (again.state, again.doubt) == ("Again", False)


def test_a_conflict_means_that_the_first_request_is_still_worked_on():
    assert judged(Answer(409)).state == "Refused"
    again = judged(Answer(409), idempotent=True)
    assert (again.state, again.doubt) == ("Again", True)


@pytest.mark.parametrize("idempotent", [True, False])
def test_what_reached_nobody_may_always_be_sent_again(idempotent: bool):
    away = Answer(0, message="connection refused", sent=False)
    again = judged(away, idempotent=idempotent)
    assert (again.state, again.doubt) == ("Again", False)
    over = judged(away, idempotent=idempotent, deadline=NOW)
    assert over.state == "Refused"
    assert "connection refused; it was tried until its deadline; it was not done" in over.message


def test_a_refusal_after_a_lost_answer_proves_nothing():
    found = judged(Answer(404), idempotent=True, doubt=True)
    assert found.state == "Unknown"
    assert "look there yourself" in found.message


def test_an_idempotent_call_without_an_answer_ends_unknown_at_its_deadline():
    assert judged(Answer(503), idempotent=True, deadline=NOW + timedelta(seconds=5)).state == "Unknown"


@pytest.mark.parametrize(("after", "pause"), [(0, 1), (1, 1), (3, 3), (12, 12), (90, 30)])
def test_each_pause_is_as_long_as_all_before(after: int, pause: int):
    found = judged(None, idempotent=True, since=NOW - timedelta(seconds=after))
    assert found.wait == timedelta(seconds=pause)


ANSWERS = st.one_of(
    st.none(),
    st.builds(Answer, st.integers(100, 599)),
    st.builds(Answer, st.just(0), sent=st.booleans()),
)


@given(answers=st.lists(ANSWERS, min_size=1, max_size=12), idempotent=st.booleans())
def test_whatever_is_answered_nothing_is_sent_twice_that_may_have_been_done_and_nothing_is_tried_for_ever(
    answers: list[Answer | None], idempotent: bool
):
    doubt, now, tries = False, SENT, 0
    for answer in answers:
        tries += 1
        found = outcome(answer, idempotent=idempotent, since=SENT, now=now, deadline=LATER, doubt=doubt)
        certain = answer is not None and (not answer.sent or 200 <= answer.status < 500)
        if found.state == "Refused":
            assert certain
            assert not doubt
        if found.state != "Again":
            break
        assert idempotent or (answer is not None and not answer.sent)
        assert found.doubt >= doubt
        assert found.wait is not None
        doubt, now = found.doubt, now + found.wait
        assert now < LATER
    assert tries <= 15


def test_it_can_be_taken_back_by_a_url_to_do_so():
    assert WEBHOOK.reversibility(a_spec({"webhook": {"url": URL}})) == "Irreversible"
    assert WEBHOOK.reversibility(a_spec({"webhook": {"url": URL, "revertURL": URL}})) == "Reversible"


def test_it_needs_to_read_its_secret_and_nothing_else():
    assert WEBHOOK.permissions(a_spec({"webhook": {"url": URL}})) == ()
    spec = a_spec({"webhook": {"url": URL, "bearerToken": {"name": "pager", "key": "token"}}})
    assert WEBHOOK.permissions(spec) == (Permission("", "secrets", ("get",), ("pager",)),)


def test_it_changes_no_object():
    spec = a_spec({"webhook": {"url": URL}})
    assert WEBHOOK.reads(spec, a_workload(), user="u") == ()
    found = WEBHOOK.plan(spec, a_workload(), around())
    assert isinstance(found, Refusal)
    assert found.lasting
