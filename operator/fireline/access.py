"""How a server is reached: its addresses, who we are to it, whom we trust.

What Prometheus and Alertmanager have in common in :mod:`fireline.settings`; used by :mod:`fireline.http`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _server(url: str) -> str:
    """The URL of a server. What is wrong is said without the URL: it may carry a password."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        sound = False
    if not sound or parts.query or parts.fragment:
        raise ValueError(
            "must be the URL of a server, such as http://prometheus-operated.monitoring:9090; in a user or "
            "password write / as %2F, # as %23, ? as %3F and @ as %40"
        )
    return url


ServerURL = Annotated[str, AfterValidator(_server)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A DNS label: names of namespaces and of sources."""
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _header_name(name: str) -> str:
    """A field name of RFC 9110 that is not the HTTP client's own business."""
    if not re.fullmatch(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+", name) or name.lower() in _CLIENTS_OWN:
        raise ValueError("must be the name of an HTTP header a caller may set, such as X-Scope-OrgID")
    return name


def _header_value(value: str) -> str:
    """One line; what is wrong is said without the value: it may be a secret."""
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("must be one line of ASCII text without blanks around it")
    return value


_CLIENTS_OWN = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}
)
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]


class Access(BaseModel):
    """Addresses, credentials and trust of one server or of its replicas. What a secret is, is in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    section: ClassVar[str] = ""
    """The setting that holds servers of this kind: ``sources.<name>.ca_file`` is what a message names."""

    urls: tuple[ServerURL, ...] = Field(default=(), repr=False)
    """Where it answers."""
    bearer_token_file: Path | None = None
    """A token sent with every request; read each time, since projected tokens rotate."""
    username: str | None = None
    """User of HTTP basic authentication, together with ``password_file``."""
    password_file: Path | None = None
    """Password of ``username``; read for every request, so that a new one needs no restart."""
    client_certificate_file: Path | None = None
    """Certificate shown to the server (mutual TLS), PEM, with its chain. A changed file is used at once."""
    client_key_file: Path | None = None
    """Private key of ``client_certificate_file``, PEM, without a passphrase."""
    ca_file: Path | None = None
    """The CA that signed the server's certificate. Default: those of the system."""
    tenant: HeaderValue | None = None
    """Tenant whose data is asked for and whose rules are written, such as ``team-a``. Sent as a header."""
    tenant_header: HeaderName | None = None
    """Header that carries ``tenant``. Default: ``X-Scope-OrgID``, for kind Thanos ``THANOS-TENANT``."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, repr=False)
    """Further headers of every request. Secrets belong into ``header_files``."""
    header_files: dict[HeaderName, Path] = Field(default_factory=dict)
    """Further headers whose values are in files, one line each; read for every request."""
    timeout_seconds: Seconds = 30.0
    """How long one query may take."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        """Settings that contradict each other, or of which one is missing, would fail at every request."""
        if wrong := list(_contradictions(self)):
            raise ValueError("; ".join(wrong))
        return self

    @property
    def product(self) -> str:
        """What answers, as messages call it: ``Prometheus``, ``Alertmanager``."""
        raise NotImplementedError

    @property
    def default_tenant_header(self) -> str:
        """The header that carries ``tenant`` when no other one is named."""
        return "X-Scope-OrgID"

    @property
    def tenant_headers(self) -> dict[str, str]:
        """The header that names the tenant; empty without one."""
        return {self.tenant_header or self.default_tenant_header: self.tenant} if self.tenant else {}


def _contradictions(access: Access) -> Iterator[str]:
    """What of a server's access settings cannot go together, each in words that say what to change."""
    ways = {
        "bearer_token_file": access.bearer_token_file is not None,
        "username and password_file": access.username is not None or access.password_file is not None,
        "a user in urls": any(urlsplit(url).username is not None for url in access.urls),
        "a header Authorization": "authorization" in _lower(access.headers, access.header_files),
    }
    if len(given := [way for way, used in ways.items() if used]) > 1:
        yield f"{' and '.join(given)} exclude each other: keep one way to authenticate"
    for one, other in (("username", "password_file"), ("client_certificate_file", "client_key_file")):
        for here, missing in ((one, other), (other, one)):
            if getattr(access, here) is not None and getattr(access, missing) is None:
                yield f"{here} needs {missing} beside it"
    if access.username is not None and (":" in access.username or not access.username.isprintable()):
        yield "username must be one line without a colon"
    if access.tenant_header is not None and access.tenant is None:
        yield "tenant_header needs tenant beside it"
    names = _lower(access.tenant_headers, access.headers, access.header_files)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"header {', '.join(twice)} is given more than once in tenant, headers and header_files"


def _lower(*named: Iterable[str]) -> list[str]:
    """Header names have no case."""
    return [name.lower() for names in named for name in names]


def without_credentials(url: str) -> str:
    """The URL as it may be logged: no user, no password, and no query, where login pages keep state."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
