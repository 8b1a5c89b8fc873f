"""How a bench ends: a table for people, one line of ``key=value`` pairs, and an honest exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Bound:
    """A promise: ``value`` must stay on the right side of ``limit``."""

    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        verdict = "kept" if self.kept else "MISSED"
        side = "at least" if self.at_least else "at most"
        return f"{verdict}: {self.name} {self.value:.2f}, {side} {self.limit:g}"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is a name, the others are figures."""
    shown = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        shown.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        shown.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 140).print(shown)


def finish(bounds: Sequence[Bound], pairs: Mapping[str, float]) -> None:
    """Print the verdicts and, last, the pairs; exit 1 when a bound is missed."""
    for bound in bounds:
        print(bound)
    print(" ".join(f"{name}={value:.2f}" for name, value in pairs.items()), flush=True)
    sys.exit(0 if all(bound.kept for bound in bounds) else 1)
