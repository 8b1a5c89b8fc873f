"""From the text of Alertmanager's error to the cause, in words of our own. Pure.

The text itself is never passed on: it may hold a URL with a token, or what a receiver answered. The texts
are those of Go's net and crypto packages and of Alertmanager's notify/util.go (``unexpected status code``),
the same in 0.28 and 0.33. Used by :mod:`fireline.alertmanager.logs`.
"""

from __future__ import annotations

import re
from enum import Enum


class Cause(Enum):
    """Why a notification was not taken; the value is what a person reads, ``{code}`` the HTTP status."""

    UNAUTHORIZED = "it does not accept our credentials (HTTP 401)"
    FORBIDDEN = "it refuses access with our credentials (HTTP 403)"
    NOT_FOUND = "there is nothing at its address (HTTP 404)"
    LIMITED = "it limits our rate (HTTP 429)"
    CLIENT = "it refuses the message (HTTP {code})"
    SERVER = "it failed itself (HTTP {code})"
    STATUS = "it answered with HTTP {code}"
    TIMEOUT = "it did not answer in time"
    DNS = "the name of its host is not found in DNS"
    CERTIFICATE_UNTRUSTED = "its certificate is signed by an authority that Alertmanager does not trust"
    CERTIFICATE_EXPIRED = "its certificate has expired or is not valid yet"
    CERTIFICATE_NAME = "its certificate is for another host name"
    TLS = "the TLS handshake failed"
    REFUSED = "it refuses the connection: nothing listens at its address and port"
    UNREACHABLE = "there is no route to its host"
    RESET = "it ended the connection"
    CREDENTIAL_FILE = "Alertmanager cannot read the file with its address or credential"
    TEMPLATE = "the template of its message is broken"
    REJECTED = "it answered that it does not take the message"
    LOGIN = "it does not accept our user and password"
    OTHER = "Alertmanager's own log has the reason"

    def words(self, code: int | None = None) -> str:
        """The cause as a clause about the receiver."""
        return self.value.format(code=code or "?")


_STATUS = re.compile(r"unexpected status code (\d{3})|^(?:.{0,300}?)\btelegram: [^(]{0,200}\((\d{3})\)")
_BY_CODE = {401: Cause.UNAUTHORIZED, 403: Cause.FORBIDDEN, 404: Cause.NOT_FOUND, 429: Cause.LIMITED}
_TEXTS: tuple[tuple[str, Cause], ...] = (
    (r"error response from Slack", Cause.REJECTED),
    (r"no such host|server misbehaving|name resolution|\blookup \S+( on \S+)?: ", Cause.DNS),
    (r"certificate signed by unknown authority|certificate is not trusted", Cause.CERTIFICATE_UNTRUSTED),
    (r"certificate has expired or is not yet valid", Cause.CERTIFICATE_EXPIRED),
    (r"certificate is (not )?valid for|contain any IP SANs|relies on legacy Common", Cause.CERTIFICATE_NAME),
    (r"x509: |tls: |HTTP response to HTTPS client|STARTTLS", Cause.TLS),
    (r"connection refused", Cause.REFUSED),
    (r"no route to host|network is unreachable", Cause.UNREACHABLE),
    (r"context deadline exceeded|Client\.Timeout|i/o timeout|webhook timeout reached", Cause.TIMEOUT),
    (r"connection reset by peer|broken pipe|\bEOF\b", Cause.RESET),
    (
        r"read (key_|token_|user_key_|webhook_)?(url_)?file|could not read /|key from file",
        Cause.CREDENTIAL_FILE,
    ),
    (r"template: |templating error|failed to template|execute .{1,40} template", Cause.TEMPLATE),
    (r"\bauth: |\b535\b|missing (secret|password) for|find auth mechanism", Cause.LOGIN),
    (r"send (MAIL|RCPT|DATA) command|delivery failure", Cause.REJECTED),
)
"""Looked for in this order, the first wins. A status comes before them all: what follows it is the answer's
own text, which could say anything."""


def cause(text: str) -> tuple[Cause, int | None]:
    """The cause that an error text names, and the HTTP status if there was one."""
    if found := _STATUS.search(text):
        code = int(found[1] or found[2])
        family = {4: Cause.CLIENT, 5: Cause.SERVER}.get(code // 100, Cause.STATUS)
        return _BY_CODE.get(code, family), code
    return next((one for pattern, one in _TEXTS if re.search(pattern, text)), Cause.OTHER), None


_REASONS = {
    "clientError": "it refuses the message (an HTTP status 4xx)",
    "serverError": "it failed itself (an HTTP status 5xx)",
    "contextDeadlineExceeded": Cause.TIMEOUT.value,
    "contextCanceled": "Alertmanager gave up because it was reloaded or stopped",
    "authError": "it does not accept our credentials (HTTP 401 or 403)",
    "rateLimited": Cause.LIMITED.value,
}


def reason(name: str) -> str:
    """What a counter's ``reason`` says, where no log can be read."""
    return _REASONS.get(name, "there was no HTTP answer: a connection, DNS, TLS or a template failed")
