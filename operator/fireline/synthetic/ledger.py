"""Every slot of a check is accounted exactly once: by its run, as missed, or as skipped. Pure.

The whole ledger is in the status and changes only together with the counts, in one write with a
precondition; so whatever is killed when, presenting the old status again gives the same new one.
``fireline.synthetic.plan`` calls :func:`account` with what it sees; nothing here reads a clock.

How it works: ``ledger.through`` is a watermark. All slots up to it are accounted and never looked at
again; the ones after it are accounted strictly in order, so that the result does not depend on when or
in which order runs were seen. The watermark stops at a slot whose Job is still at work, and at one
without a Job for as long as one may still start. A slot without a run is then

- ``skipped`` when the check was suspended or in maintenance: nobody expected a run;
- ``skipped`` with reason Overlap when the run before it was not over in time: expected, not measured;
- ``infra`` with reason NotStarted, or Lost when it is older than results are kept.

A run counts wherever it is, also off the schedule (the CronJob controller may start the last slot of a
new schedule late), unless its slot is behind the watermark. Runs on demand are outside of all that: each
is told once, by its id.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from fireline.calendar.maintenance import NEVER, Schedule
from fireline.synthetic import coverage, ledger_terms
from fireline.synthetic.books import Books, adds
from fireline.synthetic.ledger_terms import FOREVER, Term
from fireline.synthetic.message import rfc3339
from fireline.synthetic.runs import Outcome, Run, Trigger, moment
from fireline.synthetic.schedule import Timing, at

GRACE = 45
"""Seconds after the starting deadline in which a Job may still become visible. With the least deadline, 30,
that is longer than the 70 after which a watch that died without a word is opened anew."""
_RELEASE = 10
"""A Job outlives its container by about so many seconds, and keeps the next one from starting."""
_LEAST_KEPT = 900
"""Results are kept at least so many seconds; what is missing is Lost only after that."""
_IDS_KEPT = 60
"""Ids of runs on demand that are kept after their Jobs are gone: more than twice what a CronJob keeps."""

_AHEAD = timedelta(minutes=5)
"""By so much the clocks of two leaders may differ."""

SOONEST = timedelta(seconds=1)
LATEST = timedelta(hours=1)
"""Bounds of :attr:`Account.wait`. Results come by watch; only what does not happen needs a timer."""
_UNKNOWN_WAIT = 30

KEYS = (
    "totals",
    "durations",
    "consecutiveFailures",
    "days",
    "hours",
    "history",
    "lastRun",
    "lastScheduled",
    "lastSuccess",
    "coverage",
    "availability",
    "ledger",
)
"""What of the status belongs to the ledger; one that is missing in :attr:`Account.status` is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A scheduled run that is not over. After ``gives_up_at`` it counts as infra, whatever comes of it."""

    id: str
    slot: datetime
    job: str = ""
    gives_up_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What is seen of one check now.

    ``runs`` are all that are over and still there, in any order, also those counted before; ``live`` the
    others. ``created`` is when the check was made, ``since`` when its CronJob was (None when there is
    none yet): a new check's slots begin there. ``known_until``: up to this time what is seen is complete;
    None for ``now``, earlier when the prober could not be asked.
    """

    now: datetime
    timing: Timing
    suspended: bool = False
    created: datetime
    since: datetime | None = None
    runs: Sequence[Run] = ()
    live: Sequence[Live] = ()
    known_until: datetime | None = None
    maintenance: Schedule = NEVER
    history: int = 20
    window_days: int = 30
    target: str | None = None
    coverage_below: str = "0"


@dataclass(frozen=True, slots=True)
class Account:
    """The new parts of the status (see :data:`KEYS`), what was counted for them, and when to look again."""

    status: dict[str, Any]
    counted: tuple[Run, ...]
    wait: timedelta


def account(before: Mapping[str, Any], seen: Observed) -> Account:
    """The ledger after ``before`` (a whole status; ``{}`` for a new check), given what is seen now.

    Deterministic: the same input gives the same output, and giving the output back changes nothing until
    something new is seen or the time of :attr:`Account.wait` has passed.
    """
    return _Round(before, seen).result()


