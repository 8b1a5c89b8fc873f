"""Exact figures of what is not counted by counters: gauges, slices of time, free ratios. And maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fireline.api.slo import ServiceLevelObjective
from fireline.settings import Settings
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from tests.bed.prometheus import Prometheus
from tests.truth.conftest import END
from tests.truth.measured import FULL, NIGHT, PROBE, QUEUE, looks, samples, slices
from tests.truth.scenarios import DAY, REQUESTS
from tests.truth.slos import an_slo, indicator
from tests.truth.test_exact import POINT, exact

pytestmark = pytest.mark.bed

AVAILABILITY = {"availability": {"metric": f'{PROBE}{{service="probe"}}'}}
THRESHOLD = {
    "threshold": {"query": f'max({QUEUE}{{service="queue"}})', "operator": "LessThan", "value": str(FULL)}
}
NIGHTLY = [{"cron": "0 3 * * *", "duration": "30m"}]
LATE = END - 41_237
"""An end that is no multiple of anything."""
ENDS = pytest.mark.parametrize("as_of", [END, LATE])
WINDOWS = pytest.mark.parametrize("days", [30, 7])


def compiled(service: str, objective: str = "99.9", **spec: Any) -> Objective:
    slo = an_slo(service, namespace="shop", objective=objective, **spec)
    return compile_slo(ServiceLevelObjective.of(slo), settings=Settings())


def spent(verdicts: list[bool], budget: float) -> float:
    """Budget consumed, from what was bad."""
    return sum(verdicts) / len(verdicts) / budget


@ENDS
@WINDOWS
def test_each_sample_of_an_availability_gauge_counts_once(prometheus: Prometheus, measured, as_of, days):
    found = exact(prometheus, compiled("probe", window=f"{days}d", indicator=AVAILABILITY), as_of)
    truth = [value == 0 for value in samples(measured["probe"], as_of - days * DAY, as_of)]
    assert (found.total, found.bad) == (pytest.approx(len(truth)), pytest.approx(sum(truth)))
    assert found.consumed == pytest.approx(spent(truth, 0.001))


@ENDS
@WINDOWS
def test_each_minute_of_a_threshold_gauge_counts_once(prometheus: Prometheus, measured, as_of, days):
    found = exact(prometheus, compiled("queue", "99", window=f"{days}d", indicator=THRESHOLD), as_of)
    truth = [value >= FULL for value in looks(measured["queue"], as_of - days * DAY, as_of, every=60)]
    assert (found.total, found.bad) == (pytest.approx(60 * len(truth)), pytest.approx(60 * sum(truth)))
    assert found.consumed == pytest.approx(spent(truth, 0.01))


@ENDS
@pytest.mark.parametrize("minutes", [5, 25, 60])
def test_each_slice_counts_as_a_whole(prometheus: Prometheus, measured, as_of, minutes):
    timeslice = {"length": f"{minutes}m", "objective": "99"}
    objective = compiled("outages", "99.5", budgeting="Timeslices", timeslice=timeslice)
    found = exact(prometheus, objective, as_of)
    length = minutes * 60
    truth = [bad > 0.01 for bad in slices(measured["outages"], as_of - 30 * DAY, as_of, length=length)]
    assert sum(truth) > 0
    assert (found.total, found.bad) == (
        pytest.approx(length * len(truth)),
        pytest.approx(length * sum(truth)),
    )
    assert found.consumed == pytest.approx(spent(truth, 0.005))


@ENDS
def test_slices_of_a_gauge_count_as_a_whole_too(prometheus: Prometheus, measured, as_of):
    timeslice = {"length": "10m", "objective": "50"}
    objective = compiled("queue", "99", indicator=THRESHOLD, budgeting="Timeslices", timeslice=timeslice)
    found = exact(prometheus, objective, as_of)
    full = [value >= FULL for value in looks(measured["queue"], as_of - 30 * DAY, as_of, every=60)]
    assert found.bad == pytest.approx(60 * sum(full), abs=1200)
    assert found.consumed == pytest.approx(spent(full, 0.01), rel=0.2)


@ENDS
def test_a_free_ratio_weighs_every_five_minutes_alike(prometheus: Prometheus, measured, as_of):
    total = f'sum(rate({REQUESTS}{{service="outages"}}[$window]))'
    bad = total.replace('service="outages"', 'service="outages",code="500"')
    objective = compiled("outages", indicator={"errorRatio": {"query": f"{bad} / {total}"}})
    found = exact(prometheus, objective, as_of)
    truth = list(slices(measured["outages"], as_of - 30 * DAY, as_of, length=300))
    assert found.consumed == pytest.approx(sum(truth) / len(truth) / 0.001, rel=0.02)


def kept(service, begin: int, end: int) -> tuple[int, int, int]:
    """(total, bad, seconds) of a window without its nights."""
    total, bad = service.events(begin, end)
    seconds = end - begin
    for midnight in range(begin // DAY * DAY, end, DAY):
        first, last = max(begin, midnight + NIGHT[0]), min(end, midnight + sum(NIGHT))
        if first < last:
            out = service.events(first, last)
            total, bad, seconds = total - out[0], bad - out[1], seconds - (last - first)
    return total, bad, seconds


class TestMaintenance:
    """Half an hour a night at half errors."""

    @ENDS
    @pytest.mark.parametrize("window", ["30d", "1d"])
    def test_errors_inside_it_leave_the_budget_untouched(self, prometheus, as_of, window):
        found = exact(prometheus, compiled("spotless", window=window, maintenance=NIGHTLY), as_of)
        assert found.bad == 0
        assert found.consumed == 0
        assert found.coverage == 1

    def test_without_it_they_cost_ten_budgets(self, prometheus):
        assert exact(prometheus, compiled("spotless"), END).consumed == pytest.approx(10.4, rel=0.05)

    @pytest.mark.parametrize("late", [-25, 25])
    def test_edges_between_two_scrapes_let_nothing_in(self, prometheus, late):
        """Maintenance as announced covers what goes wrong, and lies anyhow to the scrapes."""
        nights = [
            {"from": _utc(night + NIGHT[0] - 30 + late), "to": _utc(night + sum(NIGHT) + 30 + late)}
            for night in range(END // DAY * DAY - 6 * DAY, END, DAY)
        ]
        objective = compiled("spotless", window="5d", maintenance=nights)
        assert exact(prometheus, objective, LATE).bad == 0

    @ENDS
    @pytest.mark.parametrize("window", ["30d", "7d", "1d"])
    def test_errors_outside_it_cost_what_they_would(self, prometheus, measured, as_of, window):
        found = exact(prometheus, compiled("maintained", window=window, maintenance=NIGHTLY), as_of)
        total, bad, seconds = kept(measured["maintained"], as_of - int(window[:-1]) * DAY, as_of)
        assert found.total == pytest.approx(total, rel=0.001)
        assert found.age_seconds == seconds
        assert found.consumed == pytest.approx(bad / total / 0.001, rel=0.01, abs=POINT)

    def test_good_events_are_left_out_with_the_bad_ones(self, prometheus, measured):
        ratio = indicator("maintained")["ratio"]
        good = {"metric": ratio["bad"]["metric"].replace('code="500"', 'code="200"')}
        objective = compiled(
            "maintained", indicator={"ratio": {"good": good, "total": ratio["total"]}}, maintenance=NIGHTLY
        )
        total, bad, _ = kept(measured["maintained"], END - 30 * DAY, END)
        assert exact(prometheus, objective, END).consumed == pytest.approx(bad / total / 0.001, rel=0.01)

    @pytest.mark.parametrize("minutes", [5, 25, 60])
    def test_slices_that_touch_it_do_not_count(self, prometheus, minutes):
        objective = compiled(
            "spotless",
            budgeting="Timeslices",
            timeslice={"length": f"{minutes}m", "objective": "99"},
            maintenance=NIGHTLY,
        )
        found = exact(prometheus, objective, END)
        assert found.bad == 0
        assert found.total / 60 / minutes == pytest.approx(30 * (24 - 0.5) * 60 / minutes, rel=0.05)

    def test_a_free_ratio_does_not_look_back_into_it(self, prometheus):
        total = f'sum(rate({REQUESTS}{{service="spotless"}}[$window]))'
        bad = total.replace('service="spotless"', 'service="spotless",code="500"')
        objective = compiled(
            "spotless", indicator={"errorRatio": {"query": f"{bad} / {total}"}}, maintenance=NIGHTLY
        )
        assert exact(prometheus, objective, END).bad == 0

    def test_an_availability_gauge_is_not_sampled_in_it(self, prometheus, measured):
        begin, end = END - 5 * DAY, END - 3 * DAY
        once = [{"from": _utc(begin), "to": _utc(end)}]
        found = exact(prometheus, compiled("probe", indicator=AVAILABILITY, maintenance=once), END)
        truth = [
            *samples(measured["probe"], END - 30 * DAY, begin),
            *samples(measured["probe"], end, END),
        ]
        assert found.total == pytest.approx(len(truth))
        assert found.bad == pytest.approx(truth.count(0))


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
