"""Precision, recall and detection, counted by hand."""

from __future__ import annotations

import pytest
from tests.unit.alerting.quality.history import SLO, TIERS, a_page, a_rule, an_alert, an_episode, minute

from fireline.alerting.quality.judging import Ledger, detections, judged, quantile
from fireline.alerting.quality.model import BudgetEvent, Stretch
from fireline.alerting.quality.spending import Spending

NOW = minute(10_000)


def verdict(page, *, spent=None, holes=(), now=NOW):
    ledger = Ledger({} if spent is None else {SLO: Spending.of(spent)}, holes)
    (one,) = judged([page], {SLO: TIERS}, ledger, now=now)
    return one.right


def test_a_page_is_right_when_its_share_was_spent_from_its_long_window_before_it_to_its_end():
    page = a_page(an_episode(100, 110))
    assert verdict(page, spent={minute(41): 0.01, minute(110): 0.01}) is True
    assert verdict(page, spent={minute(39): 0.01, minute(110): 0.01}) is False
    assert verdict(page, spent={minute(120): 0.02}) is True  # recorded up to ten minutes late
    assert verdict(page, spent={minute(121): 0.02}) is False


def test_a_page_is_right_when_any_of_its_alerts_is():
    page = a_page(an_episode(100, 110), an_episode(105, 400, an_alert("PageSlow")))
    assert verdict(page, spent={minute(300): 0.05}) is True
    assert verdict(page, spent={minute(300): 0.04}) is False


def test_what_has_no_budget_cannot_be_judged():
    assert verdict(a_page(an_episode(100, 110, a_rule())), spent={}) is None
    assert verdict(a_page(an_episode(100, 110))) is None
    assert verdict(a_page(an_episode(100, 110, an_alert("NoData"))), spent={}) is None
    assert verdict(a_page(an_episode(100, 110, truncated=True)), spent={}) is None


def test_missing_records_make_no_page_wrong_and_a_right_one_stays_right():
    page, away = a_page(an_episode(100, 110)), [Stretch(minute(60), minute(62))]
    assert verdict(page, spent={}, holes=away) is None
    assert verdict(page, spent={minute(105): 0.02}, holes=away) is True


def test_a_page_is_not_wrong_before_all_is_recorded():
    page = a_page(an_episode(100, None))
    assert verdict(page, spent={}, now=minute(103)) is None
    assert verdict(page, spent={minute(100): 0.02}, now=minute(103)) is True
    ended = a_page(an_episode(100, 110))
    assert verdict(ended, spent={}, now=minute(119)) is None
    assert verdict(ended, spent={}, now=minute(120)) is False


def event(started: float | None, crossed: float, end: float | None) -> BudgetEvent:
    begun = None if started is None else minute(started)
    return BudgetEvent(SLO, "PageFast", minute(crossed), None if end is None else minute(end), begun)


def detected(one: BudgetEvent, *pages):
    (found,) = detections([one], pages, {SLO: TIERS}, now=NOW)
    return None if found.page is None else found.seconds


def test_a_loss_is_detected_by_the_first_page_of_its_slo_that_overlaps_it():
    early, late = a_page(an_episode(0, 8)), a_page(an_episode(14, 20))
    assert detected(event(10, 17, 80), early, late) == 4 * 60
    elsewhere = a_page(an_episode(12, 20, an_alert(slo="search")))
    assert detected(event(10, 17, 80), elsewhere, late) == 4 * 60


def test_a_page_that_fired_already_took_no_time():
    assert detected(event(10, 17, 80), a_page(an_episode(5, 20))) == 0


def test_a_page_about_a_spent_budget_tells_of_a_loss_only_when_it_begins_in_it():
    spent = an_alert("Exhausted", name="SLOErrorBudgetExhausted")
    assert detected(event(10, 17, 80), a_page(an_episode(0, 500, spent))) is None
    assert detected(event(10, 17, 80), a_page(an_episode(30, 500, spent))) == 20 * 60


def test_without_a_page_a_loss_is_missed():
    assert detected(event(10, 17, 80), a_page(an_episode(0, 9)), a_page(an_episode(91, 99))) is None


def test_a_short_page_before_the_slices_tell_of_the_loss_has_detected_it():
    (found,) = detections([event(None, 17, 80)], [a_page(an_episode(9, 12))], {SLO: TIERS}, now=NOW)
    assert found.page is not None
    assert found.seconds is None


@pytest.mark.parametrize(("share", "value"), [(0.5, 3), (0.9, 5), (0.01, 1), (1.0, 5)])
def test_a_quantile_is_a_value_that_was_measured(share, value):
    assert quantile([5, 1, 4, 2, 3], share) == value
    assert quantile([], share) is None
