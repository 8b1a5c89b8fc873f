"""Puts what ``fireline status`` found on the screen: a table, a document, or a live view."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from fireline.cli import checkstanding, policystanding
from fireline.cli.board import board, caption
from fireline.cli.checkboard import check_board
from fireline.cli.checkstanding import CheckStanding
from fireline.cli.cluster import Unreachable
from fireline.cli.columns import View
from fireline.cli.groupboard import group_board
from fireline.cli.output import to_yaml
from fireline.cli.policyboard import policy_board
from fireline.cli.policystanding import PolicyStanding
from fireline.cli.standing import Standing, plain
from fireline.cli.tally import Tally, grouped, key
from fireline.cli.words import rough

_AS_WIDE_AS_IT_GETS = 10_000
_AROUND = 6
"""Lines of the live view that are no rows: its head, the table's, the summary, and a possible error."""
_AROUND_CHECKS = 11
"""The same of the table of checks."""
_AT_LEAST = 3
_LAST = float("inf")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked to see. ``where`` says in words what was looked at."""

    where: str
    tier: str | None = None
    by: str | None = None
    sort: str = "worst"
    output: str = "text"
    namespaces: bool = True
    slos: bool = True
    checks: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """SLOs and checks, in the order in which they are shown."""

    slos: Sequence[Standing]
    checks: Sequence[CheckStanding] = ()

    @property
    def words(self) -> set[str]:
        """Everything that is so of any of them, in words of ``--fail-on``."""
        of_slos = {key(fact) for one in self.slos for fact in one.facts}
        return of_slos | {fact.value for one in self.checks for fact in one.facts}

    def __bool__(self) -> bool:
        return bool(self.slos or self.checks)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the cluster; ``trouble`` says why there is no newer one."""

    shown: Shown
    at: datetime
    trouble: str = ""


def show(found: Shown, wishes: Wishes) -> Shown:
    """Print it once; returns what was shown."""
    shown = wanted(found, wishes)
    if wishes.output != "text":
        document = _document(shown, wishes)
        click.echo(json.dumps(document, indent=2) if wishes.output == "json" else to_yaml(document).rstrip())
    elif shown:
        _print(partial(_drawn, shown, wishes), wishes)
    else:
        tier = f" of tier {wishes.tier}" if wishes.tier else ""
        kinds = f"SLOs{tier}" if wishes.slos else "SyntheticChecks"
        click.echo(f"no {kinds} in {wishes.where}", err=True)
    return shown


def show_policies(found: Sequence[Mapping[str, Any]], wishes: Wishes) -> list[PolicyStanding]:
    """Print the table of AlertPolicies, the worst first; returns what was shown."""
    standings = sorted((PolicyStanding.of(dict(one)) for one in found), key=lambda one: one.urgency)
    if wishes.output != "text":
        document = {
            "items": [policystanding.plain(one) for one in standings],
            "summary": policystanding.summary(standings),
        }
        click.echo(json.dumps(document, indent=2) if wishes.output == "json" else to_yaml(document).rstrip())
    elif standings:
        _print(partial(policy_board, standings), wishes)
    else:
        click.echo(f"no AlertPolicies in {wishes.where}", err=True)
    return standings


def follow(look: Callable[[], Shown], wishes: Wishes, *, every: float) -> None:
    """Show it again every so many seconds until Ctrl-C; an outage keeps the last view and says so.

    Without a terminal each look is printed below the last one. Raises Unreachable when the first fails.
    """
    seen = Seen(wanted(look(), wishes), datetime.now(UTC))
    console = Console(highlight=False)
    live = Live(console=console, screen=True, auto_refresh=False)
    try:
        if console.is_terminal:
            live.start()
        while True:
            if live.is_started:
                view = _view(console, wishes)
                live.update(screen(seen, wishes, view, console.height - _AROUND), refresh=True)
            else:
                _print(partial(screen, seen, wishes), wishes)
            time.sleep(every)
            seen = _looked_again(look, wishes, seen)
    except KeyboardInterrupt:
        return
    finally:
        live.stop()


def wanted(found: Shown, wishes: Wishes) -> Shown:
    """What was asked for, in the order asked for; checks have no budget to be sorted by."""
    chosen = [one for one in found.slos if wishes.tier in {None, one.tier}]
    by_name = wishes.sort == "name"
    checks = sorted(found.checks, key=lambda one: (one.namespace, one.name) if by_name else one.urgency)
    return Shown(sorted(chosen, key=_ORDERS[wishes.sort]), checks)


