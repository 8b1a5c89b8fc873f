"""Maintenance in recorded figures and alerts, every group of rules at its own interval.

Half of everything fails in two windows of thirty minutes, one of them in the hour that Berlin's clocks show
twice. To the ``calm`` service nothing else happens, so that whatever it spends or fires, it does because of
them; a ``steady`` one also loses a little all the time; one ``breaks`` ten minutes after the second window;
one is ``gone`` while it is maintained, and starts anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.readings import Reading
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.everyway import STEP, Frame, utc
from tests.truth.recorded import backfill_rules, fired, read_at
from tests.truth.scenarios import DAY
from tests.truth.slos import compiled
from tests.truth.store import write_blocks
from tests.truth.traffic import Service
from tests.truth.ways import ways

pytestmark = pytest.mark.bed

NAMESPACE = "upkeep"
FRAME = Frame(utc("2027-10-30 16:00"), utc("2027-10-31 09:30"))
DATED, NIGHTLY = utc("2027-10-30 19:10"), utc("2027-10-31 00:40")
"""When they begin: the second at 02:40 in Berlin, twenty minutes before it is two o'clock again."""
LENGTH = 1800
MAINTENANCE = [
    {"from": "2027-10-30T21:10:00+02:00", "to": "2027-10-30T21:40:00+02:00"},
    {"cron": "40 2 * * *", "duration": "30m", "timeZone": "Europe/Berlin"},
]
BROKEN = NIGHTLY + LENGTH + 600
CLEAN = 300
"""Nothing is counted for so long after maintenance: a 5m rate still contains it."""
SLICES = {
    f"{length}-slices": {"budgeting": "Timeslices", "timeslice": {"length": length, "objective": "99"}}
    for length in ("5m", "15m", "1h")
}


def maintained(at: int) -> bool:
    """Whether it is maintenance."""
    return any(begin <= at < begin + LENGTH for begin in (DATED, NIGHTLY))


def broken(at: int) -> bool:
    """Whether something is wrong with what breaks."""
    return maintained(at) or BROKEN <= at < BROKEN + 2400


def specs(service: str) -> dict[str, dict[str, Any]]:
    """Every way of measuring a service, and of budgeting."""
    kinds = {name: way.indicator for name, way in ways(service).items()}
    return {
        **{name: {"indicator": indicator} for name, indicator in kinds.items()},
        **{name: {"indicator": kinds["bad"], **slices} for name, slices in SLICES.items()},
        "threshold-5m-slices": {"indicator": kinds["threshold"], **SLICES["5m-slices"]},
        "threshold-15m-slices": {"indicator": kinds["threshold"], **SLICES["15m-slices"]},
        "by-place": {"indicator": kinds["availability"], "groupBy": ["place"]},
    }


CALM, BREAKS = specs("calm"), specs("breaks")
GONE = {
    name: spec for name, spec in specs("gone").items() if name in ("bad", "good", "5m-slices", "1h-slices")
}
TWINS = ("bad", "threshold", "5m-slices", "1h-slices", "by-place")
"""Those of which there is one without maintenance."""


@dataclass(frozen=True)
class World:
    """What the rules of all SLOs recorded, by name of the SLO."""

    readings: Mapping[str, Reading]
    fired: Mapping[str, Mapping[str, list[int]]]
    """By tier, the times at which an alert fired."""
    unknown: Mapping[str, float]
    """Seconds of which there are neither slices nor an excuse."""


@pytest.fixture(scope="module")
def world(tools: Tools, bed_directory: Path) -> World:
    """Everything recorded from beginning to end, as alerts read it."""
    directory = bed_directory / "upkeep"
    services = [
        FRAME.measured("calm", NAMESPACE, wrong=lambda at: maintained(at) / 2, failing=maintained),
        FRAME.measured("breaks", NAMESPACE, wrong=lambda at: broken(at) / 2, failing=broken),
        steady(),
        gone(),
    ]
    objectives = [
        *(slo(name, **spec, maintenance=MAINTENANCE) for name, spec in CALM.items()),
        *(slo(f"plain-{name}", **CALM[name]) for name in TWINS),
        *(slo(f"breaks-{name}", **spec, maintenance=MAINTENANCE) for name, spec in BREAKS.items()),
        *(slo(f"gone-{name}", **spec, maintenance=MAINTENANCE) for name, spec in GONE.items()),
        slo("plain-gone", **GONE["bad"]),
        slo("steady", indicator=ways("steady")["bad"].indicator, maintenance=MAINTENANCE),
    ]
    data = write_blocks(tools, services, directory)
    with Prometheus(tools, directory, data=data) as prometheus:
        start, end = FRAME.start, FRAME.end
        backfill_rules(tools, prometheus, data, objectives, start=start, end=end, whole=True)
        return World(
            {name: found for (_, name), found in read_at(prometheus, objectives, end).items()},
            {one.name: fired(prometheus, one, start=start, end=end) for one in objectives},
            {one.name: unknown(prometheus, one) for one in objectives},
        )


