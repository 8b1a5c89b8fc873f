"""Mail, webhooks and Amazon SNS. Part of :mod:`fireline.api.alert_policy_receivers`."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import Field

from fireline.api.alert_policy_receivers_parts import (
    URL_PATTERN,
    HtmlTemplate,
    Http,
    Pairs,
    Plain,
    SecretKey,
    ShortTemplate,
    Template,
    Timeout,
    Tls,
    Url,
)
from fireline.api.common import ApiModel, Rule, Text, exactly_one, together

Addresses = Annotated[
    str,
    Text(
        r"^[^\x00-\x1f\x7f{}]+@[^\x00-\x1f\x7f{}]+$",
        1024,
        "one or more mail addresses, separated by commas, such as ops@example.com",
    ),
]


class Email(ApiModel):
    """Mail. The mail server is named here: one that relies on settings elsewhere could stop the
    configuration of every tenant."""

    rules: ClassVar[tuple[Rule, ...]] = (together("authUsername", "authPasswordSecret"),)

    to: Addresses
    """Who gets it: addresses, separated by commas."""
    from_: Annotated[Addresses, Field(alias="from")]
    """Who sends it, such as `Fireline <fireline@example.com>`."""
    smarthost: Annotated[
        str,
        Text(
            r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?:[0-9]{1,5}$",
            259,
            "host and port of a mail server (no IPv6 address), such as smtp.example.com:587",
        ),
    ]
    """The mail server and its port. prometheus-operator breaks IPv6 addresses, and with them the
    configuration of everyone."""
    hello: (
        Annotated[
            str,
            Text(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", 253, "a host name, such as example.com"),
        ]
        | None
    ) = None
    """Name Alertmanager introduces itself with."""
    auth_username: Plain | None = None
    """User name at the mail server."""
    auth_password_secret: SecretKey | None = None
    """Password at the mail server."""
    auth_identity: Plain | None = None
    """Identity (PLAIN), when it is not the user name."""
    require_tls: Annotated[bool, Field(alias="requireTLS")] = True
    """Whether mail goes out encrypted (STARTTLS) or not at all."""
    tls: Tls | None = None
    """How the mail server is recognised."""
    headers: (
        Annotated[
            dict[str, ShortTemplate],
            Field(max_length=16),
            Rule(
                "self.all(name, name.size() <= 64 && name.matches('^[A-Za-z][A-Za-z0-9-]*$'))",
                "names of headers have at most 64 letters, digits and -, for example Reply-To",
                lambda given: all(
                    len(name) <= 64 and re.fullmatch("[A-Za-z][A-Za-z0-9-]*", name) for name in given
                ),
            ),
        ]
        | None
    ) = None
    """Further headers. Default: a Subject of severity, service and summary."""
    html: HtmlTemplate | None = None
    """The mail as HTML. Default: every alert with its description and links."""
    text: Template | None = None
    """The mail as plain text. Default: every alert with its description and links."""
    send_resolved: bool = False
    """Whether a mail says that it is over."""


_TOKEN = (
    "(//[^/]*@|[?#]|[A-Za-z0-9]{20,}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-|/bot[0-9]+:"  # noqa: S105 - a pattern
    "|//hooks[.]|/api/webhooks/|/webhookb2/)"
)


class Webhook(ApiModel):
    """Any HTTP server that understands Alertmanager's JSON."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("url", "urlSecret"),)

    url: (
        Annotated[
            str,
            Rule(
                f"!self.matches('{_TOKEN}')",
                "seems to hold a credential (a user, a query or a token); put the URL into a Secret and"
                " name it in urlSecret, for example {name: hook, key: url}",
                lambda text: not re.search(_TOKEN, text),
            ),
            Text(
                URL_PATTERN,
                1024,
                "an http or https URL of host, port and path, such as http://gateway.shop:8080/alerts",
            ),
        ]
        | None
    ) = None
    """Where alerts are sent. Only for URLs anyone may read."""
    url_secret: SecretKey | None = None
    """The same from a Secret."""
    max_alerts: (
        Annotated[
            int,
            Rule(
                "self >= 0 && self <= 100000",
                "must be between 0 (no limit) and 100000",
                lambda number: 0 <= number <= 100_000,
            ),
        ]
        | None
    ) = None
    """Most alerts of one message; the rest is left out. Default: no limit."""
    timeout: Timeout | None = None
    """How long the server may take."""
    send_resolved: bool = True
    """Whether it hears that it is over."""
    http: Http | None = None
    """How it is reached."""


class SNS(ApiModel):
    """Amazon SNS."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("topicARN", "phoneNumber", "targetARN"),
        together("accessKeySecret", "secretKeySecret"),
    )

    topic_arn: Annotated[ShortTemplate | None, Field(alias="topicARN")] = None
    """A topic, such as `arn:aws:sns:eu-central-1:123456789012:alerts`."""
    phone_number: ShortTemplate | None = None
    """A phone number, such as `+4930123456`."""
    target_arn: Annotated[ShortTemplate | None, Field(alias="targetARN")] = None
    """A mobile endpoint."""
    region: Plain | None = None
    """AWS region. Default: that of Alertmanager's environment."""
    role_arn: Annotated[Plain | None, Field(alias="roleARN")] = None
    """Role to take on."""
    profile: Plain | None = None
    """Named profile of Alertmanager's environment."""
    access_key_secret: SecretKey | None = None
    """Access key. Default: the identity of Alertmanager's pod."""
    secret_key_secret: SecretKey | None = None
    """Secret key that belongs to it."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Default: the address of the region."""
    subject: ShortTemplate | None = None
    """Subject where a topic sends mail. Default: severity, service and summary."""
    message: Template | None = None
    """The message. Default: every alert with its description and links."""
    attributes: Pairs | None = None
    """Message attributes, for filters of subscriptions."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""
