"""The table of Mitigations: one row each, those that wait for a person first.

Like the other boards: colours repeat what the words say, a narrow terminal leaves out what is least needed,
and no text is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fireline.cli.columns import Column, Layout, View, broken, fitting, table_of
from fireline.cli.mitigating.standing import MitigationStanding, Need, words
from fireline.cli.words import age, rough

_Column = Column[MitigationStanding]
_NAME_AT_LEAST = 20
_URGENT = frozenset({Need.HUMAN, Need.APPROVAL})
_PHASES = {
    "Proposed": "bold yellow",
    "Approved": "yellow",
    "Applying": "yellow",
    "Verifying": "yellow",
    "Active": "bold",
    "Reverting": "yellow",
}
_BAD = frozenset({"Contested", "Failed", "Unknown"})
_SIGNALS = {"True": "red", "Unknown": "dim"}


def mitigation_board(
    standings: Sequence[MitigationStanding], view: View, *, paused: str = ""
) -> RenderableType:
    """One row for each in the order given. ``paused``: why nothing is begun; empty when it may be."""
    columns, room = _fitting(standings, view)
    table = table_of("MITIGATION", standings, lambda one: _shown_name(one, view, room), columns)
    head = [Text(f"paused: {paused}", style="bold red"), Text("")] if paused else []
    return Group(*head, table, *_caption(standings))


def _caption(standings: Sequence[MitigationStanding]) -> list[RenderableType]:
    """Counts, and what to type next about the most urgent one."""
    lines: list[RenderableType] = [Text(""), Text(words(standings), style="bold")]
    first = next((one for one in standings if not one.quiet), None)
    if first is not None:
        lines.append(Text(f"look: fireline mitigations diff {first.name} -n {first.namespace}", style="dim"))
    return lines


def _fitting(standings: Sequence[MitigationStanding], view: View) -> tuple[Layout[MitigationStanding], int]:
    """The columns beside the name that fit, and the name's room."""
    phase = _Column("PHASE", lambda one: _phase(one, view))
    needs = _Column("NEEDS", _needs)
    expires = _Column("EXPIRES", lambda one: _expires(one, view), right=True)
    does = _Column("WOULD DO", lambda one: Text(one.does))
    trigger = _Column("TRIGGER", _trigger)
    signal = _Column("TRIGGER", lambda one: _trigger(one, what=False))
    layouts = (
        [phase, needs, expires, does, trigger],
        [phase, needs, expires, does],
        [phase, needs, expires, signal],
        [phase, needs, expires],
        [phase, needs],
    )
    return fitting(
        standings, lambda one: _name(one, view), layouts, whole=4, least=_NAME_AT_LEAST, width=view.width
    )


def _shown_name(one: MitigationStanding, view: View, room: int) -> Text:
    return Text(broken(_name(one, view), room), style="bold red" if one.needs & _URGENT else "")


def _name(one: MitigationStanding, view: View) -> str:
    return f"{one.namespace}/{one.name}" if view.namespaces else one.name


def _phase(one: MitigationStanding, view: View) -> Text:
    """``Proposed 3m``, ``Ended Reverted 2h``."""
    style = "bold red" if one.result in _BAD else _PHASES.get(one.phase, "dim")
    parts = [one.phase, one.result or "", age((view.now - one.since).total_seconds()) if one.since else ""]
    return Text(" ".join(part for part in parts if part), style=style)


def _needs(one: MitigationStanding) -> Text:
    if one.human:
        return Text(f"you: {one.human}", style="bold red")
    if Need.APPROVAL in one.needs:
        return Text("approval", style="bold yellow")
    if Need.NOT_READY in one.needs:
        known = one.ready != "Unknown"
        reason = one.lacks if one.ready == "True" else one.ready_reason
        return Text(f"{'' if known else '? '}{reason}", style="red" if known else "dim")
    return Text("suspended" if Need.SUSPENDED in one.needs else "", style="dim")


def _expires(one: MitigationStanding, view: View) -> Text:
    """In how long the proposal is void, or the change is taken back."""
    if one.expires is None:
        return Text("")
    left = (one.expires - view.now).total_seconds()
    return Text(f"in {rough(left)}") if left > 0 else Text(f"{rough(left)} ago", style="bold red")


def _trigger(one: MitigationStanding, *, what: bool = True) -> Text:
    told = f"{one.signal}: {one.trigger}" if one.signal else one.trigger
    return Text(told if what else one.signal or "by hand", style=_SIGNALS.get(one.signal, ""))
