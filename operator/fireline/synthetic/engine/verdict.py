"""From the course of a run to its result."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from fireline.synthetic.engine.faults import fault
from fireline.synthetic.engine.progress import StepReport
from fireline.synthetic.engine.redaction import Redactor
from fireline.synthetic.engine.stepping import Stepped
from fireline.synthetic.result import CertificateSeen, Result, StepResult

_LEFT_BEHIND = frozenset({"failure", "error", "infra"})


@dataclass(slots=True)
class Course:
    """What has happened so far. ``complete`` when every step held, ``current`` the step begun last."""

    started: datetime
    reports: list[StepReport] = field(default_factory=list)
    certificates: list[CertificateSeen] = field(default_factory=list)
    sweep: list[StepReport] = field(default_factory=list)
    cleanup: list[StepReport] = field(default_factory=list)
    current: str = ""
    complete: bool = False
    seconds: float = 0.0
    fault: Exception | None = None

    def add(self, stepped: Stepped) -> None:
        """One more step is over."""
        self.reports.append(stepped.report)
        if stepped.last.certificate:
            self.certificates.append(CertificateSeen(stepped.report.result.name, stepped.last.certificate))


def result_of(course: Course, redactor: Redactor) -> Result:
    """The result so far; before the cleanup it is the same but for what the cleanup came to.

    Redacted once more as a whole: a value captured late may stand in what was said early.
    """
    decided = _decided(course)
    aftercare = [*course.sweep, *course.cleanup]
    result = replace(
        decided,
        attempts=max((report.result.attempts for report in course.reports), default=1) or 1,
        started_at=course.started,
        duration_ms=None if decided.outcome == "infra" else round(1000 * course.seconds),
        steps=tuple(_once(_redacted(report.result, redactor), decided) for report in course.reports),
        certificates=tuple(course.certificates),
        cleanup=tuple(_redacted(report.result, redactor) for report in aftercare),
        cleanup_failed=any(_failed(report) for report in aftercare),
    )
    return replace(
        result,
        message=redactor.redact(result.message),
        evidence=redactor.redact(result.evidence or _of_aftercare(aftercare)),
    )


def _decided(course: Course) -> Result:
    """Outcome, and what decided it."""
    failed = next((report for report in course.reports if report.result.outcome != "success"), None)
    if failed is not None:
        return _by(failed)
    if course.fault is not None:
        reason = "OutOfMemory" if isinstance(course.fault, MemoryError) else "EngineError"
        return Result("infra", course.current, reason, _at(course.current, fault(course.fault)))
    if not course.complete:
        return Result(
            "infra", course.current, "Interrupted", _at(course.current, "stopped before it was over")
        )
    flaky = any(report.result.attempts > 1 for report in course.reports)
    slow = next((report for report in course.reports if report.degraded), None)
    return replace(_by(slow), degraded=True, flaky=flaky) if slow else Result("success", flaky=flaky)


def _by(report: StepReport) -> Result:
    step = report.result
    outcome = "infra" if step.outcome == "skipped" else step.outcome
    return Result(outcome, step.name, report.reason, _at(step.name, step.message), evidence=report.evidence)


def _at(step: str, message: str) -> str:
    return f"{step}: {message}" if step else message


def _failed(report: StepReport) -> bool:
    """Whether something may have been left behind; a step whose variable was never captured had nothing."""
    return report.result.outcome in _LEFT_BEHIND or report.reason == "NoTime"


def _of_aftercare(reports: list[StepReport]) -> str:
    found = next((report for report in reports if _failed(report) and report.evidence), None)
    return f"{found.phase} {found.result.name}\n{found.evidence}" if found else ""


def _once(step: StepResult, decided: Result) -> StepResult:
    """The sentence of the step that decided stands in the result already."""
    return replace(step, message="") if step.name == decided.step else step


def _redacted(step: StepResult, redactor: Redactor) -> StepResult:
    return replace(step, message=redactor.redact(step.message))
