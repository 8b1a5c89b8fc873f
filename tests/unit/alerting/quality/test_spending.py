"""Budget spent between two times, and where a tier's share of it was, counted by hand."""

from __future__ import annotations

import pytest
from tests.unit.alerting.quality.history import MONDAY, SLO, TIERS, minute

from fireline.alerting.quality.model import BudgetEvent
from fireline.alerting.quality.spending import Spending, budget_events, onset, spendings
from fireline.api.metrics import Sample

LABELS = {"namespace": "shop", "slo": "checkout", "sli": "v1"}


def spent(**shares: float) -> Spending:
    """By minute: ``m5=0.01`` is one percent in the slice that ends at minute 5."""
    return Spending.of({minute(int(name[1:])): share for name, share in shares.items()})


def events(spending: Spending, now: float = 10_000):
    found = budget_events(SLO, spending, TIERS, now=minute(now))
    return [
        (one.tier, (one.crossed - MONDAY) / 60, None if one.end is None else (one.end - MONDAY) / 60)
        for one in found
    ]


def test_spending_between_two_times_is_the_sum_of_the_slices_that_ended_in_them():
    own = spent(m5=0.01, m10=0.02, m60=0.04)
    assert own.between(minute(0), minute(10)) == pytest.approx(0.03)
    assert own.between(minute(5), minute(60)) == pytest.approx(0.06)
    assert Spending.of({}).between(0, MONDAY) == 0


def test_a_share_spent_in_an_hour_is_an_event_until_the_hour_is_over():
    assert events(spent(m5=0.015, m10=0.010)) == [("PageFast", 10, 65)]


def test_less_than_any_share_is_none():
    assert events(spent(m5=0.015, m70=0.015)) == []


def test_a_slow_loss_is_an_event_of_the_slow_tier():
    slow = spent(**{f"m{5 * n}": 0.001 for n in range(1, 73)})
    assert events(slow) == [("PageSlow", 250, 475)]


def test_events_of_two_tiers_that_overlap_are_one_named_after_the_first():
    assert events(spent(m5=0.06)) == [("PageFast", 5, 365)]


def test_one_that_may_go_on_has_no_end():
    assert events(spent(m5=0.03), now=30) == [("PageFast", 5, None)]


def test_tickets_are_no_losses_that_somebody_must_be_woken_for():
    tiers = {"TicketFast": TIERS["TicketFast"]}
    assert budget_events(SLO, spent(m5=0.5), tiers, now=minute(100)) == []


def test_bad_events_are_weighed_by_what_one_of_them_spends():
    bad = [Sample(LABELS, 600.0, minute(5)), Sample(LABELS, 300.0, minute(10))]
    scale = [Sample(LABELS, 1e-5, minute(10))]
    own = spendings(bad, scale)[SLO]
    assert own.shares == (pytest.approx(0.006), pytest.approx(0.003))


def test_an_slo_of_which_the_budget_is_not_recorded_is_left_out():
    assert spendings([Sample(LABELS, 600.0, minute(5))], []) == {}


def burning(*minutes: int) -> list[Sample]:
    return [Sample(LABELS, 200.0, minute(one)) for one in minutes]


def test_an_event_began_where_burning_did_without_a_longer_gap_than_a_slice():
    event = BudgetEvent(SLO, "PageFast", minute(60), None)
    assert onset(event, burning(10, 11, 52, 53, 58), step=60).started == minute(52)
    assert onset(event, burning(46, 52, 58), step=60).started == minute(46)


def test_without_a_look_at_it_the_beginning_is_unknown():
    event = BudgetEvent(SLO, "PageFast", minute(60), None)
    assert onset(event, burning(), step=60).started is None
    assert onset(event, burning(10, 20), step=60).started is None
    assert onset(event, [], step=60).start == minute(60)
