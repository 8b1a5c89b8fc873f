"""The live table of the demo: SLOs with budget bars and firing alerts."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

_WIDTH = 10


def slo_table(slos: list[dict[str, Any]], caption: str) -> Table:
    """One row per SLO, from its status."""
    table = Table(caption=caption, caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in (
        "SLO",
        "Ready",
        "Objective",
        "SLI",
        "Budget left",
        "Time left",
        "Burn 1h",
        "Firing",
    ):
        table.add_column(column, no_wrap=True)
    for slo in sorted(slos, key=lambda one: one["metadata"]["name"]):
        table.add_row(slo["metadata"]["name"], *_cells(slo))
    return table


def _cells(slo: dict[str, Any]) -> list[Text | str]:
    status = slo.get("status", {})
    conditions = {c["type"]: c["status"] for c in status.get("conditions", ())}
    burn = {b["window"]: b["value"] for b in status.get("burnRates", ())}
    budget = status.get("budget", {})
    sli = status.get("sli", {}).get("window")
    return [
        conditions.get("Ready", "…"),
        slo["spec"]["objective"],
        sli or "unknown",
        _bar(budget.get("remaining")),
        budget.get("left", "-"),
        burn.get("1h", "-"),
        _firing([a["tier"] for a in status.get("alerts", ()) if a["state"] == "Firing"]),
    ]


def _firing(tiers: list[str]) -> Text:
    """The most severe firing alert, and how many more."""
    if not tiers:
        return Text("none", style="green")
    more = f" +{len(tiers) - 1}" if len(tiers) > 1 else ""
    return Text(tiers[0] + more, style="bold red")


def _bar(remaining: str | None) -> Text:
    """A bar of what is left; an unknown budget has no bar at all."""
    if remaining is None:
        return Text("unknown")
    share = float(remaining) / 100
    full = round(max(0.0, min(1.0, share)) * _WIDTH)
    style = "green" if share > 0.5 else "yellow" if share > 0 else "red"
    bar = Text("█" * full, style=style)
    bar.append("░" * (_WIDTH - full), style="dim")
    bar.append(f" {remaining} %")
    return bar
