"""``increase`` over the counters of checks is what was counted: from the first run on, over failovers."""

from __future__ import annotations

import re

import pytest

from tests import promtool
from tests.rules.check_world import START, CheckStory, Phase

pytestmark = pytest.mark.bed

AWAY = {"operator": False}
FIRST = CheckStory("its first run fails", "", (Phase(1.5, "failure"), Phase(18.5)))
FAILOVERS = CheckStory(
    "three failovers",
    "",
    (
        Phase(10),
        Phase(4, "failure"),
        Phase(1, "failure", **AWAY),
        Phase(10),
        Phase(8, "infra", **AWAY),
        Phase(10),
        Phase(3, "error", **AWAY),
        Phase(14),
    ),
)
HOUR = "sum by (check, outcome) (increase(fireline_check_runs_total[59m30s]))"


def counted(story: CheckStory, series: dict[str, str], query: str, minute: float) -> dict[str, float]:
    (answer,) = promtool.evaluate({"groups": []}, series, [(round(60 * minute), query)], start=START)
    return {got.labels["outcome"]: got.value for got in answer if got.labels["check"] == story.name}


def test_the_first_failure_of_a_new_check_is_counted_because_its_zero_was_scraped():
    query = "increase(fireline_check_runs_total[19m])"
    series = FIRST.series()
    found = counted(FIRST, series, query, 19)
    # The slot at one minute; that of the very beginning nobody counts.
    assert found["failure"] == pytest.approx(1, abs=0.1)

    def without_zeros(values: str) -> str:
        return re.sub(r"^(0 )+", lambda zeros: "_ " * len(zeros[0].split()), values)

    late = {name: without_zeros(values) for name, values in series.items()}
    assert counted(FIRST, late, query, 19)["failure"] == 0


def test_increase_over_three_failovers_is_what_was_counted():
    # Runs of minutes 1 to 59, by the phase their slot is in.
    found = counted(FAILOVERS, FAILOVERS.series(), HOUR, 59.5)
    totals = {"success": 9 + 10 + 10 + 14, "failure": 5, "error": 3, "infra": 8, "skipped": 0}
    assert found == {name: pytest.approx(total, rel=0.03) for name, total in totals.items()}
