"""The table of SyntheticChecks in ``fireline status``: one row each, the worst first.

Like that of SLOs (:mod:`fireline.cli.board`): colours repeat what the words say, a narrow terminal leaves out
what is least needed, and no text is cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from fireline.cli.checkstanding import CheckFact, CheckStanding, words
from fireline.cli.columns import Column, Layout, View, broken, fitting, table_of
from fireline.cli.words import age, rough

_Column = Column[CheckStanding]
_NAME_AT_LEAST = 20
_SHOWN = 10
"""Runs of the history; the newest is the last."""
_SIGNS: Mapping[str, tuple[str, str, str]] = {
    "success": ("✓", "+", "green"),
    "degraded": ("~", "~", "yellow"),
    "failure": ("✗", "x", "bold red"),
    "error": ("!", "!", "bold red"),
    "infra": ("?", "?", "yellow"),
    "skipped": ("-", "-", "dim"),
}
_MEANING = {
    "success": "success",
    "degraded": "slow",
    "failure": "failure",
    "error": "error",
    "infra": "not measured",
    "skipped": "skipped",
}
_SERIOUS = frozenset({CheckFact.FAILING})


def check_board(standings: Sequence[CheckStanding], view: View, *, rows: int | None = None) -> RenderableType:
    """One row per check in the order given; when only ``rows`` fit, the rest is counted in a line."""
    shown = standings if rows is None or len(standings) <= rows else standings[: max(rows - 1, 1)]
    columns, room = _fitting(shown, view)
    table = table_of("CHECK", shown, lambda one: _shown_name(one, view, room), columns)
    hidden = standings[len(shown) :]
    more = [Text(f"… and {words(hidden)}", style="dim")] if hidden else []
    return Group(table, *more, *_caption(standings, shown, view))


def _caption(
    standings: Sequence[CheckStanding], shown: Sequence[CheckStanding], view: View
) -> list[RenderableType]:
    """Counts, what the signs of the runs mean, and where to read on."""
    lines: list[RenderableType] = [Text(""), Text(words(standings), style="bold")]
    seen = {outcome for one in shown for outcome in one.history[-_SHOWN:]}
    if seen - {"success"}:
        told = [f"{_sign(name, view)} {_MEANING[name]}" for name in _SIGNS if name in seen]
        lines.append(Text(f"runs, the newest last: {', '.join(told)}", style="dim"))
    if any(one.stale for one in standings):
        text = "? behind a run: it is older than the schedule allows; how things are now is unknown"
        lines.append(Text(text, style="dim"))
    wrong = next((one for one in standings if not one.sound), None)
    if wrong is not None:
        lines.append(Text(f"why: fireline explain syn/{wrong.name} -n {wrong.namespace}", style="dim"))
    return lines


def _fitting(standings: Sequence[CheckStanding], view: View) -> tuple[Layout[CheckStanding], int]:
    """The columns beside the name that fit, and the name's room."""
    last_why = _Column("LAST RUN", lambda one: _last(one, view, why=True))
    last = _Column("LAST RUN", lambda one: _last(one, view, why=False))
    ago = _Column("AGE", lambda one: _age(one, view.now), right=True)
    runs = _Column("RUNS", lambda one: _runs(one, view))
    bar = _Column("AVAILABILITY", lambda one: _availability(one, view, bar=True))
    value = _Column("AVAILABILITY", lambda one: _availability(one, view, bar=False))
    coverage = _Column("COVERAGE", lambda one: _percent(one.coverage), right=True)
    every = _Column("EVERY", _every, right=True)
    ready_why, ready = _Column("READY", _ready), _Column("READY", lambda one: _ready(one, why=False))
    layouts = (
        [last_why, ago, runs, bar, coverage, every, ready_why],
        [last_why, ago, runs, bar, coverage, ready],
        [last_why, ago, runs, bar, ready],
        [last, ago, runs, bar, ready],
        [last, ago, runs, value],
        [last, ago, value],
        [last, ago],
    )
    return fitting(
        standings, lambda one: _name(one, view), layouts, whole=5, least=_NAME_AT_LEAST, width=view.width
    )


def _shown_name(one: CheckStanding, view: View, room: int) -> Text:
    """The name, broken where it is wider than its room."""
    style = "bold red" if one.facts & _SERIOUS else ""
    return Text(broken(_name(one, view), room), style=style)


def _name(one: CheckStanding, view: View) -> str:
    return f"{one.namespace}/{one.name}" if view.namespaces else one.name


def _last(one: CheckStanding, view: View, *, why: bool) -> Text:
    """``failure at verify ×3``; of one that measured nothing, its reason."""
    if one.suspended:
        return Text("suspended", style="dim")
    last = one.last
    if last is None:
        return Text("? pending" if one.ready == "True" else "?", style="dim")
    text = last.outcome
    if why and last.outcome in {"failure", "error"} and last.step:
        text += f" at {last.step}"
    elif why and last.outcome in {"infra", "skipped"} and last.reason:
        text += f" {last.reason}"
    if one.consecutive > 1:
        text += f" {'×' if view.unicode else 'x'}{one.consecutive}"
    if last.degraded and last.outcome == "success":
        text += ", slow"
    look = "degraded" if last.degraded and last.outcome == "success" else last.outcome
    style = "dim" if one.stale else "" if look == "success" else _SIGNS[look][2]
    return Text(f"{text}{'?' * one.stale}", style=style)


def _age(one: CheckStanding, now: datetime) -> Text:
    if one.last is None or one.last.ended is None:
        return Text("never" if CheckFact.LATE in one.facts else "?", style="dim")
    late = CheckFact.LATE in one.facts
    return Text(age((now - one.last.ended).total_seconds()), style="yellow" if late else "")


def _runs(one: CheckStanding, view: View) -> Text:
    text = Text()
    for outcome in one.history[-_SHOWN:]:
        text.append(_sign(outcome, view), style=_SIGNS[outcome][2])
    return text or Text("?", style="dim")


def _sign(outcome: str, view: View) -> str:
    return _SIGNS[outcome][0 if view.unicode else 1]


def _availability(one: CheckStanding, view: View, *, bar: bool) -> Text:
    """``███░░ 99.95% of 99.9%``: the bar is what is left of the failures that the target allows."""
    if one.availability is None:
        return Text("?" if one.target is None else f"? of {one.target}%", style="dim")
    room = one.room
    if room is None:
        return Text(f"{'      ' * bar}{one.availability}%")
    missed = one.met is False
    text = Text()
    if bar:
        full, empty = ("█", "░") if view.unicode else ("#", ".")
        filled = min(5, max(0, round(room * 5)))
        text.append(full * filled, style="green")
        text.append(empty * (5 - filled) + " ", style="dim")
    text.append(f"{one.availability}%", style="bold red" if missed else "")
    return text.append(f" of {one.target}%", style="dim")


def _percent(value: str | None) -> Text:
    return Text("?", style="dim") if value is None else Text(f"{value}%")


def _every(one: CheckStanding) -> Text:
    return Text("?", style="dim") if one.interval is None else Text(rough(one.interval))


def _ready(one: CheckStanding, *, why: bool = True) -> Text:
    if one.ready == "True":
        return Text("True")
    known = one.ready == "False"
    words_ = ("False" if known else "?") + (f" {one.ready_reason}" if why else "")
    return Text(words_, style="red" if known else "dim")
