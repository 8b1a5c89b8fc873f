"""What is wrong with the times of a SyntheticCheck: schedule, time-outs, maintenance. Part of ``checks``."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.slo import Maintenance
from fireline.api.strings import zero_or_seconds
from fireline.api.synthetic_check import Spec, SyntheticCheck
from fireline.api.zones import alike, zones
from fireline.calendar.maintenance import first_start, instant, schedule
from fireline.errors import SpecError
from fireline.synthetic.checks_steps import steps_of
from fireline.synthetic.compile import seconds, timing_of
from fireline.synthetic.schedule import Timing

Found = Iterator[Issue]
_MINUTE, _TEN_MINUTES = 60, 600
_WEEK, _FOUR_WEEKS = 7 * 86_400, 28 * 86_400


def schedule_is_possible(given: SyntheticCheck) -> Found:
    """Cron can say it, or the prober can keep it."""
    found = timing_or_why(given)
    if isinstance(found, Issue):
        yield found


def timing_or_why(given: SyntheticCheck) -> Timing | Issue:
    """The schedule as it is carried out, or what is wrong with it."""
    try:
        return timing_of(given.spec, namespace=given.metadata.namespace, name=given.metadata.name)
    except SpecError as error:
        path, _, words = str(error).partition(": ")
        at = path.split(".") if path.startswith("spec.") else ["spec", "schedule"]
        return Issue("InvalidSchedule", tuple(at), words or str(error))


def runs_end_in_time(given: SyntheticCheck) -> Found:
    """A run ends before the next begins; otherwise that one is skipped."""
    timing, spec = timing_or_why(given), given.spec
    too_long = list(_too_long(spec))
    yield from too_long
    if isinstance(timing, Issue) or too_long:
        return
    phases = [name for name in ("sweep", "cleanup") if getattr(spec, name)]
    longest = seconds(spec.timeout) + len(phases) * seconds(spec.cleanup_timeout)
    if longest > timing.interval:
        parts = [f"the steps may take {spec.timeout}"]
        parts += [f"the {name} {spec.cleanup_timeout}" for name in phases]
        words = (
            f"{', '.join(parts)}: {longest} s together, and the next run is due after {timing.interval} s; "
            "allow less, or run less often"
        )
        yield Issue(INVALID_SPEC, ("spec", "timeout"), words)
    yield from _steps_fit(spec)


def _too_long(spec: Spec) -> Found:
    for name, found in (("timeout", spec.timeout), ("cleanupTimeout", spec.cleanup_timeout)):
        if seconds(found) > _TEN_MINUTES:
            yield Issue(INVALID_SPEC, ("spec", name), f"{found} is longer than 10m; write it like 20s")


def _steps_fit(spec: Spec) -> Found:
    """A step has no more time than all of its phase together."""
    phases = {
        "sweep": ("the whole sweep has", "cleanupTimeout", spec.cleanup_timeout),
        "steps": ("all steps have", "timeout", spec.timeout),
        "cleanup": ("the whole cleanup has", "cleanupTimeout", spec.cleanup_timeout),
    }
    for at, step in steps_of(spec):
        who, name, whole = phases[str(at[1])]
        if step.timeout is not None and zero_or_seconds(step.timeout) > seconds(whole):
            words = f"{step.timeout} is longer than the {whole} that {who} (spec.{name})"
            yield Issue(INVALID_SPEC, (*at, "timeout"), words)


def maintenance_is_sound(spec: Spec) -> Found:
    """Times of maintenance exist, end after they begin, and come at all."""
    for number, entry in enumerate(spec.maintenance or ()):
        at: Location = ("spec", "maintenance", number)
        yield from _once(at, entry)
        yield from _repeating(at, entry)
        zone = entry.time_zone
        if zone is not None and zone not in zones():
            words = f"{zone!r} is no IANA time zone; write it like {alike(zone) or 'Europe/Berlin'}"
            yield Issue("UnknownTimeZone", (*at, "timeZone"), words)


def _once(at: Location, entry: Maintenance) -> Found:
    if entry.from_ is None or entry.to is None:
        return
    found: list[int] = []
    for name, text in (("from", entry.from_), ("to", entry.to)):
        try:
            found.append(instant(text))
        except SpecError as error:
            yield Issue("InvalidMaintenance", (*at, name), str(error))
    if len(found) == 2 and found[1] <= found[0]:
        yield Issue("InvalidMaintenance", (*at, "to"), f"{entry.to} is not after from, {entry.from_}")


def _repeating(at: Location, entry: Maintenance) -> Found:
    if entry.cron is None or entry.duration is None:
        return
    try:
        if first_start(entry.cron) is None:
            raise SpecError(f"{entry.cron!r} never comes")
    except SpecError as error:
        yield Issue("InvalidMaintenance", (*at, "cron"), f"{error}; write it like 0 3 * * SUN")
        return
    length = zero_or_seconds(entry.duration)
    if not _MINUTE <= length <= _WEEK:
        words = f"{entry.duration!r} is not between 1m and 7d; write it like 2h"
        yield Issue("InvalidMaintenance", (*at, "duration"), words)
    elif (
        entry.time_zone in {None, *zones()}
        and schedule([entry]).seconds(0, _FOUR_WEEKS) >= _FOUR_WEEKS - length
    ):
        words = (
            f"{entry.cron!r} starts again before {entry.duration} are over, so that maintenance never ends; "
            "write it like 0 3 * * SUN"
        )
        yield Issue("InvalidMaintenance", (*at, "cron"), words)
