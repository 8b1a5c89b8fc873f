"""The counts of one check: read from its status, added to, written back.

Knows what a run adds to which count; which runs are counted, and when, is decided by
``fireline.synthetic.ledger``. Every count only ever grows, so that the counters made from it do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from fireline.synthetic.coverage import first_day
from fireline.synthetic.message import rfc3339
from fireline.synthetic.runs import Outcome, Run, Trigger, moment
from fireline.synthetic.schedule import DAY, HOUR, Timing, at

DURATION_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of ``status.durations.buckets``, in seconds. A contract: changing them mixes old counts."""
COUNTS = ("success", "failure", "error", "infra", "skipped", "expected")
"""What is counted by day and hour; ``totals`` has three more."""
TOTALS = (*COUNTS, "degraded", "flaky", "manual")

_HOURS_KEPT = 3
_EVIDENCE_KEPT = 3
"""So many entries of the history keep their evidence, the newest; it is most of an entry."""

Counts = dict[str, int]


@dataclass(slots=True)
class Durations:
    """How long successful journeys took: a histogram with :data:`DURATION_BOUNDS`."""

    buckets: list[int] = field(default_factory=lambda: [0] * len(DURATION_BOUNDS))
    milliseconds: int = 0
    count: int = 0

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Durations:
        """As it was written; nothing when it was written with other bounds."""
        if len(said.get("buckets", ())) != len(DURATION_BOUNDS):
            return cls()
        return cls(list(said["buckets"]), int(Decimal(said["sum"]) * 1000), said["count"])

    def add(self, milliseconds: int) -> None:
        """One more run."""
        for place in range(bisect_left(DURATION_BOUNDS, milliseconds / 1000), len(DURATION_BOUNDS)):
            self.buckets[place] += 1
        self.milliseconds += milliseconds
        self.count += 1

    def to_json(self) -> dict[str, Any]:
        """Cumulative counts by bound; ``count`` is that of the bucket without bound."""
        seconds, rest = divmod(self.milliseconds, 1000)
        return {"buckets": self.buckets, "sum": f"{seconds}.{rest:03}", "count": self.count}


