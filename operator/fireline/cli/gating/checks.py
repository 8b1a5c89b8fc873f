"""One judgement of the gate: what was limited, what was measured, and whether that is fine. Pure.

There are three answers: what could not be measured is Unknown, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

State = Literal["Passed", "Failed", "Unknown"]
Unit = Literal["ms", "B", "%", ""]


@dataclass(frozen=True, slots=True)
class Missing:
    """A measurement that is not there, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is limited, and where it was measured."""

    part: str
    """budget, canary, endpoints, payloads, bundles or pages."""
    name: str
    """Such as ``createEvent p95``."""
    source: str
    """Such as ``summary.json``; empty when there is none."""

    def __str__(self) -> str:
        return f"{self.name} in {self.source}" if self.source else self.name


@dataclass(frozen=True, slots=True)
class Check:
    """One limit and its judgement."""

    subject: Subject
    state: State
    wanted: str
    """The limit in words: ``at most 500ms``."""
    found: str
    """What was measured, in words; empty when nothing was."""
    message: str
    """One sentence that says all of it."""
    value: float | None = None
    """The measurement in ``unit``; None when there is none."""
    limit: float | None = None
    unit: Unit = ""
    file: str = ""
    """The file that holds the limit, for annotations."""
    line: int = 0

    def placed(self, file: str, line: int) -> Check:
        """The same judgement with the place of its limit."""
        return replace(self, file=file, line=line)


def judged(
    subject: Subject,
    fine: bool,
    *,
    value: float,
    limit: float,
    unit: Unit,
    words: Callable[[float], str],
    wanted: str,
) -> Check:
    """The judgement of a measurement. ``words`` spells values; ``wanted`` is the limit in words."""
    found = words(value)
    message = f"{subject} is {found} ({wanted})" if fine else f"{subject} is {found}, allowed is {wanted}"
    return Check(subject, "Passed" if fine else "Failed", wanted, found, message, value, limit, unit)


def at_most(
    subject: Subject, measured: float | Missing, limit: float, *, unit: Unit, words: Callable[[float], str]
) -> Check:
    """Whether a measurement is at most its limit; a missing one is Unknown."""
    wanted = f"at most {words(limit)}"
    if isinstance(measured, Missing):
        return unknown(subject, measured.why, wanted=wanted, limit=limit, unit=unit)
    return judged(
        subject, measured <= limit, value=measured, limit=limit, unit=unit, words=words, wanted=wanted
    )


def unknown(subject: Subject, why: str, *, wanted: str, limit: float | None = None, unit: Unit = "") -> Check:
    """The judgement of something that could not be measured."""
    message = f"no measurement for {subject}: {why}"
    return Check(subject, "Unknown", wanted, "", message, None, limit, unit)


def passed(checks: Iterable[Check], *, unknown_passes: bool = False) -> bool:
    """The answer of a gate: nothing failed, and what is unknown is either allowed or not there."""
    allowed = {"Passed", "Unknown"} if unknown_passes else {"Passed"}
    return all(check.state in allowed for check in checks)
