"""Prometheus durations (``30d``, ``1h30m``): parsed once, printed canonically.

Units are those of Prometheus' own ``model.ParseDuration``: y (365 d), w, d, h, m, s, ms, in that
order, each at most once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from fireline.errors import PromQLError

PATTERN = r"^(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?$"
_UNITS = (
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)
_RE = re.compile(PATTERN)
_PRINTED = tuple(unit for unit in _UNITS if unit[0] not in {"y", "w"})


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A positive length of time in whole milliseconds; prints as Prometheus reads it, in days and below."""

    milliseconds: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """The duration a Prometheus user wrote.

        Raises PromQLError when the text is no duration or is zero.
        """
        match = _RE.match(text)
        if not match or not text:
            raise PromQLError(f"{text!r} is not a Prometheus duration; write it like 30d, 6h or 1h30m")
        total = sum(int(match.group(2 * i + 2) or 0) * size for i, (_, size) in enumerate(_UNITS))
        if total == 0:
            raise PromQLError(f"{text!r} is zero; a duration must be positive")
        return cls(total)

    @classmethod
    def of(cls, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> Duration:
        """A duration from numbers, for constants in code."""
        return cls(round(1000 * (86_400 * days + 3600 * hours + 60 * minutes + seconds)))

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.milliseconds / 1000

    def __str__(self) -> str:
        return _printed(self.milliseconds)


@lru_cache(maxsize=1024)
def _printed(milliseconds: int) -> str:
    """Cached: rendering one SLO prints the same few windows a hundred times."""
    rest = milliseconds
    parts = []
    for unit, size in _PRINTED:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
