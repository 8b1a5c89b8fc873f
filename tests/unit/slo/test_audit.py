"""Recorded and exact budget side by side: what is compared, and when they disagree."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.builders import an_objective

from fireline.api.metrics import Sample
from fireline.promql.durations import Duration
from fireline.slo.audit import Audit, Recorded, compare, read_recorded, recorded_query
from fireline.slo.exact import Stretch
from fireline.slo.ledger import Exact
from fireline.slo.model import Timeslice

NOON = 1_780_000_200
SLICES = Timeslice(Duration.parse("15m"), Decimal("0.01"))


def exact(consumed, **changes):
    return replace(
        Exact(NOON, 1000.0, 1.0, 0.999, consumed, coverage=1.0, age_seconds=30 * 86_400.0), **changes
    )


def read(*, consumed=0.4, computed=NOON + 20, newest=NOON, objective=None, burn=None):
    parts = {"consumed": consumed, "computed": computed, "slice": newest}
    samples = [
        Sample({"fireline": name}, float(value), 0.0) for name, value in parts.items() if value is not None
    ]
    return read_recorded(objective or an_objective(), samples, burn or {})


def test_one_query_asks_for_the_figure_and_for_how_far_it_reaches():
    pinned = '{namespace="shop",slo="checkout",sli="v1-0123456789"}'
    consumed = f"slo:error_budget_consumed:ratio{pinned}"
    parts = (
        (f"sum({consumed})", "consumed"),
        (f"max(timestamp({consumed}))", "computed"),
        (f"max(timestamp(slo:total:slice5m{pinned}))", "slice"),
    )
    assert recorded_query(an_objective()) == "\nor ".join(
        f'label_replace({expr}, "fireline", "{name}", "", "")' for expr, name in parts
    )


class TestReach:
    """Until when a recorded figure knows the events."""

    def test_half_of_the_newest_slice(self):
        assert read().as_of == NOON - 150

    @pytest.mark.parametrize(
        ("computed", "slices"), [(NOON, 0), (NOON - 1, 1), (NOON - 290, 1), (NOON - 301, 2)]
    )
    def test_a_slice_that_came_after_the_figure_is_not_in_it(self, computed, slices):
        assert read(computed=computed).as_of == NOON - slices * 300 - 150

    def test_a_judged_slice_is_recorded_while_the_next_one_lasts(self):
        assert read(objective=an_objective(timeslice=SLICES)).as_of == NOON - 900 - 150

    @pytest.mark.parametrize("part", ["consumed", "computed", "newest"])
    def test_without_one_of_its_parts_there_is_nothing_to_compare(self, part):
        assert read(**{part: None}) is None
        assert read(**{part: float("nan")}) is None

    def test_at_the_start_of_a_calendar_period_there_is_nothing_to_compare(self):
        month = an_objective(window="Month UTC")
        begin = month.window.span(NOON).start
        assert read(objective=month, computed=begin + 100, newest=begin + 60) is None
        assert read(objective=month, computed=begin + 400, newest=begin + 360) == Recorded(
            0.4, begin + 210, 0.0
        )


class TestVerdict:
    """When the two are said to disagree."""

    def judged(self, recorded, true, *, moving=0.0, **changes):
        return compare(Recorded(recorded, NOON, moving), exact(true, **changes), limit=0.05)

    def test_within_the_limit_they_agree(self):
        assert self.judged(0.44, 0.40) == Audit(NOON, 0.40, pytest.approx(0.04), agrees=True)

    @pytest.mark.parametrize(("recorded", "drift"), [(0.34, -0.06), (0.46, 0.06)])
    def test_beyond_it_they_do_not_in_either_direction(self, recorded, drift):
        assert self.judged(recorded, 0.40) == Audit(NOON, 0.40, pytest.approx(drift), agrees=False)

    def test_a_gap_that_held_the_errors_is_noticed(self):
        assert self.judged(0.43, 1.0).agrees is False

    def test_of_an_overspent_budget_the_limit_is_a_share(self):
        assert self.judged(9.6, 10.0).agrees is True
        assert self.judged(9.4, 10.0).agrees is False

    def test_what_is_burning_just_now_is_no_drift(self):
        """A total outage of ten minutes is 23 % of the budget of 30 days at 99.9 %."""
        burning = read(consumed=0.1, burn={"5m": 1000.0, "1h": 170.0})
        assert burning.moving == pytest.approx(1000 * 600 / (30 * 86_400))
        assert compare(burning, exact(0.3), limit=0.05).agrees is True
        assert compare(burning, exact(0.5), limit=0.05).agrees is False

    @pytest.mark.parametrize("left_out", ["heavy", "unknown"])
    def test_what_could_not_be_counted_whole_is_no_verdict(self, left_out):
        assert self.judged(0.4, 0.4, **{left_out: (Stretch(0, 3600),)}) == Audit(NOON)

    def test_without_traffic_there_is_no_verdict(self):
        assert self.judged(0.4, None) == Audit(NOON)
