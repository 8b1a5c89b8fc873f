"""Native histograms in groups, some of them idle or short-lived, against observations counted by hand.

promtool can make them up, though it cannot write them into blocks. Of a histogram that counted nothing for a
while no fraction is below anything: idle time must be 0 bad of 0, and weigh nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from tests import promtool
from tests.rules import kinds
from tests.rules.kinds import SCRAPE, slo

pytestmark = pytest.mark.bed

Phases = list[tuple[int, int, int]]
"""(minutes, fast, slow): observations in each scrape."""
MINUTES = 180
REGIONS: Mapping[str, Phases] = {
    "eu": [(60, 60, 0), (20, 30, 30), (100, 60, 0)],
    "us": [(30, 90, 10), (150, 0, 0)],
    "sa": [(180, 0, 0)],
}
BRIEF = (70, 80)
"""Minutes between which one more region exists, where two in three of 300 a scrape are slow."""


def histogram(fast: int, slow: int) -> str:
    """In promtool's notation; only counts matter."""
    return f"{{{{schema:0 sum:1 count:{fast + slow} buckets:[{fast} {slow}]}}}}"


def series(phases: Phases) -> str:
    """A counter of observations that starts with ten fast ones, which nobody saw happen."""
    fast, slow, values = 10, 0, [histogram(10, 0)]
    for minutes, more_fast, more_slow in phases:
        steps = minutes * 60 // SCRAPE
        fast, slow = fast + more_fast, slow + more_slow
        values.append(f"{histogram(fast, slow)}+{histogram(more_fast, more_slow)}x{steps - 1}")
        fast, slow = fast + more_fast * (steps - 1), slow + more_slow * (steps - 1)
    return " ".join(values)


def brief() -> str:
    """Absent, ten minutes of observations, and absent again."""
    steps = 60 // SCRAPE
    begin, end = (minute * steps for minute in BRIEF)
    return (
        f"_x{begin} {histogram(100, 200)}+{histogram(100, 200)}x{end - begin - 1} _x{MINUTES * steps - end}"
    )


SERIES = {
    **{f'took_seconds{{region="{region}"}}': series(phases) for region, phases in REGIONS.items()},
    'took_seconds{region="ap"}': brief(),
}
LATENCY = {"latency": {"histogram": "took_seconds", "type": "Native", "below": "1s"}}
SLICES = {"budgeting": "Timeslices", "timeslice": {"length": "5m", "objective": "99"}}
SLOS = [
    slo("grouped", indicator=LATENCY, groupBy=["region"]),
    slo("whole", indicator=LATENCY),
    slo("slices", indicator=LATENCY, groupBy=["region"], **SLICES),
]
SEEN = {
    "eu": ((60 + 100) * 120 + 20 * 120, 20 * 60),
    "us": (30 * 200, 30 * 20),
    "sa": (0, 0),
    "ap": (20 * 300, 20 * 200),
}
"""(all, slow) observations."""


@pytest.fixture(scope="module")
def answers() -> dict[str, list[promtool.Got]]:
    """Everything the tests look at, from one run."""
    end, pages = MINUTES * 60, 'ALERTS{alertstate="firing",slo_tier="PageFast"}'
    asked = {
        "total": (end, "slo:total:rate6h * 21600"),
        "bad": (end, "slo:bad:rate6h * 21600"),
        "sli": (end, 'slo:sli:ratio{window="6h"}'),
        "everything": (end, '{__name__=~"slo:.+"}'),
        "missing": (end, "slo:total:rate5m unless on (slo, region) slo:bad:rate5m"),
        "points": (
            end,
            "count_over_time(slo:total:rate5m[3h]) - on (slo, region) count_over_time(slo:bad:rate5m[3h])",
        ),
        "pages": (79 * 60, pages),
        "late": (150 * 60, pages),
    }
    found = promtool.evaluate(kinds.rules_of(kinds.compiled(SLOS)), SERIES, asked.values())
    return dict(zip(asked, found, strict=True))


def by_region(answers, name, slo="grouped"):
    return {got.labels.get("region", ""): got.value for got in answers[name] if got.labels["slo"] == slo}


def test_each_group_has_the_observations_that_happened(answers):
    """But for what lies before the first sample of a series, and what 5m rates do not wholly contain yet."""
    total, bad = by_region(answers, "total"), by_region(answers, "bad")
    for region, (all_, slow) in SEEN.items():
        assert total[region] == pytest.approx(all_, rel=0.015), region
        assert bad[region] == pytest.approx(slow, rel=0.015), region


def test_together_they_weigh_by_their_observations(answers):
    total, slow = (sum(one) for one in zip(*SEEN.values(), strict=True))
    for name in ("grouped", "whole"):
        assert 1 - by_region(answers, "sli", name)[""] == pytest.approx(slow / total, rel=0.01)


def test_bad_is_told_wherever_there_is_a_total_also_of_nothing(answers):
    assert answers["missing"] == []
    assert {got.value for got in answers["points"]} == {0}
    assert len(answers["points"]) == 4 + 1 + 4


def test_nothing_that_is_no_number_is_recorded(answers):
    assert answers["everything"]
    assert all(math.isfinite(got.value) for got in answers["everything"])


def test_only_the_groups_that_are_slow_page(answers):
    for name in ("grouped", "slices"):
        found = {got.labels["region"] for got in answers["pages"] if got.labels["slo"] == name}
        assert found == {"eu", "ap"}
    assert answers["late"] == []
