"""Sections, tables and figures of a report, for whatever they tell of: every format shows the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fireline.cli.words import rough

UNKNOWN = "unknown"
RIGHT, WRONG, OPEN = "right", "for nothing", "cannot be judged"
MISSED = "missed"
MET, NOT_MET = "kept", "not kept"
MOST = 15
"""Rows of a table; the machine-readable formats have all of them."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table without rows is said to be empty by ``none``."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str = "None."
    more: int = 0
    """Rows that are not shown."""
    spare: tuple[str, ...] = ()
    """Columns that a narrow terminal may leave out, the least needed first; what they say is said below."""


@dataclass(frozen=True, slots=True)
class Section:
    """``level`` 1 is the report itself, 2 a policy, 3 a part of one. ``policy`` names whose it is."""

    level: int
    title: str
    words: tuple[str, ...] = ()
    table: Table | None = None
    policy: str | None = None


def cut(
    heads: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    *,
    none: str = "None.",
    spare: tuple[str, ...] = (),
) -> Table:
    """A table of at most ``MOST`` rows."""
    return Table(heads, tuple(rows[:MOST]), none, max(0, len(rows) - MOST), spare)


def share(value: float | None) -> str:
    """A share as percent; unknown is said."""
    return UNKNOWN if value is None else f"{100 * value:.1f}".removesuffix(".0") + " %"


def decimal(value: float | None) -> str:
    """One decimal at most; unknown is said."""
    return UNKNOWN if value is None else f"{value:.1f}".removesuffix(".0")


def length(seconds: float | None) -> str:
    """A length of time; unknown is said."""
    return UNKNOWN if seconds is None else rough(seconds)


def count(how_many: int, what: str) -> str:
    """``1 page``, ``2 pages``."""
    return f"{how_many} {what}{'' if how_many == 1 else 's'}"


def times(how_many: int) -> str:
    """``once``, ``3 times``."""
    return "once" if how_many == 1 else f"{how_many} times"
