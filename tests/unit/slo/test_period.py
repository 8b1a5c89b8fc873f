"""Calendar windows: where a week, month, quarter or year begins and ends in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fireline.calendar.span import Span
from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.slo.period import SLOWindow

HOUR, DAY = 3600, 86_400
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Asia/Beirut",
    "Africa/Casablanca",
)
CALENDARS = ("Week", "Month", "Quarter", "Year")


def at(text, zone="UTC"):
    """Unix time of a wall clock's reading."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def utc(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def period(calendar, text, zone="UTC"):
    """Begin and end, as UTC text, of the period that a wall clock's reading falls into."""
    span = SLOWindow(calendar=calendar, zone=zone).span(at(text, zone))
    return tuple(f"{datetime.fromtimestamp(one, UTC):%Y-%m-%d %H:%M}" for one in (span.start, span.end))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-01-31 23:59:59", ("2026-01-01 00:00", "2026-02-01 00:00")),
        ("2026-02-01 00:00:00", ("2026-02-01 00:00", "2026-03-01 00:00")),
        ("2026-04-30 12:00:00", ("2026-04-01 00:00", "2026-05-01 00:00")),
        ("2026-12-31 23:59:59", ("2026-12-01 00:00", "2027-01-01 00:00")),
        ("2028-02-29 12:00:00", ("2028-02-01 00:00", "2028-03-01 00:00")),
    ],
)
def test_a_month_ends_where_the_next_begins(moment, expected):
    assert period("Month", moment) == expected


@pytest.mark.parametrize(("year", "days"), [(2026, 28), (2028, 29), (2000, 29), (2100, 28)])
def test_february_has_a_leap_day_in_leap_years(year, days):
    assert SLOWindow(calendar="Month").span(at(f"{year}-02-10")).seconds == days * DAY


@pytest.mark.parametrize(("year", "days"), [(2027, 365), (2028, 366)])
def test_so_has_a_leap_year(year, days):
    assert SLOWindow(calendar="Year").span(at(f"{year}-12-31 23:59:59")).seconds == days * DAY


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-31 23:59:59", ("2026-01-01 00:00", "2026-04-01 00:00")),
        ("2026-04-01 00:00:00", ("2026-04-01 00:00", "2026-07-01 00:00")),
        ("2026-08-15 00:00:00", ("2026-07-01 00:00", "2026-10-01 00:00")),
        ("2026-12-31 23:59:59", ("2026-10-01 00:00", "2027-01-01 00:00")),
    ],
)
def test_quarters_are_those_of_the_calendar_year(moment, expected):
    assert period("Quarter", moment) == expected


@pytest.mark.parametrize(
    ("moment", "monday"),
    [
        ("2026-06-01 00:00:00", "2026-06-01 00:00"),
        ("2026-06-07 23:59:59", "2026-06-01 00:00"),
        ("2026-01-01 12:00:00", "2025-12-29 00:00"),
    ],
)
def test_a_week_starts_on_monday_also_across_new_year(moment, monday):
    assert period("Week", moment)[0] == monday


class TestDaylightSaving:
    """The day of a change has 23 or 25 hours; half-hour zones and missing midnights follow."""

    def test_a_month_in_which_clocks_go_forward_is_an_hour_short(self):
        assert period("Month", "2026-03-15", "Europe/Berlin") == ("2026-02-28 23:00", "2026-03-31 22:00")
        assert SLOWindow(calendar="Month", zone="Europe/Berlin").span(at("2026-03-15")).seconds == (
            31 * DAY - HOUR
        )

    def test_a_month_in_which_clocks_go_back_is_an_hour_long(self):
        assert period("Month", "2026-10-15", "Europe/Berlin") == ("2026-09-30 22:00", "2026-10-31 23:00")

    @pytest.mark.parametrize(
        ("day", "length"), [("2026-03-29", 7 * DAY - HOUR), ("2026-10-25", 7 * DAY + HOUR)]
    )
    def test_the_week_of_a_change_is_so_too(self, day, length):
        assert SLOWindow(calendar="Week", zone="Europe/Berlin").span(at(day)).seconds == length

    @pytest.mark.parametrize("fold", [0, 1])
    def test_the_hour_that_comes_twice_is_in_one_period(self, fold):
        twice = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=ZoneInfo("Europe/Berlin"))
        span = SLOWindow(calendar="Week", zone="Europe/Berlin").span(twice.timestamp())
        assert (span.start, span.end) == (utc("2026-10-18 22:00"), utc("2026-10-25 23:00"))

    def test_clocks_that_go_forward_by_half_an_hour(self):
        span = SLOWindow(calendar="Month", zone="Australia/Lord_Howe").span(at("2026-10-15"))
        assert span.seconds == 31 * DAY - HOUR // 2

    def test_where_midnight_is_skipped_the_day_begins_when_clocks_do(self):
        """São Paulo, Sunday 2018-11-04, and Asunción, 2017-10-01: 23:59 is followed by 01:00."""
        assert period("Week", "2018-11-04 12:00", "America/Sao_Paulo")[0] == "2018-10-29 03:00"
        sunday = SLOWindow(calendar="Month", zone="America/Asuncion").span(at("2017-10-20"))
        assert sunday.start == utc("2017-10-01 04:00")  # 00:00 to 01:00 does not exist

    def test_where_midnight_comes_twice_the_first_one_counts(self):
        """Havana, 2026-11-01: 01:00 is followed by 00:00."""
        assert period("Month", "2026-11-15", "America/Havana")[0] == "2026-11-01 04:00"

    def test_where_clocks_go_back_across_midnight_no_moment_is_in_two_periods(self):
        """St. John's, 2009-11-01: at 00:01 clocks went back to 23:01 of October."""
        window = SLOWindow(calendar="Month", zone="America/St_Johns")
        first, again = utc("2009-11-01 02:30"), utc("2009-11-01 02:31")
        assert datetime.fromtimestamp(again, ZoneInfo("America/St_Johns")).month == 10
        assert window.span(again) == window.span(first)


