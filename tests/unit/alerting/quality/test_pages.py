"""Episodes as people live through them, counted by hand."""

from __future__ import annotations

from tests.unit.alerting.quality.history import a_page, a_rule, an_alert, an_episode, minute

from fireline.alerting.quality.model import WEEK
from fireline.alerting.quality.pages import flapping, pages, repeated

SLOW = an_alert("PageSlow")


def test_tiers_of_one_slo_that_overlap_wake_somebody_once():
    fast, slow, later = an_episode(0, 20), an_episode(15, 300, SLOW), an_episode(301, 310)
    assert pages([slow, fast, later]) == [a_page(fast, slow), a_page(later)]


def test_two_slos_and_two_rules_are_pages_of_their_own():
    other = an_alert(slo="search")
    rules = [an_episode(0, 20, a_rule()), an_episode(0, 20, a_rule("DiskFull"))]
    assert len(pages([an_episode(0, 20), an_episode(0, 20, other), *rules])) == 4


def test_a_budget_that_is_spent_for_weeks_swallows_no_page_and_is_never_resolved():
    spent = an_episode(0, 20_000, an_alert("Exhausted", name="SLOErrorBudgetExhausted"))
    found = pages([spent, an_episode(100, 120), an_episode(200, 220)])
    assert [one.lasted for one in found] == [None, 1200, 1200]


def test_a_page_lasts_until_its_last_alert_ends():
    page = a_page(an_episode(0, 20), an_episode(15, 300, SLOW))
    assert (page.start, page.end, page.lasted) == (minute(0), minute(300), 300 * 60)
    still = a_page(an_episode(0, 20), an_episode(15, None, SLOW))
    assert (still.end, still.lasted) == (None, None)


def test_how_long_a_page_lasted_is_unknown_where_its_start_or_end_is():
    assert a_page(an_episode(0, 20, truncated=True)).lasted is None
    assert a_page(an_episode(0, 20, lost=True)).lasted is None


def test_three_episodes_within_an_hour_are_flapping_and_two_are_not():
    assert flapping([an_episode(0, 5), an_episode(30, 35)]) == []
    assert flapping([an_episode(0, 5), an_episode(30, 35), an_episode(60, 65)]) == []
    (flap,) = flapping([an_episode(0, 5), an_episode(30, 35), an_episode(59, 65)])
    assert (flap.most, flap.bursts, flap.pause) == (3, 1, 25 * 60)


def test_flapping_on_two_days_is_two_bursts_and_alerts_do_not_add_up():
    day = [0, 10, 20, 1440, 1450, 1460, 1470]
    own = [an_episode(at, at + 5) for at in day]
    other = [an_episode(at, at + 5, a_rule()) for at in (0, 10)]
    (flap,) = flapping([*own, *other])
    assert (flap.alert, flap.most, flap.bursts) == (an_alert(), 4, 2)


def test_what_comes_back_within_seven_days_is_repeated():
    week = WEEK // 60
    near = [an_episode(0, 5), an_episode(5 + week, 10 + week), an_episode(11 + 2 * week, 20 + 2 * week)]
    assert [(one.alert, one.times) for one in repeated(near)] == [(an_alert(), 1)]
