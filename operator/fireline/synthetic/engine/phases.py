"""Sweep and cleanup: every step of them is tried, whatever comes of the others; none changes a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fireline.synthetic.engine.attempt import Session
from fireline.synthetic.engine.captures import LONGEST
from fireline.synthetic.engine.comparison import text_of
from fireline.synthetic.engine.content import Content, NoJson, TooLarge
from fireline.synthetic.engine.faults import fault
from fireline.synthetic.engine.journey import ForEach, Step
from fireline.synthetic.engine.paths import NotSearchable
from fireline.synthetic.engine.progress import Phase, Progress, StepReport
from fireline.synthetic.engine.stepping import Limit, Stepped, carry_out
from fireline.synthetic.result import StepResult

MOST_VALUES = 100
"""How many leftovers one sweep removes; the next run goes on."""
_WORST = ("error", "failure", "infra", "success", "skipped")


@dataclass(frozen=True, slots=True)
class Reserve:
    """The time all steps of a phase may take together."""

    until: float
    words: str

    def share(self, now: float, *, left: int) -> Limit:
        """An equal share for each that is left: one that hangs does not take the time of the others."""
        return Limit(now + max(0.0, self.until - now) / left, self.words)


class Aftercare:
    """Carries out the steps of one such phase."""

    def __init__(self, phase: Phase, session: Session, *, reserve: Reserve, progress: Progress) -> None:
        self._phase = phase
        self._session = session
        self._reserve = reserve
        self._progress = progress
        self._contents: dict[str, Content] = {}

    async def all(self, steps: tuple[Step, ...], told: list[StepReport]) -> None:
        """Every step, each once for every value it is for; ``told`` grows as they end."""
        for index, step in enumerate(steps):
            self._progress.on_step_started(self._phase, step.name)
            try:
                report = await self._one(step, left=len(steps) - index)
            except Exception as error:  # noqa: BLE001 - a fault of ours in one step must not cost the others
                report = self._fault(step, error)
            told.append(report)
            self._progress.on_step_ended(report)

    async def _one(self, step: Step, *, left: int) -> StepReport:
        now = self._session.clock.monotonic()
        limit = self._reserve.share(now, left=left)
        if now >= self._reserve.until:
            return self._left_out(step, "NoTime", f"no time: {limit.words} is used up")
        overlays = self._overlays(step)
        if isinstance(overlays, str):
            return self._left_out(step, "NothingFound", overlays)
        missing = self._missing(step)
        if missing:
            return self._left_out(step, "NotCaptured", f"{missing} was never captured")
        reports = []
        mine = Reserve(limit.until, limit.words)
        for index, overlay in enumerate(overlays):
            share = mine.share(self._session.clock.monotonic(), left=len(overlays) - index)
            with self._overlaid(overlay):
                stepped = await carry_out(
                    step, self._phase, self._session, limit=share, progress=self._progress
                )
            self._keep(step, stepped)
            reports.append(stepped.report)
        return _together(step, self._phase, reports)

    def _overlays(self, step: Step) -> list[Mapping[str, str]] | str:
        """For which values of variables a step is carried out, or why it is left out."""
        if step.for_each is not None:
            return self._each(step.for_each)
        names = set(step.names())
        earlier = [one for one in self._session.scope.earlier if names & one.keys()]
        return [*earlier, {}]

    def _each(self, for_each: ForEach) -> list[Mapping[str, str]] | str:
        content = self._contents.get(for_each.source)
        if content is None:
            return f"{for_each.source} gave no answer"
        try:
            found = for_each.path.values(content.json)
        except (NoJson, TooLarge, NotSearchable) as error:
            return f"{for_each.source}: {error}"
        texts = dict.fromkeys(text_of(value) for value in found if value is not None)
        usable = [text for text in texts if 0 < len(text) <= LONGEST]
        return [{for_each.variable: text} for text in usable[:MOST_VALUES]]

    def _missing(self, step: Step) -> str:
        own = {step.for_each.variable} if step.for_each else set()
        known = self._session.scope.values.keys() | own
        return next((name for name in step.names() if name not in known), "")

    @contextmanager
    def _overlaid(self, overlay: Mapping[str, str]) -> Iterator[None]:
        values = self._session.scope.values
        before = dict(values)
        values.update(overlay)
        try:
            yield
        finally:
            for name in overlay:
                values.pop(name)
                if name in before:
                    values[name] = before[name]

    def _keep(self, step: Step, stepped: Stepped) -> None:
        if stepped.fine and stepped.last.content is not None:
            self._contents[step.name] = stepped.last.content

    def _left_out(self, step: Step, reason: str, why: str) -> StepReport:
        return StepReport(self._phase, StepResult(step.name, "skipped", attempts=0, message=why), reason)

    def _fault(self, step: Step, error: Exception) -> StepReport:
        message = self._session.redactor.redact(fault(error))
        return StepReport(self._phase, StepResult(step.name, "infra", message=message), "EngineError")


def _together(step: Step, phase: Phase, reports: list[StepReport]) -> StepReport:
    """One report of a step that was carried out for several values: the worst, and how many were fine."""
    if not reports:
        return StepReport(phase, StepResult(step.name, "success", attempts=0, message="nothing to do"))
    worst = min(reports, key=lambda report: _WORST.index(report.result.outcome))
    if len(reports) == 1:
        return worst
    fine = sum(report.result.outcome == "success" for report in reports)
    message = f"{fine} of {len(reports)} done" + (f"; {worst.result.message}" if worst.result.message else "")
    return replace(
        worst,
        result=replace(
            worst.result,
            ms=sum(report.result.ms for report in reports),
            attempts=max(report.result.attempts for report in reports),
            message=message,
        ),
    )