def _by_budget(one: Standing) -> tuple[Any, ...]:
    return (_LAST if one.share_left is None else one.share_left, one.namespace, one.name)


def _by_burn(one: Standing) -> tuple[Any, ...]:
    """Fastest first, unknown last. ``<0.1`` is more than nothing and less than 0.1."""
    value = one.burn.get("1h")
    burn = None if value is None else 0.05 if value.startswith("<") else float(value)
    return (_LAST if burn is None else -burn, one.namespace, one.name)


_ORDERS: Mapping[str, Callable[[Standing], tuple[Any, ...]]] = {
    "worst": lambda one: one.urgency,
    "budget": _by_budget,
    "burn": _by_burn,
    "name": lambda one: (one.namespace, one.name),
}


def _looked_again(look: Callable[[], Shown], wishes: Wishes, last: Seen) -> Seen:
    try:
        return Seen(wanted(look(), wishes), datetime.now(UTC))
    except Unreachable as error:
        return replace(last, trouble=str(error))


def screen(seen: Seen, wishes: Wishes, view: View, rows: int | None = None) -> RenderableType:
    """The live view: what and when, the tables, and what is in the way of newer ones."""
    kinds = [name for name, there in (("SLOs", wishes.slos), ("checks", seen.shown.checks)) if there]
    what = " and ".join(kinds) or "checks"
    head = f"{what} of {wishes.where}, {seen.at.astimezone():%H:%M:%S}"
    nothing = "no SLOs" if wishes.slos else "no checks"
    body = _drawn(seen.shown, wishes, view, rows) if seen.shown else Text(nothing, style="dim")
    if not seen.trouble:
        return Group(Text(head, style="dim"), body)
    age = rough((view.now - seen.at).total_seconds())
    return Group(Text(f"{head}: {age} old. {seen.trouble}", style="bold red"), body)


def _drawn(shown: Shown, wishes: Wishes, view: View, rows: int | None = None) -> RenderableType:
    """The table of SLOs, below it that of checks; where rows are short, checks get at most half of them."""
    if wishes.by is not None:
        groups = group_board(grouped(shown.slos, wishes.by), wishes.by, view.width)
        return Group(groups, caption(shown.slos))
    if not shown.checks:
        return board(shown.slos, view, rows=rows)
    if not shown.slos:
        return check_board(shown.checks, view, rows=rows)
    of_checks, of_slos = None, None
    if rows is not None:
        of_checks = min(len(shown.checks), max(_AT_LEAST, (rows - _AROUND_CHECKS) // 2))
        of_slos = max(_AT_LEAST, rows - _AROUND_CHECKS - of_checks)
    return Group(
        board(shown.slos, view, rows=of_slos), Text(""), check_board(shown.checks, view, rows=of_checks)
    )


def _print(draw: Callable[[View], RenderableType], wishes: Wishes) -> None:
    """To a terminal as it is; into a pipe as wide as it gets, one line per SLO for grep."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(draw(_view(console, wishes)))
        return
    plain_text = Console(
        highlight=False, width=console.width if "COLUMNS" in os.environ else _AS_WIDE_AS_IT_GETS
    )
    with plain_text.capture() as captured:
        plain_text.print(draw(_view(plain_text, wishes)))
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
    sys.stdout.flush()


def _view(console: Console, wishes: Wishes) -> View:
    unicode = console.encoding.lower().startswith("utf")
    return View(datetime.now(UTC), console.width, unicode=unicode, namespaces=wishes.namespaces)


def _document(shown: Shown, wishes: Wishes) -> dict[str, Any]:
    of_checks = {
        "items": [checkstanding.plain(one) for one in shown.checks],
        "summary": checkstanding.summary(shown.checks),
    }
    if not wishes.slos:
        return of_checks
    summary = Tally.of(shown.slos).plain()
    if wishes.by is None:
        document: dict[str, Any] = {"items": [plain(one) for one in shown.slos], "summary": summary}
        return {**document, "checks": of_checks} if wishes.checks else document
    groups = [
        {wishes.by or "": name, **tally.plain(), "worst": plain(tally.worst) if tally.worst else None}
        for name, tally in grouped(shown.slos, wishes.by)
    ]
    return {"by": wishes.by, "groups": groups, "summary": summary}
