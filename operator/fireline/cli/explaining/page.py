"""Puts an explanation on the screen, or into JSON and YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fireline.api.conditions import timestamp
from fireline.cli.explaining.alarms import Alarm, age_of
from fireline.cli.explaining.arithmetic import UNKNOWN, Line
from fireline.cli.explaining.walking import Step
from fireline.cli.explaining.world import Manifest, happened

_MARKS = {"Yes": ("✓", "+", "green"), "No": ("✗", "x", "bold red"), "Unknown": ("?", "?", "yellow")}
_MARGIN, _NAME = 26, 22
"""Columns before what is said, and columns of the name of what it is said about."""
_STATES = {"Firing": "bold red", "Pending": "yellow", UNKNOWN: "dim"}


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines below a question. ``key`` is its name in JSON and YAML."""

    title: str
    key: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about one object. ``where`` is a cluster's object or a file's document."""

    where: str
    headline: str
    description: str
    now: datetime
    steps: Sequence[Step] = ()
    lines: Sequence[Line] = ()
    alarms: Sequence[Alarm] = ()
    raw: Sequence[Line] = ()
    sections: Sequence[Section] = ()
    """What only some kinds of objects have."""
    first: Sequence[Section] = ()
    """The same, before the numbers and the alerts."""
    events: Sequence[Manifest] = ()
    remarks: Sequence[str] = ()
    wanting: Sequence[str] = field(default_factory=tuple)
    """Why numbers or alerts are missing here."""


def document(one: Explanation) -> dict[str, Any]:
    """For JSON and YAML. What an object's kind does not have is an empty list."""
    return {
        "object": one.where,
        "answer": one.headline,
        "steps": [
            {
                "name": step.name,
                "answer": step.verdict,
                "reason": step.reason,
                "words": list(step.words),
                "advice": list(step.advice),
                "commands": list(step.commands),
            }
            for step in one.steps
        ],
        **{section.key: [_plain(line) for line in section.lines] for section in (*one.first, *one.sections)},
        "numbers": [_plain(line) for line in one.lines],
        "raw": [_plain(line) for line in one.raw],
        "alerts": [
            {
                "tier": alarm.tier,
                "alert": alarm.alert,
                "severity": alarm.severity,
                "sev": alarm.sev,
                "state": alarm.state or None,
                "since": timestamp(alarm.since) if alarm.since else None,
                "words": list(alarm.words),
            }
            for alarm in one.alarms
        ],
        "events": [
            {"at": happened(event), "reason": event.get("reason"), "message": event.get("message")}
            for event in one.events
        ],
        "remarks": [*one.remarks, *one.wanting],
    }


def page(one: Explanation, console: Console) -> RenderableType:
    """For people."""
    unicode = console.encoding.lower().startswith("utf")
    head = Text.assemble((one.where, "bold"), ": ", one.headline)
    parts: list[RenderableType] = [head]
    if one.description:
        parts.append(Text(one.description, style="italic"))
    if one.steps:
        parts += _section("Is it carried out?", (_step(step, unicode) for step in one.steps))
    for section in one.first:
        parts += _section(section.title, map(_line, section.lines))
    parts += _section("What do the numbers mean?", map(_line, (*one.lines, *one.raw)))
    parts += _section("When do which alerts fire?", (_alarm(alarm, one.now) for alarm in one.alarms))
    for section in one.sections:
        parts += _section(section.title, map(_line, section.lines))
    parts += _section("What happened?", (_event(event) for event in one.events))
    parts += [Text(f"note: {remark}", style="dim") for remark in (*one.remarks, *one.wanting)]
    return Group(*parts)


def _section(title: str, rows: Iterable[RenderableType]) -> list[RenderableType]:
    listed = list(rows)
    return [Text(""), Text(title, style="bold"), *listed] if listed else []


def _line(line: Line) -> RenderableType:
    figure = Text(line.figure, style="dim" if line.figure == UNKNOWN else "bold")
    return _row(line.name, figure, line.words)


def _row(name: str, head: Text, words: Sequence[str], style: str = "") -> RenderableType:
    """A name in the margin, and what there is to say beside it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=_NAME, overflow="fold")
    table.add_column(overflow="fold")
    table.add_row(Text(name, style=style), head)
    for sentence in words:
        table.add_row("", Text(sentence))
    return Padding(table, (0, 0, 0, 2))


def _step(step: Step, unicode: bool) -> RenderableType:
    mark, plain, style = _MARKS[step.verdict]
    first, *rest = step.words or ("",)
    reason = "" if step.verdict == "Yes" else f"{step.reason}: "
    row = _row(
        f"{mark if unicode else plain} {step.name}", Text.assemble((reason, style), first), rest, style
    )
    return Group(
        row,
        *(_hint("do", Text(sentence)) for sentence in step.advice),
        *(_hint("type", Text(command, style="bold")) for command in step.commands),
    )


def _hint(word: str, text: Text) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=4)
    table.add_column(overflow="fold")
    table.add_row(Text(word, style="dim"), text)
    return Padding(table, (0, 0, 0, _MARGIN))


def _alarm(alarm: Alarm, now: datetime) -> RenderableType:
    state = Text(f"{alarm.state}{age_of(alarm, now)}", style=_STATES.get(alarm.state, ""))
    head = Text.assemble(f"{alarm.severity}, {alarm.sev}", *(("; ", state) if alarm.state else ()))
    return _row(alarm.tier, head, alarm.words)


def _event(event: Manifest) -> RenderableType:
    warning = event.get("type") == "Warning"
    words = Text.assemble(
        (str(event.get("reason")), "yellow" if warning else ""), f": {event.get('message')}"
    )
    return _row(f"{happened(event)[:19]}Z", words, ())


def _plain(line: Line) -> dict[str, Any]:
    figure = None if line.figure == UNKNOWN else line.figure
    return {"name": line.name, "figure": figure, "words": list(line.words)}
