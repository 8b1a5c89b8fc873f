"""A report as Markdown, for tickets, chats and wikis. Texts of users are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from fireline.cli.reporting.table import Section, Table

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")


def markdown(sections: Iterable[Section]) -> str:
    """The whole document, with a line break at its end."""
    return "\n".join(line for section in sections for line in _lines(section)).rstrip() + "\n"


def _lines(section: Section) -> Iterator[str]:
    yield f"{'#' * section.level} {escaped(section.title)}"
    yield ""
    for words in section.words:
        yield escaped(words)
        yield ""
    if section.table is not None:
        yield from _table(section.table)
        yield ""


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield table.none
        return
    yield _row(table.heads)
    yield _row(["---"] * len(table.heads), escape=False)
    yield from (_row(row) for row in table.rows)
    if table.more:
        yield ""
        yield f"… and {table.more} more (`-o json` has all)"


def _row(cells: Sequence[str], *, escape: bool = True) -> str:
    return "| " + " | ".join(escaped(cell) if escape else cell for cell in cells) + " |"


def escaped(text: str) -> str:
    """Text that stays what it is in a Markdown table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
