"""The ledger: which stretches are asked, once or again, and what they add up to."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import an_objective

from fireline.slo.exact import Count, Question
from fireline.slo.ledger import DAY, Ledger

NOON = 20_000 * DAY + DAY // 2


def fill(stretch, *, rate=1.0, bad=0.001):
    total = rate * stretch.seconds
    return Count(total=total, bad=total * bad, points=stretch.points)


def answer_all(ledger, now, count=fill):
    """Answers every question; returns the questions."""
    asked = []
    while question := ledger.next_question(now):
        asked.append(question)
        if question.kind == "First":
            ledger.began(question, None)
        else:
            ledger.counted({stretch: count(stretch) for stretch in question.stretches})
        assert len(asked) < 2000
    return asked


def stretches(asked):
    return [stretch for question in asked for stretch in question.stretches]


@settings(deadline=None, max_examples=40)
@given(
    as_of=st.integers(NOON, NOON + 3 * DAY),
    window=st.sampled_from(["1d", "7d", "30d", "36h"]),
    unit=st.sampled_from([DAY, DAY // 4, 3600]),
)
def test_the_stretches_cover_the_window_once_and_only(as_of, window, unit):
    ledger = Ledger(an_objective(window=window), as_of, unit=unit)
    asked = sorted(stretches(answer_all(ledger, as_of)))
    assert asked[0].start == ledger.window.start
    assert asked[-1].end == as_of
    assert all(one.end == two.start for one, two in itertools.pairwise(asked))
    assert ledger.figures().total == pytest.approx(ledger.window.seconds)
    assert ledger.figures().coverage == pytest.approx(1, abs=0.01)


def test_the_newest_stretch_is_asked_first():
    asked = answer_all(Ledger(an_objective(), NOON), NOON)
    ends = [question.stretches[-1].end for question in asked]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] == NOON


def test_a_month_takes_five_queries():
    assert len(answer_all(Ledger(an_objective(), NOON), NOON)) == 5


def test_later_rounds_ask_only_for_the_two_ends():
    ledger = Ledger(an_objective(), NOON)
    answer_all(ledger, NOON)
    ledger.begin(NOON + 300)
    again = stretches(answer_all(ledger, NOON + 300))
    assert sorted((one.start, one.end) for one in again) == [
        (NOON + 300 - 30 * DAY, NOON - DAY // 2 - 29 * DAY),
        (NOON - DAY // 2, NOON + 300),
    ]


def test_a_day_is_kept_only_some_minutes_after_its_end():
    midnight = NOON + DAY // 2
    ledger = Ledger(an_objective(), midnight + 60)
    answer_all(ledger, midnight + 60)
    ledger.begin(midnight + 900)
    again = stretches(answer_all(ledger, midnight + 900))
    assert (midnight - DAY, midnight) in [(one.start, one.end) for one in again]


def test_days_that_left_the_window_are_forgotten():
    ledger = Ledger(an_objective(window="7d"), NOON)
    answer_all(ledger, NOON)
    ledger.begin(NOON + 5 * DAY)
    assert min(one.end for one in ledger.kept) > NOON - 2 * DAY


def test_the_oldest_stretch_alone_is_counted_without_an_overlap():
    asked = answer_all(Ledger(an_objective(), NOON), NOON)
    assert [question.joined for question in asked] == [True, True, True, True, False]


def test_consumed_is_bad_over_the_budget_of_the_total():
    ledger = Ledger(an_objective("99.9"), NOON)
    answer_all(ledger, NOON, lambda one: fill(one, bad=0.0005))
    figures = ledger.figures()
    assert figures.consumed == pytest.approx(0.5)
    assert figures.sli == pytest.approx(0.9995)


def test_what_was_spent_is_told_by_stretch_and_adds_up():
    ledger = Ledger(an_objective(window="7d"), NOON)
    answer_all(ledger, NOON)
    spent = ledger.figures().spent
    assert [(one.start, one.end) for one in spent] == [(one.start, one.end) for one in ledger._stretches()]
    assert sum(one.total for one in spent) == pytest.approx(7 * DAY)
    assert sum(one.bad for one in spent) == pytest.approx(ledger.figures().bad)


def test_without_traffic_there_is_no_figure():
    ledger = Ledger(an_objective(), NOON)
    answer_all(ledger, NOON, lambda one: fill(one, rate=0))
    figures = ledger.figures()
    assert (figures.sli, figures.consumed, figures.coverage) == (None, None, 1)


def test_a_young_service_has_spent_its_share_of_the_window_only():
    born = NOON - 3 * DAY
    ledger = Ledger(an_objective(), NOON)

    def since_birth(stretch):
        alive = max(0, stretch.end - max(stretch.start, born))
        return Count(total=float(alive), bad=alive * 0.001, points=alive // 300)

    while question := ledger.next_question(NOON):
        if question.kind == "First":
            ledger.began(question, float(born))
        else:
            ledger.counted({one: since_birth(one) for one in question.stretches})
    assert ledger.figures().age_seconds == 3 * DAY
    assert ledger.figures().consumed == pytest.approx(0.1)


def test_a_service_of_one_minute_is_present_and_has_an_age_before_its_first_coverage_point():
    ledger = Ledger(an_objective(window="1d"), NOON)

    def one_minute(stretch):
        lives = stretch.end == NOON
        return Count(total=60.0 * lives, bad=60.0 * lives, points=0)

    while question := ledger.next_question(NOON):
        if question.kind == "First":
            ledger.began(question, NOON - 60.0)
        else:
            ledger.counted({one: one_minute(one) for one in question.stretches})
    figures = ledger.figures()
    assert figures.present
    assert figures.age_seconds == 60
    assert figures.consumed == pytest.approx(60 / DAY / 0.001)


def test_a_gap_lowers_coverage_and_not_age():
    ledger = Ledger(an_objective(window="7d"), NOON)
    gap = NOON - 3 * DAY - DAY // 2

    def but_one_day(stretch):
        return Count(0.0, 0.0, 0) if stretch.start == gap else fill(stretch)

    answer_all(ledger, NOON, but_one_day)
    assert ledger.figures().coverage == pytest.approx(6 / 7, abs=0.001)
    assert ledger.figures().age_seconds == 7 * DAY


def test_what_cannot_be_told_good_from_bad_is_left_out_and_named():
    ledger = Ledger(an_objective(window="7d"), NOON)
    dark = NOON - 3 * DAY - DAY // 2
    answer_all(ledger, NOON, lambda one: Count(one.seconds, None, 288) if one.start == dark else fill(one))
    figures = ledger.figures()
    assert [one.start for one in figures.unknown] == [dark]
    assert figures.total == pytest.approx(6 * DAY)


def test_bad_events_beyond_the_total_are_cut_and_reported():
    ledger = Ledger(an_objective(), NOON)
    answer_all(ledger, NOON, lambda one: fill(one, bad=1.2))
    figures = ledger.figures()
    assert figures.excess
    assert figures.sli == 0


def test_a_hair_of_extrapolation_is_no_report():
    ledger = Ledger(an_objective(), NOON)
    answer_all(ledger, NOON, lambda one: fill(one, bad=1.0005))
    assert not ledger.figures().excess


def test_one_stretch_may_give_back_what_its_neighbour_had_too_much():
    ledger = Ledger(an_objective(window="1d"), NOON)
    counts = iter([Count(-10.0, -1.0, 144), Count(110.0, 3.0, 144)])
    answer_all(ledger, NOON, lambda _: next(counts))
    assert (ledger.figures().total, ledger.figures().bad) == (100, 2)


class TestTooHeavy:
    """A server that refuses questions for their size is asked smaller ones."""

    def ask(self, ledger, *, limit, now=NOON):
        """A server that counts at most ``limit`` seconds per question."""
        asked, refused = [], 0
        while question := ledger.next_question(now):
            if question.kind == "First":
                ledger.began(question, None)
            elif question.step * len(question.stretches) > limit:
                refused += 1
                ledger.too_heavy(question, now)
            else:
                asked.append(question)
                ledger.counted({one: fill(one) for one in question.stretches})
            assert refused < 1000
        return asked, refused

    @pytest.mark.parametrize("limit", [5 * DAY, DAY, DAY // 2, DAY // 5, 4000])
    def test_it_ends_with_the_same_figures(self, limit):
        ledger = Ledger(an_objective(), NOON)
        self.ask(ledger, limit=limit)
        assert ledger.figures().total == pytest.approx(30 * DAY)
        assert ledger.figures().consumed == pytest.approx(1)
        assert not ledger.figures().heavy

    def test_what_it_learned_it_remembers(self):
        ledger = Ledger(an_objective(), NOON)
        _, first = self.ask(ledger, limit=DAY // 3)
        ledger.begin(NOON + 300)
        _, later = self.ask(ledger, limit=DAY // 3, now=NOON + 300)
        assert first > 0
        assert later == 0

    def test_what_is_still_too_heavy_is_named_and_left_alone_for_hours(self):
        ledger = Ledger(an_objective(window="1d"), NOON)
        self.ask(ledger, limit=1000)
        figures = ledger.figures()
        assert sum(one.seconds for one in figures.heavy) == DAY
        assert figures.consumed is None
        assert ledger.next_question(NOON + 3600) is None
        assert isinstance(ledger.next_question(NOON + 7 * 3600), Question)
