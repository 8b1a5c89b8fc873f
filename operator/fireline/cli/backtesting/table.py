"""A backtest on a terminal: objectives side by side, then the known incidents, then what fired when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from fireline.cli.backtesting import rows
from fireline.cli.backtesting.rows import NO, YES, Rows
from fireline.cli.when import shown
from fireline.slo.replay.outcome import Outcome

_MOST_PERIODS = 40
"""More rows than this nobody reads; the other formats hold all of them."""
_WIDTH = 132
"""Where there is no terminal: wide enough for tables to keep their lines whole."""
_STYLES = {YES: "green", NO: "bold red", "missed": "bold red"}


def show(outcomes: Sequence[Sequence[Outcome]], *, step: int) -> None:
    """Prints all SLOs on stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_WIDTH, highlight=False)
    for place, one in enumerate(outcomes):
        console.print(Group(*([Text()] if place else []), *_slo(one, step)))


def _slo(outcomes: Sequence[Outcome], step: int) -> Iterator[RenderableType]:
    first = outcomes[0]
    objective = first.objective
    yield Text.assemble(
        (f"{objective.namespace}/{objective.name}", "bold"),
        f": {shown(first.start)} to {shown(first.end)} UTC, window {objective.window}, every {step} s",
    )
    yield Text()
    yield _table(rows.summary(outcomes))
    for note in rows.notes(outcomes):
        yield Text(f"note: {note}", style="dim")
    if any(judged.score for outcome in outcomes for judged in outcome.alerts):
        for table in (rows.scores(outcomes), rows.detections(outcomes)):
            yield Text()
            yield _table(table)
    fired = rows.periods(outcomes)
    if fired.rows:
        yield Text()
        yield _table(Rows(fired.heads, fired.rows[:_MOST_PERIODS]))
    if len(fired.rows) > _MOST_PERIODS:
        more = len(fired.rows) - _MOST_PERIODS
        yield Text(f"… and {more} more; all of them: --output json, or --html FILE", style="dim")


def _table(content: Rows) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in content.heads:
        table.add_column(head, overflow="fold")
    for row in content.rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    return table
