"""From an error of the HTTP library to words a person can act on: what was refused, where to look.

Used by :mod:`fireline.http.translate`. Settings are named, their values never.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

from fireline.access import Access


def credentials(access: Access, name: str) -> str:
    """Which settings to look at when the server does not know us, or not well enough."""
    at = _settings(access, name)
    tenant = "" if access.tenant else f", and at {at}tenant where there are tenants"
    given = list(_given(access))
    if not given:
        return f"no credentials are set: look at {at}bearer_token_file or username{tenant}"
    return f"look at {' and '.join(at + one for one in given)}{tenant}"


def handshake(error: BaseException, access: Access, name: str) -> str:
    """What is wrong with the TLS handshake; empty when that is not what failed."""
    at = _settings(access, name)
    found = next((one for one in _chain(error) if isinstance(one, ssl.SSLError)), None)
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({found.verify_message}): look at {at}ca_file"
    over_tls = any(url.startswith("https:") for url in access.urls)
    broken = any(isinstance(one, ConnectionResetError | BrokenPipeError) for one in _chain(error))
    if found is None and not (over_tls and broken):
        return ""
    # A server that refuses a client certificate says so in an alert, or simply ends the connection.
    why = str(found.reason or found).replace("_", " ").lower() if found else "it ended the connection"
    if access.client_certificate_file is None:
        return f"the TLS connection failed ({why}); it may want {at}client_certificate_file"
    return f"the TLS connection failed ({why}): look at {at}client_certificate_file"


def innermost(error: BaseException) -> str:
    """The cause a person can act on (`Connection refused`), not the three layers around it."""
    *_, last = _chain(error)
    return str(last)


def _given(access: Access) -> Iterator[str]:
    """The settings that say who we are, as far as they are set."""
    if access.bearer_token_file is not None:
        yield "bearer_token_file"
    if access.username is not None:
        yield "username and password_file"
    if access.client_certificate_file is not None:
        yield "client_certificate_file"
    if access.headers or access.header_files:
        yield "headers and header_files"
    if access.tenant is not None:
        yield "tenant"


def _settings(access: Access, name: str) -> str:
    """What the path of a setting begins with; without a name the server is not from the settings."""
    return f"{access.section}.{name}." if name else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what each layer of the library wrapped."""
    reason: Any = error
    while isinstance(reason, BaseException):
        yield reason
        inner = getattr(reason, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((one for one in getattr(reason, "args", ()) if isinstance(one, BaseException)), None)
        reason = inner or reason.__context__
