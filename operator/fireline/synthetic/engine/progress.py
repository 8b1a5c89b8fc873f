"""What a run tells while it goes on: to the terminal of ``fireline check run``, or to a probe's log."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from fireline.synthetic.result import Result, StepResult

Phase = Literal["sweep", "steps", "cleanup"]


@dataclass(frozen=True, slots=True)
class StepReport:
    """One finished step. Everything in it is redacted; ``evidence`` is there when something did not hold."""

    phase: Phase
    result: StepResult
    reason: str = ""
    degraded: bool = False
    evidence: str = ""
    captured: tuple[tuple[str, str], ...] = ()
    """Names of the variables it captured, and their values; of a sensitive one not even the length."""


class Progress(Protocol):
    """Follows a run. What it raises changes nothing of the run."""

    def on_step_started(self, phase: Phase, name: str) -> None:
        """A step begins, its retries included."""

    def on_attempt_failed(self, phase: Phase, name: str, *, attempt: int, message: str, wait: float) -> None:
        """An attempt did not hold and is repeated after ``wait`` seconds."""

    def on_step_ended(self, report: StepReport) -> None:
        """A step is over, or was left out (``skipped``)."""

    def on_measured(self, result: Result) -> None:
        """The verdict stands; the cleanup is still to come."""


class Quiet:
    """Follows nothing; a base for those who follow only some of it."""

    def on_step_started(self, phase: Phase, name: str) -> None:
        """Nothing."""

    def on_attempt_failed(self, phase: Phase, name: str, *, attempt: int, message: str, wait: float) -> None:
        """Nothing."""

    def on_step_ended(self, report: StepReport) -> None:
        """Nothing."""

    def on_measured(self, result: Result) -> None:
        """Nothing."""


class Careful:
    """Follows through somebody who may raise: a closed terminal must not keep the cleanup from running."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_started(self, phase: Phase, name: str) -> None:
        """Passed on."""
        with suppress(Exception):
            self._progress.on_step_started(phase, name)

    def on_attempt_failed(self, phase: Phase, name: str, *, attempt: int, message: str, wait: float) -> None:
        """Passed on."""
        with suppress(Exception):
            self._progress.on_attempt_failed(phase, name, attempt=attempt, message=message, wait=wait)

    def on_step_ended(self, report: StepReport) -> None:
        """Passed on."""
        with suppress(Exception):
            self._progress.on_step_ended(report)

    def on_measured(self, result: Result) -> None:
        """Passed on."""
        with suppress(Exception):
            self._progress.on_measured(result)
