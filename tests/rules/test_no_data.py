"""When a service vanishes altogether, silence is never the answer."""

from __future__ import annotations

import pytest

from fireline.promql.durations import Duration
from fireline.slo.model import NoData
from tests.builders import an_objective
from tests.rules.timeline import Phase, Story

pytestmark = pytest.mark.bed


@pytest.mark.parametrize("after", ["5m", "20m"])
def test_targets_that_vanish_during_a_page_leave_not_one_moment_without_a_firing_alert(after):
    objective = an_objective(no_data=NoData(Duration.parse(after), alert=True))
    told = Story(objective, (Phase(60, 0), Phase(4, 1), Phase(180, None), Phase(15, 0)))
    paged = told.first("PageFast")
    assert paged is not None
    back = told.starts(3)
    silent = [at for at, tiers in told.firing.items() if paged <= at < back and not tiers]
    assert silent == []
    assert "NoData" in told.firing[back - told.step]
    assert "NoData" not in told.firing[told.end]


def test_no_data_fires_for_a_quiet_service_too_and_goes_on_until_data_is_back():
    told = Story(an_objective(), (Phase(60, 0), Phase(150, None), Phase(10, 0)))
    gone, back = told.starts(1), told.starts(2)
    fired = told.first("NoData")
    assert fired is not None
    assert gone < fired <= gone + 330
    assert all("NoData" in tiers for at, tiers in told.firing.items() if fired <= at <= back)
    assert told.firing[told.end] == set()


def test_a_later_limit_waits_longer_when_nothing_was_wrong():
    objective = an_objective(no_data=NoData(Duration.parse("20m"), alert=True))
    told = Story(objective, (Phase(60, 0), Phase(40, None)))
    fired = told.first("NoData")
    assert fired is not None
    assert 19 * 60 <= fired - told.starts(1) <= 21 * 60


def test_ignore_stays_silent():
    objective = an_objective(no_data=NoData(Duration.parse("5m"), alert=False))
    told = Story(objective, (Phase(60, 0), Phase(60, None)))
    assert told.ever() == set()


def test_a_service_that_never_had_data_is_not_an_outage():
    told = Story(an_objective(), (Phase(60, None),))
    assert told.ever() == set()


def test_idle_is_not_missing():
    told = Story(an_objective(), (Phase(60, 0), Phase(60, 0, per_minute=0)))
    assert told.ever() == set()
