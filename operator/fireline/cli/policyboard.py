"""The table of ``fireline status --policies``: one row per AlertPolicy, the worst first.

Like that of SLOs (:mod:`fireline.cli.board`): colours repeat what the words say, a narrow terminal leaves out
what is least needed, and no text is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from fireline.cli.columns import Column, Layout, View, broken, fitting, table_of
from fireline.cli.policystanding import Flaw, PolicyStanding, words
from fireline.cli.words import age

_Column = Column[PolicyStanding]
_NAME_AT_LEAST = 20


def policy_board(standings: Sequence[PolicyStanding], view: View) -> RenderableType:
    """One row per policy in the order given, counts, and where to read on."""
    columns, room = _fitting(standings, view)
    table = table_of("POLICY", standings, lambda one: _shown_name(one, view, room), columns)
    lines = [Text(""), Text(words(standings), style="bold")]
    wrong = next((one for one in standings if not one.sound), None)
    if wrong is not None:
        lines.append(Text(f"why: fireline explain ap/{wrong.name} -n {wrong.namespace}", style="dim"))
    return Group(table, *lines)


def _fitting(standings: Sequence[PolicyStanding], view: View) -> tuple[Layout[PolicyStanding], int]:
    """The columns beside the name that fit, and the name's room."""
    ready_why, ready = _Column("READY", _ready), _Column("READY", lambda one: _state(one.ready))
    loaded_why, loaded = _Column("LOADED", _loaded), _Column("LOADED", lambda one: _state(one.loaded))
    slos = _Column("SLOS", lambda one: _figure(None if one.slos is None else str(one.slos)), right=True)
    escalation = _Column("LAST LEVEL", _escalation)
    pages = _Column("PAGES/WEEK", lambda one: _figure(one.pages_per_week), right=True)
    precision = _Column("PRECISION", lambda one: _percent(one.precision), right=True)
    test = _Column("LAST TEST", lambda one: _test(one, view.now))
    layouts = (
        [ready_why, loaded_why, slos, escalation, pages, precision, test],
        [ready, loaded_why, slos, escalation, pages, precision, test],
        [ready, loaded, slos, escalation, pages, precision, test],
        [ready, loaded, slos, escalation, pages, test],
        [ready, loaded, slos, pages, test],
        [ready, loaded, test],
    )
    return fitting(
        standings, lambda one: _name(one, view), layouts, whole=4, least=_NAME_AT_LEAST, width=view.width
    )


def _shown_name(one: PolicyStanding, view: View, room: int) -> Text:
    """The name, broken where it is wider than its room."""
    style = "bold red" if one.flaws & {Flaw.NOT_READY, Flaw.TEST_FAILED} else ""
    return Text(broken(_name(one, view), room), style=style)


def _name(one: PolicyStanding, view: View) -> str:
    return f"{one.namespace}/{one.name}" if view.namespaces else one.name


def _state(state: str, reason: str = "") -> Text:
    shown = state if state in {"True", "False"} else "?"
    style = {"True": "", "False": "red"}.get(shown, "dim")
    return Text(f"{shown} {reason}" if reason and shown != "True" else shown, style=style)


def _ready(one: PolicyStanding) -> Text:
    return _state(one.ready, one.ready_reason)


def _loaded(one: PolicyStanding) -> Text:
    """A reason that READY has told already is not told twice."""
    return _state(one.loaded, "" if one.loaded_reason == one.ready_reason else one.loaded_reason)


def _escalation(one: PolicyStanding) -> Text:
    if one.escalation == "None":
        return Text("-", style="dim")
    return _figure(one.worst_case_delay)


def _figure(value: str | None) -> Text:
    return Text("?", style="dim") if value is None else Text(value)


def _percent(value: str | None) -> Text:
    return _figure(None if value is None else f"{value}%")


def _test(one: PolicyStanding, now: datetime) -> Text:
    """``Delivered 3d``: the result and its age."""
    if one.test is None:
        return Text("never" if one.ready_reason != "NoStatus" else "?", style="dim")
    style = {"Delivered": "", "Failed": "bold red"}.get(one.test, "dim")
    since = f" {age((now - one.tested).total_seconds())}" if one.tested else ""
    return Text(f"{one.test}{since}", style=style)
