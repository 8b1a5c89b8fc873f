"""Which receiver failed and why, from lines as Alertmanager writes them."""

from __future__ import annotations

import json

import pytest

from fireline.alertmanager.causes import Cause, cause, reason
from fireline.alertmanager.logs import failures, fields

CHAT, PAGER = "shop/alertpolicy-checkout/chat", "shop/alertpolicy-checkout/pager"
GROUP = r'aggrGroup="{}/{alert_policy=\"shop/checkout\"}:{alertname=\"AlertPolicyTest\", attempt=\"5a1e\"}"'
OTHER_GROUP = GROUP.replace("5a1e", "0000")


def tried(receiver: str, error: str, *, group: str = GROUP, integration: str = "webhook[0]") -> str:
    return (
        'time=2026-11-22T13:37:31.803Z level=WARN source=notify.go:866 msg="Notify attempt failed, will '
        f'retry later" component=dispatcher receiver={receiver} integration={integration} {group} attempts=1 '
        f"err={json.dumps(error)}"
    )


def given_up(*errors: str, group: str = "") -> str:
    return (
        'time=2026-11-22T13:37:41.805Z level=ERROR source=dispatch.go:360 msg="Notify for alerts failed" '
        f"component=dispatcher {group} num_alerts=1 err={json.dumps('; '.join(errors))}"
    )


def ended(receiver: str, text: str, *, integration: str = "webhook[0]") -> str:
    return (
        f"{receiver}/{integration}: notify retry canceled due to unrecoverable error after 1 attempts: {text}"
    )


def succeeded(receiver: str) -> str:
    return (
        f'level=INFO msg="Notify success" component=dispatcher receiver={receiver} integration=webhook[0] '
        f"{GROUP} attempts=2 duration=1.2ms"
    )


def found(*lines: str) -> list[tuple[str, str, int, Cause, bool]]:
    return [
        (one.receiver, one.integration, one.index, one.cause, one.final)
        for one in failures(lines, receivers=[CHAT, PAGER], mark="5a1e")
    ]


def test_a_failed_try_of_our_alert_is_no_end_yet():
    assert found(tried(CHAT, "dial tcp 10.0.0.1:80: connect: connection refused")) == [
        (CHAT, "webhook", 0, Cause.REFUSED, False)
    ]


def test_tries_of_other_alerts_are_left_out():
    assert found(tried(CHAT, "unexpected status code 500", group=OTHER_GROUP)) == []


def test_a_notification_that_was_given_up_names_its_receiver_in_the_error():
    assert found(given_up(ended(CHAT, "unexpected status code 401: no"))) == [
        (CHAT, "webhook", 0, Cause.UNAUTHORIZED, True)
    ]


def test_from_0_30_it_names_the_group_too_and_only_ours_counts():
    lines = [
        given_up(ended(CHAT, "unexpected status code 401"), group=group) for group in (GROUP, OTHER_GROUP)
    ]
    (only,) = failures(lines, receivers=[CHAT], mark="5a1e")
    assert only.ours


def test_several_integrations_of_one_receiver_fail_each_for_their_own_reason():
    errors = (
        ended(CHAT, "unexpected status code 404: a; b", integration="slack[0]"),
        ended(CHAT, "EOF", integration="slack[1]"),
    )
    assert found(given_up(*errors)) == [
        (CHAT, "slack", 0, Cause.NOT_FOUND, True),
        (CHAT, "slack", 1, Cause.RESET, True),
    ]


def test_what_a_receiver_answers_can_not_speak_of_another_one():
    forged = (
        f"unexpected status code 400: {ended(PAGER, 'unexpected status code 401')}; {ended(PAGER, 'EOF')}"
    )
    assert {one[0] for one in found(given_up(ended(CHAT, forged)))} == {CHAT}


def test_a_later_success_makes_a_failed_try_good():
    lines = tried(CHAT, "EOF"), tried(PAGER, "EOF"), succeeded(CHAT)
    assert [one[0] for one in found(*lines)] == [PAGER]


