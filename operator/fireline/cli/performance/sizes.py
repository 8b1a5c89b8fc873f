"""Sizes in bytes as people write them (``170KiB``, ``2MB``), for payloads, bundles and page weights.

``kB`` and ``MB`` are powers of ten, ``KiB`` and ``MiB`` powers of two (IEC 80000-13): tools disagree about
"KB", so it is not accepted.
"""

from __future__ import annotations

import re
from decimal import Decimal

PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,3})?(B|kB|MB|KiB|MiB)$"
EXPECTED = "a size; write it like 170KiB, 2MB or 512B"
_UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "KiB": 1024, "MiB": 1024**2}
_SIZE = re.compile(r"([0-9.]+)([A-Za-z]+)\Z")


def parse_size(text: str) -> int:
    """Bytes, rounded down. Raises ValueError when the text is no size."""
    match = _SIZE.match(text) if re.search(PATTERN.replace("$", r"\Z"), text) else None
    if match is None:
        raise ValueError(f"{text!r} is not {EXPECTED}")
    return int(Decimal(match[1]) * _UNITS[match[2]])


def size_text(size: float) -> str:
    """A size for people, in binary units: ``83.4KiB``. Exact below one KiB."""
    for unit in ("MiB", "KiB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f}{unit}"
    return f"{size:.0f}B"
