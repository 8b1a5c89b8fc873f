"""The questions are PromQL, and name the series that the SLO room records."""

from __future__ import annotations

import promql_parser
import pytest

from fireline.alerting.quality import queries
from fireline.alerting.quality.model import STATES
from fireline.alerting.quality.queries import Window
from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.period import SLOWindow

SLO = ("shop", "checkout")
HOSTILE = ("shop", 'a"}) or vector(1) #')


def asked() -> dict[str, str]:
    return {
        **queries.edges(["zone"]),
        **queries.alive([SLO, HOSTILE]),
        **queries.spending([SLO, HOSTILE], Window("Month Etc/GMT+5", 2_592_000)),
        "now": queries.firing_now(["zone"]),
        "alive now": queries.alive_now([]),
        "fired": queries.fired(86_400),
        "slo coverage": queries.slo_coverage(604_800),
        "coverage": queries.coverage([SLO], 604_800),
        "candidates": queries.candidates(604_800, 0.02),
        "burning": queries.burning(HOSTILE, 14.4),
        "remaining": queries.remaining(),
        "slices": queries.recorded_slices(604_800),
    }


@pytest.mark.parametrize("name", asked())
def test_every_question_is_promql_whatever_an_slo_is_called(name):
    assert promql_parser.parse(asked()[name])


def test_states_are_the_alerts_about_a_budget():
    assert {names.ALERT_CONSUMED, names.ALERT_EXHAUSTED, names.ALERT_INEFFECTIVE} == STATES


@pytest.mark.parametrize("text", ["30d", "Month Etc/GMT+5", "Week Europe/Berlin"])
def test_series_are_those_the_slo_room_records(text):
    bad, scale = queries.spending([SLO], Window(text, 1)).values()
    assert names.slice5m(names.BAD) in bad
    assert f"{names.rate(names.BAD, SLOWindow.parse(text))}{{" in scale
    for name in (names.CONSUMED, names.INFO):
        assert name in scale
    assert names.OBJECTIVE in queries.slo_coverage(604_800)
    assert names.CONSUMED in queries.candidates(604_800, 0.02)
    assert names.REMAINING in queries.remaining()
    assert names.BURN_RATE in queries.burning(SLO, 1)
    assert Duration.of(seconds=queries.SLICE) == names.SLICE