def test_receivers_that_were_not_asked_about_and_strange_lines_are_left_out():
    assert (
        found(tried("mail", "EOF"), given_up("mail/email[0]: odd"), "", "{", "panic: \x00 =", 'err="\\') == []
    )


def test_json_lines_are_read_as_well():
    line = json.dumps(fields(tried(CHAT, "no such host")))
    assert found(line) == [(CHAT, "webhook", 0, Cause.DNS, False)]


def test_texts_that_are_no_json_strings_are_still_read():
    assert fields(r'err="\x00 certificate has expired or is not yet valid" a=b')["a"] == "b"
    assert "has expired" in fields(r'err="\x00 certificate has expired"')["err"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unexpected status code 401: x509: no such host", (Cause.UNAUTHORIZED, 401)),
        ("unexpected status code 403", (Cause.FORBIDDEN, 403)),
        ("unexpected status code 404", (Cause.NOT_FOUND, 404)),
        ('channel "#x": unexpected status code 429: slow down', (Cause.LIMITED, 429)),
        ("unexpected status code 410", (Cause.CLIENT, 410)),
        ("unexpected status code 502", (Cause.SERVER, 502)),
        ("unexpected status code 302", (Cause.STATUS, 302)),
        ("telegram: Unauthorized (401)", (Cause.UNAUTHORIZED, 401)),
        ("Post <redacted>: dial tcp: lookup a.invalid on 1.1.1.1:53: no such host", (Cause.DNS, None)),
        ("dial tcp: lookup a on 10.0.0.2:53: read udp 1:2: connection refused", (Cause.DNS, None)),
        ("dial tcp: lookup a: i/o timeout", (Cause.DNS, None)),
        ("x509: certificate signed by unknown authority", (Cause.CERTIFICATE_UNTRUSTED, None)),
        ("x509: certificate has expired or is not yet valid: current", (Cause.CERTIFICATE_EXPIRED, None)),
        ("x509: certificate is valid for a, not b", (Cause.CERTIFICATE_NAME, None)),
        (
            "x509: cannot validate certificate for 1.2.3.4 because it doesn't contain any IP SANs",
            (Cause.CERTIFICATE_NAME, None),
        ),
        ("remote error: tls: handshake failure", (Cause.TLS, None)),
        ("http: server gave HTTP response to HTTPS client", (Cause.TLS, None)),
        ("dial tcp 1.2.3.4:1: connect: connection refused", (Cause.REFUSED, None)),
        ("connect: no route to host", (Cause.UNREACHABLE, None)),
        ("context deadline exceeded", (Cause.TIMEOUT, None)),
        ("read: connection reset by peer", (Cause.RESET, None)),
        ("read url_file: open /etc/x: no such file or directory", (Cause.CREDENTIAL_FILE, None)),
        ("failed to read routing key from file: open /x: permission denied", (Cause.CREDENTIAL_FILE, None)),
        ("received an error response from Slack: no such host", (Cause.REJECTED, None)),
        ('template: :1:9: executing "" at <.Foo>: can\'t evaluate field', (Cause.TEMPLATE, None)),
        ("*smtp.plainAuth auth: 535 5.7.8 authentication failed", (Cause.LOGIN, None)),
        ("send RCPT command: 550 no such user", (Cause.REJECTED, None)),
        ("something new", (Cause.OTHER, None)),
    ],
)
def test_each_text_has_one_cause(text, expected):
    assert cause(text) == expected


def test_no_two_causes_say_the_same():
    assert len({one.words(400) for one in Cause}) == len(Cause)


def test_reasons_of_counters_are_told_apart_as_far_as_they_go():
    known = [
        "clientError",
        "serverError",
        "contextDeadlineExceeded",
        "contextCanceled",
        "authError",
        "rateLimited",
    ]
    assert len({reason(one) for one in [*known, "other"]}) == 7
    assert reason("other") == reason("what comes next")
