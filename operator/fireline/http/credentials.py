"""Who we are to a server: the headers and the TLS identity a source's settings ask for.

Every file is read anew when it is needed, because mounted Secrets and projected tokens change under a
running process. Used by :mod:`fireline.http.session`, so imported lazily with it.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url

from fireline.access import Access
from fireline.errors import SecretUnusable

_Stamp = tuple[tuple[int, int, int], ...]


class Credentials(AuthBase):
    """Puts the headers of one server on each request, secrets read from their files at that moment."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the headers. Raises SecretUnusable, which names the setting and never quotes a secret."""
        access = self._access
        request.headers.update(access.headers)
        request.headers.update(access.tenant_headers)
        for name, path in access.header_files.items():
            request.headers[name] = _header(path, f"header_files.{name}")
        if access.bearer_token_file is not None:
            request.headers["Authorization"] = f"Bearer {_token(access.bearer_token_file)}"
        if basic := self._basic(request.url or ""):
            # Bytes: requests would encode text as Latin-1, RFC 7617 wants UTF-8.
            HTTPBasicAuth(*(part.encode() for part in basic))(request)
        return request

    def _basic(self, url: str) -> tuple[str, str] | None:
        """User and password of the settings, or of the URL, which an explicit ``auth`` would hide."""
        access = self._access
        if access.username is not None and access.password_file is not None:
            return access.username, _line(access.password_file, "password_file", "a password")
        found = get_auth_from_url(url)
        return found if any(found) else None

    def hidden(self, text: str, request: requests.PreparedRequest) -> str:
        """The text without any secret of the request: some servers quote what they refuse."""
        access = self._access
        names = ("Authorization", *access.headers, *access.header_files)
        for secret in sorted(_secrets(request.headers, names), key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text


def _secrets(headers: Mapping[str, str | bytes], names: Iterable[str]) -> Iterator[str]:
    """The values of the headers, what follows the scheme of each, and the password of Basic."""
    for name in names:
        value = headers.get(name, "")
        text = value if isinstance(value, str) else value.decode("latin-1")
        scheme, _, rest = text.partition(" ")
        yield from (part for part in (text, rest) if part)
        if scheme == "Basic":
            yield base64.b64decode(rest).decode().partition(":")[2]


class TLSFiles:
    """The files a TLS context is made of, and whether they have changed since."""

    def __init__(self, access: Access) -> None:
        self.ca = access.ca_file
        self._pair = (access.client_certificate_file, access.client_key_file)
        self._named = {
            "ca_file": self.ca,
            "client_certificate_file": self._pair[0],
            "client_key_file": self._pair[1],
        }

    def __bool__(self) -> bool:
        """Whether there is anything to watch."""
        return any(self._named.values())

    def stamp(self) -> _Stamp:
        """Equal as long as no file was written or replaced. Raises SecretUnusable when one is missing."""
        return tuple(_stat(path, setting) for setting, path in self._named.items() if path is not None)

    def context(self) -> ssl.SSLContext:
        """A context of the files as they are now. Raises SecretUnusable, naming the setting."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ValueError):  # an SSLError is an OSError
            raise SecretUnusable(f"ca_file {self.ca} holds no certificate in PEM form") from None
        certificate, key = self._pair
        if certificate is not None and key is not None:
            try:
                # Without a callback OpenSSL would ask at the terminal for a passphrase.
                context.load_cert_chain(certificate, key, password=_no_passphrase)
            except (OSError, ValueError) as error:
                why = getattr(error, "reason", None) or "no certificate and key in PEM form"
                raise SecretUnusable(
                    f"client_certificate_file {certificate} and client_key_file {key} cannot be used: "
                    f"{str(why).replace('_', ' ').lower()}"
                ) from None
        return context


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")


def _stat(path: Path, setting: str) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise SecretUnusable(f"{setting} {path}: {error.strerror}") from None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _token(path: Path) -> str:
    token = _line(path, "bearer_token_file", "a token", strip=True)
    if " " in token or not token.isascii():
        raise SecretUnusable(f"bearer_token_file {path} does not hold one line with a token")
    return token


def _header(path: Path, setting: str) -> str:
    value = _line(path, setting, "a header value", strip=True)
    if not value.isascii():
        raise SecretUnusable(f"{setting} {path} does not hold one line of ASCII text")
    return value


def _line(path: Path, setting: str, what: str, *, strip: bool = False) -> str:
    """The only line of a file, without its line break. Raises SecretUnusable, never quoting it."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        raise SecretUnusable(f"{setting} {path}: {error.strerror}") from None
    # A password may begin or end with a blank, and an editor adds a line break.
    text = text.strip() if strip else text.removesuffix("\n").removesuffix("\r")
    if not text.strip() or not text.isprintable():
        raise SecretUnusable(f"{setting} {path} does not hold one line with {what}")
    return text
