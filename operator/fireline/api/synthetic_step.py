"""The steps of a SyntheticCheck as users write them. Part of :mod:`fireline.api.synthetic_check`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, Rule, Text, exactly_one
from fireline.api.synthetic_step_parts import (
    AnyValue,
    Assertions,
    Captures,
    Headers,
    IpFamily,
    Line,
    Long,
    Path,
    Regex,
    Retries,
    Tls,
    VariableName,
)

ACTIONS = ("http", "graphql", "tcp", "dns", "grpcHealth", "tls")
StepName = Annotated[
    str,
    Text(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 48, "a name of lower-case letters, digits and -, such as login"),
]
Address = Annotated[
    str,
    Text(
        r"^[^\x00/ ]+:[^\x00/ ]+$", 512, "a host and a port, such as db:5432, [2001:db8::1]:443 or ${db}:5432"
    ),
]
Target = Annotated[
    str,
    Text(
        r"^(https?://|\$\{)[^\x00 <>\"\\]+$",
        4096,
        "an http or https URL, such as https://api.example/health or ${base}/health",
    ),
]


class BasicAuth(ApiModel):
    """User and password of HTTP basic authentication."""

    username: Line
    """The user."""
    password: Line
    """The password: a variable, such as `${password}`."""


class Http(ApiModel):
    """One HTTP request."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.body) && has(self.form))",
            "at most one of json, body, form may be set",
            lambda http: http.body is None or http.form is None,
        ),
    )

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """The method."""
    url: Target
    """The URL."""
    headers: Headers | None = None
    """Headers."""
    query: Annotated[dict[str, Line], Field(max_length=32)] | None = None
    """Parameters that are added to the URL."""
    json_: Annotated[AnyValue, Field(alias="json")] = None
    """A JSON body. Fields of any type are out of sight for rules of the API server: that there is only one
    body is checked by Fireline."""
    body: Long | None = None
    """A body as text."""
    form: Annotated[dict[str, Line], Field(max_length=64)] | None = None
    """A body as form fields."""
    basic_auth: BasicAuth | None = None
    """User and password."""
    follow_redirects: bool = False
    """Whether redirects are followed, each checked like the first address. Otherwise the redirect is the
    answer."""
    tls: Tls | None = None
    """How the certificate is checked."""
    ip_family: IpFamily = "Auto"
    """`Auto` tries both kinds of addresses."""


class GraphQL(ApiModel):
    """One GraphQL request, as POST."""

    url: Target
    """The URL."""
    query: Long
    """The document."""
    variables: AnyValue = None
    """Its variables, a map."""
    operation_name: Annotated[str, Text(r"^[_A-Za-z][_0-9A-Za-z]*$", 128, "a name, such as Me")] | None = None
    """Which operation of the document."""
    headers: Headers | None = None
    """Headers."""
    no_errors: bool = True
    """Whether the answer must have no `errors`, which GraphQL sends with status 200."""
    tls: Tls | None = None
    """How the certificate is checked."""
    ip_family: IpFamily = "Auto"
    """`Auto` tries both kinds of addresses."""


class Tcp(ApiModel):
    """A TCP connection."""

    address: Address
    """Host and port."""
    send: Long | None = None
    """Text to send."""
    expect: Regex | None = None
    """A regular expression (RE2) that must be found in what comes back."""
    ip_family: IpFamily = "Auto"
    """`Auto` tries both kinds of addresses."""


class Dns(ApiModel):
    """A question to a name server."""

    name: Annotated[str, Text(r"^[^\x00 ]+$", 512, "a name, such as api.example")]
    """The name."""
    type: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "SOA"] = "A"
    """The type of record."""
    server: Address | None = None
    """The name server, such as `10.0.0.10:53`. Default: that of the pod."""
    ip_family: IpFamily = "Auto"
    """`Auto` tries both kinds of addresses."""


class GrpcHealth(ApiModel):
    """The gRPC health checking protocol; anything but SERVING is a failure."""

    address: Address
    """Host and port."""
    service: Annotated[str, Text(r"^[^\x00 ]+$", 256, "the name of a gRPC service")] | None = None
    """The service. Default: the server as a whole."""
    tls: Tls | None = None
    """How the certificate is checked. Without it the connection is in the clear."""
    ip_family: IpFamily = "Auto"
    """`Auto` tries both kinds of addresses."""


class TlsStep(ApiModel):
    """A TLS handshake, and nothing more."""

    address: Address
    """Host and port."""
    server_name: Annotated[str, Text(r"^[^\x00 ]+$", 253, "a host name, such as api.example")] | None = None
    """Name that is asked for and must be in the certificate. Default: the host of the address."""
    insecure_skip_verify: bool = False
    """Take any certificate."""
    ca: Line | None = None
    """Certificates to trust instead of the public ones, in PEM: a variable, such as `${ca}`."""
    ip_family: IpFamily = "Auto"
    """`Auto` tries both kinds of addresses."""


class Step(ApiModel):
    """One step: a request, what must hold of its answer, and what is taken along."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one(*ACTIONS),)

    name: StepName
    """Name, as in status, series and evidence."""
    timeout: strings.Duration | None = None
    """How long this step may take. Default: what is left of the check's `timeout`."""
    retries: Retries | None = None
    """Whether it is tried again. Default: `retries` of the check."""
    http: Http | None = None
    """One HTTP request."""
    graphql: GraphQL | None = None
    """One GraphQL request."""
    tcp: Tcp | None = None
    """A TCP connection."""
    dns: Dns | None = None
    """A question to a name server."""
    grpc_health: GrpcHealth | None = None
    """The gRPC health checking protocol."""
    tls: TlsStep | None = None
    """A TLS handshake."""
    assert_: Annotated[Assertions | None, Field(alias="assert")] = None
    """What must hold."""
    capture: Captures | None = None
    """What is taken along."""


class ForEach(ApiModel):
    """Repeats a step for every value that an earlier step of the sweep found."""

    from_: Annotated[StepName, Field(alias="from")]
    """The earlier step of the sweep."""
    json_path: Path
    """Where the values are in its answer, such as `$.events[*].id`; at most 100 are taken."""
    variable: VariableName
    """What each value is called: `${name}`."""


class SweepStep(Step):
    """One step of the sweep."""

    for_each: ForEach | None = None
    """Repeats it for every value that an earlier one found."""
