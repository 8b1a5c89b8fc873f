"""How one SyntheticCheck stands, read from the status the operator wrote: for ``fireline status``.

Unknown stays Unknown: what nobody measured is None here, never 0 or 100. A run that is older than the
schedule allows says how things were, not how they are: it is marked ``stale``, also when no operator is left
to say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fireline.api.conditions import found, parse_timestamp
from fireline.errors import SpecError
from fireline.synthetic.schedule import Timing
from fireline.synthetic.situation import patience

Manifest = dict[str, Any]
MOST_RUNS = 20
COVERAGE = "90"
"""Percentage below which a check tells too little, by default."""


class CheckFact(StrEnum):
    """Something a person should know about a check, the most urgent first; also words of ``--fail-on``."""

    FAILING = "failing"
    """The last run that measured something failed, or ended in an error."""
    NOT_READY = "not-ready"
    """It is not, or not surely, carried out."""
    LATE = "late"
    """Its last run is older than the schedule allows, or it never ran."""
    NOT_MEASURED = "not-measured"
    """The last run could not measure anything, or the one of now does not start."""
    TARGET_MISSED = "target-missed"
    """Its availability over the window is below what is promised."""
    LOWCOVERAGE = "low-coverage"
    """Too few of the expected runs measured something."""
    UNKNOWN = "unknown"
    """Nobody can say how the last run went."""
    SUSPENDED = "suspended"
    """Nobody wants it to run. No fault by itself."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last scheduled run as the table tells it, or that none began. ``ended`` is when one last ended."""

    outcome: str
    step: str
    reason: str
    message: str
    ended: datetime | None
    degraded: bool
    flaky: bool


@dataclass(frozen=True, slots=True)
class CheckStanding:
    """One check. Figures are the status's own text; None is Unknown."""

    namespace: str
    name: str
    location: str | None
    ready: str
    ready_reason: str
    ready_message: str
    last: LastRun | None
    history: tuple[str, ...]
    """Outcomes, the oldest first; ``degraded`` for a success that was slow."""
    consecutive: int
    availability: str | None
    target: str | None
    window: str
    met: bool | None
    coverage: str | None
    interval: int | None
    next: datetime | None
    suspended: bool
    facts: frozenset[CheckFact]

    @property
    def stale(self) -> bool:
        """Whether what was measured last says how things were, not how they are."""
        measured = self.last is not None and self.last.outcome in {"success", "failure", "error"}
        return measured and CheckFact.LATE in self.facts

    @property
    def urgency(self) -> tuple[Any, ...]:
        """Sorts the worst first: by facts, then by failures in a row, then by name."""
        return (*(fact not in self.facts for fact in CheckFact), -self.consecutive, self.namespace, self.name)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; that somebody suspended it is no fault."""
        return not self.facts - {CheckFact.SUSPENDED}

    @property
    def room(self) -> Fraction | None:
        """The part of the failures that its target allows and that did not happen: 1 all, 0 or less none."""
        if self.availability is None or self.target is None:
            return None
        return 1 - (100 - Fraction(self.availability)) / (100 - Fraction(self.target))

    @classmethod
    def of(cls, check: Manifest, now: datetime) -> CheckStanding:
        """From an object as the API server hands it out, with or without a status."""
        metadata, spec, status = (check.get(part) or {} for part in ("metadata", "spec", "status"))
        ready = found(status, "Ready") or {}
        availability, schedule = status.get("availability", {}), status.get("schedule", {})
        suspended = bool(spec.get("suspend"))
        asked = spec.get("availability", {})
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata.get("name", ""),
            location=spec.get("location"),
            ready=ready.get("status", "Unknown"),
            ready_reason=ready.get("reason", "NoStatus"),
            ready_message=ready.get("message", "no operator has written a status yet"),
            last=_last(status),
            history=tuple(_outcomes(status.get("history", ())))[-MOST_RUNS:],
            consecutive=status.get("consecutiveFailures", 0),
            availability=availability.get("value"),
            target=availability.get("target", asked.get("target")),
            window=availability.get("window", asked.get("window", "30d")),
            met=availability.get("met"),
            coverage=status.get("coverage"),
            interval=schedule.get("intervalSeconds"),
            next=parse_timestamp(schedule["next"]) if schedule.get("next") else None,
            suspended=suspended,
            facts=_facts(check, suspended=suspended, now=now),
        )


def _last(status: Mapping[str, Any]) -> LastRun | None:
    """A run on demand, perhaps of another spec, says nothing of the schedule."""
    scheduled = [run for run in status.get("history", ()) if run.get("trigger") == "Schedule"]
    if not scheduled:
        return None
    run = scheduled[0]
    ended = next((one["endedAt"] for one in scheduled if one.get("endedAt")), None)
    return LastRun(
        outcome=run["outcome"],
        step=run.get("step", ""),
        reason=run.get("reason", ""),
        message=run.get("message", ""),
        ended=parse_timestamp(ended) if ended else None,
        degraded=run.get("degraded", False),
        flaky=run.get("flaky", False),
    )


def _outcomes(history: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One for each run, the oldest first; a stretch without runs counts as many times as it is long."""
    for run in reversed(history):
        if run.get("trigger") != "Schedule":
            continue
        degraded = run["outcome"] == "success" and run.get("degraded")
        yield from ["degraded" if degraded else run["outcome"]] * min(run.get("runs", 1), MOST_RUNS)


