"""The ledger around maintenance: excluded time is neither counted nor a gap nor age."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import RATIO, an_objective
from tests.unit.slo.test_exact_calendar import answered, local, steady

from fireline.calendar.maintenance import Once, Repeating, Schedule
from fireline.calendar.span import Span
from fireline.promql.durations import Duration
from fireline.slo.cutting import DAY
from fireline.slo.exact import Count, overlap
from fireline.slo.ledger import Ledger
from fireline.slo.model import Timeslice

MINUTE, HOUR = 60, 3600
NOON = 20_000 * DAY + DAY // 2


def once(start, end):
    return Schedule((Once(Span(start, end)),))


NIGHTLY = Schedule((Repeating("0 3 * * *", 2 * HOUR, "UTC"),))
WEEKLY = Schedule((Repeating("30 2 * * SUN", 90 * MINUTE, "Europe/Berlin"),))


def under(maintenance, window="30d", as_of=NOON, count=None, **changes):
    ledger = Ledger(an_objective(window=window, maintenance=maintenance, **changes), as_of)
    asked = answered(ledger, as_of, count or steady(0.001))
    return ledger, asked


def test_half_an_hour_at_half_errors_inside_costs_nothing():
    begins = NOON - 5 * DAY

    def half(start, end):
        return float(end - start), max(0, min(end, begins + 30 * MINUTE) - max(start, begins)) / 2

    without, _ = under(Schedule(), count=half)
    within, asked = under(once(begins, begins + 30 * MINUTE), count=half)
    assert without.figures().consumed == pytest.approx(900 / (30 * DAY) / 0.001, rel=0.001)
    assert within.figures().consumed == 0
    assert all(one.end <= begins or one.start >= begins + 30 * MINUTE for one in asked)


def test_errors_that_last_longer_than_the_maintenance_cost_their_rest():
    begins = NOON - 5 * DAY

    def outage(start, end):
        return float(end - start), float(max(0, min(end, begins + HOUR) - max(start, begins)))

    found = under(once(begins, begins + 50 * MINUTE), count=outage)[0].figures()
    assert found.bad == 10 * MINUTE
    assert found.consumed == pytest.approx(600 / (30 * DAY - 3000) / 0.001)


def test_excluded_time_is_no_gap():
    assert under(NIGHTLY)[0].figures().coverage == 1


def test_burning_at_one_spends_the_budget_though_maintenance_takes_a_twelfth_of_it():
    found = under(NIGHTLY)[0].figures()
    assert found.total == 30 * 22 * HOUR
    assert found.age_seconds == 30 * 22 * HOUR
    assert found.consumed == pytest.approx(1)


def test_half_of_a_young_life_in_maintenance_is_half_the_age():
    born = NOON - 4 * DAY
    ledger = Ledger(an_objective(maintenance=once(NOON - 3 * DAY, NOON - DAY)), NOON)
    while question := ledger.next_question(NOON):
        if question.kind == "First":
            ledger.began(question, float(born))
            continue
        alive = {one: max(0, one.end - max(one.start, born)) for one in question.stretches}
        ledger.counted({one: Count(float(n), n * 0.001, n // 300) for one, n in alive.items()})
    found = ledger.figures()
    assert found.age_seconds == 2 * DAY
    assert found.consumed == pytest.approx(2 / 28)


def test_maintenance_to_come_makes_the_rest_of_a_calendar_period_shorter():
    """Half of June is over, and of the other half five days will not count: 15 of 25 days."""
    ahead = once(local("2026-06-20"), local("2026-06-25"))
    ledger, _ = under(ahead, window="Month UTC", as_of=local("2026-06-16"))
    assert ledger.figures().consumed == pytest.approx(15 / 25)
    ledger, _ = under(ahead, window="Month UTC", as_of=local("2026-06-30 23:59:59"))
    assert ledger.figures().consumed == pytest.approx(1, rel=1e-5)


def test_maintenance_across_the_end_of_a_month_counts_to_both():
    across = once(local("2026-06-30"), local("2026-07-02"))
    for text, days in (("2026-06-30 12:00", 29), ("2026-07-03", 1)):
        ledger, _ = under(across, window="Month UTC", as_of=local(text))
        assert ledger.figures().age_seconds == days * DAY
        assert ledger.figures().coverage == 1


def test_while_maintenance_goes_on_the_figures_stand_still():
    going_on = once(NOON - HOUR, NOON + HOUR)
    first, _ = under(going_on, window="Month UTC", as_of=NOON)
    later, _ = under(going_on, window="Month UTC", as_of=NOON + 1800)
    assert first.figures().total == later.figures().total > 0
    assert first.figures().consumed == later.figures().consumed


def test_a_window_that_was_all_maintenance_has_no_figures():
    ledger, asked = under(once(NOON - 2 * DAY, NOON + DAY), window="1d")
    assert asked == []
    found = ledger.figures()
    assert (found.sli, found.consumed, found.coverage, found.age_seconds) == (None, None, 0, 0)


@settings(deadline=None, max_examples=60)
@given(
    as_of=st.integers(NOON, NOON + 8 * DAY),
    window=st.sampled_from(["1d", "7d", "30d", "Month Europe/Berlin", "Week UTC"]),
    unit=st.sampled_from([DAY, DAY // 4, HOUR]),
    maintenance=st.sampled_from([NIGHTLY, WEEKLY])
    | st.lists(
        st.tuples(st.integers(-8 * DAY, 8 * DAY), st.integers(60, 2 * DAY)).map(
            lambda one: Once(Span(NOON + one[0], NOON + sum(one)))
        ),
        max_size=6,
    ).map(lambda found: Schedule(tuple(found))),
)
def test_stretches_cover_all_but_maintenance_and_nothing_reaches_into_it(as_of, window, unit, maintenance):
    ledger = Ledger(an_objective(window=window, maintenance=maintenance), as_of, unit=unit)
    asked = answered(ledger, as_of, steady(0.001))
    begin = ledger.window.start
    excluded = maintenance.spans(begin - DAY, as_of)
    assert sum(one.seconds for one in asked) == as_of - begin - maintenance.seconds(begin, as_of)
    assert all(one.end <= two.start for one, two in pairwise(asked))
    for one in asked:
        reads = one.start - overlap(one.seconds) if one.joined else one.start
        assert not any(reads < span.end and one.end > span.start for span in excluded)
        if one.joined:
            assert one.start in {begin, *(other.end for other in asked)}
    assert ledger.figures().coverage in {0, 1}


@settings(deadline=None, max_examples=20)
@given(as_of=st.integers(NOON, NOON + 3 * DAY), maintenance=st.sampled_from([NIGHTLY, WEEKLY]))
def test_later_rounds_ask_only_for_the_two_ends(as_of, maintenance):
    ledger, _ = under(maintenance, as_of=as_of)
    ledger.begin(as_of + 60)
    assert len(answered(ledger, as_of + 60, steady(0.001))) <= 3


def test_maintenance_that_is_added_later_never_takes_a_count_that_reached_into_it():
    """The day after it was counted together with the evening before; now it must stand alone."""
    midnight = NOON - 5 * DAY + DAY // 2
    ledger, _ = under(Schedule())
    ledger.objective = an_objective(maintenance=once(midnight - 2 * HOUR, midnight))
    ledger.begin(NOON)
    asked = answered(ledger, NOON, steady(0.001))
    assert [(one.start - midnight, one.seconds, one.joined) for one in asked if one.start == midnight] == [
        (0, DAY, False)
    ]
    assert len(asked) < 6


class TestSlices:
    """Slices of time reach back: those that touch maintenance do not count."""

    def starts(self, ends, minutes, **changes):
        sliced = Timeslice(Duration.of(minutes=minutes), Decimal("0.01"))
        _, asked = under(once(ends - HOUR, ends), window="1d", timeslice=sliced, **changes)
        return [one.start for one in asked if not one.joined][-1]

    @pytest.mark.parametrize(("minutes", "late"), [(5, 1), (5, 299), (25, 700), (60, 1800)])
    def test_the_first_slice_after_it_begins_at_a_multiple_of_its_length(self, minutes, late):
        length = minutes * MINUTE
        ends = (NOON - 4 * HOUR) // length * length + late
        assert self.starts(ends, minutes) == ends - late + length

    def test_one_that_ends_with_it_loses_nothing(self):
        assert self.starts(NOON - 4 * HOUR, 5) == NOON - 4 * HOUR

    def test_a_calendar_period_begins_with_a_whole_slice(self):
        """Midnight in India is 18:30 UTC, in the middle of an hour."""
        sliced = Timeslice(Duration.of(minutes=60), Decimal("0.01"))
        _, asked = under(Schedule(), window="Month Asia/Kolkata", timeslice=sliced)
        assert asked[0].start % DAY == 19 * HOUR

    def test_a_free_ratio_is_read_over_five_minutes_and_waits_for_them(self):
        _, asked = under(once(NOON - 2 * HOUR, NOON - HOUR + 1), window="1d", approximate=True)
        assert asked[-1].start == NOON - HOUR + 300

    def test_the_first_look_at_a_gauge_is_a_minute_after_it(self):
        """Looks are taken at whole minutes after the start of what is counted."""
        gauge = dataclasses.replace(RATIO, points=True)
        for late, first in ((0, 0), (1, 60), (59, 60)):
            _, asked = under(once(NOON - 2 * HOUR, NOON - HOUR + late), window="1d", indicator=gauge)
            assert asked[-1].start == NOON - HOUR + first
