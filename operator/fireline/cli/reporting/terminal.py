"""A report on a terminal: tables with colours where something is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from fireline.cli.reporting.table import MET, MISSED, NOT_MET, OPEN, RIGHT, UNKNOWN, WRONG, Section, Table

_STYLES = {
    RIGHT: "green",
    MET: "green",
    NOT_MET: "bold red",
    WRONG: "bold red",
    MISSED: "bold red",
    UNKNOWN: "dim",
    OPEN: "dim",
    "off": "yellow",
}
_TITLES = {1: "bold", 2: "bold cyan", 3: "bold"}
_MARGIN = 3
"""Cells around a column."""
_PLAIN_WIDTH = 160
"""Where there is no terminal, lines are not folded to the 80 columns nobody looks at."""


def show(sections: Iterable[Section]) -> None:
    """The whole report on stdout."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=_PLAIN_WIDTH)
    for section in sections:
        if section.level < 3:
            console.print()
        console.print(Text(section.title, style=_TITLES[section.level]))
        for words in section.words:
            console.print(Text(words))
        if section.table is not None:
            _table(console, section.table)


def _table(console: Console, content: Table) -> None:
    if not content.rows:
        console.print(Padding(Text(content.none, style="dim"), (0, 0, 1, 1)))
        return
    shown = _fitting(content, console.width)
    table = RichTable(box=SIMPLE_HEAD, pad_edge=True)
    for index in shown:
        table.add_column(content.heads[index], overflow="fold")
    for row in content.rows:
        table.add_row(*(Text(row[index], style=_STYLES.get(row[index], "")) for index in shown))
    console.print(table)
    if content.more:
        console.print(Text(f" … and {content.more} more (-o json has all)", style="dim"))


def _fitting(content: Table, width: int) -> list[int]:
    """The columns that have room; those that may not be left out are folded instead."""
    widths = [max(map(len, column)) + _MARGIN for column in zip(content.heads, *content.rows, strict=True)]
    shown = list(range(len(widths)))
    for name in content.spare:
        if sum(widths[index] for index in shown) + _MARGIN <= width:
            break
        shown.remove(content.heads.index(name))
    return shown
