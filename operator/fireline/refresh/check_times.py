"""What of a check depends on the time: whether it runs at all now, and when it was due. Pure.

Part of :mod:`fireline.refresh.check_metrics`. It stands above the kinds, because it reads the schedule of
one and the maintenance of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Manifest
from fireline.api.slo import Maintenance
from fireline.calendar.maintenance import NEVER, Schedule, schedule
from fireline.errors import FirelineError
from fireline.synthetic.cadence import cadence_of
from fireline.synthetic.conditions import began
from fireline.synthetic.schedule import DAY, Timing

_FAR = 5 * 366 * DAY
"""A slot further away is none that anybody waits for."""
_MAINTENANCE = TypeAdapter(list[Maintenance])


@dataclass(frozen=True, slots=True)
class CheckTimes:
    """``interval``, ``last_run`` and ``next_run`` (Unix times) are None where they are unknown.

    ``next_run`` is the first slot after the last run: it is in the past when a check is late.
    """

    interval: int | None
    last_run: float | None
    next_run: float | None
    suspended: bool

    @classmethod
    def of(cls, manifest: Manifest, at: float) -> Self:
        """As of a Unix time."""
        spec, status = manifest["spec"], manifest.get("status") or {}
        found, ran = cadence_of(manifest), last_run(status)
        return cls(
            interval=found.interval if found else None,
            last_run=ran,
            next_run=_next_run(found, ran, status),
            suspended=bool(spec.get("suspend")) or in_maintenance(spec, at),
        )


def last_run(status: Mapping[str, Any]) -> float | None:
    """When the last scheduled run that began was over, as a Unix time; None when there was none.

    What was counted for slots in which nothing began is no run, and neither are runs on demand.
    """
    told = [*([status["lastRun"]] if status.get("lastRun") else []), *(status.get("history") or ())]
    ended = [_ended(run) for run in told if run.get("trigger") != "Manual" and began(run)]
    times = [time for time in ended if time is not None]
    if times:
        return max(times)
    only_manual = told and all(run.get("trigger") == "Manual" for run in told)
    return _time(status, "lastScheduled") if only_manual else None


def in_maintenance(spec: Mapping[str, Any], at: float) -> bool:
    """Whether a time lies in the maintenance of a spec."""
    entries = spec.get("maintenance")
    if not entries:
        return False
    found = _schedule(repr(entries), _Unhashed(entries))
    return any(span.start <= at < span.end for span in found.spans(at, at + 1))


def _ended(run: Mapping[str, Any]) -> float | None:
    return next((time for name in ("endedAt", "startedAt", "slot") if (time := _time(run, name))), None)


def _next_run(found: Timing | None, ran: float | None, status: Mapping[str, Any]) -> float | None:
    if found is None or ran is None:
        return None
    # Another schedule, or the end of a suspension, counts from when it was seen.
    earlier = (status.get("ledger") or {}).get("earlier") or ()
    since = max([ran, *(time for one in earlier if (time := _time(one, "until")))])
    return found.first(since, since + _FAR)


def _time(told: Mapping[str, Any], name: str) -> float | None:
    return parse_timestamp(told[name]).timestamp() if told.get(name) else None


class _Unhashed:
    """Brings what cannot be hashed past a cache whose key says all of it."""

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Unhashed)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4096)
def _schedule(key: str, given: _Unhashed) -> Schedule:
    """Wrong maintenance is reported by the check's condition Valid; here it is none."""
    del key
    try:
        return schedule(_MAINTENANCE.validate_python(given.entries))
    except (ValidationError, FirelineError):
        return NEVER
