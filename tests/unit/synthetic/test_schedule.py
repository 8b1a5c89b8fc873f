"""When a check runs: its slots are those of the CronJob controller, and spread over the interval."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import SpecError
from fireline.synthetic.schedule import DAY, HOURS, MINUTES, SECONDS, Timing, problem, timing

KNOWN = json.loads((Path(__file__).parent / "cron_slots.json").read_text())
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
EVERY = [*(f"{m}m" for m in MINUTES), *(f"{h}h" for h in HOURS)]
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=52)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def every(length, *, name="login", runner="Job"):
    return timing(every=length, cron=None, runner=runner, namespace="shop", name=name)


@pytest.mark.parametrize(
    "known", [one for one in KNOWN["expressions"] if one.get("slots")], ids=lambda one: one["cron"]
)
def test_slots_are_those_of_the_library_the_cronjob_controller_uses(known):
    read = Timing.parse(known["cron"])
    slots = read.slots(utc(KNOWN["after"][:19]), utc("2049-01-01T00:00"))
    assert [slot.isoformat()[:16] for slot in islice(slots, len(known["slots"]))] == known["slots"]


@pytest.mark.parametrize(
    "known", [one for one in KNOWN["expressions"] if not one.get("slots")], ids=lambda one: one["cron"]
)
def test_what_that_library_refuses_or_never_starts_is_refused(known):
    assert problem(every=None, cron=known["cron"], runner="Job").startswith("spec.schedule.cron: ")


def expressions():
    """Those that cronsim, which knows Debian's rules, reads in the same way."""
    minute = st.one_of(st.just("*"), st.integers(0, 59).map(str), st.integers(1, 30).map(lambda n: f"*/{n}"))
    hour = st.one_of(st.just("*"), st.integers(0, 23).map(str), st.just("8-17"), st.just("*/5"))
    days = st.one_of(
        st.just("* * *"),
        st.integers(1, 28).map(lambda day: f"{day} * *"),
        st.integers(0, 6).map(lambda day: f"* * {day}"),
        st.tuples(st.integers(1, 28), st.integers(0, 6)).map(lambda both: f"{both[0]} * {both[1]}"),
        st.integers(1, 12).map(lambda month: f"* {month} *"),
    )
    return st.tuples(minute, hour, days).map(" ".join)


@given(expressions(), MOMENTS)
def test_slots_agree_with_another_reading_of_cron(cron, start):
    ours = Timing.parse(cron).slots(start, start + timedelta(days=400))
    theirs = CronSim(cron, start)
    assert list(islice(ours, 5)) == list(islice(theirs, 5))


@given(expressions(), MOMENTS, st.integers(0, 4 * DAY), st.integers(0, 4 * DAY))
def test_counts_are_those_of_the_slots_one_by_one(cron, start, first, second):
    read, middle = Timing.parse(cron), start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    whole = list(read.slots(start, end))
    parts = [*read.slots(start, middle), *read.slots(middle, end)]
    assert parts == whole
    assert read.count(start.timestamp(), end.timestamp()) == len(whole)
    seconds = [int(slot.timestamp()) for slot in whole]
    assert read.first(start.timestamp(), end.timestamp()) == (seconds[0] if seconds else None)
    assert read.last(start.timestamp(), end.timestamp()) == (seconds[-1] if seconds else None)


def test_a_slot_belongs_to_the_stretch_it_ends_and_not_to_the_one_it_begins():
    read, slot = Timing.parse("0 0 * * *"), utc("2026-11-22T00:00")
    assert list(read.slots(slot - timedelta(seconds=1), slot)) == [slot]
    assert list(read.slots(slot, slot + timedelta(hours=23))) == []
    assert read.next(slot) == utc("2026-11-23T00:00")


@pytest.mark.parametrize("length", EVERY)
@given(name=NAMES)
def test_every_is_even_over_the_whole_day(length, name):
    read = every(length, name=name)
    day = [int(slot.timestamp()) for slot in read.slots(utc("2026-11-22T00:00"), utc("2026-11-24T00:00"))]
    assert {later - earlier for earlier, later in pairwise(day)} == {read.interval}
    assert read.interval == read.longest
    assert len(day) == 2 * DAY // read.interval


