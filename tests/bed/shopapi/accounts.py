"""Who may use the shop's API: one person with a password, and one token for machines.

A login gives a token that is signed and not kept, so that a thousand logins leave nothing behind. It
ends after an hour, and with the shop's process.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

USER, PASSWORD, API_TOKEN = "demo", "demo-password-not-a-secret", "demo-token-not-a-secret"
TOKEN_SECONDS = 3600
MACHINE = "machine"
"""Who comes with the API token."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The demo user and the API token. ``clock``: seconds since the epoch."""

    user: str = USER
    password: str = field(default=PASSWORD, repr=False)
    api_token: str = field(default=API_TOKEN, repr=False)
    clock: Callable[[], float] = time.time
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def login(self, user: str, password: str) -> str | None:
        """A new token, or None when user and password are not those of the demo user."""
        known = _same(user, self.user) & _same(password, self.password)
        if not known:
            return None
        claim = {"user": user, "until": self.clock() + TOKEN_SECONDS, "nonce": secrets.token_hex(8)}
        payload = base64.urlsafe_b64encode(json.dumps(claim).encode()).decode().rstrip("=")
        return f"{payload}.{self.sign(payload)}"

    def bearer(self, header: str) -> str | None:
        """Who sends this Authorization header; None when it is nobody."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        if _same(token, self.api_token):
            return MACHINE
        payload, _, signature = token.partition(".")
        if not _same(signature, self.sign(payload)):
            return None
        claim = _claim(payload)
        return str(claim["user"]) if float(str(claim["until"])) > self.clock() else None

    def sign(self, text: str) -> str:
        """Signature of a text that only this process can make: for tokens and for upload addresses."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def signed(self, text: str, signature: str) -> bool:
        """Whether ``signature`` is this process' own for ``text``."""
        return _same(signature, self.sign(text))


def _same(found: str, wanted: str) -> bool:
    return hmac.compare_digest(found.encode(), wanted.encode())


def _claim(payload: str) -> dict[str, object]:
    # Only what this process signed is read, so that it is whole.
    try:
        claim: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        raise AssertionError("a signed token is well-formed") from None
    return claim