class _Round:
    """One round of accounting; all times in seconds since the epoch."""

    def __init__(self, before: Mapping[str, Any], seen: Observed) -> None:
        self.seen = seen
        self.now = seen.now.timestamp()
        self.known = min(self.now, seen.known_until.timestamp()) if seen.known_until else self.now
        self.books = Books.read(before)
        ledger = before.get("ledger", {})
        if self._ahead(ledger):
            self.books.forget_after(seen.now)
            ledger = {name: ledger[name] for name in ("ingested",) if name in ledger}
        self.through = self._beginning(ledger)
        self.terms = ledger_terms.terms(
            ledger,
            through=self.through,
            now=math.floor(self.now),
            timing=seen.timing,
            suspended=seen.suspended,
        )
        self.ingested: list[str] = list(ledger.get("ingested", ()))
        self.counted: list[Run] = []
        self.busy = moment(ledger["busyUntil"]).timestamp() if ledger.get("busyUntil") else 0.0

    def result(self) -> Account:
        self._count_manual()
        self._count_scheduled()
        self.books.forget(self.seen.now, window_days=self.seen.window_days, history=self.seen.history)
        return Account(self._status(), tuple(self.counted), self._wait())

    def _ahead(self, ledger: Mapping[str, Any]) -> bool:
        """Whether a clock that was ahead took slots that are to come for missed. They stay counted, for no
        counter may go backwards, but must not keep those that really run from being counted.

        Where something did run later than now, it is this clock that is wrong: nothing is counted again.
        """
        latest = self.seen.now + _AHEAD
        if not ledger.get("through") or moment(ledger["through"]) <= latest or not self.books.history:
            return False
        newest = Run.from_json(self.books.history[0])
        return not newest.id and newest.place > latest

    def _beginning(self, ledger: Mapping[str, Any]) -> int:
        """The watermark: for a new check where its CronJob begins, never before the check itself."""
        seen = self.seen
        through = moment(ledger["through"]).timestamp() if ledger.get("through") else None
        if through is None:
            through = self.now if seen.since is None else seen.since.timestamp()
        elif seen.since is not None and self.books.untouched:
            through = max(through, seen.since.timestamp())
        return math.floor(max(through, seen.created.timestamp()))

    # Runs on demand

    def _count_manual(self) -> None:
        manual = {run.id: run for run in self.seen.runs if run.trigger is Trigger.MANUAL}
        for run in sorted(manual.values(), key=_order):
            if run.id not in self.ingested:
                self.ingested.append(run.id)
                self.counted.append(run)
                self.books.add(run)
        excess = len(self.ingested) - _IDS_KEPT
        gone = [one for one in self.ingested if one not in manual]
        dropped = set(gone[: max(0, excess)])
        self.ingested = [one for one in self.ingested if one not in dropped]

    # Scheduled runs, slot by slot

    def _count_scheduled(self) -> None:
        runs, live = self._open_runs(), self._open_live()
        self.busy = max(self.busy, self._busy_before())
        for slot in sorted(runs.keys() | live.keys()):
            if not self._account_missed(slot - 1) or slot not in runs:
                return
            self._account_run(slot, runs[slot])
        self._account_missed(math.floor(self.now))

    def _open_runs(self) -> dict[int, Run]:
        """The run of each slot after the watermark. Slots in the future wait until they have come."""
        found: dict[int, Run] = {}
        candidates = [*self.seen.runs, *(run for one in self.seen.live for run in self._given_up(one))]
        for run in candidates:
            slot = _slot(run)
            if slot is None or not self.through < slot <= self.now:
                continue
            if slot not in found or _order(run) < _order(found[slot]):
                found[slot] = run
        return found

    def _open_live(self) -> dict[int, Live]:
        """What is still at work after the watermark."""
        slots = {int(one.slot.timestamp()): one for one in self.seen.live}
        return {slot: one for slot, one in slots.items() if self.through < slot <= self.now}

    def _given_up(self, one: Live) -> Iterator[Run]:
        if one.gives_up_at is None or one.gives_up_at > self.seen.now:
            return
        yield Run(
            id=one.id,
            outcome=Outcome.INFRA,
            slot=one.slot,
            job=one.job,
            reason="NoResult",
            message="its Job neither ended nor was ended at its deadline; look whether the cluster's Job "
            "controller and the node work",
            ended_at=one.gives_up_at,
            busy_until=self.seen.now,
        )

    def _busy_before(self) -> float:
        """Until when runs that were accounted already kept others from starting."""
        done = [run.occupied for run in self.seen.runs if (_slot(run) or FOREVER) <= self.through]
        at_work = [one for one in self.seen.live if one.slot.timestamp() <= self.through]
        return max([time.timestamp() for time in done] + [self.now] * bool(at_work), default=0.0)

    def _account_run(self, slot: int, run: Run) -> None:
        if self._in_maintenance(slot):
            run = run.in_maintenance()
        self.busy = max(self.busy, run.occupied.timestamp())
        self.through = slot
        self.counted.append(run)
        self.books.add(run)

    def _in_maintenance(self, slot: int) -> bool:
        return any(one.start <= slot < one.end for one in self.seen.maintenance.spans(slot, slot + 1))

    # Slots without a run

    def _account_missed(self, until: int) -> bool:
        """Accounts all slots after the watermark up to ``until``, in which nothing ran; whether it could."""
        for term in ledger_terms.after(self.terms, self.through):
            if term.timing is None or term.start >= until:
                continue
            end = min(term.until, until)
            due = min(end, math.floor(self.known) - term.timing.starting_deadline - GRACE)
            for after, upto in self._uniform(term, max(term.start, self.through), due):
                self._account_stretch(term, term.timing, after, upto)
            if term.first(max(due, self.through), end) is not None:
                return False
        return True

    def _uniform(self, term: Term, start: int, end: int) -> Iterator[tuple[int, int]]:
        """``(start, end]`` in pieces within which all slots are missed for the same reason."""
        if end <= start:
            return
        cuts = {math.floor(self._overlapped(term)), math.floor(self._lost(term))}
        for span in self.seen.maintenance.spans(start, end + 1):
            cuts |= {span.start - 1, span.end - 1}
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        yield from pairwise(edges)

    def _account_stretch(self, term: Term, timing: Timing, after: int, until: int) -> None:
        slots = timing.count(after, until)
        first, last = timing.first(after, until), timing.last(after, until)
        if first is None or last is None:
            return
        self.through = last
        outcome, reason, message = self._missed_because(term, timing, last)
        run = Run(
            id="",
            outcome=outcome,
            slot=at(first),
            until=at(last),
            runs=slots,
            reason=reason,
            message=message,
        )
        self.books.add_missed(run, adds(run), timing, after, until)
        if reason not in {"Suspended", "Maintenance"}:
            self.books.tell(run)
            self.counted.append(run)

    def _missed_because(self, term: Term, timing: Timing, slot: int) -> tuple[Outcome, str, str]:
        if term.suspended:
            return Outcome.SKIPPED, "Suspended", "the check was suspended"
        if self._in_maintenance(slot):
            return Outcome.SKIPPED, "Maintenance", "there was maintenance"
        if slot <= self._overlapped(term):
            return Outcome.SKIPPED, "Overlap", "the run before was not over in time"
        if slot <= self._lost(term):
            return Outcome.INFRA, "Lost", "no result was left to read; Fireline was away for too long"
        return Outcome.INFRA, "NotStarted", _not_started(timing)

    def _overlapped(self, term: Term) -> float:
        """Slots up to this one could not start in time, as the run before was still going on.

        The prober starts a run at its slot or not at all; a Job may still start until its deadline.
        """
        if term.timing is None or term.timing.cron is None:
            return self.busy
        return self.busy + _RELEASE - term.timing.starting_deadline

    def _lost(self, term: Term) -> float:
        """Slots up to this one are older than results are kept."""
        kept = term.timing.history_limit * term.timing.interval if term.timing else 0
        return self.now - max(kept, _LEAST_KEPT)

    # What is written, and when to look again

    def _status(self) -> dict[str, Any]:
        seen, told = self.seen, self.books.to_json()
        window = coverage.over(self.books.days, coverage.first_day(seen.now, seen.window_days))
        share = coverage.coverage(window)
        if share is not None:
            told["coverage"] = share
        told["availability"] = coverage.availability(
            window,
            window_days=seen.window_days,
            target=seen.target,
            coverage_below=seen.coverage_below,
        )
        return {**told, "ledger": self._ledger()}

    def _ledger(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "through": rfc3339(at(self.through)),
            "schedule": self.seen.timing.text,
            "suspended": self.seen.suspended,
        }
        *earlier, _ = ledger_terms.after(self.terms, self.through)
        if earlier:
            told["earlier"] = ledger_terms.to_json(earlier)
        slot, term = self._next_open()
        if slot <= self._overlapped(term):
            told["busyUntil"] = rfc3339(at(self.busy))
        if self.ingested:
            told["ingested"] = self.ingested
        return told

    def _wait(self) -> timedelta:
        due = min(self._coming(), default=math.inf)
        if due <= self.now:  # but not known yet: the prober could not be asked
            due = self.now + _UNKNOWN_WAIT
        return max(min(timedelta(seconds=min(due - self.now, 86_400)), LATEST), SOONEST)

    def _coming(self) -> Iterator[float]:
        """Times at which there is something to account without anything new being seen."""
        yield from (run.slot.timestamp() for run in self.seen.runs if run.slot and run.slot > self.seen.now)
        at_work = self._open_live()
        yield from (one.gives_up_at.timestamp() for one in at_work.values() if one.gives_up_at)
        slot, term = self._next_open()
        if slot not in at_work and term.timing:
            lazily = LATEST.total_seconds() if term.suspended else 0
            yield slot + term.timing.starting_deadline + GRACE + lazily

    def _next_open(self) -> tuple[int, Term]:
        """The first slot that is not accounted, and what was in force then."""
        for term in ledger_terms.after(self.terms, self.through):
            slot = term.first(self.through, FOREVER)
            if slot is not None:
                return slot, term
        return FOREVER, self.terms[-1]


def _not_started(timing: Timing) -> str:
    if timing.cron is None:
        return "the prober told of no run; look whether its pod is ready"
    return (
        f"no Job was started within {timing.starting_deadline}s, or it was removed before it was read; look "
        "at the events of the CronJob, and whether the cluster's CronJob controller works"
    )


def _order(run: Run) -> tuple[datetime, str]:
    return run.ended, run.id


def _slot(run: Run) -> int | None:
    """The slot of a scheduled run."""
    if run.slot is None or run.trigger is Trigger.MANUAL:
        return None
    return int(run.slot.timestamp())
