"""Removes secrets by value from everything a run says, in every spelling they are likely to come back in.

A target may echo what it was sent: as it is, or as JSON, URL, HTML, base64 or hexadecimal. Used on each
text before it is cut, so that no half of a secret stays at an edge.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from fireline.synthetic.engine import disguises
from fireline.synthetic.engine.masking import masked
from fireline.synthetic.text import ELLIPSIS, readable

MARK = "***"

_SHORT = 4
"""Shorter values are removed only where they stand alone: taking every 1 out of a text hides nothing and
tells the value."""
_LONG_LINE = 8
_LONG_COOKIE = 8
_BASE64_LEAST = 6
_LOOKED_AT = 32_768
_SHOWN_BYTES = 80


class Redactor:
    """Knows the secrets of one run; learns more as they are captured."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._alone: set[str] = set()
        self._ordered: tuple[str, ...] = ()
        self._values: frozenset[str] = frozenset()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Never let this value through again, nor one of its long lines."""
        for value in {secret, secret.strip(), *(line.strip() for line in _long_lines(secret))}:
            if value:
                (self._forms if len(value) >= _SHORT else self._alone).update(_spellings(value))
                self._values |= {value}
        # Longest first: a secret that begins with another must not leave its end behind.
        self._ordered = tuple(sorted(self._forms, key=lambda form: (-len(form), form)))

    def add_captured(self, value: str) -> None:
        """Never let through a value taken from an answer; of a list or an object, any text inside it."""
        self.add(value)
        if value[:1] in {"[", "{"}:
            with suppress(ValueError, RecursionError):
                self._add_inside(json.loads(value))

    def _add_inside(self, value: Any) -> None:
        if isinstance(value, (list, dict)):
            for inner in value.values() if isinstance(value, dict) else value:
                self._add_inside(inner)
        elif value is not None and not isinstance(value, bool):
            self.add(value if isinstance(value, str) else json.dumps(value))

    def add_cookies(self, cookies: Iterable[str]) -> None:
        """Never let through what may be a session."""
        for cookie in cookies:
            if len(cookie) >= _LONG_COOKIE:
                self.add(cookie)

    def add_url(self, url: str) -> None:
        """Never let through the user and password in a URL."""
        for password in _passwords(url):
            self.add(password)
            self.add(unquote(password))

    def redact(self, text: str) -> str:
        """The text without the values, and without what looks like a credential in a URL or a header."""
        for form in self._ordered:
            text = text.replace(form, MARK)
        for form in self._alone:
            text = re.sub(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])", MARK, text)
        text = disguises.without(text, self._values, MARK)
        return masked(self._without_halves(text), MARK)

    def shown(self, value: Any) -> str:
        """A JSON value, redacted and short enough for a sentence; a text in quotes."""
        return self.beginning(json.dumps(value, ensure_ascii=False), _SHOWN_BYTES)

    def beginning(self, text: str, limit: int) -> str:
        """The start of a text that may be large, redacted and then cut to ``limit`` bytes.

        Of the part that is looked at, the end may hold half of a secret; as much as one is long is left out.
        """
        part = self.redact(text[:_LOOKED_AT])
        if len(text) > _LOOKED_AT:
            part = part[: max(0, len(part) - max(map(len, self._ordered), default=0))]
        return readable(part, limit=limit)

    def _without_halves(self, text: str) -> str:
        """Without what may be the first half of a secret where somebody else has cut."""
        if ELLIPSIS not in text:
            return text
        *parts, last = text.split(ELLIPSIS)
        for form in self._ordered:
            parts = [_without_beginning(part, form) for part in parts]
        return ELLIPSIS.join([*parts, last])


def _without_beginning(text: str, secret: str) -> str:
    """Without the beginning of the secret that a text ends with, when it is long enough to be no accident."""
    end = text[-_SHORT:]
    at = secret.rfind(end, 0, -1) if len(end) == _SHORT else -1
    while at >= 0:
        if text.endswith(secret[: at + _SHORT]):
            return text[: -(at + _SHORT)] + MARK
        at = secret.rfind(end, 0, at + _SHORT - 1)
    return text


def _long_lines(secret: str) -> list[str]:
    lines = secret.splitlines()
    return [line for line in lines if len(line.strip()) >= _LONG_LINE] if len(lines) > 1 else []


def _passwords(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        if parts.password:
            yield parts.password
    except ValueError:
        return


def _spellings(value: str) -> set[str]:
    """The value as it is, escaped once or twice, encoded, and as bytes read in the wrong charset.

    Escaped and then encoded it comes back from who encodes a whole request: its body is JSON or a form.
    """
    data = value.encode(errors="surrogatepass")
    escaped = {value, *_escaped(value)}
    spellings = escaped | {again for once in escaped for again in _escaped(once)}
    for once in escaped:
        spellings |= _encoded(once.encode(errors="surrogatepass"))
    spellings.add(data.decode("latin-1"))
    with suppress(UnicodeEncodeError):
        spellings.add(value.encode("latin-1").decode(errors="replace"))
    return {spelling for spelling in spellings if spelling and spelling not in MARK}


def _encoded(data: bytes) -> set[str]:
    return {data.hex(), data.hex().upper(), data.hex(":"), data.hex(":").upper(), *_as_base64(data)}


def _escaped(value: str) -> set[str]:
    quoted = json.dumps(value, ensure_ascii=False)[1:-1]
    ascii_only = json.dumps(value)[1:-1]
    urls = {_quoted(value), _quoted(value, plus=True), _quoted(value, safe="/"), _quoted(value, safe="")}
    lower = {re.sub("%[0-9A-F]{2}", lambda code: code.group().lower(), url) for url in urls}
    page = html.escape(value)
    pages = {page, html.escape(value, quote=False), page.replace("&#x27;", "&#39;")}
    slashed = {text.replace("/", "\\/") for text in (quoted, ascii_only)}
    return {quoted, ascii_only, *slashed, *urls, *lower, *pages}


def _quoted(value: str, *, safe: str = "/", plus: bool = False) -> str:
    return (quote_plus if plus else quote)(value, safe="" if plus else safe, errors="replace")


def _as_base64(data: bytes) -> set[str]:
    """Base64 of the value alone, and what it looks like in the middle of a longer text that was encoded.

    Three bytes become four characters, so that there are three ways to lie; of each, the characters that
    depend on the value alone.
    """
    found = {base64.b64encode(data).decode(), base64.b64encode(data).decode().rstrip("=")}
    if len(data) >= _BASE64_LEAST:
        for before in range(3):
            encoded = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
            whole = (before + len(data)) * 8 // 6
            found.add(encoded[-(-before * 8 // 6) : whole])
    return found | {spelling.replace("+", "-").replace("/", "_") for spelling in found}
