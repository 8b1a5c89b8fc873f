"""A run on the screen while it goes on: one line for each step, and what a person needs when one fails.

Everything that is shown comes from the engine, which removes secrets from it first.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.progress import Phase, StepReport
from fireline.synthetic.result import OUTCOMES, Result, StepResult

if TYPE_CHECKING:
    from fireline.cli.checking.running import Ran

_MARKS: Mapping[str, tuple[str, str, str]] = {
    "success": ("✓", "+", "green"),
    "slow": ("~", "~", "yellow"),
    "failure": ("✗", "x", "bold red"),
    "error": ("✗", "x", "bold red"),
    "infra": ("?", "?", "yellow"),
    "skipped": ("-", "-", "dim"),
}
"""By outcome: the sign, the same for terminals without it, and its colour."""
_AS_WIDE_AS_IT_GETS = 10_000
_NAME_AT_LEAST = 12
_INDENT = 6


class Screen:
    """Follows runs (:class:`fireline.synthetic.engine.progress.Progress`) and prints them."""

    def __init__(self) -> None:
        console = Console(highlight=False)
        self._terminal = console.is_terminal
        # Without a terminal lines are not folded: they are for grep and for logs.
        self._console = console if self._terminal else Console(highlight=False, width=_AS_WIDE_AS_IT_GETS)
        self._unicode = console.encoding.lower().startswith("utf")
        self._status: Status | None = None
        self._phase: Phase | None = None
        self._steps: tuple[str, ...] = ()
        self._begun: set[str] = set()
        self._widest = _NAME_AT_LEAST

    def begin(self, title: str, where: str, journey: Journey, notes: Sequence[str]) -> None:
        """The head of a run."""
        names = [step.name for step in (*journey.sweep, *journey.steps, *journey.cleanup)]
        self._phase, self._steps, self._begun = None, tuple(one.name for one in journey.steps), set()
        self._widest = max(_NAME_AT_LEAST, *map(len, names))
        self._line(Text.assemble((title, "bold"), (f"  {where}", "dim")))
        for note in notes:
            self._line(Text(f"note: {note}", style="yellow"))

    def on_step_started(self, phase: Phase, name: str) -> None:
        """A step begins: a terminal shows that somebody is at work."""
        self._enter(phase)
        self._begun.add(name)
        if self._terminal:
            self._status = self._console.status(Text(name), spinner="dots")
            self._status.start()

    def on_attempt_failed(self, phase: Phase, name: str, *, attempt: int, message: str, wait: float) -> None:
        """What came before a step is tried again."""
        del phase, name
        words = f"attempt {attempt}: {message}; again in {wait:g} s"
        self._line(Padding(Text(words, style="yellow"), (0, 0, 0, _INDENT), expand=False))

    def on_step_ended(self, report: StepReport) -> None:
        """A step is over."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        self._enter(report.phase)
        step = report.result
        look = "slow" if report.degraded and step.outcome == "success" else step.outcome
        self._row(*self._mark(look), step.name, Text("  ").join(_facts(report, look)))
        if complaint := _complaint(report):
            self._line(Padding(Text(complaint), (0, 0, 0, _INDENT), expand=False))
            self._quote(one for one in report.evidence.splitlines() if one != step.message)

    def on_measured(self, result: Result) -> None:
        """The verdict stands: steps that were not begun are named."""
        del result
        for name in self._steps:
            if name not in self._begun:
                self._row(*self._mark("skipped"), name, Text("not reached", style="dim"))

    def end(self, result: Result) -> None:
        """The last line of a run."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        look = "slow" if result.degraded and result.outcome == "success" else result.outcome
        sign, style = self._mark(look)
        self._line(Text.assemble((f"{sign} {verdict(result)}", style)))

    def say(self, text: str, style: str = "") -> None:
        """A line of its own."""
        self._line(Text(text, style=style))

    def _enter(self, phase: Phase) -> None:
        if phase != self._phase:
            self._phase = phase
            self._line(Text(f"  {phase}", style="bold"))

    def _mark(self, look: str) -> tuple[str, str]:
        sign, plain, style = _MARKS[look]
        return (sign if self._unicode else plain), style

    def _row(self, sign: str, style: str, name: str, facts: Text) -> None:
        line = Text.assemble((f"  {sign} ", style), f"{name:<{self._widest}}  ")
        line.append_text(facts)
        line.rstrip()
        self._line(line)

    def _quote(self, evidence: Iterable[str]) -> None:
        bar = "│" if self._unicode else "|"
        for line in evidence:
            self._line(Padding(Text(f"{bar} {line}".rstrip(), style="dim"), (0, 0, 0, _INDENT), expand=False))

    def _line(self, line: Text | Padding) -> None:
        """One line; without a terminal no spaces are put behind it."""
        if self._terminal:
            self._console.print(line)
            return
        with self._console.capture() as captured:
            self._console.print(line)
        sys.stdout.write("".join(f"{one.rstrip()}\n" for one in captured.get().splitlines()))
        sys.stdout.flush()


def verdict(result: Result) -> str:
    """``failure at login (StatusMismatch) after 120 ms: expected status 200, found 503``."""
    text: str = result.outcome
    if result.step and result.outcome != "success":
        text += f" at {result.step}"
    if result.reason and result.outcome != "success":
        text += f" ({result.reason})"
    if result.duration_ms is not None:
        text += f" after {result.duration_ms} ms"
    extras = list(_extras(result))
    if extras:
        text += f", {', '.join(extras)}"
    message = result.message.removeprefix(f"{result.step}: ") if result.step else result.message
    return f"{text}: {message}" if message and result.outcome != "success" else text


def _extras(result: Result) -> Iterator[str]:
    if result.degraded:
        yield f"but slow at {result.step}" if result.step else "but slow"
    if result.flaky:
        yield "flaky: it was tried again"
    if result.cleanup_failed:
        yield "something may be left behind"


def _facts(report: StepReport, look: str) -> Iterator[Text]:
    step = report.result
    if step.outcome != "skipped":
        yield Text(f"{step.ms:>6} ms", style="dim" if look == "success" else "")
    if look == "slow":
        yield Text("slow", style="yellow")
    if step.attempts > 1:
        yield Text(f"{step.attempts} attempts", style="yellow")
    for name, value in report.captured:
        yield Text(f"{name}={value}", style="cyan")
    if _by_the_way(step, look):
        yield Text(step.message, style="dim")


def _by_the_way(step: StepResult, look: str) -> bool:
    """Whether what is said of a step is no complaint: why it was left out, that there was nothing to do."""
    return bool(step.message) and (look == "skipped" or (look == "success" and step.attempts <= 1))


def _complaint(report: StepReport) -> str:
    """Why a step is not fine; of one that was tried again with success, the attempts were told already."""
    step = report.result
    if not step.message or (step.outcome in {"success", "skipped"} and not report.degraded):
        return ""
    return f"{report.reason}: {step.message}" if report.reason else step.message


def summary(ran: Sequence[Ran]) -> Iterator[str]:
    """One line for each check: how many runs came to what, and how long they took."""
    for name in dict.fromkeys(one.planned.name for one in ran):
        results = [one.result for one in ran if one.planned.name == name]
        counts = Counter(result.outcome for result in results)
        parts = [f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome]]
        times = sorted(one.duration_ms for one in results if one.duration_ms is not None)
        took = f"; {times[0]} ms at best, {median(times):.0f} median, {times[-1]} at worst" if times else ""
        runs = f"{len(results)} run{'' if len(results) == 1 else 's'}"
        yield f"{name}: {runs}: {', '.join(parts)}{took}"
