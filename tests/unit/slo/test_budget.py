"""The budget in the status: percent, time, events, and when it will be gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.builders import RATIO, an_objective

from fireline.calendar.maintenance import Once, Schedule
from fireline.calendar.span import Span
from fireline.promql.durations import Duration
from fireline.slo.budget import budget, time_left, weighting
from fireline.slo.forecast import Profile
from fireline.slo.ledger import Spent
from fireline.slo.model import Composite, Timeslice
from fireline.slo.observation import Observation, SeenEvents

DAY = 86_400
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = NOON.timestamp()
GAUGE = replace(RATIO, joined=False, points=True)


def seen(**changes):
    fields = {
        "at": NOON,
        "total_present": True,
        "source": "Exact",
        "consumed": 0.5,
        "coverage": 1.0,
        "burn": {"1h": 1.0},
    }
    return Observation(**(fields | changes))


def test_a_budget_with_everything_known():
    profile = Profile(AT, 0.5, (Spent(int(AT - 3 * DAY), int(AT - 2 * DAY), 500, 1e6),))
    found = budget(an_objective(), seen(profile=profile, events=SeenEvents(500, 1_040_000, 1040)), {})
    assert found == {
        "source": "Exact",
        "total": "0.1",
        "weighting": "Events",
        "consumed": "50.0",
        "remaining": "50.0",
        "left": "21m36s",
        "events": {"bad": "500", "total": "1000000", "left": "540"},
        "coverage": "100.0",
        "exhaustion": {
            # Half of the budget at burn 1 lasts half of 30 days; nothing leaves before day 27.
            "atCurrentBurn": "2026-12-07T12:00:00Z",
            "netOfRollOff": "2026-12-07T12:00:00Z",
        },
        "asOf": "2026-11-22T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("window", "at", "text"),
    [
        ("30d", "2026-11-22", "43m12s"),
        ("28d", "2026-11-22", "40m19s"),
        ("Month UTC", "2026-11-22", "43m12s"),
        ("Month UTC", "2026-12-22", "44m38s"),
        ("Month UTC", "2027-02-10", "40m19s"),
        ("Month UTC", "2028-02-10", "41m46s"),
        ("Month Europe/Berlin", "2026-03-10", "44m35s"),  # an hour short
        ("Month Europe/Berlin", "2026-10-10", "44m42s"),  # an hour long
        ("Week UTC", "2026-11-22", "10m5s"),
        ("Quarter UTC", "2026-11-22", "2h12m29s"),
        ("Year UTC", "2026-11-22", "8h45m36s"),
    ],
)
def test_a_whole_budget_as_time_follows_the_length_of_the_running_period(window, at, text):
    moment = datetime.fromisoformat(f"{at}T12:00:00+00:00")
    assert time_left(an_objective("99.9", window), 1.0, moment) == text


def test_maintenance_is_no_time_that_could_be_spent():
    """Three of thirty days do not count: 0.1 % of 27 days are 38m53s."""
    off = Schedule((Once(Span(int(AT - 5 * DAY), int(AT - 2 * DAY))),))
    assert time_left(an_objective(maintenance=off), 1.0, NOON) == "38m53s"
    found = budget(an_objective(maintenance=off), seen(), {})
    # Half of it at burn 1 is half of 27 days: 13.5.
    assert found["exhaustion"]["atCurrentBurn"] == "2026-12-06T00:00:00Z"


def test_a_calendar_budget_shows_its_period_and_that_it_ends_in_time():
    objective = an_objective("99.9", "Month Europe/Berlin")
    found = budget(objective, seen(consumed=0.6, burn={"1h": 1.0}), {})
    assert found["period"] == {"from": "2026-10-31T23:00:00Z", "to": "2026-11-30T23:00:00Z"}
    # 12 days of budget, 8 and a half of November.
    assert found["exhaustion"] == {"atCurrentBurn": "2026-12-04T12:00:00Z", "netOfRollOff": "Never"}
    fast = budget(objective, seen(consumed=0.6, burn={"1h": 2.0}), {})
    assert fast["exhaustion"]["netOfRollOff"] == fast["exhaustion"]["atCurrentBurn"] == "2026-11-28T12:00:00Z"


@pytest.mark.parametrize(
    ("changes", "exhaustion"),
    [
        ({"burn": {"1h": 0.0}}, {"atCurrentBurn": "Never", "netOfRollOff": "Never"}),
        ({"burn": {"5m": 3.0}}, None),  # the last hour is unknown
        ({"consumed": 1.0}, None),  # gone already
        ({"consumed": 1.4}, None),
    ],
)
def test_what_cannot_be_foretold_is_left_out(changes, exhaustion):
    assert budget(an_objective(), seen(**changes), {}).get("exhaustion") == exhaustion


def test_without_a_profile_nobody_knows_what_rolls_off():
    assert budget(an_objective(), seen(), {})["exhaustion"].keys() == {"atCurrentBurn"}


def test_without_a_profile_what_was_foretold_of_the_same_burn_still_holds():
    """As after a restart, until raw history is counted again."""
    profile = Profile(AT, 0.9, (Spent(int(AT - 28 * DAY), int(AT - 27 * DAY), 900, 1e6),))
    old = budget(an_objective(), seen(consumed=0.9, burn={"1h": 0.5}, profile=profile), {})
    assert old["exhaustion"]["netOfRollOff"] == "Never"
    same = budget(an_objective(), seen(consumed=0.9, burn={"1h": 0.5001}), old)
    assert same["exhaustion"] == old["exhaustion"]
    faster = budget(an_objective(), seen(consumed=0.9, burn={"1h": 0.8}), old)
    assert faster["exhaustion"].keys() == {"atCurrentBurn"}


def test_after_a_restart_the_forecast_stays_until_burn_was_asked_for():
    old = budget(an_objective(), seen(), {})
    assert budget(an_objective(), seen(total_present=None, burn={}), old)["exhaustion"] == old["exhaustion"]


def test_events_left_are_unknown_where_nobody_knows_how_many_a_full_window_has():
    found = budget(an_objective(), seen(events=SeenEvents(0, 1000, None)), {})
    assert found["events"] == {"bad": "0", "total": "1000"}


def test_overspent_events_are_negative():
    found = budget(an_objective(), seen(consumed=1.2, events=SeenEvents(1200, 1e6, 1000)), {})
    assert found["events"]["left"] == "-200"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "Events"),
        ({"timeslice": Timeslice(Duration.parse("5m"), Decimal("0.01"))}, "Slices"),
        ({"indicator": GAUGE, "counted": GAUGE}, "Time"),
        ({"approximate": True}, "Time"),
        ({"indicator": None, "counted": None, "composite": Composite("Worst", ())}, "Worst"),
        ({"indicator": None, "counted": None, "composite": Composite("Weighted", ())}, "Weighted"),
    ],
)
def test_what_the_figures_are_weighted_by_is_said(changes, word):
    assert weighting(an_objective(**changes)) == word


def test_an_audit_of_the_past_stays_beside_new_figures():
    audit = {"consumed": "50.1", "drift": "-0.1", "at": "2026-11-22T11:00:00Z"}
    assert budget(an_objective(), seen(), {"audit": audit})["audit"] == audit


def test_an_slo_that_leaves_the_queue_without_traffic_is_not_pending_any_more():
    waiting = {"source": "Pending", "queuePosition": 2}
    found = budget(an_objective(), seen(consumed=None, coverage=0.0), waiting)
    assert (found["source"], "queuePosition" in found) == ("Exact", False)
