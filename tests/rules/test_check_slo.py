"""SLOs on checks over hours of runs, judged by Prometheus' own engine: few events, and none that are missing.

Every figure is counted by hand from the runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from fireline.api.slo import ServiceLevelObjective
from fireline.settings import Settings
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from fireline.slo.runs import OfCheck
from fireline.synthetic.cadence import cadence_of
from tests import promtool
from tests.rules.check_world import START, CheckStory, Phase
from tests.rules.kinds import rules_of

pytestmark = pytest.mark.bed

HALF_HOUR = {"schedule": {"cron": "0,30 * * * *"}}


def story(title: str, *phases: Phase, **spec: Any) -> CheckStory:
    return CheckStory(title, "", phases, spec=spec)


FAILED = Phase(1, "failure")
MINUTES = (
    story("one failure", Phase(120), FAILED, Phase(59)),
    story("two failures", Phase(120), FAILED, Phase(9), FAILED, Phase(49)),
    story("three failures", Phase(120), FAILED, Phase(9), FAILED, Phase(9), FAILED, Phase(39)),
    story("an outage", Phase(120), Phase(60, "error")),
    story("a new check that fails", Phase(180, "failure")),
    story("nothing measured", Phase(120), Phase(60, "infra")),
    story("half measured", Phase(120), *[Phase(1), Phase(1, "infra")] * 30),
    story("a restart", Phase(120), FAILED, Phase(1), Phase(3, "success", operator=False), Phase(55)),
    story("a long absence", Phase(90), Phase(30, "failure", operator=False), Phase(60)),
)
HOURS = (
    story("one failed half hour", Phase(361), Phase(30, "failure"), Phase(149), **HALF_HOUR),
    story("two failed half hours", Phase(361), Phase(60, "failure"), Phase(119), **HALF_HOUR),
    story("a failed afternoon", Phase(361), Phase(179, "failure"), **HALF_HOUR),
)
ALERTS = 'ALERTS{alertstate="firing"}'
RECORDED = ("slo:bad:rate1h * 3600", "slo:total:rate1h * 3600", "slo:burn_rate:ratio", "slo:sli:ratio")
PAGES = {"PageFast", "PageSlow"}


def on(one: CheckStory, objective: str) -> Objective:
    manifest = {
        "metadata": {"namespace": "shop", "name": one.name},
        "spec": {
            "service": "shop",
            "objective": objective,
            "window": {"rolling": "30d"},
            "indicator": {"synthetic": {"check": one.name}},
        },
    }
    of = OfCheck.seen(one.name, one.manifest, cadence_of)
    return compile_slo(ServiceLevelObjective.of(manifest), settings=Settings(), check=of)


class Told:
    """What the rules of some stories recorded at every fifth minute, and fired at every one."""

    def __init__(self, stories: Sequence[CheckStory], objective: str):
        self.stories = stories
        self.objectives = {one.title: on(one, objective) for one in stories}
        end = round(max(one.minutes for one in stories)) + 1
        asked = dict.fromkeys(RECORDED, range(0, end, 5)) | {ALERTS: range(end)}
        series = {name: values for one in stories for name, values in one.series().items()}
        rules = rules_of(self.objectives.values(), at=START)
        queries = [(60 * minute, query) for query, minutes in asked.items() for minute in minutes]
        answers = iter(promtool.evaluate(rules, series, queries, start=START))
        self._seen = {
            query: {minute: next(answers) for minute in minutes} for query, minutes in asked.items()
        }
        self._names = {one.title: one.name for one in stories}

    def tiers(self, title: str, *, since: float = 0) -> set[str]:
        """All tiers that fired from a minute on."""
        found = self._seen[ALERTS]
        return {
            got.labels["slo_tier"]
            for minute, answer in found.items()
            for got in answer
            if minute >= since and got.labels["slo"] == self._names[title]
        }

    def first(self, title: str, tier: str) -> int | None:
        found = self._seen[ALERTS]
        mine = {"slo": self._names[title], "slo_tier": tier}
        return next(
            (m for m, answer in found.items() if any(mine.items() <= got.labels.items() for got in answer)),
            None,
        )

    def value(self, query: str, title: str, minute: int, **labels: str) -> float | None:
        wanted = {"slo": self._names[title], **labels}
        found = [got.value for got in self._seen[query][minute] if wanted.items() <= got.labels.items()]
        return found[0] if found else None

    def every_value(self, query: str, title: str) -> list[float]:
        answers = self._seen[query].values()
        return [got.value for answer in answers for got in answer if got.labels["slo"] == self._names[title]]


@cache
def minutes() -> Told:
    return Told(MINUTES, "99.9")


@cache
def hours() -> Told:
    return Told(HOURS, "99")


def test_one_failure_in_an_hour_pages_nobody():
    # One of sixty is 16.7 times the budget of 0.1 %, above the 14.4 of a page.
    burn = minutes().value("slo:burn_rate:ratio", "one failure", 125, window="1h")
    assert burn == pytest.approx(1 / 60 / 0.001, rel=0.02)
    assert minutes().tiers("one failure") & PAGES == set()
    assert minutes().tiers("two failures") & PAGES == set()


def test_three_failures_in_an_hour_page():
    assert minutes().first("three failures", "PageFast") == 141
    assert minutes().first("an outage", "PageFast") == 123


def test_the_very_first_runs_of_a_new_check_may_page():
    # Its counters were scraped at 0 first; otherwise the first failure would be in no rate.
    assert minutes().first("a new check that fails", "PageFast") in {3, 4}


def test_runs_that_measured_nothing_are_no_events():
    told = minutes()
    assert told.tiers("nothing measured") == set()
    assert told.value("slo:total:rate1h * 3600", "nothing measured", 150) == pytest.approx(30, abs=1)
    assert told.value("slo:bad:rate1h * 3600", "nothing measured", 150) == 0
    # After an hour of it nothing is known: no ratio at all, neither 0 nor 1 nor NaN.
    assert told.value("slo:total:rate1h * 3600", "nothing measured", 180) == pytest.approx(0, abs=1.1)
    assert told.value("slo:sli:ratio", "nothing measured", 180, window="5m") is None
    assert told.value("slo:burn_rate:ratio", "nothing measured", 180, window="5m") is None
    assert not any(math.isnan(value) for value in told.every_value("slo:sli:ratio", "nothing measured"))


def test_half_of_the_runs_measure_as_well_as_all():
    told = minutes()
    assert told.tiers("half measured") == set()
    assert told.value("slo:total:rate1h * 3600", "half measured", 180) == pytest.approx(30, rel=0.05)
    assert told.value("slo:sli:ratio", "half measured", 180, window="1h") == 1


def test_a_restart_loses_no_run():
    told = minutes()
    assert told.value("slo:total:rate1h * 3600", "a restart", 165) == pytest.approx(60, rel=0.02)
    assert told.value("slo:bad:rate1h * 3600", "a restart", 165) == pytest.approx(1, rel=0.02)
    assert told.tiers("a restart") & PAGES == set()


def test_while_nobody_counts_the_data_is_missing_and_that_is_told():
    assert minutes().first("a long absence", "NoData") in {94, 95}
    assert "NoData" not in minutes().tiers("a long absence", since=122)
    assert minutes().tiers("a restart") == set()


def test_what_ran_while_nobody_counted_is_in_the_rates_of_the_hour():
    told = minutes()
    assert told.value("slo:bad:rate1h * 3600", "a long absence", 125) == pytest.approx(30, rel=0.02)
    # And in those of longer windows, which are added up from five minutes each.
    burn = told.value("slo:burn_rate:ratio", "a long absence", 180, window="2h")
    assert burn == pytest.approx(30 / 120 / 0.001, rel=0.1)


def test_of_a_check_every_half_hour_two_failures_page_nobody_and_three_do():
    told = hours()
    assert told.tiers("one failed half hour") & PAGES == set()
    assert told.tiers("two failed half hours") & PAGES == set()
    # Failures at 390, 420 and 450 minutes; a run is in the sums of longer windows within five minutes.
    for tier in PAGES:
        paged = told.first("a failed afternoon", tier)
        assert paged is not None
        assert 451 <= paged <= 456


def test_windows_of_a_check_every_half_hour_hold_as_many_runs_as_there_were():
    told = hours()
    # Of the six runs in three hours up to 455 minutes three failed, of the twelve in six hours as many.
    burn = {w: told.value("slo:burn_rate:ratio", "a failed afternoon", 455, window=w) for w in ("3h", "6h")}
    assert burn["3h"] == pytest.approx(3 / 6 / 0.01, rel=0.1)
    assert burn["6h"] == pytest.approx(3 / 12 / 0.01, rel=0.1)
