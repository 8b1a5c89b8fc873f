"""Figures as people read them: rounding, signs, time, and what stays when nothing new is known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import an_objective

from fireline.slo.budget import time_left
from fireline.slo.figures import alert_tiers, figures
from fireline.slo.model import NoData
from fireline.slo.observation import Observation, SeenAlert
from fireline.slo.rounding import burn_rate, percent

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD = {
    "sli": {"current": "99.900", "window": "99.950"},
    "budget": {
        "source": "Exact",
        "total": "0.1",
        "weighting": "Events",
        "consumed": "47.0",
        "remaining": "53.0",
        "left": "22m54s",
        "coverage": "100.0",
        "asOf": "2026-11-22T11:00:00Z",
    },
    "burnRates": [{"window": "1h", "value": "0.5"}],
    "alerts": [{"tier": "PageFast", "state": "Inactive"}],
}


def measured(**changes):
    """An observation with every figure known."""
    fields = {
        "at": NOON,
        "loaded_hash": "0123456789ab",
        "total_present": True,
        "bad_present": True,
        "source": "Exact",
        "consumed": 0.25,
        "coverage": 1.0,
        "window": 0.99975,
    }
    return Observation(**(fields | changes))


@pytest.mark.parametrize(
    ("ratio", "digits", "text"),
    [
        (0.4704, 1, "47.0"),
        (0.47051, 1, "47.1"),
        (0.999999, 1, "100.0"),
        (0.99982, 3, "99.982"),
        (10.0, 1, "1000.0"),
        (-0.125, 1, "-12.5"),
        (0.0, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (-0.0004, 1, "0.0"),
        (-0.0006, 1, "-0.1"),
    ],
)
def test_percent_is_rounded_and_never_a_negative_zero(ratio, digits, text):
    assert percent(ratio, digits) == text


@given(st.floats(-100, 100), st.integers(1, 4))
def test_percent_is_within_half_of_its_last_digit(ratio, digits):
    text = percent(ratio, digits)
    assert float(text) == pytest.approx(100 * ratio, abs=0.5001 * 10**-digits)
    assert not (text.startswith("-") and float(text) == 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (0.04, "<0.1"),
        (1e-9, "<0.1"),
        (0.05001, "0.1"),
        (0.94, "0.9"),
        (14.44, "14.4"),
        (99.94, "99.9"),
        (100.0, "100"),
        (999.6, "1000"),
    ],
)
def test_a_burn_rate_shows_what_matters_and_a_little_burn_is_not_none(value, text):
    assert burn_rate(value) == text


@pytest.mark.parametrize(
    ("objective", "window", "remaining", "text"),
    [
        ("99.9", "30d", 1.0, "43m12s"),
        ("99.9", "Month UTC", 1.0, "43m12s"),  # November
        ("99.9", "30d", 0.53, "22m54s"),
        ("99.9", "30d", 0.0, "0s"),
        ("99.9", "30d", 1e-6, "0s"),
        ("99.9", "30d", -1e-6, "0s"),
        ("99.9", "30d", -0.125, "-5m24s"),
        ("99", "30d", 1.0, "7h12m"),
        ("50", "90d", 1.0, "45d"),
        ("99.99", "1d", 1.0, "9s"),
        ("99.9", "30d", -9.0, "-6h28m48s"),
    ],
)
def test_what_is_left_reads_as_time_of_total_outage(objective, window, remaining, text):
    assert time_left(an_objective(objective, window), remaining, NOON) == text


def test_an_overspent_budget_is_negative_in_every_figure():
    budget = figures(an_objective(), measured(consumed=1.125), {})["budget"]
    assert (budget["consumed"], budget["remaining"], budget["left"]) == ("112.5", "-12.5", "-5m24s")


def test_consumed_and_remaining_add_up_to_the_whole():
    for step in range(2000):
        budget = figures(an_objective(), measured(consumed=step / 1700), {})["budget"]
        assert float(budget["consumed"]) + float(budget["remaining"]) == pytest.approx(100, abs=0.1001)


def test_the_total_is_the_budget_in_percent_as_people_write_it():
    assert figures(an_objective("99.95"), measured(), {})["budget"]["total"] == "0.05"
    assert figures(an_objective("90"), measured(), {})["budget"]["total"] == "10"


@pytest.mark.parametrize(
    "seen",
    [
        measured(down="connection refused"),
        Observation(configured=False),
        Observation(),
    ],
    ids=["prometheus-is-down", "no-source", "nothing-asked-yet"],
)
def test_what_cannot_be_asked_leaves_the_last_figures_as_they_are(seen):
    assert figures(an_objective(), seen, OLD) == OLD
    assert figures(an_objective(), seen, {}) == {}


def test_no_traffic_keeps_the_last_budget_with_its_time():
    found = figures(an_objective(), measured(consumed=None, window=None, coverage=0.5), OLD)
    assert found["budget"] == OLD["budget"] | {"coverage": "50.0"}
    assert found["sli"] == {"window": "99.950"}


def test_no_traffic_ever_has_no_figure_at_all():
    found = figures(an_objective(), measured(consumed=None, window=None), {})
    assert found["budget"] == {
        "source": "Exact",
        "total": "0.1",
        "weighting": "Events",
        "coverage": "100.0",
    }
    assert "sli" not in found


def test_a_new_slo_waits_in_the_queue_and_says_so():
    waiting = measured(source="Pending", queue=3, consumed=None, coverage=None, window=None)
    assert figures(an_objective(), waiting, {})["budget"] == {
        "source": "Pending",
        "total": "0.1",
        "weighting": "Events",
        "queuePosition": 3,
    }
    arrived = figures(an_objective(), measured(), {"budget": {"source": "Pending", "queuePosition": 3}})
    assert "queuePosition" not in arrived["budget"]


def test_after_a_restart_burn_rates_and_alerts_stay_until_prometheus_was_asked():
    found = figures(an_objective(), measured(total_present=None, bad_present=None), OLD)
    assert found["budget"]["consumed"] == "25.0"
    assert found["burnRates"] == OLD["burnRates"]
    assert found["alerts"] == OLD["alerts"]
    assert found["sli"] == {"window": "99.975", "current": "99.900"}


def test_burn_rates_come_in_order_of_their_windows():
    found = figures(an_objective(), measured(burn={"1d": 3.0, "5m": 1.0, "6h": 2.0}), {})
    assert found["burnRates"] == [
        {"window": "5m", "value": "1.0"},
        {"window": "6h", "value": "2.0"},
        {"window": "1d", "value": "3.0"},
    ]


def test_alerts_that_fire_come_first_with_their_time():
    alerts = (
        SeenAlert("TicketSlow", firing=True, since=NOON),
        SeenAlert("PageFast", firing=False, since=None),
    )
    rows = figures(an_objective(), measured(alerts=alerts), {})["alerts"]
    assert rows[0] == {"tier": "TicketSlow", "state": "Firing", "since": "2026-11-22T12:00:00Z"}
    assert rows[1] == {"tier": "PageFast", "state": "Pending"}
    assert {row["state"] for row in rows[2:]} == {"Inactive"}
    assert sorted(row["tier"] for row in rows) == sorted(alert_tiers(an_objective()))


def test_before_its_rule_was_loaded_nobody_can_tell_how_an_alert_stands():
    assert "alerts" not in figures(an_objective(), measured(loaded_hash=None), {})
    assert "alerts" in figures(an_objective(), measured(loaded_hash=None), OLD)


def test_every_alert_of_an_slo_is_listed_the_most_severe_first():
    objective = an_objective()
    assert alert_tiers(objective) == [
        "PageFast",
        "PageSlow",
        "NoData",
        "TicketFast",
        "TicketSlow",
        "Exhausted",
        "Budget50",
        "Ineffective",
    ]


def test_alerts_nobody_wants_are_not_listed():
    assert alert_tiers(an_objective(alerts_disabled=True)) == []
    no_data = NoData(an_objective().no_data.after, alert=False)
    quiet = an_objective(no_data=no_data, budget_thresholds=(), ineffective=False)
    assert alert_tiers(quiet) == ["PageFast", "PageSlow", "TicketFast", "TicketSlow"]
