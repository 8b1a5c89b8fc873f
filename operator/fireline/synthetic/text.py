"""Texts of strangers (bodies, headers, error messages) made fit for JSON, status and terminals."""

from __future__ import annotations

import re

ELLIPSIS = "…"
"""Stands where something was cut."""
# C0 except tab and newline, DEL, C1, halves of surrogate pairs, and what turns the reading direction.
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def cut(text: str, limit: int) -> str:
    """The text in at most ``limit`` bytes of UTF-8, with an ellipsis where the rest was; whole characters."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    room = limit - len(ELLIPSIS.encode())
    return encoded[:room].decode(errors="ignore") + ELLIPSIS if room >= 0 else ""


def readable(text: str, *, limit: int | None = None) -> str:
    """The text without control characters and broken halves (U+FFFD instead), cut when a limit is given."""
    text = _UNREADABLE.sub("\ufffd", text.replace("\r\n", "\n"))
    return text if limit is None else cut(text, limit)
