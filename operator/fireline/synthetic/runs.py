"""One run of a check as the operator knows it, and how it is kept in the status.

``fireline.synthetic.classify`` makes runs from Jobs and pods, the prober's answers are turned into runs
with :meth:`Run.of`, and ``fireline.synthetic.ledger`` counts them. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from fireline.synthetic.message import rfc3339
from fireline.synthetic.result import CertificateSeen, Result, StepResult
from fireline.synthetic.text import cut

_SHORT_MESSAGE = 256
"""Bytes of a message in the history; ``lastRun`` has the whole of it."""


class Outcome(StrEnum):
    """What a run came to. Only the first three measured something and enter an SLI."""

    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    INFRA = "infra"
    SKIPPED = "skipped"

    @property
    def measured(self) -> bool:
        """Whether the target was asked at all."""
        return self in _MEASURED


_MEASURED = frozenset({Outcome.SUCCESS, Outcome.FAILURE, Outcome.ERROR})


class Trigger(StrEnum):
    """What started a run. Runs on demand are told but never counted."""

    SCHEDULE = "Schedule"
    MANUAL = "Manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run that is over, or a stretch of slots in which nothing ran (``runs`` of them, from ``slot`` to
    ``until``).

    ``id`` is the uid of the Job, or ``<uid of the check>/<slot>`` from the prober; a stretch has none.
    ``slot`` is the time it was scheduled for, None for a run on demand. ``busy_until`` is when what ran it
    was done with it and the next run could start: later than ``ended_at`` where a Job outlives its
    container; None when that is not known to differ.
    """

    id: str
    outcome: Outcome
    trigger: Trigger = Trigger.SCHEDULE
    slot: datetime | None = None
    job: str = ""
    step: str = ""
    reason: str = ""
    message: str = ""
    degraded: bool = False
    flaky: bool = False
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    busy_until: datetime | None = None
    duration_ms: int | None = None
    steps: tuple[StepResult, ...] = ()
    certificates: tuple[CertificateSeen, ...] = ()
    cleanup: tuple[StepResult, ...] = ()
    evidence: str = ""
    runs: int = 1
    until: datetime | None = None

    @classmethod
    def of(
        cls,
        result: Result,
        *,
        id: str,  # noqa: A002 - the name of the field
        slot: datetime | None,
        trigger: Trigger = Trigger.SCHEDULE,
        job: str = "",
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        busy_until: datetime | None = None,
    ) -> Run:
        """The run behind what a probe said of itself; its own start, where it tells it, is the exact one."""
        return cls(
            id=id,
            outcome=Outcome(result.outcome),
            trigger=trigger,
            slot=slot,
            job=job,
            step=result.step,
            reason=result.reason,
            message=result.message,
            degraded=result.degraded,
            flaky=result.flaky,
            attempts=result.attempts,
            started_at=result.started_at or started_at,
            ended_at=ended_at,
            busy_until=busy_until,
            duration_ms=result.duration_ms,
            steps=result.steps,
            certificates=result.certificates,
            cleanup=result.cleanup,
            evidence=result.evidence,
        )

    @property
    def cleanup_failed(self) -> bool:
        """Whether something may have been left behind, which never changes the outcome."""
        return any(step.outcome not in {Outcome.SUCCESS, Outcome.SKIPPED} for step in self.cleanup)

    @property
    def place(self) -> datetime:
        """Where it stands among others: its (last) slot, or for a run on demand its start."""
        return self.until or self.slot or self.started_at or self.ended

    @property
    def ended(self) -> datetime:
        """When it was over, for order: its end, or the last thing known before that."""
        return self.ended_at or self.until or self.started_at or self.slot or _BEGINNING

    @property
    def occupied(self) -> datetime:
        """Until when it kept another run from starting."""
        return max(self.busy_until or self.ended, self.ended)

    def in_maintenance(self) -> Run:
        """The same, not counted: what it found is still told."""
        told = f"{self.outcome}: {self.message}" if self.message else str(self.outcome)
        return replace(self, outcome=Outcome.SKIPPED, reason="Maintenance", message=f"maintenance; {told}")

    def to_json(self) -> dict[str, Any]:
        """All of it, as ``status.lastRun``; what is empty or false is left out."""
        return {
            **self._verdict(self.message),
            **_filled(
                steps=[_step(step) for step in self.steps],
                certificates=[{"step": c.step, "notAfter": rfc3339(c.not_after)} for c in self.certificates],
                cleanup=[_step(step) for step in self.cleanup],
                evidence=self.evidence,
            ),
        }

    def to_history(self, *, evidence: bool = False) -> dict[str, Any]:
        """The verdict alone, as an entry of ``status.history``."""
        told = self._verdict(cut(self.message, _SHORT_MESSAGE))
        return {**told, **_filled(evidence=self.evidence if evidence else "")}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Run:
        """The run behind either form, as far as it was kept. Raises KeyError or ValueError for another."""
        return cls(
            id=said.get("id", ""),
            outcome=Outcome(said["outcome"]),
            trigger=Trigger(said.get("trigger", Trigger.SCHEDULE)),
            slot=_moment(said, "slot"),
            job=said.get("job", ""),
            step=said.get("step", ""),
            reason=said.get("reason", ""),
            message=said.get("message", ""),
            degraded=said.get("degraded", False),
            flaky=said.get("flaky", False),
            attempts=said.get("attempts", 0),
            started_at=_moment(said, "startedAt"),
            ended_at=_moment(said, "endedAt"),
            duration_ms=said.get("durationMs"),
            steps=tuple(StepResult(**entry) for entry in said.get("steps", ())),
            certificates=tuple(
                CertificateSeen(entry["step"], moment(entry["notAfter"]))
                for entry in said.get("certificates", ())
            ),
            cleanup=tuple(StepResult(**entry) for entry in said.get("cleanup", ())),
            evidence=said.get("evidence", ""),
            runs=said.get("runs", 1),
            until=_moment(said, "until"),
        )

    def _verdict(self, message: str) -> dict[str, Any]:
        told = {
            "trigger": str(self.trigger),
            "outcome": str(self.outcome),
            **_filled(
                id=self.id,
                job=self.job,
                slot=_text(self.slot),
                step=self.step,
                reason=self.reason,
                message=message,
                degraded=self.degraded,
                flaky=self.flaky,
                attempts=self.attempts,
                startedAt=_text(self.started_at),
                endedAt=_text(self.ended_at),
                until=_text(self.until),
            ),
        }
        if self.runs > 1:
            told["runs"] = self.runs
        return told if self.duration_ms is None else {**told, "durationMs": self.duration_ms}


def moment(text: str) -> datetime:
    """A time of the API server or of a status; one without a zone is UTC. Raises ValueError."""
    time = datetime.fromisoformat(text)
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is no time that can be told in UTC") from None


def _step(step: StepResult) -> dict[str, Any]:
    told = {"name": step.name, "outcome": step.outcome, "ms": step.ms, "attempts": step.attempts}
    return {**told, **_filled(message=step.message)}


_BEGINNING = datetime.fromtimestamp(0, UTC)


def _moment(said: Mapping[str, Any], key: str) -> datetime | None:
    return moment(said[key]) if said.get(key) else None


def _text(time: datetime | None) -> str:
    return "" if time is None else rfc3339(time)


def _filled(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}
