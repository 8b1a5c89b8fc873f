"""When a budget will be used up, against cases worked out by hand.

All of them are SLOs over 30 days; shares are of the whole budget, days are counted from now.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.slo.forecast import (
    NEVER,
    Profile,
    at_current_burn,
    before_the_end,
    net_of_roll_off,
    told,
)
from fireline.slo.ledger import Spent

DAY = 86_400
NOW = float(20_800 * DAY)
WINDOW = 30.0 * DAY


def spent(*parts, consumed=None, at=NOW):
    """A profile of (from, to, share): stretches so many days before now, and the budget each took."""
    stretches = tuple(
        Spent(int(NOW - start * DAY), int(NOW - end * DAY), share * 1e6, 1e9) for start, end, share in parts
    )
    return Profile(at, sum(share for *_, share in parts) if consumed is None else consumed, stretches)


def steady(days, burn):
    """The profile of a burn that began so many days ago, a stretch a day."""
    return spent(*((day, day - 1, burn / 30) for day in range(days, 0, -1)))


def current(consumed, burn):
    return (at_current_burn(now=NOW, consumed=consumed, burn=burn, window=WINDOW) - NOW) / DAY


def net(profile, burn, consumed=None):
    consumed = profile.consumed if consumed is None else consumed
    moment = net_of_roll_off(now=NOW, consumed=consumed, burn=burn, window=WINDOW, profile=profile)
    return (moment - NOW) / DAY


@pytest.mark.parametrize(
    ("consumed", "burn", "days"),
    [
        (0.0, 1.0, 30.0),  # burn 1 spends exactly the budget over the window
        (0.5, 1.0, 15.0),
        (0.0, 14.4, 30 / 14.4),  # what PageFast is about: two days
        (1 / 3, 2.0, 10.0),
        (0.9, 0.1, 30.0),
        (0.0, 0.0, math.inf),
        (0.0, 0.001, math.inf),  # 82 years: nobody plans for that
    ],
)
def test_the_rest_of_the_budget_lasts_as_long_as_arithmetic_says(consumed, burn, days):
    assert current(consumed, burn) == pytest.approx(days)


def test_nothing_of_a_steady_burn_rolls_off_before_the_budget_is_gone():
    """Burning at 2 for 5 days took a third; the rest lasts 10 days, and the first day leaves in 25."""
    profile = steady(5, 2.0)
    assert profile.consumed == pytest.approx(1 / 3)
    assert net(profile, 2.0) == pytest.approx(current(1 / 3, 2.0)) == pytest.approx(10)


def test_a_steady_burn_below_one_never_exhausts_the_budget():
    """After 30 days at 0.8 as much leaves as comes, at 80 %."""
    profile = steady(30, 0.8)
    assert current(0.8, 0.8) == pytest.approx(7.5)
    assert net(profile, 0.8) == NEVER


def test_a_steady_burn_of_one_needs_the_whole_window():
    assert net(spent(), 1.0) == pytest.approx(30)


def test_recovering_from_an_outage_net_of_roll_off_says_never():
    """An outage 28 to 27 days ago took 90 %. At a burn of 0.5 it is 93.3 % in 2 days, when the outage
    begins to leave; a day later 5 % is left in the window, and after 30 days it stays at 50 %."""
    profile = spent((28, 27, 0.9))
    assert current(0.9, 0.5) == pytest.approx(6)
    assert net(profile, 0.5) == NEVER


def test_an_outage_that_has_not_rolled_off_yet_leaves_too_late_for_even_a_small_burn():
    """The same outage 20 to 19 days ago leaves in 10 days; the rest of 10 % lasts 6 days."""
    assert net(spent((20, 19, 0.9)), 0.5) == pytest.approx(6)


def test_while_an_outage_leaves_a_fast_burn_may_still_win():
    """90 % were spent evenly from 30 to 20 days ago: 9 % leave a day. A burn of 4 takes 13.33 % a day, so
    4.33 % more are gone each day, and 10 % last 2.31 days."""
    assert net(spent((30, 20, 0.9)), 4.0) == pytest.approx(0.1 / (4 / 30 - 0.09))


def test_what_left_in_the_meantime_makes_room_for_a_later_crossing():
    """60 % leave from day 2 to 3, 30 % only from day 25 on. A burn of 2 takes 6.667 % a day: 93.3 % on
    day 1, gone on day 1.5."""
    assert net(spent((28, 27, 0.6), (5, 4, 0.3)), 2.0) == pytest.approx(1.5)
    # Burning at 1.2 (4 % a day): 98 % on day 2, then 56 % less on day 3 (42 %), and gone on day 17.5.
    assert net(spent((28, 27, 0.6), (5, 4, 0.3)), 1.2) == pytest.approx(3 + 0.58 / 0.04)


def test_of_a_day_that_leaves_already_only_the_rest_is_left():
    """Counted half a day ago, a stretch 30.5 to 29.5 days ago held 80 %; half of it is out of the window by
    now and the other half leaves within half a day. A burn of 3 takes 10 % a day: gone on day 10."""
    profile = spent((30.5, 29.5, 0.8), at=NOW - DAY / 2)
    assert net(profile, 3.0, consumed=0.4) == pytest.approx(10)


def test_what_was_spent_since_the_profile_was_counted_is_the_youngest():
    """An hour ago 0 % were counted, now 90 % are gone: they stay for the whole window."""
    profile = spent((2, 1 / 24, 0.0), consumed=0.0, at=NOW - 3600)
    assert net(profile, 0.5, consumed=0.9) == pytest.approx(6)


def test_what_a_profile_knows_too_much_of_is_taken_off_alike():
    """Counted exactly 60 %, recorded 50 %: all of it leaves in 2 to 3 days, as 50 %."""
    profile = spent((28, 27, 0.6))
    # At 6 the burn takes 20 % a day: 90 % on day 2, 60 % on day 3, gone on day 5.
    assert net(profile, 6.0, consumed=0.5) == pytest.approx(5)


def test_estimates_below_zero_count_as_nothing():
    profile = spent((28, 27, 0.9), (27, 26, -0.001))
    assert net(profile, 0.5, consumed=0.899) == NEVER


def test_a_calendar_budget_begins_anew_before_a_later_exhaustion():
    end = NOW + 3 * DAY
    assert before_the_end(NOW + 2 * DAY, end) == NOW + 2 * DAY
    assert before_the_end(NOW + 4 * DAY, end) == NEVER
    assert before_the_end(NEVER, end) == NEVER


@given(
    shares=st.lists(st.floats(0, 0.05), min_size=1, max_size=30),
    burn=st.floats(0, 30),
)
def test_roll_off_never_makes_it_earlier_and_agrees_with_walking_through_time(shares, burn):
    profile = spent(*((day + 1, day, share) for day, share in enumerate(shares)))
    if profile.consumed >= 0.999:
        return
    fast = current(profile.consumed, burn)
    slow = net(profile, burn)
    assert slow >= fast * (1 - 1e-9) - 1e-9

    def consumed(x):
        """By the definition: what of each day is still inside, and the new burn."""
        inside = (share * min(1, max(0, 30 - x - day)) for day, share in enumerate(shares))
        return sum(inside) + burn * x / 30

    grid = [minute / 96 for minute in range(30 * 96 + 1)]  # quarters of an hour
    first = next((x for x in grid if consumed(x) >= 1), None)
    if slow == NEVER:
        assert first is None or consumed(first) < 1 + 1e-6
    else:
        assert consumed(slow) == pytest.approx(1, abs=1e-6)
        assert first is None or first >= slow - 1e-6


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (30 * DAY, "2026-12-12T12:00:00Z"),
        (10 * DAY, "2026-11-22T12:00:00Z"),
        (90 * 60, "2026-11-12T13:30:00Z"),
    ],
)
def test_a_moment_reads_as_a_time(left, text):
    now = datetime(2026, 11, 12, 12, tzinfo=UTC).timestamp()
    assert told(now + left, now, None) == text


def test_never_is_said_in_a_word():
    assert told(NEVER, NOW, None) == "Never"
    assert told(NEVER, NOW, "2026-12-01T00:00:00Z") == "Never"
    assert told(NOW + DAY, NOW, "Never") != "Never"


@given(left=st.floats(1000, 3000 * DAY))
def test_what_is_told_is_within_two_percent_of_arithmetic(left):
    told_at = datetime.fromisoformat(told(NOW + left, NOW, None)).timestamp()
    assert abs(told_at - (NOW + left)) <= 0.01 * left


@given(burn=st.floats(0.5, 100), noise=st.floats(-0.004, 0.004))
def test_a_steady_burn_tells_the_same_until_little_time_is_left(burn, noise):
    """Every 30 s for the first two thirds of the time that is left, with a little noise in the burn."""
    first = at_current_burn(now=NOW, consumed=0.0, burn=burn, window=WINDOW)
    said, texts = None, set()
    for step in range(60):
        now = NOW + (first - NOW) * step / 100
        consumed = burn * (now - NOW) / WINDOW
        moment = at_current_burn(
            now=now, consumed=consumed, burn=burn * (1 + noise * (step % 2)), window=WINDOW
        )
        said = told(moment, now, said)
        texts.add(said)
        assert abs(datetime.fromisoformat(said).timestamp() - moment) <= 0.02 * (moment - now)
    assert len(texts) == 1
