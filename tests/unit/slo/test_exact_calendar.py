"""The ledger over calendar periods: hand-counted budgets at month ends, leap days and clock changes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import an_objective

from fireline.slo.cutting import DAY
from fireline.slo.exact import Count
from fireline.slo.ledger import Ledger

HOUR = 3600


def local(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def answered(ledger, now, count):
    """Answers every question with ``count(start, end)`` → (total, bad); returns the stretches asked."""
    asked = []
    while question := ledger.next_question(now):
        if question.kind == "First":
            ledger.began(question, None)
            continue
        asked += question.stretches
        counts = {one: count(one.start, one.end) for one in question.stretches}
        ledger.counted({one: Count(total, bad, one.points) for one, (total, bad) in counts.items()})
    return sorted(asked)


def steady(bad):
    """One event a second, of which this share is bad."""
    return lambda start, end: (float(end - start), (end - start) * bad)


def figures(window, as_of, count, percent="99.9"):
    ledger = Ledger(an_objective(percent, window=window), as_of)
    answered(ledger, as_of, count)
    return ledger.figures()


@pytest.mark.parametrize(
    ("window", "text", "zone", "share"),
    [
        ("Month UTC", "2026-01-16 12:00", "UTC", 0.5),
        ("Month UTC", "2026-01-31 23:59:59", "UTC", 1),
        ("Month UTC", "2026-02-01 12:00", "UTC", 0.5 / 28),
        ("Month UTC", "2028-02-15 12:00", "UTC", 0.5),
        ("Month UTC", "2028-03-01 00:00:31", "UTC", 31 / (31 * DAY)),
        ("Month Europe/Berlin", "2026-03-29 12:00", "Europe/Berlin", (28.5 * 24 - 1) / (31 * 24 - 1)),
        ("Month Europe/Berlin", "2026-10-25 12:00", "Europe/Berlin", (24.5 * 24 + 1) / (31 * 24 + 1)),
        ("Week Europe/Berlin", "2026-03-29 12:00", "Europe/Berlin", (6.5 * 24 - 1) / (7 * 24 - 1)),
        ("Week Asia/Kolkata", "2026-06-03 00:00", "Asia/Kolkata", 2 / 7),
        ("Quarter UTC", "2026-02-15 00:00", "UTC", 45 / 90),
        ("Year UTC", "2028-12-31 00:00", "UTC", 365 / 366),
    ],
)
def test_burning_at_one_spends_the_share_of_the_period_that_is_over(window, text, zone, share):
    found = figures(window, local(text, zone), steady(0.001))
    assert found.consumed == pytest.approx(share, rel=1e-4)
    assert found.sli == pytest.approx(0.999)


def test_an_outage_costs_the_same_for_the_rest_of_the_month():
    """43m12s of outage is the whole budget of a 30-day month, whenever it is looked at."""
    began, lasts = local("2026-06-03 10:00"), 43 * 60 + 12

    def outage(start, end):
        return float(end - start), float(max(0, min(end, began + lasts) - max(start, began)))

    for day in ("2026-06-04 00:00", "2026-06-15 12:00", "2026-06-30 23:59:59"):
        assert figures("Month UTC", local(day), outage).consumed == pytest.approx(1, rel=1e-4)


def test_a_new_month_begins_with_a_whole_budget():
    def before(start, end):
        return float(end - start), float(max(0, min(end, local("2026-07-01")) - start))

    assert figures("Month UTC", local("2026-06-30 23:00"), before).consumed > 900
    assert figures("Month UTC", local("2026-07-01 01:00"), before).consumed == 0


@pytest.mark.parametrize("window", ["Month UTC", "Week Europe/Berlin", "Month Asia/Kolkata", "Year UTC"])
@settings(deadline=None, max_examples=20)
@given(now=st.integers(local("2026-03-01"), local("2026-12-31")))
def test_the_period_is_counted_and_nothing_else(window, now):
    ledger = Ledger(an_objective(window=window), now)
    asked = answered(ledger, now, steady(0.001))
    begin = ledger.objective.window.span(now).start
    assert sum(one.seconds for one in asked) == now - begin
    assert all(one.start >= begin and one.joined for one in asked)


def test_coverage_is_of_the_part_that_is_over():
    now = local("2026-06-11")
    ledger = Ledger(an_objective(window="Month UTC"), now)
    while question := ledger.next_question(now):
        counts = {
            one: Count(1.0, 0.0, one.points if one.start >= local("2026-06-06") else 0)
            for one in question.stretches
        }
        if question.kind == "First":
            ledger.began(question, None)
        else:
            ledger.counted(counts)
    assert ledger.figures().coverage == pytest.approx(0.5)


def test_a_service_that_began_within_the_period_has_no_more_age_than_that():
    """Half of its events failed since the 16th: 15 of 30 days, so half of what a month of it would cost."""
    now, born = local("2026-06-30 23:59:59"), local("2026-06-16")

    def since(start, end):
        alive = float(max(0, end - max(start, born)))
        return alive, alive * 0.001

    ledger = Ledger(an_objective(window="Month UTC"), now)
    while question := ledger.next_question(now):
        if question.kind == "First":
            ledger.began(question, float(born))
        else:
            found = {one: since(one.start, one.end) for one in question.stretches}
            points = {one: max(0, one.end - max(one.start, born)) // 300 for one in question.stretches}
            ledger.counted({one: Count(total, bad, points[one]) for one, (total, bad) in found.items()})
    assert ledger.figures().age_seconds == 15 * DAY - 1
    assert ledger.figures().consumed == pytest.approx(0.5, rel=1e-5)


def test_at_the_first_moment_of_a_period_nothing_is_known_and_nothing_asked():
    ledger = Ledger(an_objective(window="Month UTC"), local("2026-07-01"))
    assert ledger.next_question(local("2026-07-01")) is None
    found = ledger.figures()
    assert (found.sli, found.consumed, found.coverage, found.age_seconds) == (None, None, 0, 0)


def test_in_a_new_period_the_ledger_begins_anew():
    june, july = local("2026-06-30 12:00"), local("2026-07-02 12:00")
    ledger = Ledger(an_objective(window="Month UTC"), june)
    answered(ledger, june, steady(0.001))
    assert len(ledger.kept) == 29
    ledger.begin(july)
    assert ledger.kept == {}
    assert sum(one.seconds for one in answered(ledger, july, steady(0.002))) == 1.5 * DAY
    assert ledger.figures().sli == pytest.approx(0.998)


def test_a_wider_period_keeps_the_days_that_both_share():
    now = local("2026-06-30 12:00")
    ledger = Ledger(an_objective(window="Month UTC"), now)
    answered(ledger, now, steady(0.001))
    ledger.objective = an_objective(window="Quarter UTC")
    ledger.begin(now)
    asked = answered(ledger, now, steady(0.001))
    # April and May, and the running day.
    assert sum(one.seconds for one in asked) == (30 + 31 + 0.5) * DAY
    assert ledger.figures().total == pytest.approx(90.5 * DAY)


def test_days_are_asked_once_also_in_the_first_and_last_of_a_period():
    now = local("2026-06-20 12:00", "Asia/Kolkata")
    ledger = Ledger(an_objective(window="Month Asia/Kolkata"), now)
    answered(ledger, now, steady(0.001))
    ledger.begin(now + 300)
    (again,) = answered(ledger, now + 300, steady(0.001))
    assert again.end == now + 300
    assert again.seconds < DAY
