"""Journeys without a network: recorded answers, a clock that tests move, and a follower that remembers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.synthetic.engine.answer import Answer, TargetError
from fireline.synthetic.engine.asking import Request, first_line
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.progress import StepReport
from fireline.synthetic.engine.run import run
from fireline.synthetic.result import Result

STARTED = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
BASE = "https://api.example"

Recorded = Answer | TargetError | Exception


class TestClock:
    """Moves only when somebody sleeps or a wire answers."""

    __test__ = False

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return STARTED + timedelta(seconds=self.seconds - 1000)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


class RecordedWire:
    """Answers a request line by what was recorded for it, the last one for ever; takes the time it says."""

    def __init__(self, clock: TestClock, recorded: Mapping[str, Recorded | list[Recorded]]) -> None:
        self._clock = clock
        self._recorded = {line: list(_listed(answers)) for line, answers in recorded.items()}
        self.asked: list[str] = []
        self.requests: list[Request] = []
        self.on_ask: Callable[[str], None] = lambda _: None

    async def ask(self, request: Request, *, deadline: float) -> Answer:
        line = first_line(request)
        self.asked.append(line)
        self.requests.append(request)
        self.on_ask(line)
        await asyncio.sleep(0)
        found = self._recorded[line]
        one = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(one, Answer) and self._clock.seconds + one.seconds > deadline:
            self._clock.seconds = max(self._clock.seconds, deadline)
            raise TargetError("Timeout", f"{line}: no answer")
        if isinstance(one, Exception):
            raise one
        self._clock.seconds += one.seconds
        return replace(one)


def _listed(answers: Recorded | list[Recorded]) -> Iterable[Recorded]:
    return answers if isinstance(answers, list) else [answers]


class Follower:
    """Remembers what it was told, as short lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.reports: list[StepReport] = []

    def on_step_started(self, phase: str, name: str) -> None:
        self.lines.append(f"{phase} {name} …")

    def on_attempt_failed(self, phase: str, name: str, *, attempt: int, message: str, wait: float) -> None:
        self.lines.append(f"{phase} {name} attempt {attempt}: {message}; again in {wait}s")

    def on_step_ended(self, report: StepReport) -> None:
        self.reports.append(report)
        self.lines.append(f"{report.phase} {report.result.name} {report.result.outcome}")

    def on_measured(self, result: Result) -> None:
        self.lines.append(f"measured {result.outcome}")


def an_answer(status: int = 200, body: Any = b"", *, seconds: float = 0.1, **given: Any) -> Answer:
    """An HTTP answer; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(seconds=seconds, address="192.0.2.10:443", status=status, body=data, **given)


def a_step(name: str = "health", **given: Any) -> dict[str, Any]:
    """A GET of ``/<name>``, or what is given."""
    kinds = {"http", "graphql", "tcp", "dns", "grpcHealth", "tls"}
    action = {} if kinds & given.keys() else {"http": {"url": f"{BASE}/{name}"}}
    return {"name": name, **action, **given}


def a_journey(*steps: dict[str, Any], **given: Any) -> Journey:
    """A journey of these steps; one GET without any."""
    return Journey.of({"check": "shop", "steps": list(steps) or [a_step()], **given})


class Ran:
    """A finished run, and everything that was seen of it."""

    def __init__(
        self, result: Result, wires: list[RecordedWire], follower: Follower, clock: TestClock
    ) -> None:
        self.result = result
        self.wires = wires
        self.follower = follower
        self.clock = clock

    @property
    def asked(self) -> list[str]:
        """The request lines in order, without the host."""
        return [line.replace(BASE, "") for wire in self.wires for line in wire.asked]


async def ran(
    journey: Journey,
    recorded: Mapping[str, Recorded | list[Recorded]] | None = None,
    *,
    secrets: Mapping[str, str] | None = None,
    on_ask: Callable[[str], None] | None = None,
    **given: Any,
) -> Ran:
    """Run a journey against recorded answers, by request line with or without the host."""
    clock, wires, follower = TestClock(), list[RecordedWire](), Follower()
    full = {line.replace(" /", f" {BASE}/"): answers for line, answers in (recorded or {}).items()}

    def wire() -> RecordedWire:
        wires.append(RecordedWire(clock, full))
        if on_ask:
            wires[-1].on_ask = on_ask
        return wires[-1]

    result = await run(
        journey, run_id="r1", secrets=secrets or {}, wires=wire, clock=clock, progress=follower, **given
    )
    return Ran(result, wires, follower, clock)


def run_recorded(journey: Journey, recorded: Mapping[str, Any] | None = None, **given: Any) -> Ran:
    """The same for tests that are not asynchronous."""
    return asyncio.run(ran(journey, recorded, **given))


CREATE = {
    "name": "create",
    "http": {"method": "POST", "url": f"{BASE}/events"},
    "capture": [{"variable": "id", "jsonPath": "$.id"}],
}
DELETE = {"name": "delete", "http": {"method": "DELETE", "url": f"{BASE}/events/${{id}}"}}
CREATED = an_answer(201, {"id": 7})
GONE = an_answer(204)


def cleanup_of(result: Result) -> list[tuple[str, str, str]]:
    """Name, outcome and message of each step of sweep and cleanup."""
    return [(step.name, step.outcome, step.message) for step in result.cleanup]
