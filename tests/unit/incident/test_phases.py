"""Phases, lengths of time, the start of impact and what it cost: small cases counted by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.incident.story import text

from fireline.incident.impact import impact_start
from fireline.incident.phases import REACHED_BY, durations, length, phases
from fireline.incident.spending import percent, with_spent

STEP = 30.0


def points(*values: float, end: float = 600.0):
    """Burn rates half a minute apart, the last one at ``end``."""
    return [(end - STEP * (len(values) - 1 - number), value) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "start"),
    [
        ((0.0, 0.2, 3.0, 20.0, 90.0), 540.0),
        ((0.0, 1.0, 1.1), 600.0),
        ((5.0, 0.5, 8.0, 20.0), 570.0),
        ((0.0, 0.0, 0.0), None),
        ((2.0, 3.0, 20.0), None),
        ((0.0, math.nan, 3.0, 20.0), 570.0),
        ((0.0, math.nan, math.nan, math.nan, 20.0), None),
        ((), None),
    ],
    ids=["a ramp", "the limit is no burn", "after a pause", "nothing burned", "it burned all along",
         "one point is missing", "a gap", "no series"],
)  # fmt: skip
def test_impact_begins_with_the_first_window_that_burned_without_a_pause(values, start):
    assert impact_start(points(*values), detected=600.0, step=STEP) == start


def test_points_after_detection_do_not_matter():
    assert impact_start(points(0.0, 2.0, 0.0, end=630.0), detected=600.0, step=STEP) == 600.0


def test_a_series_that_ended_before_detection_tells_nothing():
    assert impact_start(points(0.0, 2.0, end=500.0), detected=600.0, step=STEP) is None


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=2, max_size=60))
def test_everything_from_the_start_of_impact_on_burned_and_the_point_before_did_not(values):
    series = points(*values)
    start = impact_start(series, detected=600.0, step=STEP)
    after = [value for at, value in series if start is not None and at >= start]
    before = [value for at, value in series if start is not None and at < start]
    assert all(value > 1 for value in after)
    assert start is None or (before and before[-1] <= 1)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59.6, "1m"), (61, "1m1s"), (3600, "1h"), (93_784, "1d2h3m4s")],
)
def test_lengths_are_whole_seconds(seconds, shown):
    assert length(seconds) == shown


def fact(type_, minutes, **data):
    return {"type": type_, "eventTime": text(minutes), "data": data}


def test_the_first_fact_that_tells_of_a_phase_is_when_it_was_reached():
    found = phases(
        [fact("alert.fired", 2, kind="Page"), fact("check.failed", 1), fact("mitigation.applied", 9),
         fact("mitigation.applied", 7)]
    )  # fmt: skip
    assert found == {"detect": text(1), "mitigate": text(7)}


def test_an_alert_about_the_budget_detects_nothing():
    assert phases([fact("alert.fired", 2, kind="Other")]) == {}


def test_there_are_six_phases():
    assert list(REACHED_BY) == ["detect", "triage", "mitigate", "resolve", "verify", "postmortem"]


def test_a_length_needs_both_of_its_ends():
    reached = {"detect": text(2), "resolve": text(12)}
    assert durations(reached, None) == {}
    assert durations(reached, text(0)) == {"timeToDetect": "2m", "timeToResolve": "12m"}
    assert durations({**reached, "mitigate": text(5)}, text(0))["timeToMitigate"] == "3m"


def test_what_ended_before_it_began_has_no_length():
    assert durations({"detect": text(5), "mitigate": text(3)}, None) == {}


@pytest.mark.parametrize(
    ("budget", "spent"),
    [
        ({"atDetection": "12.0", "atResolution": "31.5"}, "19.5"),
        ({"atImpact": "10.0", "atDetection": "12.0", "atResolution": "31.0"}, "21.0"),
        ({"atDetection": "12.0", "atResolution": "12.0"}, "0.0"),
        ({"atDetection": "99.9", "atResolution": "140.2"}, "40.3"),
        ({"atResolution": "31.0"}, None),
        ({"atDetection": "12.0"}, None),
        ({"atDetection": "12.0", "atResolution": "11.9"}, None),
    ],
)
def test_what_was_spent_is_the_difference_and_never_negative(budget, spent):
    assert with_spent(budget).get("spent") == spent
    assert percent(0.1234) == "12.3"
