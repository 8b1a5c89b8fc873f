"""All SLOs of a backtest as one SVG; ``drawing`` is one SLO's chart, which the page shows as well."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from fireline.cli.backtesting.rows import label
from fireline.cli.charts import panels
from fireline.cli.charts.panels import Box
from fireline.cli.charts.scale import Linear
from fireline.cli.charts.svg import NAMESPACE, Element, add, short, text_of
from fireline.cli.when import shown
from fireline.slo.replay.incidents import Incident
from fireline.slo.replay.outcome import Outcome

WIDTH = 1100
_LEFT, _RIGHT = 170, 24
_BUDGET, _BURN = 150, 120
_FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def picture(outcomes: Sequence[Sequence[Outcome]], incidents: Sequence[Incident]) -> str:
    """One SVG document with the chart of every SLO, one below the other."""
    charts = [drawing(one, incidents) for one in outcomes]
    heights = [float(chart.attrib["height"]) for chart in charts]
    root = ET.Element("svg", {"xmlns": NAMESPACE, "font-family": _FONT, **_size(sum(heights))})
    add(root, "rect", width="100%", height="100%", fill="#ffffff")
    top = 0.0
    for chart, height in zip(charts, heights, strict=True):
        chart.set("y", short(top))
        root.append(chart)
        top += height
    return text_of(root) + "\n"


def drawing(outcomes: Sequence[Outcome], incidents: Sequence[Incident]) -> Element:
    """One SLO: budget, burn rate and alerts over time, for all its objectives."""
    first = outcomes[0]
    mine = [one for one in incidents if one.service in (None, first.objective.service)]
    width = WIDTH - _LEFT - _RIGHT
    budget = Box(_LEFT, 92, width, _BUDGET)
    burn = Box(_LEFT, budget.bottom + 36, width, _BURN)
    lanes = Box(_LEFT, burn.bottom + 22, width, panels.lanes_height(outcomes))
    whole = Box(_LEFT, budget.top, width, lanes.bottom - budget.top)
    root = ET.Element("svg", {"class": "chart", "role": "img", **_size(whole.bottom + 40)})
    root.set("aria-label", f"Backtest of {first.objective.namespace}/{first.objective.name}")
    time = Linear(first.start, first.end, whole.left, whole.right)
    _title(root, outcomes)
    panels.time_axis(root, whole, time)
    panels.incident_bands(root, Box(_LEFT, 76, width, lanes.bottom - 76), time, mine)
    panels.budget_panel(root, budget, time, outcomes)
    panels.burn_panel(root, burn, time, first)
    panels.alert_lanes(root, lanes, time, outcomes)
    return root


def _title(root: Element, outcomes: Sequence[Outcome]) -> None:
    first = outcomes[0]
    objective = first.objective
    add(
        root, "text", f"{objective.namespace}/{objective.name}", class_="ink", x=20, y=28, fill="#1d242b",
        font_size=17, font_weight="600",
    )  # fmt: skip
    when = f"{shown(first.start)} to {shown(first.end)} UTC, window {objective.window}"
    add(root, "text", when, class_="soft", x=20, y=48, fill="#5a6570", font_size=12)
    x = float(WIDTH - _RIGHT)
    for index in reversed(range(len(outcomes))):
        text = f"{label(outcomes[index])}: {_verdict(outcomes[index])}"
        add(
            root, "text", text, x=x, y=28, text_anchor="end", fill=panels.colour(index), font_size=13,
            font_weight="600",
        )  # fmt: skip
        x -= 7.6 * len(text) + 18


def _verdict(outcome: Outcome) -> str:
    return {True: "held", False: "missed", None: "no data"}[outcome.held]


def _size(height: float) -> dict[str, str]:
    return {"width": str(WIDTH), "height": short(height), "viewBox": f"0 0 {WIDTH} {short(height)}"}
