"""The table of ``fireline status``: made to be read at three in the morning, on 80 columns, without colours.

Colours repeat what the words say and never say more. The width decides which columns there are: what is
least needed goes first, and no text is ever cut off. Drawn by :mod:`fireline.cli.showing`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from fireline.api.conditions import parse_timestamp
from fireline.cli.columns import Column, Layout, View, broken, fitting, table_of
from fireline.cli.standing import NEVER, PAGES_AND_NO_DATA, Fact, Standing
from fireline.cli.tally import Tally
from fireline.cli.words import age, rough

_Column = Column[Standing]
_NAME_AT_LEAST = 24
_LOW = 0.25
"""A budget below this share is worth a glance, though no alert says so."""


def board(standings: Sequence[Standing], view: View, *, rows: int | None = None) -> RenderableType:
    """One row per SLO in the order given; when only ``rows`` fit, the rest is counted in a line."""
    shown = standings if rows is None or len(standings) <= rows else standings[: max(rows - 1, 1)]
    columns, room = _fitting(shown, view)
    table = table_of("SLO", shown, lambda one: _name(one, view, room), columns)
    hidden = Tally.of(standings[len(shown) :])
    more = [Text(f"… and {hidden.words}", style="dim")] if hidden.total else []
    return Group(table, *more, caption(standings))


def caption(standings: Sequence[Standing]) -> RenderableType:
    """How many there are of which kind, what a question mark means, and where to read on."""
    lines = [Text(""), Text(Tally.of(standings).words, style="bold")]
    if any(one.stale for one in standings):
        words = "? behind a figure: the last one known; whether it still holds is unknown"
        lines.append(Text(words, style="dim"))
    puzzling = next((one for one in standings if one.facts & {Fact.NOT_READY, Fact.NO_DATA}), None)
    if puzzling:
        lines.append(Text(f"why: fireline explain slo/{puzzling.name} -n {puzzling.namespace}", style="dim"))
    return Group(*lines)


def _fitting(standings: Sequence[Standing], view: View) -> tuple[Layout[Standing], int]:
    """The columns beside the name that fit, from all down to what is needed at night; the name's room."""
    objective = _Column("OBJECTIVE", lambda one: Text(f"{one.objective or '?'} {one.window}"))
    wide = _Column("BUDGET LEFT", lambda one: _budget(one, 10, view))
    slim = _Column("BUDGET LEFT", lambda one: _budget(one, 5, view))
    left = _Column("TIME", _time_left, right=True)
    burn = _Column("BURN 1H", _burn, right=True)
    out = _Column("RUNS OUT", lambda one: _runs_out(one, view.now))
    firing = _Column("FIRING", lambda one: _firing(one, view.now))
    source = _Column("SOURCE", _source)
    why, ready = _Column("READY", _ready), _Column("READY", lambda one: _ready(one, why=False))
    layouts = (
        [objective, wide, left, burn, out, firing, source, why],
        [objective, slim, left, burn, out, firing, source, why],
        [objective, slim, left, burn, out, firing, source, ready],
        [objective, slim, left, burn, out, firing, ready],
        [slim, left, burn, out, firing, ready],
        [slim, left, burn, firing, ready],
        [slim, burn, firing, ready],
    )
    return fitting(
        standings,
        lambda one: _name(one, view).plain,
        layouts,
        whole=3,
        least=_NAME_AT_LEAST,
        width=view.width,
    )


def _name(one: Standing, view: View, room: int | None = None) -> Text:
    """The name, broken where it is wider than its room."""
    name = f"{one.namespace}/{one.name}" if view.namespaces else one.name
    return Text(broken(name, room), style="bold red" if one.facts & PAGES_AND_NO_DATA else "")


def _budget(one: Standing, length: int, view: View) -> Text:
    share = one.share_left
    if share is None:
        queue = f" #{one.queue}" if one.queue is not None else ""
        return Text(f"? {'pending' if one.source == 'Pending' else 'unknown'}{queue}", style="dim")
    full, empty = ("█", "░") if view.unicode else ("#", ".")
    filled = min(length, max(0, round(share * length)))
    colour = "dim" if one.stale else "red" if share <= 0 else "yellow" if share <= _LOW else "green"
    text = Text(full * filled, style=colour)
    text.append(empty * (length - filled), style="dim")
    figure = f" {one.remaining:>5}%{'?' * one.stale}"
    return text.append(figure, style=colour if share <= _LOW or one.stale else "")


def _figure(one: Standing, value: str | None) -> Text:
    """A figure as it is, ``?`` when nobody knows it."""
    if value is None:
        return Text("?", style="dim")
    return Text(f"{value}?", style="dim") if one.stale else Text(value)


def _time_left(one: Standing) -> Text:
    """Two units of the budget's time, such as ``9h12m``: `explain` has the seconds."""
    units = re.findall(r"\d+[dhms]", one.left or "")
    sign = "-" if (one.left or "").startswith("-") else ""
    return _figure(one, sign + "".join(units[:2]) if units else one.left)


def _burn(one: Standing) -> Text:
    text = _figure(one, one.burn.get("1h"))
    if Fact.BURNING in one.facts and not one.stale:
        text.stylize("red")
    return text


def _runs_out(one: Standing, now: datetime) -> Text:
    share = one.share_left
    if share is not None and share <= 0:
        return Text("spent", style="red")
    when = one.at_current_burn
    if when is None or one.stale:
        return Text("?", style="dim")
    if when == NEVER:
        return Text("never", style="dim")
    seconds = (parse_timestamp(when) - now).total_seconds()
    return Text(f"in {rough(seconds)}" if seconds > 0 else "now")


def _firing(one: Standing, now: datetime) -> Text:
    if not one.firing:
        return Text("?" if one.stale or one.share_left is None else "-", style="dim")
    first, *rest = one.firing
    since = f" {age((now - first.since).total_seconds())}" if first.since else ""
    more = f" +{len(rest)}" if rest else ""
    serious = bool(one.facts & PAGES_AND_NO_DATA)
    return Text(f"{first.tier}{since}{more}{'?' * one.stale}", style="bold red" if serious else "yellow")


def _source(one: Standing) -> Text:
    if one.source is None:
        return Text("?", style="dim")
    partly = "" if one.coverage in {None, "100", "100.0"} else f" {one.coverage}%"
    return Text(f"{one.source}{partly}", style="dim" if one.source == "Pending" else "")


def _ready(one: Standing, *, why: bool = True) -> Text:
    if one.ready == "True":
        return Text("True")
    known = one.ready == "False"
    words = ("False" if known else "?") + (f" {one.reason}" if why else "")
    return Text(words, style="red" if known else "dim")