@pytest.mark.parametrize(
    ("zone", "begins"), [("Asia/Kolkata", "2026-05-31 18:30"), ("Pacific/Apia", "2026-05-31 11:00")]
)
def test_odd_offsets(zone, begins):
    assert period("Month", "2026-06-15", zone)[0] == begins


def test_a_day_that_never_was_leaves_a_week_of_six():
    """Apia went from 2011-12-29 straight to 2011-12-31, across the date line."""
    span = SLOWindow(calendar="Week", zone="Pacific/Apia").span(at("2011-12-31 12:00", "Pacific/Apia"))
    assert span.seconds == 6 * DAY


@given(
    moment=st.integers(0, 2_145_916_800) | st.floats(0, 2_145_916_800),
    calendar=st.sampled_from(CALENDARS),
    zone=st.sampled_from(ZONES),
)
@example(moment=utc("2009-11-01 02:31"), calendar="Month", zone="America/St_Johns")
@example(moment=utc("2026-07-01") - 2e-7, calendar="Month", zone="UTC")
@example(moment=utc("2011-12-30 10:00"), calendar="Week", zone="Pacific/Apia")
def test_periods_tile_time(moment, calendar, zone):
    window = SLOWindow(calendar=calendar, zone=zone)
    span = window.span(moment)
    assert span.start <= moment < span.end
    assert window.span(span.start) == window.span(span.end - 1) == span
    assert window.span(span.end).start == span.end
    assert window.span(span.start - 1).end == span.start


@given(moment=st.integers(DAY * 366, 2_145_916_800), zone=st.sampled_from(ZONES))
def test_quarters_and_years_begin_and_end_with_months(moment, zone):
    month = SLOWindow(calendar="Month", zone=zone)
    for calendar in ("Quarter", "Year"):
        span = SLOWindow(calendar=calendar, zone=zone).span(moment)
        assert month.span(span.start).start == span.start
        assert month.span(span.end - 1).end == span.end


def test_a_rolling_window_ends_now():
    assert SLOWindow.parse("30d").span(1_000_000_000.9) == Span(1_000_000_000 - 30 * DAY, 1_000_000_000)


@pytest.mark.parametrize(("calendar", "days"), [("Week", 7), ("Month", 30), ("Quarter", 90), ("Year", 365)])
def test_tiers_are_scaled_to_a_length_that_never_changes(calendar, days):
    window = SLOWindow(calendar=calendar, zone="Europe/Berlin")
    assert window.nominal == Duration.of(days=days)
    for month in range(1, 13):
        real = window.span(at(f"2028-{month:02}-15")).seconds
        assert abs(timedelta(seconds=real - window.nominal.seconds)) <= timedelta(days=2, hours=1)


@pytest.mark.parametrize("text", ["30d", "7d", "Month UTC", "Week Europe/Berlin", "Year Asia/Kolkata"])
def test_a_window_is_read_back_from_its_text(text):
    assert str(SLOWindow.parse(text)) == text


def test_what_is_no_window_is_refused():
    assert SLOWindow.parse("Quarter").zone == "UTC"
    with pytest.raises(PromQLError):
        SLOWindow.parse("Fortnight UTC")
