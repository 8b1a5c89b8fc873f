"""SLOs on checks: windows that hold enough runs, what few events can tell, checks that do not measure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.builders import an_slo
from tests.planning import GOOD, KEY, MAIN, NOW, SETTINGS, Told, condition, planned, settled
from tests.seen import World

from fireline.api.plan import Change, Key
from fireline.api.resources import PROMETHEUS, SLO, SYNTHETIC_CHECK
from fireline.api.slo import ServiceLevelObjective
from fireline.promql.durations import Duration
from fireline.settings import Settings
from fireline.slo.compile import compile_slo
from fireline.slo.observation import Observation
from fireline.slo.period import SLOWindow
from fireline.slo.plan import SLOPlanner
from fireline.slo.runs import OfCheck, Pace, notes
from fireline.slo.unmeasured import lately, unmeasured
from fireline.synthetic.cadence import cadence_of

ON_CHECK = {"synthetic": {"check": "flow"}}
FRESH = {"type": "Fresh", "status": "True", "reason": "Fresh", "message": "runs come as scheduled"}


def a_check(status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "name": "flow", "uid": "u", "generation": 1},
        "spec": {"schedule": {"every": "1m"}, **spec},
        "status": {"conditions": [FRESH]} if status is None else status,
    }


def every(interval: str | None = None, *, cron: str | None = None, **spec: Any) -> dict[str, Any]:
    return a_check(schedule={"every": interval} if interval else {"cron": cron}, **spec)


def compiled(check: dict[str, Any] | None, objective: str = "99.9", **changes: Any):
    slo = ServiceLevelObjective.of(an_slo(objective, indicator=ON_CHECK, **changes))
    of = OfCheck.seen("flow", check, cadence_of)
    return compile_slo(slo, settings=Settings(), check=of)


def windows(objective) -> dict[str, tuple[str, str, str]]:
    return {one.name: (str(one.long), str(one.short), f"{one.factor:f}") for one in objective.tiers}


STANDARD = {
    "PageFast": ("1h", "5m", "14.400"),
    "PageSlow": ("6h", "30m", "6.000"),
    "TicketFast": ("1d", "2h", "3.000"),
    "TicketSlow": ("3d", "6h", "1.000"),
}


def test_a_check_every_minute_has_the_standard_windows():
    assert windows(compiled(every("1m"))) == STANDARD
    assert windows(compiled(None)) == STANDARD


@pytest.mark.parametrize(
    ("interval", "fast", "slow"),
    [
        ("2m", ("1h", "10m"), ("6h", "30m")),
        ("5m", ("1h", "15m"), ("6h", "30m")),
        ("10m", ("1h", "30m"), ("6h", "30m")),
        ("12m", ("1h15m", "40m"), ("6h", "40m")),  # 36 and 72 minutes, in steps of five
        ("20m", ("2h", "1h"), ("6h", "1h")),
        ("30m", ("3h", "1h30m"), ("6h", "1h30m")),
        ("1h", ("6h", "3h"), ("6h", "3h")),
        ("4h", ("1d", "12h"), ("1d", "12h")),
    ],
)
def test_short_windows_hold_three_runs_and_long_ones_six(interval, fast, slow):
    found = windows(compiled(every(interval)))
    assert (found["PageFast"][:2], found["PageSlow"][:2]) == (fast, slow)
    assert [found[name][2] for name in STANDARD] == [STANDARD[name][2] for name in STANDARD]


def test_what_was_changed_is_said():
    (fast, slow, _) = compiled(every("30m")).notes
    assert fast == (
        "PageFast: looks at 3h and 1h30m instead of 1h and 5m, so that there are at least 3 runs of a check "
        "every 30m in each"
    )
    assert slow.startswith("PageSlow: looks at 6h and 1h30m instead of 6h and 30m")


def test_long_windows_hold_more_runs_than_must_be_bad():
    alerting = {"minBadEvents": "10"}
    assert windows(compiled(every("30m"), alerting=alerting))["PageFast"][:2] == ("5h30m", "1h30m")


def test_a_long_window_ends_at_that_of_the_slo_and_a_tier_without_room_is_left_out():
    window = {"window": {"rolling": "4d"}}
    found = compiled(every("24h"), "90", **window)
    assert {one[:2] for one in windows(found).values()} == {("4d", "3d")}
    none = compiled(every("24h"), "90", window={"rolling": "3d"})
    assert windows(none) == {}
    assert any(one.startswith("PageFast: left out, since 3d have no room") for one in none.notes)


def test_windows_of_ones_own_stay_and_are_told_of():
    rates = [
        {"name": "Quick", "severity": "Page", "long": "1h", "short": "5m", "factor": "14.4"},
        {"name": "Calm", "severity": "Ticket", "long": "6h", "short": "30m", "factor": "6"},
        {"name": "Good", "severity": "Ticket", "long": "1d", "short": "2h", "factor": "3"},
    ]
    found = compiled(every("30m"), "95", alerting={"burnRates": rates})
    assert windows(found)["Quick"][:2] == ("1h", "5m")
    quick, calm = found.notes
    assert quick == (
        "Quick: 1h hold fewer than the 3 runs of a check every 30m that must be bad, so that it hardly ever "
        "fires; long should be at least 1h30m"
    )
    assert calm.startswith("Calm: 30m hold fewer than three runs of a check every 30m")


# 30 days hold 1440 half hours; 0.1 % of them are 1.44, 0.7 % are 10.08; 10 runs are 0.1 % of 10,000, which
# is one every 4m19s.
def test_too_few_failures_are_told_with_numbers_and_what_would_do():
    *_, few = compiled(every("30m")).notes
    assert few == (
        "a check every 30m makes 1440 runs in 30d, of which 99.9 % lets 1.4 fail: with fewer than 10 single "
        "runs decide; an objective of 99.3 % or less, or a run every 3m, or a longer window would allow 10"
    )


def few(check: dict[str, Any], percent: str, window: str = "30d") -> list[str]:
    of = OfCheck.seen("flow", check, cadence_of)
    return list(notes(of, Decimal(percent), SLOWindow.parse(window), None))


def test_ten_failures_are_enough():
    assert few(every("30m"), "99.3") == []  # 10.08
    assert len(few(every("30m"), "99.4")) == 1  # 8.64
    assert few(every("1m"), "99.97") == []  # 43200 runs: 12.96
    assert "99.97 % or less" in few(every("1m"), "99.99")[0]  # 4.32
    assert "a run every 20s" in few(every("1m"), "99.99")[0]  # 25.9 s


def test_a_night_without_runs_counts():
    # Six runs an hour for ten hours on five days: 300 a week, 1285.7 in 30 days, of which 1 % are 12.9.
    office = every(cron="*/10 8-17 * * MON-FRI")
    of = OfCheck.seen("flow", office, cadence_of)
    assert of.pace == Pace(600, pytest.approx(300 / 7))
    assert few(office, "99") == []
    assert "makes 1286 runs in 30d, of which 99.5 % lets 6.4 fail" in few(office, "99.5")[0]


def test_hardly_any_run_leaves_only_a_longer_window_or_more_runs():
    (said,) = few(every("24h"), "99.9", "7d")
    assert "makes 7 runs in 7d, of which 99.9 % lets 0.0 fail" in said
    assert "objective of" not in said
    assert "a run every 1m, or a longer window" in said


def test_slices_shorter_than_the_interval_are_told_of():
    of = OfCheck.seen("flow", every("30m"), cadence_of)
    window = SLOWindow.parse("30d")
    (said,) = notes(of, Decimal("99.9"), window, Duration.parse("5m"))
    assert said.startswith("most slices of 5m hold no run of a check every 30m, and count as good")
    assert list(notes(of, Decimal("99.9"), window, Duration.parse("30m"))) == []


def planned_with(*checks: dict[str, Any], told: Any = None, slo: Any = None):
    parent = slo or an_slo(indicator=ON_CHECK)
    world = World(objects=[(PROMETHEUS, MAIN), *((SYNTHETIC_CHECK, one) for one in checks)])
    planner = SLOPlanner(SETTINGS, told or Told(), timing_of=cadence_of)
    return planner.plan(KEY, parent=parent, seen=world, now=NOW, problem=None)


def test_a_check_that_does_not_exist_is_told_and_the_rules_are_written():
    plan = planned_with()
    assert condition(plan, "Valid")["status"] == "True"
    words = "SyntheticCheck flow does not exist in this namespace: nothing is counted until it does"
    assert condition(plan, "Valid")["message"] == words
    assert len(plan.children) == 1


def test_a_check_of_another_namespace_is_another_one():
    other = a_check()
    other["metadata"]["namespace"] = "back-office"
    assert "does not exist" in condition(planned_with(other), "Valid")["message"]


def test_series_that_are_missing_lead_to_the_check():
    told = Told(Observation(at=NOW, total_present=False, bad_present=False, raw_present=False))
    parent = an_slo(indicator=ON_CHECK)
    first = planned_with(a_check(), told=told, slo=parent)
    later = settled(parent, first)
    loaded = next(c for c in later["status"]["conditions"] if c["type"] == "RulesLoaded")
    loaded["lastTransitionTime"] = "2026-11-22T11:00:00Z"
    found = condition(planned_with(a_check(), told=told, slo=later), "DataPresent")
    assert (found["status"], found["reason"]) == ("False", "NoTotalSeries")
    assert "the operator's /metrics are not scraped" in found["message"]


def test_a_check_that_measures_leaves_the_slo_as_it_is():
    plan = planned_with(a_check())
    assert condition(plan, "DataPresent")["status"] == "True"


def test_a_suspended_check_is_told():
    plan = planned_with(a_check(suspend=True))
    found = condition(plan, "DataPresent")
    assert (found["status"], found["reason"]) == ("Unknown", "CheckSuspended")
    assert "SyntheticCheck flow is suspended" in condition(plan, "Valid")["message"]


@pytest.mark.parametrize(
    ("fresh", "words"),
    [
        ({**FRESH, "status": "False", "reason": "Late"}, "Fresh is False (Late)"),
        ({**FRESH, "status": "Unknown", "reason": "Pending"}, "Fresh is Unknown (Pending)"),
        (None, "nobody has looked at it yet"),
    ],
)
def test_a_check_that_is_not_fresh_leaves_its_slo_unknown(fresh, words):
    plan = planned_with(a_check({"conditions": [fresh]} if fresh else {}))
    found = condition(plan, "DataPresent")
    assert (found["status"], found["reason"]) == ("Unknown", "CheckNotMeasured")
    assert words in found["message"]
    # What was known of the budget before is neither lost nor made up.
    assert plan.status["budget"]["consumed"] == "47.0"
    assert condition(plan, "Ready")["status"] == "True"


def covered(*hours: tuple[int, int], key: str = "hour", interval: int = 60) -> dict[str, Any]:
    """The last hours (or days) as (measured, expected), the oldest first."""
    texts = [f"2026-11-22T{9 + n:02}:00:00Z" if key == "hour" else f"2026-11-{20 + n}" for n in range(9)]
    counted = [
        {key: text, "success": found, "expected": expected, "infra": expected - found}
        for text, (found, expected) in zip(texts, hours, strict=False)
    ]
    schedule = {"intervalSeconds": interval}
    return {"conditions": [FRESH], f"{key}s": counted, "schedule": schedule}


@pytest.mark.parametrize(
    ("status", "share"),
    [
        (covered((0, 60), (60, 60), (30, 30)), 1),  # the hour before last is over
        (covered((60, 60), (48, 60), (24, 30)), Decimal(72) / 90),
        (covered((60, 60)), 1),
        (covered((0, 0)), None),
        (covered(), None),
        (covered((0, 24), (24, 24), (9, 12), key="day", interval=7200), Decimal(33) / 36),
    ],
)
def test_coverage_is_that_of_the_running_hour_and_the_one_before(status, share):
    assert lately(status) == share


def test_an_hour_that_is_missing_is_not_bridged():
    status = covered((0, 60), (0, 60), (60, 60))
    del status["hours"][1]
    assert lately(status) == 1


def test_failures_and_errors_are_measured():
    status = covered((0, 60))
    status["hours"][0] |= {"failure": 30, "error": 30, "infra": 0}
    assert lately(status) == 1


@pytest.mark.parametrize(
    ("measured", "below", "known"),
    [(54, "90", True), (53, "90", False), (53, "88.3", True), (53, "88.4", False), (0, "90", False)],
)
def test_the_limit_is_that_of_the_check(measured, below, known):
    check = a_check(covered((measured, 60)), alert={"coverageBelow": below})
    found = unmeasured("flow", check)
    assert (found is None) == known
    if found is not None:
        assert found.message.startswith(f"less than {below} % of the latest runs")


def test_the_words_do_not_change_with_every_run():
    said = {unmeasured("flow", a_check(covered((n, 60)))) for n in range(50)}
    assert len(said) == 1


def dependents(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[Key]:
    on_check, other = an_slo(indicator=ON_CHECK), an_slo()
    other["metadata"] = other["metadata"] | {"name": "other"}
    elsewhere = an_slo(indicator=ON_CHECK)
    elsewhere["metadata"] = elsewhere["metadata"] | {"namespace": "back-office"}
    world = World(objects=[(SLO, one) for one in (on_check, other, elsewhere)])
    planner = SLOPlanner(SETTINGS, Told(), timing_of=cadence_of)
    return list(planner.dependents(Change(SYNTHETIC_CHECK, "shop", "flow", old, new), world))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, a_check()),
        (a_check(), None),
        (a_check(), every("5m")),
        (a_check(), a_check(suspend=True)),
        (a_check({}), a_check()),
        (a_check(covered((60, 60))), a_check(covered((50, 60)))),
    ],
    ids=["appears", "goes", "schedule", "suspended", "fresh", "coverage"],
)
def test_what_an_slo_depends_on_is_planned_again(old, new):
    assert dependents(old, new) == [KEY]


def test_a_run_that_changes_nothing_plans_nothing():
    assert dependents(a_check(covered((58, 58))), a_check(covered((59, 59)))) == []
    assert dependents(a_check(), a_check(location="eu-1")) == []


def test_another_schedule_changes_the_rules_of_the_slo_and_a_run_does_not():
    def rule(check):
        return planned_with(check).children[0]

    assert rule(a_check()) == rule(a_check(covered((60, 60))))
    assert rule(a_check()) != rule(every("30m"))
    assert "slo:bad:rate3h" in str(rule(every("30m")))


def test_an_slo_that_is_about_no_check_asks_for_none():
    assert planned(an_slo()).children == planned_with(slo=an_slo()).children


def test_figures_come_back_as_the_check_measures_again():
    parent = an_slo(indicator=ON_CHECK)
    away = planned_with(a_check({}), slo=parent, told=Told(GOOD))
    back = planned_with(a_check(), slo=settled(parent, away), told=Told(GOOD))
    assert condition(back, "DataPresent")["status"] == "True"
