"""Durations as Prometheus' libraries read and print them, zero included; and as Go itself does.

Apart from :mod:`fireline.promql.durations`, where a duration is positive: Alertmanager knows a wait of 0s.
"""

from __future__ import annotations

import re

from fireline.promql.durations import PATTERN

_UNITS = (
    ("y", 31_536_000_000, True),
    ("w", 604_800_000, True),
    ("d", 86_400_000, False),
    ("h", 3_600_000, False),
    ("m", 60_000, False),
    ("s", 1000, False),
    ("ms", 1, False),
)
"""Unit, milliseconds, and whether it is printed only when nothing smaller remains."""
_PROMETHEUS = re.compile(PATTERN)
_GO = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_MOST = (1 << 63) // 1_000_000
"""Milliseconds that Go's 64 bits of nanoseconds can hold."""


def milliseconds(text: str) -> int | None:
    """The length that a duration says; None when it is none, or longer than 292 years."""
    if text == "0":
        return 0
    match = _PROMETHEUS.fullmatch(text)
    if not text or match is None:
        return None
    total = sum(int(match.group(2 * i + 2) or 0) * size for i, (_, size, _) in enumerate(_UNITS))
    return total if total <= _MOST else None


def canonical(text: str) -> str:
    """The duration as Prometheus prints it; what is none stays as it is."""
    length = milliseconds(text)
    return text if length is None else printed(length)


def printed(length: int) -> str:
    """Milliseconds as Prometheus prints them: 90d, but 1w and 1y."""
    parts = []
    for unit, size, exact in _UNITS:
        if exact and length % size:
            continue
        count, length = divmod(length, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def is_go(text: str) -> bool:
    """Whether Go's own parser, which knows no days, takes it: some fields of Alertmanager are read so."""
    return _GO.fullmatch(text) is not None
