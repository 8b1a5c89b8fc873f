"""The table of ``fireline incidents``: those that go on first, then the newest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from fireline.api.conditions import parse_timestamp
from fireline.cli.columns import Column, View, broken, fitting, table_of
from fireline.cli.incidents_reading import Recorded
from fireline.cli.words import age, rough
from fireline.incident.phases import REACHED_BY

_Column = Column[Recorded]
_NAME_AT_LEAST = 16
_STYLES = {"sev0": "bold red", "sev1": "red", "sev2": "yellow"}


def board(found: Sequence[Recorded], view: View) -> RenderableType:
    """One row for each incident, and where to read on."""
    columns = {
        "slo": _Column(
            "SLO", lambda one: Text(one.place if view.namespaces else one.slo["metadata"]["name"])
        ),
        "severity": _Column("SEVERITY", _severity),
        "began": _Column("BEGAN", lambda one: _ago(one, view.now), right=True),
        "lasted": _Column("LASTED", lambda one: _lasted(one, view.now), right=True),
        "phase": _Column("PHASE", lambda one: Text(phase(one))),
        "spent": _Column("BUDGET SPENT", _spent, right=True),
        "owner": _Column("OWNER", lambda one: Text(one.incident.get("owner", "-"))),
    }
    names = (
        ("slo", "severity", "phase", "began", "lasted", "spent", "owner"),
        ("slo", "severity", "phase", "began", "lasted", "spent"),
        ("slo", "severity", "phase", "began", "lasted"),
        ("slo", "severity", "phase", "lasted"),
        ("slo", "severity", "phase"),
        ("slo", "severity"),
        ("slo",),
    )
    layouts = [[columns[name] for name in listed] for listed in names]
    layout, room = fitting(
        found, lambda one: str(one.incident["id"]), layouts, whole=7, least=_NAME_AT_LEAST, width=view.width
    )
    table = table_of("INCIDENT", found, lambda one: Text(broken(str(one.incident["id"]), room)), layout)
    newest = found[0]
    read_on = f"read on: fireline postmortem {newest.incident['id']} -n {newest.slo['metadata']['namespace']}"
    going = sum(one.incident["state"] == "Open" for one in found)
    counts = f"{len(found)} incident{'' if len(found) == 1 else 's'}, {going} open"
    return Group(table, Text(""), Text(counts, style="bold"), Text(read_on, style="dim"))


def phase(one: Recorded) -> str:
    """How far it got, the furthest phase that was reached."""
    reached = one.incident.get("phases", {})
    return next((name for name in reversed(list(REACHED_BY)) if name in reached), "detect")


def plain(one: Recorded) -> dict[str, object]:
    """For JSON and YAML: the incident as in the status, without facts and evidence."""
    left_out = {"facts", "evidence", "exported"}
    metadata = one.slo["metadata"]
    own = {name: value for name, value in one.incident.items() if name not in left_out}
    return {"namespace": metadata["namespace"], "slo": metadata["name"], **own}


def _severity(one: Recorded) -> Text:
    going = one.incident["state"] == "Open"
    severity = str(one.incident["severity"])
    return Text(
        severity if going else f"{severity}, over", style=_STYLES.get(severity, "") if going else "dim"
    )


def _ago(one: Recorded, now: datetime) -> Text:
    return Text(f"{age((now - parse_timestamp(one.incident['startedAt'])).total_seconds())} ago")


def _lasted(one: Recorded, now: datetime) -> Text:
    """From detection to the end, or until now."""
    reached = one.incident.get("phases", {})
    begin = parse_timestamp(reached.get("detect", one.incident["startedAt"]))
    end = parse_timestamp(reached["resolve"]) if "resolve" in reached else now
    return Text(rough(max(0.0, (end - begin).total_seconds())))


def _spent(one: Recorded) -> Text:
    spent = one.incident.get("budget", {}).get("spent")
    return Text("?", style="dim") if spent is None else Text(f"{spent}%")
