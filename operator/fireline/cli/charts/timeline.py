"""Alerts over time as one SVG: a lane per alert, a bar per episode, losses of budget as bands behind them."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from fireline.alerting.quality.judging import Detection
from fireline.alerting.quality.measure import Quality
from fireline.alerting.quality.model import Alert, Episode
from fireline.cli.charts.panels import SEVERITY, Box, time_axis
from fireline.cli.charts.scale import Linear
from fireline.cli.charts.svg import Element, add, short
from fireline.cli.when import shown
from fireline.cli.words import rough

WIDTH = 1100
_LEFT, _RIGHT, _TOP, _LANE = 230, 24, 26, 18
_MOST_LANES = 20
_LOSS, _UNTOLD = "#5b9bd5", "#9c27b0"
_RIGHT_COLOUR, _WRONG, _OPEN, _TICKET = "#00917a", SEVERITY["critical"], SEVERITY["warning"], SEVERITY["info"]
LEGEND = (
    ("page, right", _RIGHT_COLOUR),
    ("page for nothing", _WRONG),
    ("page nobody can judge", _OPEN),
    ("ticket", _TICKET),
    ("loss of budget", _LOSS),
    ("loss nobody was told of", _UNTOLD),
)


def timeline(quality: Quality, title: str) -> Element:
    """One policy's period; ``title`` is read out by screen readers."""
    lanes = [row.alert for row in quality.rows[:_MOST_LANES]]
    period = quality.period
    box = Box(_LEFT, _TOP, WIDTH - _LEFT - _RIGHT, _LANE * max(len(lanes), 1))
    time = Linear(period.start, period.end, box.left, box.right)
    height = short(box.bottom + 30)
    size = {"width": str(WIDTH), "height": height, "viewBox": f"0 0 {WIDTH} {height}"}
    root = ET.Element("svg", {"class": "chart", "role": "img", "aria-label": title, **size})
    _legend(root)
    time_axis(root, box, time)
    for one in quality.detections:
        _band(root, box, time, one)
    verdicts = {episode: judged.right for judged in quality.pages for episode in judged.page.episodes}
    for index, alert in enumerate(lanes):
        y = box.top + index * _LANE
        add(
            root, "text", _fitting(alert), class_="ink", x=box.left - 8, y=y + 13, text_anchor="end",
            fill="#333b43", font_size=11,
        )  # fmt: skip
        add(root, "line", class_="grid", x1=0, x2=box.right, y1=y + _LANE, y2=y + _LANE, stroke="#e3e7eb")
        for episode in quality.episodes:
            if episode.alert == alert:
                _bar(root, y, time, episode, verdicts)
    return root


def _legend(root: Element) -> None:
    x = float(_LEFT)
    for text, colour in LEGEND:
        add(root, "rect", x=x, y=5, width=10, height=10, rx=2, fill=colour)
        add(root, "text", text, class_="soft", x=x + 15, y=14, fill="#5a6570", font_size=11)
        x += 15 + 6.4 * len(text) + 18


def _band(root: Element, box: Box, time: Linear, one: Detection) -> None:
    event = one.event
    x = time(event.start)
    end = time.at_high if event.end is None else time(event.end)
    colour = _UNTOLD if one.page is None else _LOSS
    band = add(
        root, "rect", x=x, y=box.top, width=max(end - x, 2), height=box.height, fill=colour,
        fill_opacity="0.22",
    )  # fmt: skip
    told = (
        "nobody was told"
        if one.page is None
        else "told" + (f" after {rough(one.seconds)}" if one.seconds else "")
    )
    namespace, slo = event.slo
    add(band, "title", f"{namespace}/{slo} lost as much budget as {event.tier} stands for\n{told}")


def _bar(
    root: Element, y: float, time: Linear, episode: Episode, verdicts: Mapping[Episode, bool | None]
) -> None:
    x = time(episode.start)
    end = time.at_high if episode.end is None else time(episode.end)
    colour = _TICKET
    if episode in verdicts:
        colour = {True: _RIGHT_COLOUR, False: _WRONG, None: _OPEN}[verdicts[episode]]
    bar = add(root, "rect", x=x, y=y + 3, width=max(end - x, 3), height=_LANE - 6, rx=2, fill=colour)
    until = "still firing" if episode.end is None else f"to {shown(episode.end)} UTC"
    add(bar, "title", f"{episode.alert.label}\n{shown(episode.start)} {until}")


def _fitting(alert: Alert) -> str:
    """As much of the name as there is room for."""
    text = alert.label
    return text if len(text) <= 36 else text[:35] + "…"
