"""Masks what looks like a credential by where it stands, whoever put it there and whatever its value is.

Values that are known to be secret are removed by ``fireline.synthetic.engine.redaction``; this is for
those nobody declared: a password in a URL, a session in a header, a token in the answer to a login. The
expressions are bounded and none repeats a repetition: what they read is written by strangers.
"""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?i)([a-z][a-z0-9+.-]{1,20}://)[^\s/@?#\"'<>]{1,2000}@")
_PARAMETER = re.compile(r"([?&;]([A-Za-z0-9_.-]{1,64})=)[^&;#\s\"'<>]+")
_FIELD = re.compile(
    r"((?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]{1,64})[\"']\s{0,9}:\s{0,9}[\"'])(?:[^\"'\\]|\\.)+", re.DOTALL
)
_FIELD_IN_TEXT = re.compile(
    r"((?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]{1,64})\\[\"']\s{0,9}:\s{0,9}\\[\"'])[^\"'\\]+"
)
_SCHEME = re.compile(
    r"(?i)(\b(?:bearer|basic|digest|negotiate) {1,9})[A-Za-z0-9+/._~-]{6,}+={0,2}+(?![=\"'])"
)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_ALONE = frozenset(
    {"authorization", "cookie", "credential", "credentials", "csrf", "jwt", "otp", "passphrase", "passwd"}
    | {"password", "pwd", "secret", "session", "sessionid", "sid", "sig", "signature", "token", "xsrf"}
)
_KEYS = frozenset({"access", "api", "auth", "client", "private", "secret", "session", "signing"})

SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "authentication-info",
        "cookie",
        "set-cookie",
    }
)
"""Headers whose values are never shown; others are looked at by :func:`is_secret_name`."""


def masked(text: str, mark: str) -> str:
    """The text with user and password of URLs and credential-like parameters, fields and schemes masked."""
    text = _USERINFO.sub(rf"\g<1>{mark}@", text)
    text = _PARAMETER.sub(lambda found: _parameter(found, mark), text)
    text = _SCHEME.sub(rf"\g<1>{mark}", text)
    for field in (_FIELD, _FIELD_IN_TEXT):
        text = field.sub(lambda found: _field(found, mark), text)
    return text


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a credential: ``access_token``, ``X-Api-Key``; not ``design``."""
    parts = [part.lower() for part in _PART.findall(name)]
    keys = "key" in parts and not _KEYS.isdisjoint(parts)
    return keys or "apikey" in parts or not _ALONE.isdisjoint(parts)


def _field(found: re.Match[str], mark: str) -> str:
    return f"{found[1]}{mark}" if is_secret_name(found[2]) else found[0]


def _parameter(found: re.Match[str], mark: str) -> str:
    """In a URL ``code`` is what a sign-in is finished with."""
    secret = found[2].lower() == "code" or is_secret_name(found[2])
    return f"{found[1]}{mark}" if secret else found[0]
