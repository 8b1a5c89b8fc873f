"""What the schema of a receiver cannot say, and the words for it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.alerting.receiver_cases import receiver

from fireline.alerting.receivers import check_receiver
from fireline.api.alert_policy_receivers import Receiver

AT = ("spec", "receivers", 0)


def issues(kind: str, **changes: Any) -> list[str]:
    return [str(issue) for issue in check_receiver(Receiver.model_validate(receiver(kind, **changes)), AT)]


TEMPLATES = [
    ("slack", {"text": "{{ .Foo }}"}, "slack.text"),
    ("slack", {"fields": [{"title": "x", "value": "{{ end }}"}]}, "slack.fields[0].value"),
    ("slack", {"actions": [{"text": "x", "url": "{{ .Url }}"}]}, "slack.actions[0].url"),
    ("slack", {"channel": "#{{ .CommonLabels.team"}, "slack.channel"),
    ("pagerduty", {"details": {"a": "ok", "b": "{{"}}, "pagerduty.details.b"),
    ("pagerduty", {"links": [{"href": "{{ .Url }}", "text": "x"}]}, "pagerduty.links[0].href"),
    ("pagerduty", {"class": "{{ .Class }}"}, "pagerduty.class"),
    ("opsgenie", {"responders": [{"type": "team", "name": "{{ .Team }}"}]}, "opsgenie.responders[0].name"),
    ("email", {"headers": {"Subject": "{{ .Status | upper }}"}}, "email.headers.Subject"),
    ("email", {"html": '<a href="{{ .Status }}'}, "email.html"),
    ("telegram", {"message": '<a href="{{ .Status }}'}, "telegram.message"),
    ("victorops", {"customFields": {"x": "{{ if }}"}}, "victorops.customFields.x"),
    ("sns", {"attributes": {"x": "{{ .X }}"}}, "sns.attributes.x"),
    ("wechat", {"toUser": "{{ .X }}"}, "wechat.toUser"),
    ("webex", {"roomID": "{{ .X }}"}, "webex.roomID"),
]


@pytest.mark.parametrize(("kind", "changes", "path"), TEMPLATES)
def test_a_broken_template_is_found_wherever_alertmanager_expands_one(
    kind: str, changes: dict[str, Any], path: str
):
    (found,) = issues(kind, **changes)

    assert found.startswith(f"spec.receivers[0].{path}: line 1, column ")


def test_what_alertmanager_does_not_expand_is_no_template():
    assert issues("discord", username="{{ not .Expanded") == []
    assert issues("pushover", device="{{") == []


@pytest.mark.parametrize(
    "to",
    [
        "ops@example.com",
        "a@example.com, b@example.com",
        "Ops Team <ops@example.com>",
        '"Shop, Ops" <shop.ops+night@mail.example.com>, second@example.com',
    ],
)
def test_mail_addresses_as_people_write_them_are_accepted(to: str):
    assert issues("email", to=to) == []


@pytest.mark.parametrize(
    "to",
    [
        "ops@example.com,,b@example.com",
        "a b@example.com",
        "a..b@example.com",
        "Ops <ops@example.com",
        "ops@-x",
        "x@y>",
    ],
)
def test_what_is_no_mail_address_is_quoted(to: str):
    (found,) = issues("email", to=to)

    assert "is no mail address; write ops@example.com or Ops <ops@example.com>" in found


def test_a_mail_has_one_sender():
    assert issues("email", **{"from": "a@example.com, b@example.com"}) == [
        "spec.receivers[0].email.from: must be one address, found 2"
    ]


def test_headers_that_differ_in_case_only_are_one_header():
    (found,) = issues("email", headers={"Reply-To": "a", "reply-to": "b"})

    assert found.startswith("spec.receivers[0].email.headers.reply-to: is there already as Reply-To;")


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("webhook", {"url": "http://gateway:99999/x"}, "needs a host and a port of at most 65535"),
        ("webhook", {"url": "http://gateway:0/x"}, "needs a port above 0"),
        (
            "webhook",
            {"url": "http://[::1::2]/x"},
            "needs an IPv6 address in its brackets",
        ),
        ("opsgenie", {"apiURL": "https://a..b/"}, "needs the name or address of a host"),
        ("slack", {"http": {"proxyURL": "socks5://[1:2]:1080"}}, "needs an IPv6 address in its brackets"),
        ("email", {"smarthost": "smtp.example.com:70000"}, "needs a host and a port of at most 65535"),
    ],
)
def test_addresses_no_server_can_have_are_refused(kind: str, changes: dict[str, Any], words: str):
    (found,) = issues(kind, **changes)

    assert words in found


def test_pushover_has_limits_of_its_own():
    assert issues("pushover", retry="29s", expire="181m") == [
        "spec.receivers[0].pushover.retry: 29s is too short: 30s at least",
        "spec.receivers[0].pushover.expire: 181m is too long: 180m at most",
    ]
    assert issues("pushover", retry="30s", expire="180m") == []


def test_a_way_of_writing_needs_a_message_of_ones_own():
    (found,) = issues("telegram", parseMode="MarkdownV2")

    assert found.startswith("spec.receivers[0].telegram.parseMode: MarkdownV2 says how a message of your own")
    assert issues("telegram", parseMode="MarkdownV2", message="<{{ .Status }}>") == []


def test_characters_that_would_not_arrive_as_they_are_are_named():
    assert issues("slack", title="two\u2028lines") == [
        "spec.receivers[0].slack.title: has the character U+2028 at 4; leave it out"
    ]
