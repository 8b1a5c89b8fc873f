"""Recorded figures of every indicator, budgeting and window against what the generator counted.

Our rules over two days, every group at its own interval, each a little later than the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from fireline.promql.durations import Duration
from fireline.slo.model import Objective
from fireline.slo.readings import Reading
from tests.bed.kubeclient import Manifest
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.everyway import END, PERIODS, START, WINDOWS, story
from tests.truth.recorded import backfill_rules, phase, read_at
from tests.truth.scenarios import DAY
from tests.truth.slos import compiled
from tests.truth.store import write_blocks
from tests.truth.traffic import Service
from tests.truth.ways import lag, possible, slices, ways

pytestmark = pytest.mark.bed

NAMESPACE = "ways"
WAYS = ways("story")
BUDGET = 0.01
SLICES: Mapping[str, Manifest] = {
    "events": {},
    "5m": {"budgeting": "Timeslices", "timeslice": {"length": "5m", "objective": "99"}},
    "15m": {"budgeting": "Timeslices", "timeslice": {"length": "15m", "objective": "99"}},
}
CASES = [*product(WAYS, ("events", "5m"), WINDOWS), *product(("bad",), ("15m",), ("2d", "berlin"))]
NAMES = ["-".join(case) for case in CASES]


@dataclass(frozen=True)
class Case:
    """An SLO, what its rules recorded, and how to count what they should have."""

    way: str
    budgeting: str
    window: str
    objective: Objective
    reading: Reading
    story: Service

    def consumed(self, begin: float, end: float) -> float:
        """What the events (or slices) in a stretch of time consume of the period's budget."""
        return self.burn(begin, end) * self.over

    @property
    def over(self) -> float:
        """The share of the period that is over."""
        first, last = PERIODS[self.window]
        return (END - first) / (last - first)

    def burn(self, begin: float, end: float, *, raw: bool = False) -> float:
        """How many times too fast the budget burned in a stretch of time.

        ``raw``: which the rules read at once, in one rate over all of it.
        """
        way, own = WAYS[self.way], self._phase("", 30)
        whole = (way.in_one or way.count)(self.story, own)
        if self.slice_seconds:
            late = self._phase(":slices", self.slice_seconds)
            total, bad = slices(whole, self.slice_seconds, late, begin, end)
        else:
            total, bad = (whole if raw else way.count(self.story, own))(begin, end)
        # Less than a slice of 15 minutes within half an hour is none at all.
        return bad / max(total, 1) / BUDGET

    @property
    def slice_seconds(self) -> int:
        """Length of a slice; 0 without."""
        slice_ = self.objective.timeslice
        return 0 if slice_ is None else slice_.length.milliseconds // 1000

    def _phase(self, group: str, interval: int) -> int:
        name = f"{NAMESPACE}/slo-{self.objective.name}{group}"
        return phase({"name": name, "interval": f"{interval}s"})


@pytest.fixture(scope="module")
def cases(tools: Tools, bed_directory: Path) -> Mapping[str, Case]:
    """Every SLO with what a refresh at the end of the story reads."""
    service, directory = story(NAMESPACE), bed_directory / "ways"
    objectives = {name: slo(name, *case) for name, case in zip(NAMES, CASES, strict=True)}
    data = write_blocks(tools, [service], directory)
    with Prometheus(tools, directory, data=data) as prometheus:
        backfill_rules(tools, prometheus, data, objectives.values(), start=START, end=END)
        found = read_at(prometheus, objectives.values(), END)
    return {
        name: Case(*case, objectives[name], found[NAMESPACE, name], service)
        for name, case in zip(NAMES, CASES, strict=True)
    }


def slo(name: str, way: str, budgeting: str, window: str) -> Objective:
    """An SLO of 99 %."""
    spec = {**SLICES[budgeting], "window": dict(WINDOWS[window]), "indicator": WAYS[way].indicator}
    return compiled("story", namespace=NAMESPACE, name=name, objective="99", **spec)


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_budget_is_what_was_truly_spent(cases, name):
    case = cases[name]
    told = case.reading.consumed
    found = possible(case.consumed, PERIODS[case.window][0], END, lag(case.slice_seconds))
    assert min(found) * 0.995 <= told <= max(found) * 1.005
    # The service level says the same; the share of the period that is over was up to 2m30s smaller.
    age = END - PERIODS[case.window][0]
    assert told == pytest.approx((1 - case.reading.window) / BUDGET * case.over, rel=150 / age)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-2d") and "15m" not in name])
def test_a_rolling_budget_is_exact_to_a_quarter_of_a_percent(cases, name):
    """With nothing wrong at its edges, but that the last slice may not be known yet."""
    case = cases[name]
    assert case.reading.consumed == pytest.approx(case.consumed(END - 2 * DAY, END), rel=0.0025)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-2d")])
@pytest.mark.parametrize("window", ["30m", "1h", "2h", "6h", "1d"])
def test_burn_rates_of_every_window_are_what_truly_burned(cases, name, window):
    """An outage lies across the begin of the shortest, which holds sixty scrapes."""
    case, seconds = cases[name], Duration.parse(window).milliseconds // 1000
    raw = seconds <= 3600 and not case.slice_seconds
    # The public series are evaluated once a minute, and read what is recorded every 30 s.
    edge, rel = (90, 0.02) if raw else (lag(case.slice_seconds), 0.005)
    found = possible(partial(case.burn, raw=raw), END - seconds, END, edge)
    assert min(found) * (1 - rel) <= case.reading.burn[window] <= max(found) * (1 + rel)


@pytest.mark.parametrize("name", NAMES)
def test_all_of_the_window_is_covered_but_for_what_nobody_measured(cases, name):
    case = cases[name]
    unmeasured = 1 / 48 if (case.way, case.window) == ("threshold", "2d") else 0
    assert case.reading.coverage == pytest.approx(1 - unmeasured, abs=0.004)
    assert case.reading.total_present
    assert case.reading.bad_present
