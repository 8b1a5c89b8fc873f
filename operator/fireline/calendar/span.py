"""A piece of time: what windows, stretches of counted events and maintenance are made of."""

from __future__ import annotations

from dataclasses import dataclass

UTC_NAME = "UTC"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open piece of time, ``[start, end)``, in whole seconds since the epoch."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Length. A day of a daylight-saving change has 23 or 25 hours, and so its month."""
        return self.end - self.start