@dataclass(slots=True)
class Books:
    """All counts and what is told beside them. Days and hours are those of slots, in UTC."""

    totals: Counts
    days: dict[str, Counts]
    hours: dict[str, Counts]
    durations: Durations
    consecutive_failures: int = 0
    last_run: Run | None = None
    last_scheduled: datetime | None = None
    last_success: datetime | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    """Entries as in the status, the newest first."""

    @classmethod
    def read(cls, status: Mapping[str, Any]) -> Books:
        """The books in a status; empty ones for a new check."""
        return cls(
            totals={name: status.get("totals", {}).get(name, 0) for name in TOTALS},
            days={entry["day"]: _counts(entry) for entry in status.get("days", ())},
            hours={entry["hour"]: _counts(entry) for entry in status.get("hours", ())},
            durations=Durations.read(status.get("durations", {})),
            consecutive_failures=status.get("consecutiveFailures", 0),
            last_run=Run.from_json(status["lastRun"]) if status.get("lastRun") else None,
            last_scheduled=_time(status, "lastScheduled"),
            last_success=_time(status, "lastSuccess"),
            history=list(status.get("history", ())),
        )

    @property
    def untouched(self) -> bool:
        """Whether no slot was accounted yet."""
        return not any(self.totals[name] for name in COUNTS)

    def add(self, run: Run) -> None:
        """Counts a run: a scheduled one wherever it belongs, one on demand only as such."""
        if run.trigger is Trigger.MANUAL:
            self.totals["manual"] += 1
        else:
            self._count(run)
        if self.last_run is None or run.ended >= self.last_run.ended:
            self.last_run = run
        if run.outcome is Outcome.SUCCESS:
            self.last_success = _later(self.last_success, run.ended)
        self._note(run, run.to_history(evidence=run.outcome is not Outcome.SUCCESS))

    def add_missed(self, run: Run, counts: Counts, timing: Timing, after: int, until: int) -> None:
        """Counts the slots of ``timing`` in ``(after, until]``, in which nothing ran, as ``run`` says.

        ``counts`` is what each of them adds. Cheap for years of slots: they are counted by day.
        """
        for name, number in counts.items():
            self.totals[name] += number * run.runs
        for start, slots in _pieces(timing, after, until, DAY):
            _add(self.days, _day(start), {name: number * slots for name, number in counts.items()})
        for start, slots in _pieces(timing, max(after, until - (_HOURS_KEPT + 1) * HOUR), until, HOUR):
            _add(self.hours, _hour(start), {name: number * slots for name, number in counts.items()})

    def tell(self, missed: Run) -> None:
        """Puts a stretch of missed runs into the history: one entry for all that follow one another."""
        newest = Run.from_json(self.history[0]) if self.history else None
        if newest and not newest.id and (newest.outcome, newest.reason) == (missed.outcome, missed.reason):
            self.history[0] = {
                **missed.to_history(),
                "slot": self.history[0]["slot"],
                "runs": newest.runs + missed.runs,
            }
        else:
            self._note(missed, missed.to_history())

    def forget(self, now: datetime, *, window_days: int, history: int) -> None:
        """Drops what is older than is kept: the window and a day, three hours, so many runs."""
        oldest_day = first_day(now, window_days + 1)
        oldest_hour = _hour(int(now.timestamp()) // HOUR * HOUR - (_HOURS_KEPT - 1) * HOUR)
        self.days = {day: counts for day, counts in sorted(self.days.items()) if day >= oldest_day}
        self.hours = {hour: counts for hour, counts in sorted(self.hours.items()) if hour >= oldest_hour}
        del self.history[history:]
        with_evidence = (place for place, entry in enumerate(self.history) if "evidence" in entry)
        for place in list(islice(with_evidence, _EVIDENCE_KEPT, None)):
            self.history[place] = {k: v for k, v in self.history[place].items() if k != "evidence"}

    def forget_after(self, now: datetime) -> None:
        """Drops what is told of times to come; totals stay."""
        today, this_hour = _day(int(now.timestamp())), _hour(int(now.timestamp()))
        self.days = {day: counts for day, counts in self.days.items() if day <= today}
        self.hours = {hour: counts for hour, counts in self.hours.items() if hour <= this_hour}
        self.history = [entry for entry in self.history if Run.from_json(entry).place <= now]
        if self.last_run is not None and self.last_run.place > now:
            self.last_run = Run.from_json(self.history[0]) if self.history else None
        if self.last_scheduled is not None:
            self.last_scheduled = min(self.last_scheduled, now)
        if self.last_success is not None:
            self.last_success = min(self.last_success, now)

    def to_json(self) -> dict[str, Any]:
        """The parts of the status that hold the books; totals and durations are always whole."""
        told: dict[str, Any] = {
            "totals": self.totals,
            "durations": self.durations.to_json(),
            "consecutiveFailures": self.consecutive_failures,
            "days": [{"day": day, **_without_zeros(counts)} for day, counts in self.days.items()],
            "hours": [{"hour": hour, **_without_zeros(counts)} for hour, counts in self.hours.items()],
            "history": self.history,
        }
        if self.last_run is not None:
            told["lastRun"] = self.last_run.to_json()
        if self.last_scheduled is not None:
            told["lastScheduled"] = rfc3339(self.last_scheduled)
        if self.last_success is not None:
            told["lastSuccess"] = rfc3339(self.last_success)
        return told

    def _count(self, run: Run) -> None:
        assert run.slot is not None  # noqa: S101 - a scheduled run has one
        slot = int(run.slot.timestamp())
        counts = adds(run)
        for name, number in counts.items():
            self.totals[name] += number
        _add(self.days, _day(slot), counts)
        _add(self.hours, _hour(slot), counts)
        self.last_scheduled = _later(self.last_scheduled, run.ended)
        if run.outcome is Outcome.SUCCESS:
            self.consecutive_failures = 0
            self.totals["degraded"] += run.degraded
            self.totals["flaky"] += run.flaky
            if run.duration_ms is not None:
                self.durations.add(run.duration_ms)
        elif run.outcome.measured:
            self.consecutive_failures += 1

    def _note(self, run: Run, entry: dict[str, Any]) -> None:
        """Into the history by its slot, which for nearly all is at its head."""
        place = 0
        while place < len(self.history) and Run.from_json(self.history[place]).place > run.place:
            place += 1
        self.history.insert(place, entry)


def adds(run: Run) -> Counts:
    """What one run adds to the counts. An overlap was expected; suspended times and maintenance were not."""
    expected = run.outcome is not Outcome.SKIPPED or run.reason == "Overlap"
    return {str(run.outcome): 1, **({"expected": 1} if expected else {})}


def _pieces(timing: Timing, after: int, until: int, size: int) -> Iterator[tuple[int, int]]:
    """How many slots of ``(after, until]`` each day (or hour) has, by its start, where it has any."""
    start = (after + 1) // size * size
    while start <= until:
        slots = timing.count(max(after, start - 1), min(until, start + size - 1))
        if slots:
            yield start, slots
        start += size


def _add(periods: dict[str, Counts], key: str, counts: Counts) -> None:
    known = periods.setdefault(key, {})
    for name, number in counts.items():
        known[name] = known.get(name, 0) + number


def _counts(entry: Mapping[str, Any]) -> Counts:
    return {name: entry[name] for name in COUNTS if name in entry}


def _without_zeros(counts: Counts) -> Counts:
    return {name: counts[name] for name in COUNTS if counts.get(name)}


def _day(seconds: int) -> str:
    return at(seconds).date().isoformat()


def _hour(seconds: int) -> str:
    return rfc3339(at(seconds // HOUR * HOUR))


def _time(status: Mapping[str, Any], key: str) -> datetime | None:
    return moment(status[key]) if status.get(key) else None


def _later(known: datetime | None, other: datetime) -> datetime:
    return other if known is None else max(known, other)