def _facts(check: Manifest, *, suspended: bool, now: datetime) -> frozenset[CheckFact]:
    spec, status = check.get("spec") or {}, check.get("status") or {}
    ready, healthy, fresh, scheduled = (
        (found(status, name) or {}) for name in ("Ready", "Healthy", "Fresh", "Scheduled")
    )
    measured = healthy.get("status")
    least = Fraction(spec.get("alert", {}).get("coverageBelow", COVERAGE))
    coverage = status.get("coverage")
    starts = scheduled.get("status") != "False" or scheduled.get("reason") == "Suspended"
    holds = {
        CheckFact.FAILING: measured == "False",
        CheckFact.NOT_READY: ready.get("status") != "True",
        CheckFact.LATE: not suspended and (fresh.get("status") == "False" or overdue(status, now)),
        CheckFact.NOT_MEASURED: not starts or (measured == "Unknown" and _last_was_infra(status)),
        CheckFact.TARGET_MISSED: status.get("availability", {}).get("met") is False,
        CheckFact.LOWCOVERAGE: coverage is not None and Fraction(coverage) < least,
        CheckFact.UNKNOWN: measured not in {"True", "False"} and not suspended,
        CheckFact.SUSPENDED: suspended,
    }
    return frozenset(fact for fact, true in holds.items() if true)


def overdue(status: Mapping[str, Any], now: datetime) -> bool:
    """Whether the status itself is older than it may be: the operator would have said something since."""
    ledger = status.get("ledger", {})
    try:
        timing = Timing.parse(ledger["schedule"])
    except (KeyError, SpecError):
        return False
    return now > timing.next(parse_timestamp(ledger["through"])) + patience(timing)


def _last_was_infra(status: Manifest) -> bool:
    last = _last(status)
    return last is not None and last.outcome == "infra"


def summary(standings: Sequence[CheckStanding]) -> dict[str, int]:
    """How many there are and how many each fact holds for; one check may be in several counts."""
    counts = {fact.value: sum(fact in one.facts for one in standings) for fact in CheckFact}
    return {"checks": len(standings), **counts, "ok": sum(one.sound for one in standings)}


def words(standings: Sequence[CheckStanding]) -> str:
    """``3 checks: 1 failing, 2 OK``; counts may overlap."""
    counts = summary(standings)
    total, ok = counts.pop("checks"), counts.pop("ok")
    parts = [f"{count} {name.replace('-', ' ')}" for name, count in counts.items() if count]
    return f"{total} check{'' if total == 1 else 's'}: {', '.join([*parts, f'{ok} OK'])}"


def plain(one: CheckStanding) -> dict[str, Any]:
    """For JSON and YAML: figures as text, spelled as in the object's status; null is Unknown."""
    last = one.last
    return {
        "namespace": one.namespace,
        "name": one.name,
        "location": one.location,
        "facts": [fact.value for fact in CheckFact if fact in one.facts],
        "ready": {"status": one.ready, "reason": one.ready_reason, "message": one.ready_message},
        "lastRun": None
        if last is None
        else {
            "outcome": last.outcome,
            "step": last.step or None,
            "reason": last.reason or None,
            "message": last.message or None,
            "endedAt": last.ended.isoformat() if last.ended else None,
            "degraded": last.degraded,
            "flaky": last.flaky,
            "stale": one.stale,
        },
        "consecutiveFailures": one.consecutive,
        "availability": {
            "value": one.availability,
            "target": one.target,
            "window": one.window,
            "met": one.met,
        },
        "coverage": one.coverage,
        "history": list(one.history),
        "intervalSeconds": one.interval,
        "next": one.next.isoformat() if one.next else None,
    }
