"""The parts of a backtest's chart, each drawn into a box under one common time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fireline.cli.backtesting.plain import lasted
from fireline.cli.backtesting.rows import label, name, told_of
from fireline.cli.charts.scale import Linear, Log, time_label, time_ticks
from fireline.cli.charts.svg import Element, add, path
from fireline.cli.when import shown
from fireline.cli.words import rough
from fireline.promql.expr import number
from fireline.slo.replay.incidents import Incident
from fireline.slo.replay.outcome import ANY_PAGE, Judged, Outcome
from fireline.slo.replay.states import Period
from fireline.slo.replay.track import Track

COLOURS = ("#0072b2", "#009e73", "#8a5fbf", "#5a6570", "#b4477b", "#7a6a00")
"""Of the objectives: told apart by people who do not see all colours, and none of them means danger."""
SEVERITY = {"critical": "#d1341f", "warning": "#e69f00", "info": "#8a949e"}
_LANE = 15
_WORST_SHOWN = -1.0
"""Budgets overspent beyond this (twice the budget) leave the picture, or nothing else could be seen."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a panel is: everything in pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


def colour(index: int) -> str:
    """Colour of an objective by its place in the list."""
    return COLOURS[index % len(COLOURS)]


def time_axis(parent: Element, box: Box, time: Linear) -> None:
    """Dates and times below, and thin lines through all panels of the box."""
    ticks = time_ticks(int(time.low), int(time.high), most=max(int(box.width // 80), 1))
    for at in ticks:
        x = time(at)
        add(parent, "line", class_="grid", x1=x, x2=x, y1=box.top, y2=box.bottom, stroke="#e3e7eb")
        anchor = "end" if box.right - x < 20 else "middle"
        add(
            parent, "text", time_label(at, ticks), class_="soft", x=x, y=box.bottom + 16,
            text_anchor=anchor, fill="#5a6570", font_size=11,
        )  # fmt: skip


def incident_bands(parent: Element, box: Box, time: Linear, incidents: Sequence[Incident]) -> None:
    """Known incidents as grey bands through all panels, named above where the names have room."""
    free = box.left
    for one in incidents:
        if one.end < time.low or one.start > time.high:
            continue
        x, width = time(one.start), max(time(one.end) - time(one.start), 1.5)
        band = add(
            parent,
            "rect",
            class_="incident",
            x=x,
            y=box.top,
            width=width,
            height=box.height,
            fill="#aab4be",
            fill_opacity="0.35",
        )
        add(band, "title", f"{one.name}: {shown(one.start)} to {shown(one.end)} UTC")
        needed = 6.2 * len(one.name)
        at = min(x, box.right - needed)
        if at >= free:
            add(parent, "text", one.name, class_="soft", x=at, y=box.top - 5, fill="#5a6570", font_size=11)
            free = at + needed + 8


def budget_panel(parent: Element, box: Box, time: Linear, outcomes: Sequence[Outcome]) -> None:
    """Budget left over time, one line per objective."""
    lowest = min((1 - one.peak.consumed for one in outcomes if one.peak), default=0.0)
    scale = Linear(max(min(lowest, 0.0), _WORST_SHOWN), 1, box.bottom, box.top)
    _frame(parent, box, "error budget left")
    for value in scale.ticks(4):
        _level(parent, box, scale(value), f"{100 * value:.0f} %")
    zero = scale(0)
    if zero < box.bottom:
        add(
            parent, "rect", x=box.left, y=zero, width=box.width, height=box.bottom - zero,
            fill=SEVERITY["critical"], fill_opacity="0.08",
        )  # fmt: skip
    add(parent, "line", x1=box.left, x2=box.right, y1=zero, y2=zero, stroke=SEVERITY["critical"])
    for index, outcome in enumerate(outcomes):
        runs = _runs(outcome.budget, time, lambda consumed: scale(1 - consumed))
        _line(parent, path(runs), colour(index), f"budget left at {label(outcome)}")


def burn_panel(parent: Element, box: Box, time: Linear, outcome: Outcome) -> None:
    """Burn rate over an hour on a logarithmic scale, with the limits of the tiers."""
    highest = max((value for _, value in outcome.burn.samples()), default=1.0)
    limits = [float(tier.factor) for tier in outcome.objective.tiers]
    top = 10.0
    while top < max(highest, *limits, 1.0):
        top *= 10
    scale = Log(0.1, top, box.bottom, box.top)
    _frame(parent, box, f"burn rate, 1h, at {label(outcome)}")
    for value in scale.ticks():
        _level(parent, box, scale(value), f"{value:g}" if value > scale.low else f"≤ {value:g}")
    taken: list[float] = []
    for tier in sorted(outcome.objective.tiers, key=lambda one: one.factor, reverse=True):
        y = scale(float(tier.factor))
        shade = SEVERITY[tier.severity]
        line = add(
            parent, "line", x1=box.left, x2=box.right, y1=y, y2=y, stroke=shade, stroke_dasharray="4 3"
        )
        add(line, "title", f"{tier.name} fires above {number(tier.factor)} (over {tier.long})")
        if all(abs(y - other) >= 11 for other in taken):
            text = f"{tier.name} {number(tier.factor)}"
            add(parent, "text", text, x=box.right - 4, y=y - 3, text_anchor="end", fill=shade, font_size=10)
            taken.append(y)
    runs = _runs(outcome.burn, time, scale)
    _line(parent, path(runs), colour(0), f"burn rate at {label(outcome)}")


def alert_lanes(parent: Element, box: Box, time: Linear, outcomes: Sequence[Outcome]) -> None:
    """One lane per alert and objective; a bar wherever it fires."""
    y = box.top
    for index, outcome in enumerate(outcomes):
        for judged in lanes(outcome):
            text = name(judged.alert)
            if len(outcomes) > 1:
                text = f"{text} {label(outcome)}"
            fill = colour(index) if len(outcomes) > 1 else "#333b43"
            add(
                parent, "text", text, class_="" if len(outcomes) > 1 else "ink", x=box.left - 8, y=y + 11,
                text_anchor="end", fill=fill, font_size=11,
            )  # fmt: skip
            add(
                parent, "line", class_="grid", x1=box.left, x2=box.right, y1=y + _LANE, y2=y + _LANE,
                stroke="#e3e7eb",
            )  # fmt: skip
            for period in judged.alert.periods:
                bar = _bar(parent, y, time, period)
                bar.set("fill", SEVERITY[judged.alert.severity])
                add(bar, "title", _words(judged, period, outcome))
            y += _LANE
        y += 6


def lanes(outcome: Outcome) -> list[Judged]:
    """The alerts that have a lane: all but the sum of the pages."""
    return [one for one in outcome.alerts if one.alert.tier != ANY_PAGE]


def lanes_height(outcomes: Sequence[Outcome]) -> float:
    """Pixels all lanes need."""
    return sum(_LANE * len(lanes(one)) + 6 for one in outcomes)


def _bar(parent: Element, y: float, time: Linear, period: Period) -> Element:
    x = time(period.start)
    width = (time.at_high if period.end is None else time(period.end)) - x
    return add(parent, "rect", x=x, y=y + 2, width=max(width, 1.5), height=_LANE - 4, rx=1.5)


def _words(judged: Judged, period: Period, outcome: Outcome) -> str:
    until = "still firing at the end" if period.end is None else f"to {shown(period.end)} UTC"
    words = [
        f"{name(judged.alert)} at {label(outcome)}",
        f"{shown(period.start)} {until}, {rough(lasted(period, outcome.end))}",
    ]
    return "\n".join([*words, *(f"tells of {one.name}" for one in told_of(judged, period))])


def _frame(parent: Element, box: Box, title: str) -> None:
    add(
        parent, "text", title, class_="ink", x=box.left, y=box.top - 7, fill="#333b43", font_weight="600",
        font_size=12,
    )  # fmt: skip


def _level(parent: Element, box: Box, y: float, text: str) -> None:
    add(parent, "line", class_="grid", x1=box.left, x2=box.right, y1=y, y2=y, stroke="#e3e7eb")
    add(
        parent, "text", text, class_="soft", x=box.left - 8, y=y + 4, text_anchor="end", fill="#5a6570",
        font_size=11,
    )  # fmt: skip


def _line(parent: Element, drawn: str, stroke: str, title: str) -> None:
    if drawn:
        line = add(
            parent, "path", d=drawn, fill="none", stroke=stroke, stroke_width="1.6", stroke_linejoin="round"
        )
        add(line, "title", title)


def _runs(track: Track, time: Linear, place: Callable[[float], float]) -> Iterator[list[tuple[float, float]]]:
    """Stretches of a track without a hole, as places on the picture."""
    run: list[tuple[float, float]] = []
    last: int | None = None
    for at, value in track.samples():
        if not time.low <= at <= time.high:
            continue
        if last is not None and at - last > track.step and run:
            yield run
            run = []
        run.append((time(at), place(value)))
        last = at
    if run:
        yield run
