"""What a step asks of the wire, its variables already replaced: plain data, checked by nobody before.

Built by the engine from the steps of a journey; each kind is carried out by the module of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

IpFamily = Literal["Auto", "IPv4", "IPv6"]
"""Which addresses of a name are tried; `Auto`: all of them, in the resolver's order, families in turn."""


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How a server's certificate is verified."""

    server_name: str = ""
    """SNI and the name the certificate must be for; empty: the host connected to."""
    insecure_skip_verify: bool = False
    """Take any certificate. It is still read, for its end of validity."""
    ca: str = ""
    """PEM certificates to trust instead of the system's; empty: the system's."""


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User and password of an `Authorization: Basic` header."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JsonBody:
    """Any JSON value, null included; sent as `application/json` unless a header says otherwise."""

    value: Any


@dataclass(frozen=True, slots=True)
class TextBody:
    """Text sent as it is, in UTF-8; without a content type unless a header gives one."""

    text: str


@dataclass(frozen=True, slots=True)
class FormBody:
    """Fields sent as `application/x-www-form-urlencoded`."""

    fields: Mapping[str, str]


Body = JsonBody | TextBody | FormBody


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, and whether its redirects are followed."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    """Added to the query the URL already has."""
    body: Body | None = None
    basic_auth: BasicAuth | None = None
    follow_redirects: bool = False
    tls: TlsOptions = TlsOptions()
    ip_family: IpFamily = "Auto"


@dataclass(frozen=True, slots=True)
class GraphqlRequest:
    """One GraphQL operation, sent by POST; `errors` in the answer are for the engine to judge."""

    url: str
    query: str
    variables: Any = None
    """None: left out."""
    operation_name: str = ""
    """Empty: left out."""
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: TlsOptions = TlsOptions()
    ip_family: IpFamily = "Auto"


@dataclass(frozen=True, slots=True)
class TcpRequest:
    """A connection; `send` is written, then read until `expect` matches."""

    address: str
    """`host:port`, `[v6]:port`."""
    send: str = ""
    expect: str = ""
    """A regular expression (RE2) to find in what the server sends; empty: nothing is read."""
    ip_family: IpFamily = "Auto"


@dataclass(frozen=True, slots=True)
class DnsRequest:
    """One question, to `server` or else to the first resolver of the machine."""

    name: str
    type: str = "A"
    server: str = ""
    """`host`, `host:port`, `[v6]:port`; port 53 when none is given."""
    ip_family: IpFamily = "Auto"
    """How the server is reached, not what is asked of it."""


@dataclass(frozen=True, slots=True)
class GrpcHealthRequest:
    """One `grpc.health.v1.Health/Check`."""

    address: str
    service: str = ""
    """Empty: the server as a whole."""
    tls: TlsOptions | None = None
    """None: plaintext."""
    ip_family: IpFamily = "Auto"


@dataclass(frozen=True, slots=True)
class TlsRequest:
    """A TLS handshake and nothing else."""

    address: str
    tls: TlsOptions = TlsOptions()
    ip_family: IpFamily = "Auto"
