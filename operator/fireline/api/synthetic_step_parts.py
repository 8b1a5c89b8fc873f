"""Small parts of the steps in :mod:`fireline.api.synthetic_step`: assertions, captures, TLS."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from fireline.api import strings
from fireline.api.common import ApiModel, Between, ListKind, Rule, Text, exactly_one

AnyValue = Annotated[Any, WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True})]
"""Any JSON value; in strings of it ``${name}`` stands for a variable."""
Line = Annotated[str, Text(r"^[^\x00]+$", 4096, "text, such as ${base}/login")]
"""Text in which ``${name}`` stands for a variable."""
Long = Annotated[str, Text(r"^[^\x00]+$", 32768, "text of at most 32768 characters")]
Regex = Annotated[str, Text(r"^[^\x00]+$", 1024, "a regular expression (RE2), such as ^ok$")]
Path = Annotated[str, Text(r"^\$", 512, "a JSONPath; write it like $.items[0].id")]
HeaderName = Annotated[
    str, Text(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", 128, "the name of a header, such as Content-Type")
]
_VARIABLE = r"^[a-z][A-Za-z0-9_]*$"
VariableName = Annotated[
    str, Text(_VARIABLE, 48, "the name of a variable (letters, digits and _), such as session")
]
_HEADER = r"^[A-Za-z0-9!#$%&*+.^_|~-]+$"
Headers = Annotated[
    dict[str, Line],
    Field(max_length=32),
    Rule(
        f"self.all(name, name.matches('{_HEADER}'))",
        "names of headers have no spaces or colons, such as X-Request-Id",
        lambda given: all(re.search(_HEADER, name) for name in given),
    ),
]
IpFamily = Literal["Auto", "IPv4", "IPv6"]
_COMPARISONS = ("exists", "equals", "matches", "contains")


class Tls(ApiModel):
    """How the other side's certificate is checked."""

    server_name: Annotated[str, Text(r"^[^\x00 ]+$", 253, "a host name, such as api.example")] | None = None
    """Name that is asked for and must be in the certificate. Default: the host of the address."""
    insecure_skip_verify: bool = False
    """Take any certificate. What `certificate` asserts is still looked at."""
    ca: Line | None = None
    """Certificates to trust instead of the public ones, in PEM: a variable, such as `${ca}`."""


class Latency(ApiModel):
    """How fast the answer must be, from the start to its last byte."""

    below: strings.Duration
    """Longer than this is too slow."""
    otherwise: Literal["Failure", "Degraded"] = "Failure"
    """What a slow answer is: a failure, or `Degraded`: right, so available, but bad for a latency
    objective."""


class HeaderAssertion(ApiModel):
    """What a header of the answer must be."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one(*_COMPARISONS),)

    name: HeaderName
    """Name of the header."""
    exists: bool | None = None
    """Whether it is there."""
    equals: Line | None = None
    """The whole value."""
    matches: Regex | None = None
    """A regular expression (RE2) that must be found in it."""
    contains: Line | None = None
    """Text that must be in it."""


class BodyAssertion(ApiModel):
    """What the answer must say."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("equals", "matches", "contains"),)

    equals: Long | None = None
    """The whole text."""
    matches: Regex | None = None
    """A regular expression (RE2) that must be found in it."""
    contains: Line | None = None
    """Text that must be in it."""


class Certificate(ApiModel):
    """What the certificate must be."""

    valid_for: strings.Duration
    """It must not expire sooner. An alert is told as well."""


class Answers(ApiModel):
    """What a name server must answer."""

    contains: Line | None = None
    """A record that must be among the answers, such as `10.0.0.1`."""
    at_least: Annotated[int, Between(1, 100)] = 1
    """How many records there must be."""


class Assertion(ApiModel):
    """One thing that must hold, or the check has failed."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("status", "latency", "jsonPath", "header", "body", "certificate", "answers"),
        Rule(
            "[has(self.exists), has(self.matches), has(self.contains)].filter(x, x).size()"
            " <= (has(self.jsonPath) ? 1 : 0)",
            "jsonPath needs exactly one of exists, equals, matches, contains beside it",
            # equals may be of any type, which puts it out of sight for rules: Fireline checks it.
            lambda one: (
                sum(getattr(one, name) is not None for name in ("exists", "matches", "contains"))
                <= (one.json_path is not None)
            ),
        ),
    )

    status: Annotated[list[Annotated[int, Between(100, 599)]], Field(min_length=1, max_length=16)] | None = (
        None
    )
    """HTTP status codes, one of which the answer must have. Default for `http` and `graphql`: 200 to 299."""
    latency: Latency | None = None
    """How fast it must be."""
    json_path: Path | None = None
    """A place in a JSON answer (RFC 9535), such as `$.items[0].id`."""
    exists: bool | None = None
    """With `jsonPath`: whether something is there."""
    equals: AnyValue = None
    """With `jsonPath`: the value."""
    matches: Regex | None = None
    """With `jsonPath`: a regular expression (RE2) that must be found in the text there."""
    contains: Line | None = None
    """With `jsonPath`: text, or an element of a list, that must be there."""
    header: HeaderAssertion | None = None
    """What a header must be."""
    body: BodyAssertion | None = None
    """What the text of the answer must be."""
    certificate: Certificate | None = None
    """What the certificate of the other side must be."""
    answers: Answers | None = None
    """With `dns`: what must be answered."""


class Capture(ApiModel):
    """Takes a part of the answer along as a variable."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("jsonPath", "header", "body", "cookie"),)

    variable: VariableName
    """Name for later steps and the cleanup: `${name}`."""
    json_path: Path | None = None
    """A place in a JSON answer (RFC 9535), such as `$.token`."""
    header: HeaderName | None = None
    """A header."""
    body: Regex | None = None
    """A regular expression (RE2) with one group, found in the text of the answer."""
    cookie: HeaderName | None = None
    """A cookie that was set."""
    sensitive: bool = False
    """Never show the value: not in evidence, status or logs."""
    optional: bool = False
    """Whether the check goes on without it. Otherwise it has failed when it is not there."""


class Retries(ApiModel):
    """Whether a step is tried again before it counts."""

    count: Annotated[int, Between(0, 5)] = 0
    """How many times more."""
    backoff: strings.Duration = "1s"
    """Pause before each."""


Assertions = Annotated[list[Assertion], Field(min_length=1, max_length=16)]
Captures = Annotated[list[Capture], Field(min_length=1, max_length=16), ListKind(("variable",))]
