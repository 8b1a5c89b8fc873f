"""Reads runbook pages: the front matter that says who owns a page and when somebody last read it.

`fireline report` lists the pages nobody has read for a quarter, and the tests of docs/runbooks hold every
page to one shape. Pure: callers bring the text and today's date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import yaml

from fireline.errors import SpecError

SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Prevention", "Related alerts")
"""What a page must say, in the order in which somebody who was woken up asks."""

REVIEW_AFTER = timedelta(days=90)
"""A page nobody has read for longer than that tells of a system that is no longer there."""

_FENCE = "---"
_CODE = "```"


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page. ``file`` is the name it was read from, ``alert`` its first heading.

    ``reviewed`` is the day somebody last followed the page and found it true; ``owner`` and ``severity`` are
    empty where the page does not tell them.
    """

    file: str
    alert: str
    reviewed: date
    owner: str
    severity: str
    sections: tuple[str, ...]


def file_name(alertname: str) -> str:
    """Where the page of an alert is kept: ``SLONoData`` in ``slonodata.md``."""
    return f"{alertname.lower()}.md"


def read(file: str, text: str) -> Runbook:
    """The page behind a Markdown text. Raises SpecError when it does not tell when it was reviewed."""
    lines = text.splitlines()
    head, body = _split(file, lines)
    headings = list(_headings(body))
    return Runbook(
        file=file,
        alert=next((title for level, title in headings if level == 1), ""),
        reviewed=_reviewed(file, head),
        owner=str(head.get("owner") or ""),
        severity=str(head.get("severity") or ""),
        sections=tuple(title for level, title in headings if level == 2),
    )


def stale(pages: Iterable[Runbook], today: date, *, after: timedelta = REVIEW_AFTER) -> list[Runbook]:
    """The pages that were reviewed longer ago than ``after``, the oldest first."""
    old = [page for page in pages if today - page.reviewed > after]
    return sorted(old, key=lambda page: (page.reviewed, page.file))


def without_page(alertnames: Iterable[str], pages: Iterable[Runbook]) -> list[str]:
    """The alerts nobody has written a page for, in order and each once."""
    there = {page.file for page in pages}
    return sorted({name for name in alertnames if file_name(name) not in there})


def _split(file: str, lines: list[str]) -> tuple[Mapping[str, Any], list[str]]:
    """Front matter and the rest."""
    if not lines or lines[0].rstrip() != _FENCE:
        raise SpecError(f"{file}: begins without front matter; {_EXAMPLE}")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            return _mapping(file, "\n".join(lines[1:number])), lines[number + 1 :]
    raise SpecError(f"{file}: the front matter that begins in line 1 has no end; {_EXAMPLE}")


def _mapping(file: str, text: str) -> Mapping[str, Any]:
    try:
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none, such as 2026-02-30
        raise SpecError(f"{file}: front matter cannot be read: {error}; {_EXAMPLE}") from error
    if not isinstance(found, dict):
        raise SpecError(f"{file}: front matter is not a list of names and values; {_EXAMPLE}")
    return found


def _reviewed(file: str, head: Mapping[str, Any]) -> date:
    found = head.get("reviewed")
    # A moment is a date to Python, and cannot be compared with one.
    if not isinstance(found, date) or isinstance(found, datetime):
        raise SpecError(f"{file}: reviewed is {found!r}, which is not a day; {_EXAMPLE}")
    return found


_EXAMPLE = "write ---, reviewed: 2026-11-22, --- at the very beginning"


def _headings(lines: Iterable[str]) -> Iterable[tuple[int, str]]:
    """(level, title) of every heading; a comment in a block of code is none."""
    code = False
    for line in lines:
        if line.lstrip().startswith(_CODE):
            code = not code
        elif not code and line.startswith("#"):
            marks, _, title = line.partition(" ")
            if set(marks) == {"#"} and title:
                yield len(marks), title.strip()
