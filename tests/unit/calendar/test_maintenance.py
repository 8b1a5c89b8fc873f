"""Maintenance: which intervals a schedule means, by day, by night and when clocks change."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fireline.api.slo import Maintenance
from fireline.calendar.maintenance import NEVER, Once, Repeating, Schedule, merged, schedule
from fireline.calendar.span import Span
from fireline.errors import SpecError

MINUTE, HOUR, DAY = 60, 3600, 86_400
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def utc(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def repeating(cron, hours=1.0, zone="UTC"):
    return Schedule((Repeating(cron, round(hours * HOUR), zone),))


def told(spans):
    """Intervals as text in UTC."""
    return [
        "/".join(f"{datetime.fromtimestamp(at, UTC):%m-%d %H:%M}" for at in (s.start, s.end)) for s in spans
    ]


def entries(*given_):
    return schedule([Maintenance.model_validate(one) for one in given_])


class TestFromTheSpec:
    """What users write becomes intervals in UTC."""

    def test_a_dated_interval_carries_its_own_offset(self):
        found = entries({"from": "2026-12-24T00:00:00+01:00", "to": "2026-12-24T06:00:00Z"})
        assert found.spans(0, 1e10) == (Span(utc("2026-12-23 23:00"), utc("2026-12-24 06:00")),)

    def test_a_repeating_one_has_a_length_and_a_zone(self):
        found = entries({"cron": "0 3 * * SUN", "duration": "1h30m", "timeZone": BERLIN})
        assert told(found.spans(utc("2026-06-01"), utc("2026-06-15"))) == [
            "06-07 01:00/06-07 02:30",
            "06-14 01:00/06-14 02:30",
        ]

    def test_without_a_zone_it_is_utc(self):
        found = entries({"cron": "0 3 * * *", "duration": "2h"})
        assert found == Schedule((Repeating("0 3 * * *", 2 * HOUR, "UTC"),))

    def test_several_entries_are_one_schedule(self):
        found = entries(
            {"cron": "0 3 * * *", "duration": "1h"},
            {"from": "2026-06-01T03:30:00Z", "to": "2026-06-01T05:00:00Z"},
        )
        assert told(found.spans(utc("2026-06-01"), utc("2026-06-02"))) == ["06-01 03:00/06-01 05:00"]

    def test_no_entries_are_never(self):
        assert entries() == NEVER
        assert not NEVER
        assert NEVER.spans(0, 1e10) == ()

    @pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "2026-13-01T00:00:00Z"])
    def test_a_day_that_does_not_exist_is_refused(self, text):
        with pytest.raises(SpecError, match="does not exist; write it like 2026-12-24T00:00:00Z"):
            entries({"from": text, "to": "2026-12-24T06:00:00Z"})


class TestTouching:
    """Whole intervals are told as soon as any part of them is asked for."""

    ONCE = Schedule((Once(Span(1000, 2000)),))

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 1001), (1999, 3000), (1500, 1600), (0, 5000), (1500, 1500)]
    )
    def test_an_interval_that_is_touched_is_told_whole(self, start, end):
        assert self.ONCE.spans(start, end) == (Span(1000, 2000),)

    @pytest.mark.parametrize(("start", "end"), [(0, 1000), (2000, 3000)])
    def test_one_that_only_borders_is_not(self, start, end):
        assert self.ONCE.spans(start, end) == ()

    def test_one_that_began_before_and_still_runs_counts(self):
        nightly = repeating("0 22 * * *", hours=8)
        assert told(nightly.spans(utc("2026-06-02 03:00"), utc("2026-06-02 04:00"))) == [
            "06-01 22:00/06-02 06:00"
        ]

    def test_also_one_that_is_longer_than_what_is_asked_for(self):
        weekly = repeating("0 0 * * MON", hours=7 * 24 - 1)
        assert told(weekly.spans(utc("2026-06-06"), utc("2026-06-06 01:00"))) == ["06-01 00:00/06-07 23:00"]

    def test_how_much_of_a_time_is_maintenance(self):
        assert self.ONCE.seconds(0, 5000) == 1000
        assert self.ONCE.seconds(1900, 5000) == 100
        assert self.ONCE.seconds(3000, 5000) == 0


class TestMerging:
    """Intervals that overlap or touch are one."""

    def test_overlapping_ones(self):
        assert merged([Span(0, 10), Span(5, 20)]) == (Span(0, 20),)

    def test_touching_ones(self):
        assert merged([Span(10, 20), Span(0, 10)]) == (Span(0, 20),)

    def test_one_within_another(self):
        assert merged([Span(0, 100), Span(20, 30), Span(50, 120)]) == (Span(0, 120),)

    def test_a_second_between_keeps_them_apart(self):
        assert merged([Span(0, 10), Span(11, 20)]) == (Span(0, 10), Span(11, 20))

    def test_one_that_starts_again_before_it_is_over(self):
        twice = repeating("0 3,4 * * *", hours=2)
        assert told(twice.spans(utc("2026-06-01"), utc("2026-06-02"))) == ["06-01 03:00/06-01 06:00"]

    def test_every_minute_is_one_interval_without_end(self):
        dense = repeating("* * * * *", hours=1 / 60)
        start, end = utc("2026-06-01"), utc("2026-06-08")
        assert dense.spans(start, end) == (Span(start, end),)

    def test_every_minute_of_an_hour_is_that_hour_and_the_length(self):
        mistaken = repeating("* 3 * * *", hours=2)
        assert told(mistaken.spans(utc("2026-06-01"), utc("2026-06-02"))) == ["06-01 03:00/06-01 05:59"]


class TestClocksGoForward:
    """Berlin, 2026-03-29: 01:59 is followed by 03:00."""

    def spans(self, cron, hours=1.0, zone=BERLIN):
        return told(repeating(cron, hours, zone).spans(utc("2026-03-28 12:00"), utc("2026-03-30 12:00")))

    def test_a_start_that_does_not_exist_is_when_clocks_have_changed(self):
        assert self.spans("30 2 * * *") == ["03-29 01:00/03-29 02:00", "03-30 00:30/03-30 01:30"]

    def test_one_before_the_change_lasts_as_long_as_it_says(self):
        assert self.spans("0 1 * * SUN", hours=3) == ["03-29 00:00/03-29 03:00"]

    def test_one_after_the_change_is_an_hour_earlier_than_the_day_before(self):
        assert self.spans("0 4 * * *") == ["03-29 02:00/03-29 03:00", "03-30 02:00/03-30 03:00"]

    def test_one_every_hour_takes_no_notice(self):
        assert len(self.spans("0 * * * *", hours=0.5)) == 48

    def test_in_new_york_it_is_another_day(self):
        spans = repeating("30 2 * * *", 1, NEW_YORK).spans(utc("2026-03-08"), utc("2026-03-09"))
        assert told(spans) == ["03-08 07:00/03-08 08:00"]

    def test_by_half_an_hour(self):
        """Lord Howe, 2026-10-04: 01:59 is followed by 02:30."""
        spans = repeating("15 2 * * *", 1, LORD_HOWE).spans(utc("2026-10-03 12:00"), utc("2026-10-04 12:00"))
        assert told(spans) == ["10-03 15:30/10-03 16:30"]


class TestClocksGoBack:
    """Berlin, 2026-10-25: 02:59 is followed by 02:00."""

    def spans(self, cron, hours=1.0, zone=BERLIN):
        return told(repeating(cron, hours, zone).spans(utc("2026-10-24 12:00"), utc("2026-10-26 12:00")))

    def test_a_start_that_comes_twice_is_the_first(self):
        assert self.spans("30 2 * * *") == ["10-25 00:30/10-25 01:30", "10-26 01:30/10-26 02:30"]

    def test_one_across_the_change_lasts_as_long_as_it_says(self):
        assert self.spans("0 1 * * SUN", hours=3) == ["10-24 23:00/10-25 02:00"]

    def test_one_every_hour_takes_no_notice(self):
        assert len(self.spans("0 * * * *", hours=0.5)) == 48


@pytest.mark.parametrize("cron", ["0 0 * 2 TUE#5", "0 0 29 2 *"])
def test_a_start_of_leap_years_only_comes_in_leap_years(cron):
    found = repeating(cron).spans(utc("2025-01-01"), utc("2029-01-01"))
    assert told(found) == ["02-29 00:00/02-29 01:00"]


@pytest.mark.parametrize("cron", ["0 0 */30 * MON#2"])
def test_a_start_that_never_comes_is_no_maintenance(cron):
    assert repeating(cron).spans(utc("2026-01-01"), utc("2027-01-01")) == ()


def test_the_last_friday_of_a_month():
    found = repeating("0 22 * * 5L").spans(utc("2026-06-01"), utc("2026-08-01"))
    assert told(found) == ["06-26 22:00/06-26 23:00", "07-31 22:00/07-31 23:00"]


CRONS = (
    "30 2 * * *",
    "0 3 * * SUN",
    "*/7 * * * *",
    "15 0,23 1 * *",
    "* 2 * * *",
    "0 */5 * * *",
    "59 23 L * *",
)
MOMENTS = st.integers(utc("2026-03-20"), utc("2026-11-10"))


@settings(deadline=None, max_examples=50)
@given(
    cron=st.sampled_from(CRONS),
    zone=st.sampled_from(("UTC", BERLIN, NEW_YORK, LORD_HOWE, "America/Sao_Paulo", "Asia/Kolkata")),
    seconds=st.integers(1, 30 * HOUR),
    moments=st.tuples(MOMENTS, MOMENTS, MOMENTS).map(sorted),
)
@example(
    cron="30 2 * * *",
    zone=BERLIN,
    seconds=HOUR,
    moments=[utc("2026-10-24"), utc("2026-10-25 00:45"), utc("2026-10-26")],
)
@example(
    cron="30 2 * * *",
    zone=BERLIN,
    seconds=HOUR,
    moments=[utc("2026-03-29"), utc("2026-03-29 01:00"), utc("2026-03-30")],
)
def test_two_halves_of_a_time_have_the_maintenance_of_the_whole(cron, zone, seconds, moments):
    plan = Schedule((Repeating(cron, seconds, zone),))
    start, middle, end = moments
    halves = merged((*plan.spans(start, middle), *plan.spans(middle, end)))
    assert halves == plan.spans(start, end)
    assert all(one.start < two.start and one.end < two.start for one, two in itertools.pairwise(halves))
    assert all(one.start < end and one.end > start for one in halves)


@settings(deadline=None, max_examples=12)
@given(page=st.integers(728, 760), zone=st.sampled_from((BERLIN, NEW_YORK, "UTC")))
def test_no_start_is_lost_or_told_twice_where_pieces_of_time_meet(page, zone):
    """Starts are looked up in pieces of 28 days."""
    seam = page * 28 * DAY
    plan = Repeating("*/10 * * * *", 60, zone)
    assert list(plan.starts(seam - HOUR - 1, seam + HOUR)) == list(range(seam - HOUR, seam + HOUR, 600))
