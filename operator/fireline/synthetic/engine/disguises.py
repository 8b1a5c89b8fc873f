"""Finds a secret in texts that write its characters in ways of their own.

``redaction`` knows whole spellings; but which characters are escaped is every library's own choice
(``\\u003d`` and ``\\u002B`` in JSON, ``%2D`` in URLs, ``&#61;`` in pages), host names lose their capitals,
and long values are wrapped. So a text is first read without all that, which is cheap; only when a secret is
in what is left is its place looked for. Where it cannot be found, nothing of the text is shown.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import unquote

LEAST = 8
"""Characters of a secret that is looked for; shorter ones are found in many a harmless text."""
LONGEST = 1024

_UNICODE = re.compile(r"\\{1,4}u([0-9A-Fa-f]{4})")
_IGNORED = re.compile(r"[\s\x00\\]+")
_GAP = r"(?:[\s\x00]|\\(?!\\{0,3}u[0-9a-f]{4})){0,9}"


def without(text: str, secrets: frozenset[str], mark: str) -> str:
    """The text without any of the secrets, however their characters are written."""
    looked_for = {secret: folded for secret in secrets if len(folded := _letters(secret)) >= LEAST}
    if not looked_for:
        return text
    read = _readings(text)
    for secret, folded in looked_for.items():
        if any(folded in one for one in read):
            text = _pattern(secret).sub(mark, text)
            read = _readings(text)
            if any(folded in one for one in read):
                return mark
    return text


def _readings(text: str) -> tuple[str, ...]:
    """The text with every character as itself, in small letters and without spaces: as it is, and with
    escapes taken away once and twice, as a secret may look like an escape itself."""
    found = [_folded(text)]
    for _ in range(2):
        text = _UNICODE.sub(lambda mark: chr(int(mark[1], 16)), text)
        text = html.unescape(unquote(text))
        found.append(_folded(text))
    return tuple(found)


@lru_cache(maxsize=256)
def _letters(secret: str) -> str:
    """What of a secret is looked for; nothing of one too long to be wrapped or escaped by the way."""
    return _folded(secret) if len(secret) <= LONGEST else ""


def _folded(text: str) -> str:
    return _IGNORED.sub("", text).lower()


@lru_cache(maxsize=256)
def _pattern(secret: str) -> re.Pattern[str]:
    letters = (_letter(letter) for letter in _IGNORED.sub("", secret))
    return re.compile(_GAP.join(letters), re.IGNORECASE)


def _letter(letter: str) -> str:
    """All ways to write one character; percent signs and ampersands may be escaped themselves."""
    percent = "(?:%(?:25)?|&#0{0,4}37;)"
    octets = "".join(f"{percent}{octet:02x}" for octet in letter.encode(errors="surrogatepass"))
    units = letter.encode("utf-16-be", errors="surrogatepass").hex()
    escaped = "".join(rf"\\{{1,4}}u{units[at : at + 4]}" for at in range(0, len(units), 4))
    code = ord(letter)
    page = rf"&(?:amp;)?#(?:0{{0,6}}{code}|x0{{0,6}}{code:x});"
    named = {"&": "|&(?:amp;){1,2}", "<": "|&(?:amp;)?lt;", ">": "|&(?:amp;)?gt;", '"': "|&(?:amp;)?quot;"}
    return rf"(?:{escaped}|{octets}|{page}{named.get(letter, '')}|{re.escape(letter)})"
