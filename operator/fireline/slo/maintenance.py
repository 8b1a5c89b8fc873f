"""Maintenance: times that count neither as good nor as bad, as intervals in UTC. Pure.

``recording`` writes them into rules for the weeks to come, the exact figures leave them out.
"""

from __future__ import annotations

from dataclasses import dataclass

from fireline.slo.period import Span


@dataclass(frozen=True, slots=True)
class Once:
    """A single interval."""

    span: Span


@dataclass(frozen=True, slots=True)
class Repeating:
    """Starts by a cron expression in a time zone, each ``seconds`` long."""

    cron: str
    seconds: int
    zone: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """All maintenance of one SLO."""

    entries: tuple[Once | Repeating, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    def spans(self, start: float, end: float) -> tuple[Span, ...]:
        """The maintenance that touches ``[start, end)``: whole intervals, merged, in order."""
        raise NotImplementedError


NEVER = Schedule()
"""No maintenance at all."""