def test_checks_with_the_same_interval_start_at_different_times():
    hours = {every("1h", name=f"check-{number}").cron for number in range(60)}
    fives = [every("5m", name=f"check-{number}").cron for number in range(200)]
    assert len(hours) > 30
    assert set(fives) == {"*/5 * * * *", *(f"{minute}-59/5 * * * *" for minute in range(1, 5))}
    assert max(fives.count(cron) for cron in set(fives)) < 70


def test_the_same_check_has_the_same_slots_wherever_it_is_computed():
    assert every("5m").text == "2-59/5 * * * *"
    assert every("6h").text == "42 3-23/6 * * *"
    assert every("24h").text == "42 3 * * *"
    assert every("1m").text == "* * * * *"
    assert every("5s", runner="Prober").text == "5s+2s"


def test_a_cron_expression_is_taken_as_it_is_written():
    read = timing(every=None, cron=" */10  6-22 * * * ", runner="Job", namespace="shop", name="login")
    assert read.cron == "*/10 6-22 * * *"
    assert (read.interval, read.longest) == (600, 7 * 3600 + 600)


def test_gaps_know_leap_years_and_weekends():
    assert Timing.parse("0 9-17 * * MON-FRI").longest == 64 * 3600
    assert Timing.parse("0 0 29 2 *").interval == 1461 * DAY
    assert Timing.parse("0 0 31 * *").interval == 31 * DAY


@given(name=NAMES, seconds=st.sampled_from(SECONDS), start=MOMENTS)
def test_the_prober_keeps_seconds_evenly_across_midnight(name, seconds, start):
    read = timing(every=f"{seconds}s", cron=None, runner="Prober", namespace="shop", name=name)
    slots = list(islice(read.slots(start, start + timedelta(days=1)), 5))
    assert read.cron is None
    assert all(later - earlier == timedelta(seconds=seconds) for earlier, later in pairwise(slots))
    assert Timing.parse(read.text) == read


@pytest.mark.parametrize(
    ("cron", "deadline", "kept"),
    [
        ("* * * * *", 30, 18),
        ("*/2 * * * *", 60, 11),
        ("*/5 * * * *", 60, 6),
        ("*/15 * * * *", 60, 4),
        ("0 * * * *", 60, 4),
        ("0 0 1 1 *", 60, 4),
    ],
)
def test_deadline_and_history_follow_from_the_interval(cron, deadline, kept):
    read = Timing.parse(cron)
    assert (read.starting_deadline, read.history_limit) == (deadline, kept)


def test_a_quarter_of_an_hour_of_jobs_is_kept_but_never_more_than_twenty():
    assert Timing.parse("5s+0s").history_limit == 20


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"every": "7m", "runner": "Job"},
            (
                "spec.schedule.every: found 7m; allowed with runner Job: 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, "
                "15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h; for others write cron, for less than "
                "a minute runner: Prober"
            ),
        ),
        (
            {"cron": "0 0 * * 7", "runner": "Job"},
            (
                "spec.schedule.cron: day of week: found '7'; allowed: 0 to 6 or SUN to SAT, ranges like 0-6, "
                "steps like */2, lists with commas"
            ),
        ),
        (
            {"cron": "0 0 30 2 *", "runner": "Job"},
            "spec.schedule.cron: found '0 0 30 2 *', which never comes; name a day that exists",
        ),
        (
            {"cron": "* * * * *", "runner": "Prober"},
            "spec.schedule.cron: runner Prober needs every, such as 10s",
        ),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_told_with_what_can(given, message):
    assert problem(**{"every": None, "cron": None} | given) == message


@pytest.mark.parametrize("length", ["30s", "90s", "1m30s", "5h", "48h", "1d1m", "500ms", "60500ms"])
def test_a_job_runs_at_whole_minutes_that_divide_an_hour_or_a_day(length):
    assert problem(every=length, cron=None, runner="Job") is not None


@pytest.mark.parametrize("length", ["1s", "7s", "5500ms", "7m", "2h"])
def test_the_prober_runs_at_whole_seconds_that_divide_an_hour(length):
    assert "5s, 6s, 8s" in problem(every=length, cron=None, runner="Prober")


@pytest.mark.parametrize("length", ["60s", "1m", "3600s", "60m", "1d"])
def test_the_same_length_may_be_written_in_other_units(length):
    assert problem(every=length, cron=None, runner="Job") is None


@pytest.mark.parametrize("text", ["5s+5s", "7s+0s", "5s+", "x+3s", "5s+3"])
def test_a_timing_of_another_version_is_refused_and_not_guessed(text):
    with pytest.raises(SpecError):
        Timing.parse(text)
