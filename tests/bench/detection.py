"""``make bench-detection``: how soon burn alerts fire and reset, by theory, raw windows and Fireline.

99.9 % over 30 days after quiet hours, in Prometheus' own engine (``promtool test rules``): time is
virtual, so the figures do not depend on the machine. promtool evaluates all groups at the same step; what
slower groups may add in a real Prometheus is part of what ``detection_lag`` allows. About four minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from tests.bench import detection_lag
from tests.bench.detection_grid import Grid, Row, measure
from tests.bench.detection_theory import Times
from tests.bench.report import Bound, finish, table
from tests.builders import an_objective
from tests.rules.timeline import Phase, Story

_TIERS = an_objective().tiers
PAGES = Grid(
    tiers=tuple(tier for tier in _TIERS if tier.page),
    shares=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    lengths=(2, 10, 30, 120, 360),
    step=30,
    scrape=30,
)
TICKETS = Grid(
    tiers=tuple(tier for tier in _TIERS if not tier.page),
    shares=(0.002, 0.005, 0.02, 0.2, 1.0),
    lengths=(120, 720, 2880),
    step=150,
    scrape=75,
)


def main() -> None:
    """Measure, print, judge."""
    pages, tickets = measure(PAGES), measure(TICKETS)
    young = Story(an_objective(), (Phase(28, 0), Phase(2, 1), Phase(180, 0))).ever()
    show("Pages", pages)
    show("Tickets", tickets)
    print(f"An SLO half an hour old, 2 minutes of total outage: {', '.join(sorted(young))}\n")
    judge([*pages, *tickets], young)


def show(title: str, rows: Iterable[Row]) -> None:
    """One line for each tier and outage in which anybody fires."""
    shown = [row for row in rows if row.theory or row.raw or row.fireline]
    quiet = len(list(rows)) - len(shown)
    columns = ["size and length", "tier"]
    columns += [f"{who} {what}" for what in ("fires", "resets") for who in ("theory", "raw", "Fireline")]
    table(
        f"{title} at 99.9 %: minutes from the begin, and from the end, of an outage",
        columns,
        [
            [
                f"{100 * row.share:g} % for {row.length} min",
                row.tier.name,
                *(_text(times and times.fires) for times in (row.theory, row.raw, row.fireline)),
                *(_text(times and times.resets) for times in (row.theory, row.raw, row.fireline)),
            ]
            for row in shown
        ],
    )
    print(f"In {quiet} more of these outages neither theory nor any layout fires the tier.\n")


def _text(minutes: float | None) -> str:
    return "never" if minutes is None else f"{minutes:.1f}"


def late(row: Row) -> float:
    """Evaluation intervals by which Fireline is later than raw windows, beyond what the layout allows."""
    if row.raw is None:
        return 0.0
    if row.fireline is None:
        return math.inf
    fire = row.fireline.fires - row.raw.fires - detection_lag.to_fire(row.tier)
    reset = row.fireline.resets - row.raw.resets - detection_lag.to_reset(row.tier)
    return max(fire, reset, 0.0) * 60 / row.step


def _off(times: Times | None, theory: Times | None) -> float:
    """Minutes by which raw windows differ from theory; infinite when only one of them fires."""
    if times is None or theory is None:
        return 0.0 if times is theory else math.inf
    return max(abs(times.fires - theory.fires), abs(times.resets - theory.resets))


def judge(rows: list[Row], young: set[str]) -> None:
    """The bounds, the pairs, the exit code."""
    found = {(row.tier.name, row.share, row.length): row.fireline for row in rows}
    outage, fifth, fiftieth = (
        found["PageFast", *what] or Times(math.inf, math.inf) for what in ((1.0, 30), (0.2, 30), (0.02, 120))
    )
    worst = max(late(row) for row in rows)
    alone = sum(row.fireline is not None and row.raw is None for row in rows)
    off = max(_off(row.raw, row.theory) * 60 / row.step for row in rows)
    finish(
        [
            Bound("total outage paged after minutes", outage.fires, 1.5),
            Bound("total outage resolved after minutes", outage.resets, 5),
            Bound("20 % errors paged after minutes", fifth.fires, 5),
            Bound("2 % errors paged after minutes", fiftieth.fires, 44),
            Bound("tiers a young SLO fires beside its fast one", len(young - {"PageFast"}), 0),
            Bound("fast tier of a young SLO fires", len(young & {"PageFast"}), 1, at_least=True),
            Bound("intervals later than raw windows and what the layout allows", worst, 1),
            Bound("alerts that raw windows would not send", alone, 0),
            Bound("intervals by which raw windows differ from theory", off, 2),
        ],
        {
            "outage_fire_min": outage.fires,
            "outage_resolve_min": outage.resets,
            "fifth_fire_min": fifth.fires,
            "fiftieth_fire_min": fiftieth.fires,
            "worst_delay_intervals": worst,
        },
    )


if __name__ == "__main__":
    main()
