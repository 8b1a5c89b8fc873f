"""From an error of the HTTP library to words a person can act on: what was refused, where to look.

Used by :mod:`fireline.prometheus.translate`. Settings are named, their values never.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

from fireline.settings import Source


def credentials(source: Source, name: str) -> str:
    """Which settings to look at when the server does not know us, or not well enough."""
    tenant = "" if source.tenant else f", and at {_setting(name, 'tenant')} where there are tenants"
    given = list(_given(source))
    if not given:
        return f"no credentials are set: look at {_setting(name, 'bearer_token_file')} or username{tenant}"
    return f"look at {' and '.join(_setting(name, one) for one in given)}{tenant}"


def handshake(error: BaseException, source: Source, name: str) -> str:
    """What is wrong with the TLS handshake; empty when that is not what failed."""
    found = next((one for one in _chain(error) if isinstance(one, ssl.SSLError)), None)
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({found.verify_message}): look at {_setting(name, 'ca_file')}"
    over_tls = any(url.startswith("https:") for url in source.urls)
    broken = any(isinstance(one, ConnectionResetError | BrokenPipeError) for one in _chain(error))
    if found is None and not (over_tls and broken):
        return ""
    # A server that refuses a client certificate says so in an alert, or simply ends the connection.
    why = str(found.reason or found).replace("_", " ").lower() if found else "it ended the connection"
    if source.client_certificate_file is None:
        return f"the TLS connection failed ({why}); it may want {_setting(name, 'client_certificate_file')}"
    return f"the TLS connection failed ({why}): look at {_setting(name, 'client_certificate_file')}"


def innermost(error: BaseException) -> str:
    """The cause a person can act on (`Connection refused`), not the three layers around it."""
    *_, last = _chain(error)
    return str(last)


def _given(source: Source) -> Iterator[str]:
    """The settings that say who we are, as far as they are set."""
    if source.bearer_token_file is not None:
        yield "bearer_token_file"
    if source.username is not None:
        yield "username and password_file"
    if source.client_certificate_file is not None:
        yield "client_certificate_file"
    if source.headers or source.header_files:
        yield "headers and header_files"
    if source.tenant is not None:
        yield "tenant"


def _setting(name: str, field: str) -> str:
    """The path of a setting; without a name the source is not from the settings."""
    return f"sources.{name}.{field}" if name else field


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what each layer of the library wrapped."""
    reason: Any = error
    while isinstance(reason, BaseException):
        yield reason
        inner = getattr(reason, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((one for one in getattr(reason, "args", ()) if isinstance(one, BaseException)), None)
        reason = inner or reason.__context__
