"""What the receivers of an AlertPolicy have in common: secrets, templates, URLs, the HTTP client.

Part of :mod:`fireline.api.alert_policy_receivers`. :data:`Template` marks the strings Alertmanager expands,
so that whoever checks a receiver finds them without a list of his own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from fireline.api.common import ApiModel, Rule, Text

_PLAIN = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_LINE = r"[^\x00-\x1f\x7f]"
_HOST = r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
_PATH = r"(/([A-Za-z0-9._~!&'()*+,;=:@/-]|%[0-9A-Fa-f][0-9A-Fa-f])*)?"


@dataclass(frozen=True, slots=True)
class Templated:
    """Mark of a string that Alertmanager expands as a Go template; ``html`` for those it escapes as HTML."""

    html: bool = False


Plain = Annotated[str, Text(rf"^{_LINE}+$", 256, "one line of text")]
"""Taken as it is: no templates."""
Template = Annotated[str, Text(rf"^{_PLAIN}+$", 4096, "text without control characters"), Templated()]
ShortTemplate = Annotated[str, Text(rf"^{_LINE}+$", 1024, "one line of text"), Templated()]
HtmlTemplate = Annotated[
    str, Text(rf"^{_PLAIN}+$", 16384, "HTML without control characters"), Templated(html=True)
]
URL_PATTERN = rf"^https?://{_HOST}{_PATH}$"
Url = Annotated[
    str,
    Text(
        URL_PATTERN,
        1024,
        "an http or https URL of host, port and path only, such as https://events.example.com/v2",
    ),
]
"""Sent to as it is. No user, query or fragment: credentials belong in a Secret."""
HostName = Annotated[
    str,
    Text(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", 253, "a host name, such as hooks.example.com"),
]
ProxyUrl = Annotated[
    str,
    Text(
        rf"^(https?|socks5)://{_HOST}/?$",
        512,
        "an http, https or socks5 URL of a proxy without user and path, such as http://proxy:3128",
    ),
]
Timeout = Annotated[
    str,
    Text(r"^[1-9][0-9]{0,2}[sm]$", 4, "a number of seconds or minutes; write it like 30s or 5m"),
]
"""Alertmanager reads some durations the way Go does, which knows no days."""
Pairs = Annotated[
    dict[str, Template],
    Field(max_length=32),
    Rule(
        "self.all(name, name.size() <= 128 && name.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*$'))",
        "names must have at most 128 letters, digits, _, . and -, for example cluster",
        lambda given: all(_is_name(name) for name in given),
    ),
]
"""Names and texts; the texts may be templates."""


def _is_name(name: str) -> bool:
    return len(name) <= 128 and bool(re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_.-]*", name))


class SecretKey(ApiModel):
    """One key of a Secret in the namespace of the policy. Fireline never writes its value anywhere."""

    name: Annotated[
        str,
        Text(
            r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
            253,
            "the name of a Secret (lower-case letters, digits, - and .), such as pagerduty",
        ),
    ]
    """Name of the Secret."""
    key: Annotated[
        str,
        Text(
            r"^\.?[-_A-Za-z0-9][-._A-Za-z0-9]*$",
            253,
            "a key of a Secret (letters, digits, -, _ and .), such as routing-key",
        ),
    ]
    """Which of its entries."""


class BasicAuth(ApiModel):
    """User name and password; both come from a Secret, since AlertmanagerConfig takes neither in plain."""

    username_secret: SecretKey
    """The user name."""
    password_secret: SecretKey
    """The password."""


class Tls(ApiModel):
    """How the server is recognised."""

    ca_secret: SecretKey | None = None
    """Certificates (PEM) of the authorities to trust. Default: those of Alertmanager's image."""
    insecure_skip_verify: bool = False
    """Accept any certificate. For test systems only: whoever is on the way can read the alerts."""
    server_name: HostName | None = None
    """Name the certificate must have, when it is not that of the URL."""


class Http(ApiModel):
    """How Alertmanager reaches the receiver."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.bearerTokenSecret) && has(self.basicAuth))",
            "only one of bearerTokenSecret and basicAuth can be sent",
            lambda http: http.bearer_token_secret is None or http.basic_auth is None,
        ),
    )

    bearer_token_secret: SecretKey | None = None
    """Token for the header `Authorization: Bearer …`."""
    basic_auth: BasicAuth | None = None
    """User name and password."""
    tls: Tls | None = None
    """How the server is recognised."""
    proxy_url: Annotated[ProxyUrl | None, Field(alias="proxyURL")] = None
    """Proxy to go through."""


class WebexHttp(ApiModel):
    """How Alertmanager reaches Webex; the token of the bot is a field of its own."""

    tls: Tls | None = None
    """How the server is recognised."""
    proxy_url: Annotated[ProxyUrl | None, Field(alias="proxyURL")] = None
    """Proxy to go through."""
