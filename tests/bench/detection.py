"""``make bench-detection``: minutes until a page fires and resolves, in Prometheus' own engine.

99.9 % over 30 days, 30 s scrapes and evaluations, after six quiet hours. Time is virtual
(``promtool test rules``), so the figures do not depend on the machine.
"""

from __future__ import annotations

import math

from tests.bench.report import Bound, finish, table
from tests.builders import an_objective
from tests.rules.timeline import Phase, Story

_QUIET = Phase(6 * 60, 0)
_FAULTS = {
    "total outage": Phase(20, 1),
    "20 % errors": Phase(30, 0.2),
    "2 % errors": Phase(120, 0.02),
}


def measure(fault: Phase) -> tuple[float, float, str]:
    """Minutes from the fault to the page, from recovery to its end, and all tiers that fired."""
    told = Story(an_objective(), (_QUIET, fault, Phase(60, 0)))
    began, ended = told.starts(1), told.starts(2)
    fired = told.first("PageFast", since=began)
    resolved = told.first_without("PageFast", since=ended)
    return (
        math.inf if fired is None else (fired - began) / 60,
        math.inf if resolved is None else (resolved - ended) / 60,
        ", ".join(sorted(told.ever())),
    )


def main() -> None:
    """Measure, print, judge."""
    measured = {name: measure(fault) for name, fault in _FAULTS.items()}
    young = Story(an_objective(), (Phase(28, 0), Phase(2, 1), Phase(180, 0))).ever()
    rows = [
        [name, f"{fire:.1f}", f"{resolve:.1f}", tiers] for name, (fire, resolve, tiers) in measured.items()
    ]
    rows.append(["half an hour old, 2 min outage", "", "", ", ".join(sorted(young))])
    table(
        "Detection at 99.9 %", ["fault", "page after (min)", "resolved after (min)", "tiers that fired"], rows
    )
    outage, fifth, fiftieth = measured.values()
    finish(
        [
            Bound("total outage paged after minutes", outage[0], 1.5),
            Bound("total outage resolved after minutes", outage[1], 5),
            Bound("20 % errors paged after minutes", fifth[0], 5),
            Bound("2 % errors paged after minutes", fiftieth[0], 44),
            Bound("tiers a young SLO fires beside its fast one", len(young - {"PageFast"}), 0),
            Bound("fast tier of a young SLO fires", len(young & {"PageFast"}), 1, at_least=True),
        ],
        {
            "outage_fire_min": outage[0],
            "outage_resolve_min": outage[1],
            "fifth_fire_min": fifth[0],
            "fiftieth_fire_min": fiftieth[0],
        },
    )


if __name__ == "__main__":
    main()
