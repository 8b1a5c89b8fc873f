"""One step with its retries, within the time it has."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fireline.synthetic.engine import times
from fireline.synthetic.engine.attempt import Attempt, Session, attempt
from fireline.synthetic.engine.journey import Step
from fireline.synthetic.engine.progress import Phase, Progress, StepReport
from fireline.synthetic.result import StepResult


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step that was carried out: its last attempt, and what is told of it."""

    report: StepReport
    last: Attempt

    @property
    def fine(self) -> bool:
        """Whether the next step may follow."""
        return self.report.result.outcome == "success"


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when a step may go on (monotonic), and whose limit that is, for people."""

    until: float
    words: str


async def carry_out(
    step: Step, phase: Phase, session: Session, *, limit: Limit, progress: Progress
) -> Stepped:
    """Try until it holds, no try is left, or no time is. Raises what the attempts raise."""
    clock = session.clock
    began, count, earlier = clock.monotonic(), 0, ""
    while True:
        count += 1
        last = await _once(step, session, limit, again=count > 1)
        wait = step.retries.backoff
        over = last.outcome == "success" or last.hopeless or count > step.retries.count
        if over or clock.monotonic() + wait >= limit.until:
            break
        earlier = last.message
        progress.on_attempt_failed(phase, step.name, attempt=count, message=last.message, wait=wait)
        await clock.sleep(wait)
    result = StepResult(
        name=step.name,
        outcome=last.outcome,
        ms=round(1000 * (clock.monotonic() - began)),
        attempts=count,
        message=last.message or (f"before: {earlier}" if earlier else ""),
    )
    report = StepReport(
        phase, result, last.reason, last.degraded, evidence=last.evidence, captured=last.captured
    )
    return Stepped(report, last)


async def _once(step: Step, session: Session, limit: Limit, *, again: bool) -> Attempt:
    now = session.clock.monotonic()
    if now >= limit.until:
        return Attempt("error", "Timeout", f"not begun: {limit.words} is used up")
    own = now + step.timeout if step.timeout is not None else limit.until
    last = await attempt(step, session, deadline=min(own, limit.until), again=again)
    if last.reason == "Timeout" and own >= limit.until:
        left = times.told(limit.until - now)
        return replace(last, message=f"{last.message} ({left} were left of {limit.words})")
    return last
