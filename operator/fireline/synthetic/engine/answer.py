"""What one exchange with a target ended in: an :class:`Answer`, or a :class:`TargetError`.

Written by :mod:`fireline.synthetic.engine.wire`, read by the engine that asserts and captures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fireline.errors import FirelineError


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate a server showed, whether or not it was trusted."""

    not_after: datetime
    """The end of its validity, in UTC."""
    subject: str
    """`CN=shop.example, O=Shop`, in the certificate's own order."""
    issuer: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A well-formed answer in which the target itself says no: the run is a failure, not an error.

    gRPC: not serving, or any status but OK. DNS: NXDOMAIN, SERVFAIL and their like. TCP: what came is
    not what was expected. HTTP has none: a status is for assertions.
    """

    reason: str
    """CamelCase, for `reason` of the step."""
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target answered within its deadline. Its repr, which may reach a log, holds nothing it said."""

    seconds: float
    """From the start of the first attempt to connect to the last byte read; all redirects included."""
    address: str = ""
    """Who answered: `192.0.2.1:443`, `[2001:db8::1]:443`."""
    status: int | None = None
    """HTTP only."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Lower-case names; the values of a repeated header joined with `, `. HTTP only."""
    body: bytes = field(default=b"", repr=False)
    """HTTP: decompressed, at most 1 MiB. TCP: what the server sent, at most 64 KiB."""
    truncated: bool = False
    """There was more than `body` holds."""
    certificate: Certificate | None = None
    """None for a connection without TLS."""
    records: tuple[str, ...] = ()
    """The records a DNS server answered with, as a zone file writes them, in sorted order."""
    redirects: tuple[str, ...] = ()
    """The URLs gone through after the first, without credentials and queries."""
    set_cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the target set, redirects included; the last value of a name."""
    denial: Denial | None = None
    """Why this answer is a no whatever is asserted."""


class TargetError(FirelineError):
    """The target could not be reached, or did not speak its protocol: the run's outcome is `error`.

    ``reason`` is one of

    - ``InvalidRequest``   what to send makes no request: an URL without a host, a header with a line break
    - ``AddressRefused``   a name, a literal or a redirect leads to an address that checks may not reach
    - ``DNS``              the name has no address
    - ``Connect``          nobody listens, or no route
    - ``Disconnected``     it closed or reset the connection before its answer was complete
    - ``TLS``              no handshake, or the certificate is not trusted
    - ``Timeout``          the deadline passed
    - ``Protocol``         what came is no answer in the protocol
    - ``TooManyRedirects`` more than ten
    - ``RedirectRefused``  from https to http, to what is no HTTP, or with a body to another origin

    The message names hosts and paths, never a credential, a query or a header's value. ``certificate``
    is there when a server showed one that is not trusted, ``address`` when somebody was connected to.
    """

    def __init__(
        self, reason: str, message: str, *, certificate: Certificate | None = None, address: str = ""
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.certificate = certificate
        self.address = address
