"""Whose exact figures come next, and how much of Prometheus they may take."""

from __future__ import annotations

import pytest
from tests.builders import RATIO, an_objective

from fireline.refresh.pace import BURST_SECONDS, Pace
from fireline.refresh.turns import NEWCOMERS, Turns
from fireline.slo.exact import Count, Stretch
from fireline.slo.model import Indicator

NOW = 1_800_000_000.0
OTHER = Indicator(total="x", part="y", counts="Good", presence="z")


def offered(*names):
    turns = Turns()
    for name in names:
        turns.offer(an_objective(name=name), NOW)
    return turns


def name_of(turn):
    return turn and turn.key[1]


def test_the_newest_comes_first():
    turns = offered("a", "b", "c")
    order = []
    while turn := turns.next(NOW):
        order.append(name_of(turn))
        turns.postpone(turn, NOW + 300)
    assert order == ["c", "b", "a"]


def test_places_in_the_queue_are_told_and_move_up():
    turns = offered("a", "b", "c")
    assert [turns.place(("shop", name)) for name in "abc"] == [3, 2, 1]
    turns.postpone(turns.next(NOW), NOW + 300)
    assert [turns.place(("shop", name)) for name in "abc"] == [2, 1, None]


def test_after_the_newcomers_whoever_is_due_longest_comes():
    turns = offered("a", "b")
    for pause in (200, 100):
        turns.postpone(turns.next(NOW), NOW + pause)
    assert turns.next(NOW) is None
    assert turns.next_due() == NOW + 100
    assert name_of(turns.next(NOW + 250)) == "a"
    turns.offer(an_objective(name="c"), NOW + 250)
    assert name_of(turns.next(NOW + 250)) == "c"


def test_the_same_slo_again_is_no_news():
    turns = offered("a")
    assert not turns.offer(an_objective(name="a", description="other words"), NOW)


def test_another_objective_keeps_what_was_counted():
    turns = offered("a")
    turn = turns.next(NOW)
    day = Stretch(86_400 * 20_800, 86_400 * 20_801)
    turn.ledger.kept[day] = Count(1.0, 0.0, 288)
    turns.postpone(turn, NOW + 300)
    assert turns.offer(an_objective("99", name="a"), NOW)
    assert turns.next(NOW).ledger.kept == {day: Count(1.0, 0.0, 288)}


def test_another_indicator_starts_over():
    turns = offered("a")
    before = turns.next(NOW).ledger
    assert turns.offer(an_objective(name="a", indicator=OTHER), NOW)
    assert turns.next(NOW).ledger is not before
    assert turns.next(NOW).ledger.objective.indicator != RATIO


def test_an_slo_that_is_gone_is_forgotten():
    turns = offered("a", "b")
    turns.postpone(turns.next(NOW), NOW + 300)
    turns.keep(set())
    assert turns.next(NOW + 1000) is None
    assert turns.next_due() is None


def test_only_a_few_newcomers_go_ahead_on_credit():
    few = offered(*map(str, range(NEWCOMERS)))
    many = offered(*map(str, range(NEWCOMERS + 1)))
    assert few.is_newcomer(few.next(NOW))
    assert not many.is_newcomer(many.next(NOW))


class TestPace:
    """The purse of query seconds."""

    def test_nobody_waits_while_something_is_saved_up(self):
        pace = Pace(0.1, 0)
        pace.pay(BURST_SECONDS - 1, 0)
        assert pace.wait(0, newcomer=False) == 0

    def test_after_that_a_query_second_costs_its_share(self):
        pace = Pace(0.1, 0)
        pace.pay(BURST_SECONDS + 1, 0)
        assert pace.wait(0, newcomer=False) == pytest.approx(10)
        assert pace.wait(10, newcomer=False) == pytest.approx(0)

    def test_a_newcomer_goes_ahead_on_credit_but_not_for_ever(self):
        pace = Pace(0.1, 0)
        pace.pay(BURST_SECONDS + 1, 0)
        assert pace.wait(0, newcomer=True) == 0
        pace.pay(BURST_SECONDS, 0)
        assert pace.wait(0, newcomer=True) == pytest.approx(10)

    def test_over_a_long_time_the_share_is_kept(self):
        pace, now, spent = Pace(0.1, 0), 0.0, 0.0
        while now < 10_000:
            now += pace.wait(now, newcomer=False)
            pace.pay(0.5, now)
            spent += 0.5
        assert spent == pytest.approx(0.1 * now + BURST_SECONDS, rel=0.01)
