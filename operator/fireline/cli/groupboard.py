"""The table of ``fireline status --by``: one row per group, counts and its worst SLO, no averages."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from fireline.cli.columns import GAP, plain_table
from fireline.cli.standing import OK, Fact
from fireline.cli.tally import Tally

Groups = Sequence[tuple[str | None, Tally]]


def group_board(groups: Groups, by: str, width: int) -> Table:
    """Counts in columns of their own where the width allows it, else in words."""
    wide = _in_columns(groups, by)
    heads = sum(len(str(column.header)) + GAP for column in wide.columns[1:-1])
    names = max(cell_len(name or "(none)") for name, _ in groups)
    worst = max(cell_len(_worst(tally).plain) for _, tally in groups)
    return wide if max(names, len(by)) + GAP + heads + worst <= width else _in_words(groups, by)


def _in_columns(groups: Groups, by: str) -> Table:
    """A fact that holds for none has no column."""
    facts = [fact for fact in Fact if any(tally.facts[fact] for _, tally in groups)]
    table = plain_table()
    table.add_column(by.upper(), overflow="fold")
    for head in ("SLOS", *(_spaced(fact.value).upper() for fact in facts), "OK"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("WORST", overflow="fold")
    for name, tally in groups:
        counted = (_count(fact, tally.facts[fact]) for fact in facts)
        table.add_row(_group(name), str(tally.total), *counted, str(tally.ok), _worst(tally))
    return table


def _in_words(groups: Groups, by: str) -> Table:
    table = plain_table()
    table.add_column(by.upper(), overflow="fold")
    table.add_column("SLOS", justify="right", no_wrap=True)
    table.add_column("OF THESE")
    table.add_column("WORST", overflow="fold")
    for name, tally in groups:
        table.add_row(_group(name), str(tally.total), tally.words.partition(": ")[2], _worst(tally))
    return table


def _group(name: str | None) -> Text:
    return Text(name) if name else Text("(none)", style="dim")


def _count(fact: Fact, count: int) -> Text:
    if not count:
        return Text("-", style="dim")
    mild = {Fact.UNKNOWN: "dim", Fact.ALERTING: "yellow"}
    return Text(str(count), style=mild.get(fact, "red"))


def _worst(tally: Tally) -> Text:
    worst = tally.worst
    if worst is None:
        return Text("")
    left = "budget unknown" if worst.remaining is None else f"{worst.remaining}%{'?' * worst.stale} left"
    return Text(f"{worst.namespace}/{worst.name}: {_spaced(worst.state)}, {left}")


def _spaced(word: str) -> str:
    """``NotReady`` → ``Not ready``."""
    if word == OK:
        return word
    return word[0] + "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in word[1:])
