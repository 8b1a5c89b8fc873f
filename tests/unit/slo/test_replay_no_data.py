"""The alert on missing data, replayed, fires exactly when promtool says."""

from __future__ import annotations

import pytest
from tests import promtool
from tests.builders import an_objective
from tests.rules.timeline import Phase, Story

from fireline.promql.durations import Duration
from fireline.slo.model import NoData
from fireline.slo.replay.counts import PART, questions
from fireline.slo.replay.outcome import Replay
from fireline.slo.replay.record import Recorded
from fireline.slo.replay.track import Track

pytestmark = pytest.mark.bed

STEP = 30
PHASES = (Phase(60, 0), Phase(4, 1), Phase(80, None), Phase(30, 0), Phase(4, None), Phase(20, 0))


@pytest.mark.parametrize("after", ["5m", "20m"])
def test_missing_data_is_told_of_at_the_same_evaluations(after):
    objective = an_objective(no_data=NoData(Duration.parse(after), alert=True))
    told = Story(objective, PHASES)

    replay = Replay.of(_recorded(told), start=0, end=told.end)
    alerts = {one.alert.tier: one.alert for one in replay.outcome(objective, None, grace=0).alerts}

    for tier in ("PageFast", "NoData"):
        ours = {
            at
            for period in alerts[tier].periods
            for at in range(period.start, told.end + 1 if period.end is None else period.end, STEP)
        }
        assert ours == {at for at, tiers in told.firing.items() if tier in tiers}, tier
        assert ours, "a story without this alert proves nothing"


def _recorded(told: Story) -> Recorded:
    """A replay of the story's raw rates, each asked for at every evaluation."""
    asked = questions(told.objective, earliest=0, start=0, end=told.end, step=STEP)
    assert {one.kind for one in asked} == {"total", PART}
    queries = [(at, one.query) for one in asked for at in range(0, told.end + 1, STEP)]
    values = iter(promtool.evaluate({"groups": []}, told.series, queries))
    answered = {}
    for one in asked:
        vectors = [next(values) for _ in range(one.points)]
        track = Track(0, STEP, [got[0].value if got else None for got in vectors])
        answered[one.kind, one.window] = {(): track}
    return Recorded(told.objective, answered, start=0, step=STEP, end=told.end)
