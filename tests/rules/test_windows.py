"""Longer windows and budgets: what the shared rules make of recorded series, computed by hand.

The series of the stage before are given as they would have been recorded, every five minutes (or
every 30 s, for the windows made of 5m rates), so that days cost little.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fireline.slo import names
from fireline.slo.model import Objective
from tests import promtool
from tests.rules.specs import a_manifest, a_spec, compiled, rules_for
from tests.rules.test_counts import EVERYTHING, FAILED, OK, WORLDS, World, by_name, near

pytestmark = pytest.mark.bed

DAY = 86_400
SLICES_A_DAY = 288
TOTAL, BAD = names.slice5m(names.TOTAL), names.slice5m(names.BAD)
PUBLIC = '{__name__=~"slo:(sli|burn_rate|error_budget_consumed|error_budget_remaining|coverage):?.*"}'


def an_slo(name: str = "checkout", *, days: int = 30, objective: str = "99.9") -> Objective:
    spec = a_spec(objective=objective, window={"rolling": f"{days}d"})
    return compiled(a_manifest(spec, name=name))


def recorded(
    slos: list[Objective], series: Mapping[str, str], at: int, *, points: int = 300, asked: str = EVERYTHING
) -> list[promtool.Got]:
    """Recorded samples at one time, from series with a value every ``points`` seconds.

    A series that is given is not recorded anew. Nothing here reads what these rules recorded before,
    so they are evaluated only now and then.
    """
    given = {name.partition("{")[0] for name in series}
    groups = [
        {**group, "rules": [rule for rule in group["rules"] if rule.get("record") not in given]}
        for group in rules_for(slos)["groups"]
    ]
    return promtool.evaluate({"groups": groups}, series, [(at, asked)], step=at // 4, scrape=points)[0]


def test_every_window_says_the_same_of_steady_traffic():
    found = WORLDS["bad"].end
    windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "slo"]
    assert {w: found[f"sli:ratio {w}"] for w in windows} == {w: near(0.95) for w in windows}
    assert {w: found[f"burn_rate:ratio {w}"] for w in windows} == {w: near(50) for w in windows}


def test_windows_without_traffic_have_no_ratio():
    found = WORLDS["idle"].end
    assert found["total:rate6h"] == 0
    assert found["coverage:ratio"] > 0
    assert [name for name in found if name.startswith(("sli:", "burn_rate:"))] == []
    assert "error_budget_consumed:ratio" not in found


def test_more_bad_than_total_events_are_a_total_outage_and_not_worse():
    found = WORLDS["more bad than total"].end
    assert found["bad:rate5m"] == near(3)
    assert found["total:rate5m"] == near(2)
    assert found["sli:ratio 5m"] == near(0)
    assert found["burn_rate:ratio slo"] == near(1000)


def test_a_long_window_is_the_sum_of_its_points_by_the_expected_number():
    found = World({OK: "0+60x120"}, until=3600).end
    # The counter starts at 0 with the world, so the first ten 5m rates are 0.2, 0.4 … 2.0; 110 of 2 follow.
    points = 0.2 * sum(range(1, 11)) + 110 * 2
    assert found["total:rate2h"] == near(points / 240)
    assert found["total:rate6h"] == near(points / 720)
    assert found["total:slice5m"] == near(2)


def test_a_series_present_for_ten_minutes_weighs_ten_minutes():
    slo = an_slo()
    total = names.series("slo:total:rate5m", slo)
    bad = names.series("slo:bad:rate5m", slo)
    # 20 points of 2 a second; bad is there for the last 10 of them only, at 1 a second.
    series = {total: "_x60 2x19 _x150", bad: "_x70 1x9 _x150"}
    found = by_name(recorded([slo], series, 6900, points=30))
    assert found["total:rate2h"] == near(20 * 2 / 240)
    assert found["bad:rate2h"] == near(10 * 1 / 240)
    assert found["total:rate6h"] == near(20 * 2 / 720)
    assert found["bad:rate6h"] == near(10 * 1 / 720)
    assert found["sli:ratio 2h"] == near(1 - 10 / 40)


def test_slow_windows_are_sums_of_slices():
    slo = an_slo()
    # One slice of 1 bad event a second among three days of 2 events a second.
    series = {
        names.series(TOTAL, slo): f"2x{3 * SLICES_A_DAY}",
        names.series(BAD, slo): f"0x{2 * SLICES_A_DAY + 99} 1 0x{SLICES_A_DAY - 100}",
    }
    found = by_name(recorded([slo], series, 3 * DAY))
    assert found["bad:rate1d"] == near(1 / SLICES_A_DAY)
    assert found["bad:rate3d"] == near(1 / (3 * SLICES_A_DAY))
    assert found["total:rate1d"] == near(2)
    assert found["total:rate3d"] == near(2)
    assert found["total:rate30d"] == near(2 * (3 * SLICES_A_DAY + 1) / (30 * SLICES_A_DAY))
    assert found["sli:ratio slo"] == near(1 - 1 / (2 * (3 * SLICES_A_DAY + 1)))


def test_the_budget_of_a_young_slo_is_spent_in_proportion_to_its_age():
    slo = an_slo()
    # 0.05 % bad for ten of thirty days: half the budget's speed for a third of the time.
    series = {
        names.series(TOTAL, slo): f"2x{10 * SLICES_A_DAY}",
        names.series(BAD, slo): f"0.001x{10 * SLICES_A_DAY}",
    }
    found = by_name(recorded([slo], series, 10 * DAY))
    assert found["burn_rate:ratio slo"] == near(0.5)
    # The age is read on an hourly grid and rounded up to its next point.
    assert 0.5 * 10 / 30 <= found["error_budget_consumed:ratio"] <= 0.5 * (10 + 1 / 24) / 30
    assert found["error_budget_remaining:ratio"] == near(1 - found["error_budget_consumed:ratio"])
    assert found["coverage:ratio"] == near((10 * SLICES_A_DAY + 1) / (30 * SLICES_A_DAY))


def test_a_gap_lowers_coverage_and_neither_age_nor_budget():
    slo = an_slo(days=7)
    present, gap = 3 * SLICES_A_DAY, 2 * SLICES_A_DAY
    series = {
        names.series(TOTAL, slo): f"2x{present - 1} _x{gap} 2x{present}",
        names.series(BAD, slo): f"0.002x{present - 1} _x{gap} 0.002x{present}",
        # The age is looked up in it; it outlives the gap's first day.
        names.series("slo:total:rate1d", slo): f"2x{present + SLICES_A_DAY - 1} _x{SLICES_A_DAY} 2x{present}",
    }
    found = by_name(recorded([slo], series, 8 * DAY))
    # Of the last seven days two are missing; the SLO is older than its window.
    assert found["coverage:ratio"] == near(5 / 7)
    assert found["burn_rate:ratio slo"] == near(1)
    assert found["error_budget_consumed:ratio"] == near(1)


@pytest.mark.parametrize(
    ("objective", "ratio", "budget"),
    [
        ("99.9", 0.999, 0.001),
        ("99.99", 0.9999, 0.0001),
        ("99.9999", 0.999999, 0.000001),
        ("95", 0.95, 0.05),
        ("99.50", 0.995, 0.005),
        ("0.0001", 0.000001, 0.999999),
    ],
)
def test_the_objective_is_recorded_as_a_ratio_with_its_budget(objective, ratio, budget):
    found = World({OK: "0+57x20", FAILED: "0+3x20"}, objective=objective, until=600).end
    assert found["objective:ratio"] == ratio
    assert found["error_budget:ratio"] == pytest.approx(budget, rel=1e-9)
    assert found["burn_rate:ratio 5m"] == pytest.approx(0.05 / budget, rel=1e-9)


def test_two_slos_with_different_windows_share_the_rules_and_keep_their_own_figures():
    week, month = an_slo("week", days=7), an_slo("month", days=30)
    # Both lost every event for one day, eight to nine days ago, and were perfect since.
    outage = f"2x{SLICES_A_DAY} 0x{8 * SLICES_A_DAY}"
    series = {}
    for slo in (week, month):
        series[names.series(TOTAL, slo)] = f"2x{9 * SLICES_A_DAY + 1}"
        series[names.series(BAD, slo)] = outage
    samples = recorded([week, month], series, 9 * DAY, asked=PUBLIC)
    found = {slo.name: by_name(s for s in samples if s.labels["slo"] == slo.name) for slo in (week, month)}
    lost = (SLICES_A_DAY + 1) / (9 * SLICES_A_DAY + 1)
    assert found["week"]["sli:ratio slo"] == near(1)
    assert found["month"]["sli:ratio slo"] == near(1 - lost)
    assert found["week"]["error_budget_consumed:ratio"] == near(0)
    assert found["month"]["error_budget_consumed:ratio"] == pytest.approx(lost * 1000 * 9 / 30, rel=0.01)
    assert found["week"]["coverage:ratio"] == near(1)
    assert found["month"]["coverage:ratio"] == near((9 * SLICES_A_DAY + 1) / (30 * SLICES_A_DAY))


def test_history_of_an_earlier_indicator_does_not_reach_the_public_series():
    slo = an_slo()
    before = {"namespace": slo.namespace, "slo": slo.name, "sli": "v1-anearlierone"}
    series = {
        names.series(TOTAL, slo): f"_x{SLICES_A_DAY} 2x{SLICES_A_DAY}",
        names.series(BAD, slo): f"_x{SLICES_A_DAY} 0.002x{SLICES_A_DAY}",
        names.series("slo:total:rate1d", slo): f"_x{SLICES_A_DAY} 2x{SLICES_A_DAY}",
        names.selector(TOTAL, before): f"2x{2 * SLICES_A_DAY}",
        names.selector(BAD, before): f"2x{2 * SLICES_A_DAY}",
    }
    samples = recorded([slo], series, 2 * DAY, asked=PUBLIC)
    assert {sample.labels["sli"] for sample in samples} == {slo.sli}
    found = by_name(samples)
    assert found["sli:ratio slo"] == near(0.999)
    assert found["burn_rate:ratio 3d"] == near(1)
    assert found["error_budget_consumed:ratio"] == pytest.approx(1 / 30, rel=0.05)
