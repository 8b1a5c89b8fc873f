"""Precision, recall and delays, counted by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.slo.replay.incidents import Incident, merged, score
from fireline.slo.replay.states import Period

OUTAGE = Incident("outage", 1000, 2000)


def test_precision_is_of_alert_periods_and_recall_of_incidents():
    periods = [Period(1100, 1500), Period(1600, 2100), Period(5000, 5100)]
    told = score(periods, [OUTAGE, Incident("unseen", 8000, 9000)], grace=0)
    assert (told.right, told.fired, told.precision) == (2, 3, 2 / 3)
    assert (told.detected, told.happened, told.recall) == (1, 2, 0.5)


def test_delay_is_to_the_first_alert_and_reset_to_the_end_of_the_last():
    told = score([Period(1100, 1500), Period(1600, 2100)], [OUTAGE], grace=0)
    assert [(one.delay, one.reset) for one in told.detections] == [(100, 100)]


def test_an_alert_that_fires_already_needs_no_time_and_one_that_ends_early_resets_before_the_end():
    told = score([Period(500, 1500)], [OUTAGE], grace=0)
    assert [(one.delay, one.reset) for one in told.detections] == [(0, -500)]


def test_an_alert_that_still_fires_has_no_reset():
    told = score([Period(1500, None)], [OUTAGE], grace=0)
    assert [(one.delay, one.reset) for one in told.detections] == [(500, None)]


@pytest.mark.parametrize(
    ("period", "right"),
    [
        (Period(2000, 2100), False),  # begins when the incident is over
        (Period(1999, 2100), True),
        (Period(500, 1000), False),  # ends when it begins
        (Period(500, 1001), True),
    ],
)
def test_touching_is_no_overlap(period, right):
    assert score([period], [OUTAGE], grace=0).right == right


def test_the_grace_covers_alerts_that_come_late():
    late = [Period(2100, 2500)]
    assert score(late, [OUTAGE], grace=100).right == 0
    assert score(late, [OUTAGE], grace=101).right == 1


def test_one_long_alert_detects_every_incident_it_covers_and_counts_once():
    told = score([Period(0, 9000)], [OUTAGE, Incident("second", 5000, 6000)], grace=0)
    assert (told.fired, told.right, told.detected) == (1, 1, 2)


def test_without_alerts_or_incidents_there_is_no_share():
    assert score([], [OUTAGE], grace=0).precision is None
    assert score([Period(0, 1)], [], grace=0).recall is None
    assert score([Period(0, 1)], [], grace=0).precision == 0


periods = st.builds(
    lambda start, length: Period(start, None if length is None else start + length),
    st.integers(0, 50),
    st.one_of(st.none(), st.integers(1, 20)),
)


@given(st.lists(periods, max_size=8))
def test_merged_alerts_fire_exactly_when_one_of_them_does(alerts):
    def fires(all_, at):
        return any(one.start <= at and (one.end is None or at < one.end) for one in all_)

    whole = merged(alerts)
    assert all(fires(whole, at) == fires(alerts, at) for at in range(100))
    assert all(one.end is not None and one.end < two.start for one, two in pairwise(whole))
