"""What a refresh asks Prometheus, answered by its own engine over real rules: events, groups, composites.

Traffic of two hours (see ``kinds``): eu has 60 requests a minute, half of which fail for 20 minutes; us has
180 and no failure. That is 28,800 requests with 600 bad ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from fireline.api.metrics import Sample
from fireline.slo.figures import figures
from fireline.slo.known import observation
from fireline.slo.members import of_members
from fireline.slo.model import Objective
from fireline.slo.observation import Observation
from fireline.slo.readings import parse, queries
from tests import promtool
from tests.rules import kinds
from tests.rules.kinds import EU, slo

pytestmark = pytest.mark.bed

SLOS = [
    slo("plain"),
    slo("by-region", groupBy=["region"]),
    slo("quiet-region", groupBy=["region"], window={"rolling": "7d"}, indicator={
        "ratio": {
            "bad": {"metric": 'requests_total{code="500",region="us"}'},
            "total": {"metric": 'requests_total{region="us"}'},
        }
    }),
    slo("eu", indicator=EU),
    slo("slices", indicator=EU, budgeting="Timeslices", timeslice={"length": "5m", "objective": "99"}),
    slo("month", indicator=EU, window={"calendar": "Month"}),
    slo("probe", indicator={"availability": {"metric": "probe_success"}}),
    slo("worst", indicator={"composite": {"method": "Worst", "objectives": [{"name": "eu"}]}}),
    slo("nobody", indicator={"composite": {"method": "Worst", "objectives": [{"name": "gone"}]}}),
]  # fmt: skip
END = kinds.MINUTES * 60
TOO_OFTEN = 10
"""promtool evaluates every group every 30 s: there are ten slices where their interval would make one, and
so ten times the events. In a real Prometheus that is 1 (``tests/truth``)."""
ABOUT = 0.05
"""Slices of five minutes: the last ones of the traffic are not in them yet."""

Known = Mapping[str, tuple[Objective, Observation]]


@pytest.fixture(scope="module")
def known() -> Known:
    """Each SLO as the operator would see it, where exact figures cannot be had."""
    objectives = list(kinds.compiled(SLOS))
    asked = queries(objectives)
    found = promtool.evaluate(
        kinds.rules_of(objectives), kinds.SERIES, [(END, query) for query in asked.values()]
    )
    answers = {
        name: [Sample(got.labels, got.value, END) for got in answer]
        for name, answer in zip(asked, found, strict=True)
    }
    keys = {(one.namespace, one.name): one.sli for one in objectives}
    readings = parse(answers, keys, at=datetime.fromtimestamp(END, UTC))
    members = {(one.namespace, one.name): one for one in objectives}
    composites = [key for key, one in members.items() if one.composite is not None]
    readings |= {key: of_members(members[key], members, readings) for key in composites}
    return {
        one.name: (one, observation(one, readings[one.namespace, one.name], None, uncountable=True))
        for one in objectives
    }


@pytest.mark.parametrize(
    ("name", "total", "bad", "allowed"),
    [
        ("plain", 28_800, 600, 0.001 * 28_800 * 12),  # two hours of a day
        ("by-region", 28_800, 600, 0.001 * 28_800 * 12),  # the sum of its groups
        ("eu", 7_200, 600, 0.001 * 7_200 * 12),
        ("month", 7_200, 600, 0.001 * 7_200 * 12 * 31),
        ("slices", 24, 4.9, 0.001 * 24 * 12),  # judged every 30 s, 24.5 minutes touch the outage
    ],
)
def test_events_are_those_that_were_sent(known: Known, name: str, total: float, bad: float, allowed: float):
    events = known[name][1].events
    assert events is not None
    assert events.total == pytest.approx(total * TOO_OFTEN, rel=ABOUT)
    assert events.bad == pytest.approx(bad * TOO_OFTEN, rel=ABOUT)
    assert events.allowed == pytest.approx(allowed * TOO_OFTEN, rel=ABOUT)


@pytest.mark.parametrize("name", ["probe", "worst", "nobody"])
def test_what_has_no_events_shows_none(known: Known, name: str):
    assert known[name][1].events is None


def test_every_group_has_spent_its_own_budget(known: Known):
    """600 of eu's 7,200 are bad: 83.3 times the budget ratio, for two hours of a day."""
    objective, seen = known["by-region"]
    shown = figures(objective, seen, {})
    assert shown["groups"] == 2
    worst, best = shown["worstGroups"]
    assert worst["labels"] == {"region": "eu"}
    assert float(worst["consumed"]) == pytest.approx(100 * 600 / 7_200 / 0.001 * 2 / 24, rel=ABOUT)
    assert best == {"labels": {"region": "us"}, "consumed": "0.0"}


def test_groups_are_read_with_the_window_of_their_slo(known: Known):
    objective, seen = known["quiet-region"]
    assert figures(objective, seen, {})["worstGroups"] == [{"labels": {"region": "us"}, "consumed": "0.0"}]
    assert known["plain"][1].groups is None


def test_a_composite_has_the_figures_of_its_members(known: Known):
    """Recorded is its source from the first point on, whatever the coverage."""
    _, seen = known["worst"]
    assert (seen.source, seen.total_present) == ("Recorded", True)
    assert seen.consumed == pytest.approx(known["eu"][1].consumed, rel=1e-3)
    _, gone = known["nobody"]
    assert (gone.source, gone.total_present, gone.consumed) == ("Recorded", False, None)
