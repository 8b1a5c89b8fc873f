"""What is wrong with the times of a spec: time zones and maintenance. Part of ``checks``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fireline.api.issues import Issue, Location
from fireline.api.slo import Maintenance, Spec
from fireline.api.zones import alike, zones
from fireline.calendar.maintenance import Repeating, Schedule, first_start, instant, schedule
from fireline.errors import SpecError
from fireline.promql.durations import Duration

_MAINTENANCE: Location = ("spec", "maintenance")
_SHORTEST, _LONGEST = Duration.of(minutes=1), Duration.of(days=7)
_LONG_ONCE, _LONGEST_ONCE = Duration.of(days=31), Duration.of(days=366)
_FOUR_WEEKS = 28 * 86_400
_MOST_INTERVALS = 28 * 24 + 28
"""Every hour, and once a day besides."""


def zones_are_known(spec: Spec) -> Iterator[Issue]:
    """Time zones have IANA names; abbreviations such as CET say nothing about daylight saving."""
    named: list[tuple[Location, str | None]] = [(("spec", "window", "timeZone"), spec.window.time_zone)]
    named += [(at, entry.time_zone) for at, entry in _entries(spec, "timeZone")]
    for at, zone in named:
        if zone is not None and zone not in zones():
            other = alike(zone) or "Europe/Berlin"
            yield Issue("UnknownTimeZone", at, f"{zone!r} is no IANA time zone; write it like {other}")


def maintenance_ends_after_it_begins(spec: Spec) -> Iterator[Issue]:
    """`from` and `to` are days that exist, in their order."""
    for at, entry in _entries(spec):
        if entry.from_ is None or entry.to is None:
            continue
        wrong = [*_no_time((*at, "from"), entry.from_), *_no_time((*at, "to"), entry.to)]
        yield from wrong
        if wrong:
            continue
        seconds = instant(entry.to) - instant(entry.from_)
        if seconds <= 0:
            yield Issue("InvalidMaintenance", (*at, "to"), f"{entry.to} is not after from, {entry.from_}")
        elif seconds > _LONGEST_ONCE.seconds:
            yield Issue(
                "InvalidMaintenance",
                (*at, "to"),
                f"{entry.to} is {seconds // 86_400} days after from, at most {_LONGEST_ONCE} are possible; "
                f"remove the objective for as long",
            )
        elif seconds > _LONG_ONCE.seconds:
            yield Issue(
                "InvalidMaintenance",
                (*at, "to"),
                f"{entry.to} is {seconds // 86_400} days after from: nothing is counted and no alert fires "
                f"for as long; make sure of the year",
                note=True,
            )


def cron_starts_something(spec: Spec) -> Iterator[Issue]:
    """A cron expression parses, and fires at all: there is no 30th of February."""
    for at, entry in _entries(spec, "cron"):
        if entry.cron is None:
            continue
        try:
            never = first_start(entry.cron) is None
        except SpecError as error:
            yield Issue("InvalidMaintenance", at, f"{error}; write it like 0 3 * * SUN")
            continue
        if never:
            yield Issue("InvalidMaintenance", at, f"{entry.cron!r} never comes; write it like 0 3 * * SUN")


def maintenance_has_a_sane_length(spec: Spec) -> Iterator[Issue]:
    """Longer than a week is a mistake, or no maintenance; below a minute hardly a scrape is in it."""
    for at, entry in _entries(spec, "duration"):
        if entry.duration is not None and not _SHORTEST <= Duration.parse(entry.duration) <= _LONGEST:
            yield Issue(
                "InvalidMaintenance", at, f"{entry.duration!r} is not between 1m and 7d; write it like 2h"
            )


def maintenance_leaves_time_to_measure(spec: Spec) -> Iterator[Issue]:
    """`* 3 * * *` starts 60 times a night; `* * * * *` never ends."""
    for at, entry in _entries(spec, "cron"):
        repeating = _repeating(entry)
        if repeating is None:
            continue
        spans = Schedule((repeating,)).spans(0, _FOUR_WEEKS)
        starts = list(repeating.starts(0, _FOUR_WEEKS))
        if len(spans) == 1 and spans[0].seconds >= _FOUR_WEEKS - repeating.seconds:
            yield Issue(
                "InvalidMaintenance",
                at,
                f"{entry.cron!r} starts again before {entry.duration} are over, so that maintenance never "
                f"ends; write it like 0 3 * * SUN",
            )
        elif any(later - sooner < repeating.seconds for sooner, later in pairwise(starts)):
            yield Issue(
                "InvalidMaintenance",
                at,
                f"{entry.cron!r} starts again before {entry.duration} are over: they count as one, from "
                f"the first start to the last end. If one a day is meant, write it like 0 3 * * *",
                note=True,
            )


def maintenance_is_not_everywhere(spec: Spec) -> Iterator[Issue]:
    """Rules hold each interval of the next weeks: thousands of them are an object Kubernetes refuses."""
    repeating = [one for _, entry in _entries(spec) if (one := _repeating(entry)) is not None]
    found = len(Schedule(tuple(repeating)).spans(0, _FOUR_WEEKS))
    if found > _MOST_INTERVALS:
        yield Issue(
            "InvalidMaintenance",
            _MAINTENANCE,
            f"has {found} intervals in four weeks; at most {_MOST_INTERVALS} are possible, which is one an "
            f"hour; write it like 0 3 * * SUN",
        )


CHECKS = (
    zones_are_known,
    maintenance_ends_after_it_begins,
    cron_starts_something,
    maintenance_has_a_sane_length,
    maintenance_leaves_time_to_measure,
    maintenance_is_not_everywhere,
)
"""In the order in which they are reported."""


def _entries(spec: Spec, *field: str) -> Iterator[tuple[Location, Maintenance]]:
    for number, entry in enumerate(spec.maintenance or ()):
        yield (*_MAINTENANCE, number, *field), entry


def _no_time(at: Location, text: str) -> Iterator[Issue]:
    try:
        instant(text)
    except SpecError as error:
        yield Issue("InvalidMaintenance", at, str(error))


def _repeating(entry: Maintenance) -> Repeating | None:
    """The entry, if it is a sound repeating one; what is wrong is reported elsewhere."""
    try:
        if entry.cron is None or (entry.time_zone or "UTC") not in zones() or not first_start(entry.cron):
            return None
    except SpecError:
        return None
    (found,) = schedule([entry]).entries
    return found if isinstance(found, Repeating) else None
