"""One run of a journey: sweep, steps until one does not hold, and always the cleanup.

Called by the probe of a Job (``fireline.synthetic.engine.pod``), by the prober, and by
``fireline check run``; all give the same answer. What they do not share is passed in: where secrets come
from, the network, the clock, who follows, and what stops a run early.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass

from fireline.synthetic.engine.attempt import Session
from fireline.synthetic.engine.clock import Clock, SystemClock
from fireline.synthetic.engine.journey import Journey, Step
from fireline.synthetic.engine.phases import Aftercare, Reserve
from fireline.synthetic.engine.progress import Careful, Phase, Progress, Quiet, StepReport
from fireline.synthetic.engine.redaction import Redactor
from fireline.synthetic.engine.stepping import Limit, carry_out
from fireline.synthetic.engine.times import told
from fireline.synthetic.engine.variables import Scope, VariableMissing, at_start
from fireline.synthetic.engine.verdict import Course, result_of
from fireline.synthetic.engine.wiring import NetworkWire, Wire
from fireline.synthetic.result import Result


async def run(
    journey: Journey,
    *,
    run_id: str,
    secrets: Mapping[str, str],
    redactor: Redactor | None = None,
    wires: Callable[[], Wire] | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> Result:
    """Carry a journey out. Everything in the result is redacted.

    ``run_id`` must be unique: what the run makes carries it. ``secrets`` by name of variable. A caller who
    writes logs passes its ``redactor``, which learns what is captured. ``wires`` makes one wire for the
    sweep and one for the rest, so that the journey starts without cookies. Setting ``stop`` ends the steps
    and goes to the cleanup. Raises nothing; when cancelled it cleans up first.
    """
    clock, redactor = clock or SystemClock(), redactor or Redactor()
    for secret in secrets.values():
        redactor.add(secret)
    course = Course(started=clock.now())
    try:
        values = at_start(journey, secrets=secrets, run_id=run_id, started=course.started)
    except VariableMissing as error:
        return Result("infra", reason="VariableMissing", message=str(error), started_at=course.started)
    follows = Careful(progress or Quiet())
    one = _Run(journey, course, clock, redactor, progress=follows, stop=stop or asyncio.Event())
    return await one.all(values, wires or (lambda: NetworkWire.of(journey)))


@dataclass(frozen=True, slots=True)
class _Run:
    """One run while it goes on."""

    journey: Journey
    course: Course
    clock: Clock
    redactor: Redactor
    progress: Progress
    stop: asyncio.Event

    async def all(self, values: Mapping[str, str], wires: Callable[[], Wire]) -> Result:
        """Sweep, steps, cleanup. What the sweep captures is none of what the steps make: two sessions."""
        journey, course = self.journey, self.course
        if journey.sweep:
            before = self._session(values, wires, journey.sweep)
            await self._stoppable(self._aftercare("sweep", journey.sweep, before, course.sweep))
        session = self._session(values, wires, (*journey.steps, *journey.cleanup))
        try:
            await self._measure(session)
        finally:
            await self._aftercare("cleanup", journey.cleanup, session, course.cleanup)
        return result_of(course, self.redactor)

    def _session(
        self, values: Mapping[str, str], wires: Callable[[], Wire], steps: tuple[Step, ...]
    ) -> Session:
        names = [capture.variable for step in steps for capture in step.captures]
        return Session(wires(), self.clock, Scope(values, capturable=names), self.redactor)

    async def _measure(self, session: Session) -> None:
        """The steps, whatever ends them; then the verdict stands."""
        began = self.clock.monotonic()
        try:
            await self._stoppable(self._steps(session, began))
        except Exception as error:  # noqa: BLE001 - a fault of ours is told, and must not cost the cleanup
            self.course.fault = error
        self.course.seconds = self.clock.monotonic() - began
        self.progress.on_measured(result_of(self.course, self.redactor))

    async def _steps(self, session: Session, began: float) -> None:
        timeout = self.journey.timeout
        limit = Limit(began + timeout, f"the check's timeout of {told(timeout)}")
        for step in self.journey.steps:
            if self.stop.is_set():
                return
            self.course.current = step.name
            self.progress.on_step_started("steps", step.name)
            stepped = await carry_out(step, "steps", session, limit=limit, progress=self.progress)
            self.course.add(stepped)
            self.progress.on_step_ended(stepped.report)
            if not stepped.fine:
                return
        self.course.complete = True

    async def _aftercare(
        self, phase: Phase, steps: tuple[Step, ...], session: Session, told_of: list[StepReport]
    ) -> None:
        timeout = self.journey.cleanup_timeout
        reserve = Reserve(self.clock.monotonic() + timeout, f"the {phase}'s time of {told(timeout)}")
        await Aftercare(phase, session, reserve=reserve, progress=self.progress).all(steps, told_of)

    async def _stoppable(self, work: Coroutine[None, None, None]) -> None:
        """Carry out until it is done or ``stop`` is set. Raises what the work raised."""
        if self.stop.is_set():
            work.close()
            return
        task, stopper = asyncio.create_task(work), asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({task, stopper}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            stopper.cancel()
            await asyncio.wait({task, stopper})
        if not task.cancelled():
            task.result()
