"""Maintenance: times that count neither as good nor as bad, as intervals in UTC. Pure.

An objective's rules have them written in for the weeks to come and its exact figures leave them out; runs of
a check count as skipped in them.

Repeating intervals start as Debian's cron starts jobs. Where clocks go forward over a start time, the
interval starts right after the change; where they go back over it, it starts once, at the first of
the two; one that starts every hour, or every so many minutes, takes no notice. An interval lasts as
long as it says, whatever clocks do meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from fireline.api.slo import Maintenance
from fireline.calendar.span import UTC_NAME, Span
from fireline.errors import SpecError
from fireline.promql.durations import Duration

_PAGE = 28 * 86_400
"""Starts are found, and remembered, by pieces of so many seconds: all SLOs of a team share them."""


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

    def starts(self, after: float, before: float) -> Iterator[int]:
        """Start times in ``(after, before)``, in order, in seconds since the epoch."""
        for page in range(int(after // _PAGE), int(before // _PAGE) + 1):
            yield from (one for one in _starts(self.cron, self.zone, page) if after < one < before)


@dataclass(frozen=True, slots=True)
class Schedule:
    """All maintenance of one SLO or check."""

    entries: tuple[Once | Repeating, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    def spans(self, start: float, end: float) -> tuple[Span, ...]:
        """The maintenance that touches ``[start, end)``: whole intervals, merged, in order."""
        found = [span for entry in self.entries for span in _touching(entry, start, end)]
        return merged(found)

    def seconds(self, start: float, end: float) -> float:
        """How much of ``[start, end)`` is maintenance."""
        return sum(min(end, span.end) - max(start, span.start) for span in self.spans(start, end))


NEVER = Schedule()
"""No maintenance at all."""


def schedule(entries: Iterable[Maintenance]) -> Schedule:
    """The maintenance of a checked spec. Raises SpecError or PromQLError when it was not checked."""
    return Schedule(tuple(_entry(one) for one in entries))


def instant(text: str) -> int:
    """Unix time of an RFC 3339 time. Raises SpecError for a day or hour that does not exist."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise SpecError(f"{text!r} does not exist; write it like 2026-12-24T00:00:00Z") from None


def first_start(cron: str) -> datetime | None:
    """When a cron expression starts something first, from an arbitrary time on; None for never.

    Raises SpecError when it is none.
    """
    try:
        return next(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        raise SpecError(f"{cron!r} is no cron expression ({error})") from None


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in as few intervals as possible, in order; those that touch become one."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.start <= whole[-1].end:
            whole[-1] = Span(whole[-1].start, max(whole[-1].end, span.end))
        else:
            whole.append(span)
    return tuple(whole)


def _entry(one: Maintenance) -> Once | Repeating:
    if one.from_ is not None and one.to is not None:
        return Once(Span(instant(one.from_), instant(one.to)))
    if one.cron is not None and one.duration is not None:
        seconds = round(Duration.parse(one.duration).seconds)
        return Repeating(" ".join(one.cron.split()), seconds, one.time_zone or UTC_NAME)
    raise SpecError("spec.maintenance: needs from and to, or cron and duration")


def _touching(entry: Once | Repeating, start: float, end: float) -> Iterator[Span]:
    if isinstance(entry, Once):
        if entry.span.start < end and entry.span.end > start:
            yield entry.span
        return
    # One that began before may still be running, however long it lasts.
    for at in entry.starts(start - entry.seconds, end):
        yield Span(at, at + entry.seconds)


@lru_cache(maxsize=1024)
def _starts(cron: str, zone: str, page: int) -> tuple[int, ...]:
    """Start times in one piece of time."""
    begin, end = page * _PAGE, (page + 1) * _PAGE
    # A day earlier, so that no clock change at the seam matters.
    local = datetime.fromtimestamp(begin, UTC if zone == UTC_NAME else ZoneInfo(zone)) - timedelta(days=1)
    found = []
    for start in CronSim(cron, local):
        at = int(start.timestamp())
        if at >= end:
            break
        if at >= begin:
            found.append(at)
    return tuple(found)
