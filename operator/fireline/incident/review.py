"""What is missing from a postmortem that people have written: causes, and action items with owner and date.

Reads the Markdown that ``fireline postmortem`` drafts. Says nothing about whether what is written is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

CAUSES = "Contributing causes"
ACTIONS = "Action items"
COLUMNS = ("action", "owner", "due", "done")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"^##\s+(.+?)\s*#*\s*$")
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^[\s|:-]+$")
_OPEN = frozenset({"", "-", "no", "open", "todo", "☐", "[ ]"})


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is missing: the line it is about (from 1), and what would be right."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


def flaws(text: str, *, today: date) -> list[Flaw]:
    """What is missing from a postmortem, in the order of its lines."""
    sections = _sections(text)
    return sorted([*_causes(sections), *_actions(sections, today)], key=lambda one: one.line)


def _sections(text: str) -> dict[str, list[_Line]]:
    """The lines below each heading of the second level, with the heading first; comments are blank."""
    plain = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    found: dict[str, list[_Line]] = {}
    current: list[_Line] = []
    for number, line in enumerate(plain.splitlines(), 1):
        heading = _HEADING.match(line)
        if heading:
            current = found.setdefault(heading[1].lower(), [])
        current.append(_Line(number, line))
    return found


def _causes(sections: dict[str, list[_Line]]) -> Iterator[Flaw]:
    lines = sections.get(CAUSES.lower())
    if lines is None:
        yield Flaw(1, f"there is no section '## {CAUSES}': say what made it possible")
    elif not any(line.text.strip(" -*_\t") for line in lines[1:]):
        yield Flaw(lines[0].number, f"'## {CAUSES}' is blank: say what made it possible")


def _actions(sections: dict[str, list[_Line]], today: date) -> Iterator[Flaw]:
    lines = sections.get(ACTIONS.lower())
    if lines is None:
        yield Flaw(1, f"there is no section '## {ACTIONS}': what will be done, by whom, until when?")
        return
    table = [line for line in lines[1:] if line.text.strip().startswith("|") and not _RULE.match(line.text)]
    heads = [cell.lower() for cell in _cells(table[0])] if table else []
    if absent := [name for name in COLUMNS[:-1] if name not in heads]:
        yield Flaw(
            lines[0].number,
            f"'## {ACTIONS}' needs a table with the columns {', '.join(COLUMNS)}; "
            f"missing: {', '.join(absent)}",
        )
        return
    rows = [(line, dict(zip(heads, _cells(line), strict=False))) for line in table[1:]]
    filled = [(line, row) for line, row in rows if any(row.get(name) for name in COLUMNS)]
    if not filled:
        yield Flaw(
            lines[0].number,
            f"'## {ACTIONS}' has none: write a line for each, such as "
            "| 1 | alert on queue depth | alice | 2026-12-01 | |",
        )
    for line, row in filled:
        yield from (Flaw(line.number, words) for words in _action(row, today))


def _action(row: dict[str, str], today: date) -> Iterator[str]:
    what = row.get("action", "")
    name = f"action item '{what}'" if what else "an action item"
    if not what:
        yield f"{name} does not say what will be done"
    if not row.get("owner"):
        yield f"{name} has no owner: name one person"
    due = row.get("due", "")
    if not due:
        yield f"{name} has no due date: write it like 2026-12-01"
        return
    try:
        until = date.fromisoformat(due)
    except ValueError:
        yield f"{name} is due '{due}', which is no date; write it like 2026-12-01"
        return
    if until < today and row.get("done", "").lower() in _OPEN:
        days = (today - until).days
        yield f"{name} is overdue by {days} day{'' if days == 1 else 's'}: it was due on {until}"


def _cells(line: _Line) -> Sequence[str]:
    """The cells of a row of a table; a pipe with a backslash is text."""
    inside = line.text.strip().removeprefix("|")
    parts = _CELLS.split(inside)
    if parts and not parts[-1].strip():
        parts.pop()
    return [part.strip().replace("\\|", "|") for part in parts]
