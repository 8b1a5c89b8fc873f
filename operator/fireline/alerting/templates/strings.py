"""Reads the strings of Go's source notation. Pure."""

from __future__ import annotations

import re

from fireline.alerting.templates.faults import TemplateFault

_ESCAPE = re.compile(
    r'\\(?:(?P<plain>[abfnrtv\\"])|x(?P<byte>[0-9A-Fa-f]{2})|(?P<octal>[0-7]{3})'
    r"|u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})|(?P<bad>.))",
    re.DOTALL,
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_SURROGATES = range(0xD800, 0xE000)


def unquoted(text: str, at: int) -> str:
    """What a string in quotes or backquotes stands for. Raises TemplateFault for an unknown escape."""
    if text.startswith("`"):
        return text[1:-1].replace("\r", "")

    def character(found: re.Match[str]) -> str:
        if found["plain"]:
            return _PLAIN[found["plain"]]
        number = int(found["byte"] or found["short"] or found["long"] or "0", 16) or int(
            found["octal"] or "0", 8
        )
        too_large = number > 0x10FFFF or number in _SURROGATES or (found["octal"] and number > 0xFF)
        if found["bad"] or too_large:
            raise TemplateFault(at, f"{found.group()} is no escape of Go; write \\\\ for a backslash, or `…`")
        return chr(number)

    return _ESCAPE.sub(character, text[1:-1])
