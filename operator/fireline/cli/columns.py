"""Tables that fit: which columns there are follows from the width, and no text is ever cut off.

Used by the boards of ``fireline status``, one for each kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

GAP = 2
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class View:
    """What a table is drawn for: a moment, a width in columns, and what the terminal can show."""

    now: datetime
    width: int
    unicode: bool = True
    namespaces: bool = True
    """Whether names carry their namespace."""


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make a generic, frozen one by its alias
class Column(Generic[_Row]):
    """One column beside the name."""

    head: str
    cell: Callable[[_Row], Text]
    right: bool = False

    def width(self, rows: Sequence[_Row]) -> int:
        """Cells that the widest of these rows, or the head, takes."""
        return max(cell_len(self.head), *(cell_len(self.cell(one).plain) for one in rows))


Layout = Sequence[Column[_Row]]


def fitting(
    rows: Sequence[_Row],
    name: Callable[[_Row], str],
    layouts: Sequence[Layout[_Row]],
    *,
    whole: int,
    least: int,
    width: int,
) -> tuple[Layout[_Row], int]:
    """The first layout that fits beside the names, and the names' room.

    ``layouts`` from all columns down to what is needed at night; the first ``whole`` of them are tried with
    every name on one line before a name may be broken, to ``least`` cells.
    """
    longest = max(cell_len(name(one)) for one in rows)
    for readable in (longest, min(longest, least)):
        for columns in layouts[:whole] if readable == longest else layouts:
            room = width - sum(column.width(rows) + GAP for column in columns)
            if room >= readable:
                return columns, room
    return layouts[-1], least


def table_of(head: str, rows: Sequence[_Row], name: Callable[[_Row], Text], columns: Layout[_Row]) -> Table:
    """The rows under their heads; ``name`` is the first cell."""
    table = plain_table()
    table.add_column(head)
    for column in columns:
        table.add_column(column.head, justify="right" if column.right else "left", overflow="fold")
    for one in rows:
        table.add_row(name(one), *(column.cell(one) for column in columns))
    return table


def plain_table() -> Table:
    """A table without lines, as kubectl prints them."""
    return Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")


def broken(name: str, room: int | None) -> str:
    """A name on as many lines as it needs, broken behind ``/``, ``-`` or ``.``."""
    lines = [""]
    for piece in re.findall(r"[^-/.]*[-/.]?", name):
        if room is not None and lines[-1] and len(lines[-1]) + len(piece) > room:
            lines.append("  ")
        lines[-1] += piece
    return "\n".join(lines)
