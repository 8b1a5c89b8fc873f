"""Stories for the tests of the ledger: runs by their minute, and an operator that looks now and then."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fireline.synthetic.ledger import Account, Live, Observed, account
from fireline.synthetic.runs import Outcome, Run, Trigger
from fireline.synthetic.schedule import Timing

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTELY = Timing.parse("* * * * *")
COUNTED = ("success", "failure", "error", "infra", "skipped")


def minute(number, seconds=0):
    """A moment so many minutes after the check was made."""
    return START + timedelta(minutes=number, seconds=seconds)


def a_run(number, outcome="success", *, took=3.0, slot=None, job="", **more):
    """The run of one minute."""
    slot = minute(number) if slot is None else slot
    return Run(
        id=f"job-{job}{slot.isoformat()}",
        job=f"login-{number}",
        slot=slot,
        outcome=Outcome(outcome),
        started_at=slot + timedelta(seconds=1),
        ended_at=slot + timedelta(seconds=1 + took),
        duration_ms=round(1000 * took) if Outcome(outcome).measured else None,
        attempts=1,
        **more,
    )


def by_hand(name, outcome="success", *, ended):
    """A run on demand."""
    return Run(
        id=name,
        job=name,
        trigger=Trigger.MANUAL,
        outcome=Outcome(outcome),
        started_at=ended - timedelta(seconds=2),
        ended_at=ended,
        duration_ms=2000,
    )


def at_work(number, *, slot=None, gives_up_at=None):
    """A Job of one minute that is not over."""
    slot = minute(number) if slot is None else slot
    return Live(id=f"job-{slot.isoformat()}", slot=slot, gives_up_at=gives_up_at)


@dataclass
class Story:
    """One check, and what its status says so far."""

    timing: Timing = MINUTELY
    created: datetime = START
    status: dict = field(default_factory=dict)
    last: Account | None = None
    options: dict = field(default_factory=dict)

    def look(self, now, runs=(), live=(), *, write=True, **options):
        """The operator looks; ``write=False``: its status write is lost. Returns the status it wanted."""
        kept = {"suspended": False, **self.options, **options}
        seen = Observed(now=now, timing=self.timing, created=self.created, runs=runs, live=live, **kept)
        self.last = account(self.status, seen)
        # What the API server keeps is JSON.
        told = json.loads(json.dumps(self.last.status))
        if write:
            self.status = told
        return told

    @property
    def totals(self):
        """Counts that are not zero."""
        return {name: count for name, count in self.status["totals"].items() if count}

    @property
    def accounted(self):
        """How many slots are in the counts."""
        return sum(self.status["totals"][name] for name in COUNTED)

    def begin(self, now=START, **options):
        """The first look, at a check that was just made."""
        self.look(now, since=now, **options)
        return self
