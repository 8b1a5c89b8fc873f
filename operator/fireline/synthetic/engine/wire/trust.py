"""Which certificates are trusted, and in words why one is not."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

import certifi

from fireline.synthetic.engine.answer import Certificate, TargetError
from fireline.synthetic.engine.wire.requests import TlsOptions
from fireline.synthetic.text import readable

# Codes of X509_V_ERR_…, openssl/x509_vfy.h.
_NOT_YET, _EXPIRED = 9, 10
_SELF_SIGNED, _SELF_SIGNED_ROOT, _NO_ISSUER, _NO_FIRST_ISSUER = 18, 19, 20, 21
_WRONG_HOST, _WRONG_ADDRESS = 62, 64

_BROKEN = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "it speaks only versions of TLS that are no longer safe",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it takes none of our TLS versions",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it takes none of our ciphers, or wants a client certificate",
    "TLSV1_UNRECOGNIZED_NAME": "it has no certificate for this server name",
    "TLSV1_ALERT_UNRECOGNIZED_NAME": "it has no certificate for this server name",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a client certificate",
    "UNEXPECTED_EOF_WHILE_READING": "it ended the connection during the TLS handshake",
}


@lru_cache(maxsize=64)
def context(tls: TlsOptions, *, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """A client's context, made once for equal options: the system's store takes milliseconds to read.

    Raises TargetError (InvalidRequest) when `ca` holds no certificate.
    """
    made = _trusting(tls)
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


@lru_cache(maxsize=1)
def blind() -> ssl.SSLContext:
    """A context that takes any certificate: to read one, never to send anything."""
    return _of_nobody()


def distrust(error: ssl.SSLCertVerificationError, name: str, shown: Certificate | None) -> str:
    """Why a certificate is not trusted, as a person would say it."""
    code = error.verify_code
    if code == _EXPIRED:
        when = f" on {shown.not_after:%Y-%m-%d %H:%M:%SZ}" if shown else ""
        return f"its certificate expired{when}"
    if code == _NOT_YET:
        return "its certificate is not valid yet"
    if code == _SELF_SIGNED:
        return "its certificate is self-signed: give it as tls.ca to trust it"
    if code in {_SELF_SIGNED_ROOT, _NO_ISSUER, _NO_FIRST_ISSUER}:
        by = f" ({shown.issuer})" if shown else ""
        return f"its certificate is from an unknown authority{by}: give that as tls.ca to trust it"
    if code in {_WRONG_HOST, _WRONG_ADDRESS}:
        of = f", but for {shown.subject}" if shown and shown.subject else ""
        return f"its certificate is not for {name}{of}"
    return f"its certificate is not trusted: {readable(str(error.verify_message), limit=200)}"


def broken(error: ssl.SSLError) -> str:
    """Why there was no handshake."""
    reason = error.reason or ""
    told = readable((reason or str(error)).replace("_", " ").lower(), limit=100)
    return _BROKEN.get(reason, f"the TLS handshake failed: {told}")


def _trusting(tls: TlsOptions) -> ssl.SSLContext:
    if tls.insecure_skip_verify:
        return _of_nobody()
    return _of_authority(tls.ca) if tls.ca else _of_system()


def _of_nobody() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def _of_authority(pem: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise TargetError("InvalidRequest", "tls.ca holds no certificate in PEM form") from error


def _of_system() -> ssl.SSLContext:
    """The machine's own store, which knows a company's authorities; the Mozilla list where there is none."""
    paths = ssl.get_default_verify_paths()
    kept = paths.cafile or (paths.capath and any(Path(paths.capath).iterdir()))
    return ssl.create_default_context(cafile=None if kept or os.name != "posix" else certifi.where())