def steady() -> Service:
    """Beside what maintenance does to it, one of 2,500 requests fails."""
    return FRAME.served("steady", wrong=lambda at: 0.5 if maintained(at) else 0.0004)


def gone() -> Service:
    """No series at all during maintenance; the process that comes after it counts from nothing."""
    service = FRAME.served("gone", wrong=lambda at: maintained(at) / 2, gaps=maintained)
    again = frozenset((begin + LENGTH - FRAME.start) // STEP for begin in (DATED, NIGHTLY))
    for counter in service.total:
        counter.restarts = again
    return service


def slo(name: str, **spec: Any) -> Objective:
    """99.9 % over 30 days."""
    return compiled("calm", namespace=NAMESPACE, name=name, **spec)


def unknown(prometheus: Prometheus, objective: Objective) -> float:
    """Seconds since the first slice of which there are neither slices nor an excuse."""
    recorded, out = (
        [at for series in prometheus.query(f"{metric}[1d]", at=FRAME.end) for at, _ in series["values"]]
        for metric in (
            names.series(names.slice5m(names.TOTAL), objective),
            names.series(names.MAINTENANCE_EXCLUDED, objective),
        )
    )
    # By groups each slice is there as often as it has groups.
    return FRAME.end - min(recorded) + 300 - len(set(recorded)) * 300 - len(out) * 30


@pytest.mark.parametrize("name", CALM)
def test_half_of_everything_in_maintenance_leaves_the_budget_untouched(world, name):
    assert world.readings[name].consumed == 0
    assert world.readings[name].window == 1


@pytest.mark.parametrize("name", CALM)
def test_nothing_fires_in_maintenance_or_in_the_hours_after_it(world, name):
    """Nor before: not one alert in all of the time, which ends eight hours after the second window."""
    assert world.fired[name] == {}


@pytest.mark.parametrize("name", TWINS)
def test_without_maintenance_the_same_pages_and_spends_the_budget(world, name):
    assert {"PageFast", "PageSlow", "Budget50"} <= set(world.fired[f"plain-{name}"])
    share = (FRAME.end - FRAME.start) / (30 * DAY)
    assert world.readings[f"plain-{name}"].consumed > 0.01 / 0.001 * share


@pytest.mark.parametrize("name", CALM)
def test_excluded_time_is_no_gap(world, name):
    """Up to five minutes at each edge are known twice: a slice is there as soon as one point of it is."""
    assert -1200 <= world.unknown[name] <= 300


@pytest.mark.parametrize("name", GONE)
def test_series_that_are_gone_in_maintenance_are_not_missed(world, name):
    assert world.fired[f"gone-{name}"] == {}
    assert world.readings[f"gone-{name}"].consumed == 0
    assert -1200 <= world.unknown[f"gone-{name}"] <= 300


def test_without_maintenance_they_are_missed(world):
    assert len(world.fired["plain-gone"]["NoData"]) > 60


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_ten_minutes_after_maintenance_pages(world, name):
    """Slices of time are bad when they end; of a check three runs must have failed."""
    slice_ = BREAKS[name].get("timeslice", {}).get("length", "")
    latest = {"": 300, "5m": 660, "15m": 1860, "1h": 7260}[slice_]
    if name == "synthetic":
        latest += 120
    assert BROKEN < world.fired[f"breaks-{name}"]["PageFast"][0] <= BROKEN + latest


def test_errors_outside_maintenance_cost_what_they_would(world):
    """Excluded time is neither counted nor age, nor part of the window."""
    service, windows = steady(), (DATED, NIGHTLY)
    total, bad = service.events(FRAME.start, FRAME.end)
    for begin in windows:
        inside = service.events(begin, begin + LENGTH + CLEAN)
        total, bad = total - inside[0], bad - inside[1]
    out = len(windows) * (LENGTH + CLEAN)
    age = (FRAME.end - FRAME.start - out) / (30 * DAY - out)
    assert world.readings["steady"].consumed == pytest.approx(bad / total / 0.001 * age, rel=0.02)
    assert world.fired["steady"] == {}
