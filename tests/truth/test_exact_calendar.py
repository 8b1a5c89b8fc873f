"""Exact figures of calendar periods against integer truth: month ends, a leap day, both clock changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.builders import an_objective
from tests.truth import indicators
from tests.truth.scenarios import DAY, REQUESTS
from tests.truth.store import write_blocks
from tests.truth.test_exact import POINT, exact
from tests.truth.traffic import Counter, Service

pytestmark = pytest.mark.bed

STEP = 60
SEAM = 150
"""Bad events that may be on the wrong side of a period's start: while half of all fail, those of a quarter of
a scrape interval. Between two scrapes nobody knows when something happened."""
BERLIN = "Europe/Berlin"


def local(text: str, zone: str = "UTC") -> int:
    """Unix time of a wall clock's reading."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


MONTHS = {
    # Clocks go forward on Sunday the 28th, so the month has 743 hours.
    "forward": (local("2027-02-27"), local("2027-04-02"), local("2027-03-28 00:50")),
    # They go back on Sunday the 31st, the last day of the month, which has 25 hours.
    "back": (local("2027-09-29"), local("2027-11-02"), local("2027-10-31 00:20")),
    # A leap year's February.
    "leap": (local("2028-01-30"), local("2028-03-02"), local("2028-02-29 11:00")),
}
"""By service: begin and end of its data, and when something goes wrong for 40 minutes."""


def served(name: str) -> Service:
    """Steady traffic; half of it fails for 40 minutes once, and for 20 around the month's end in any zone."""
    begin, end, wrong = MONTHS[name]
    steps, chance = (end - begin) // STEP, random.Random(name)
    total, bad = [], []
    for i in range(steps):
        at = begin + i * STEP
        failing = wrong <= at < wrong + 2400 or _around_a_month_end(at)
        total.append(chance.randint(900, 1500))
        bad.append(total[-1] // 2 if failing else sum(chance.random() < 0.001 for _ in range(120)))
    ok = Counter(REQUESTS, {"pod": "p0", "code": "200"}, [n - w for n, w in zip(total, bad, strict=True)])
    failed = Counter(REQUESTS, {"pod": "p0", "code": "500"}, bad)
    return Service(name, begin, STEP, total=[ok, failed], bad=[failed])


def _around_a_month_end(at: int) -> bool:
    """Ten minutes before and after the first of a month, in any of three zones."""
    return any(
        datetime.fromtimestamp(at - 600, ZoneInfo(zone)).month
        != datetime.fromtimestamp(at + 600, ZoneInfo(zone)).month
        for zone in ("UTC", BERLIN, "Asia/Kolkata")
    )


@pytest.fixture(scope="module")
def months() -> dict[str, Service]:
    """The three services."""
    return {name: served(name) for name in MONTHS}


@pytest.fixture(scope="module")
def prometheus(tools: Tools, bed_directory: Path, months: dict[str, Service]) -> Iterator[Prometheus]:
    """A Prometheus with the three months. Each is backfilled alone: between them lies nothing."""
    directory = bed_directory / "months"
    for service in months.values():
        data = write_blocks(tools, [service], directory)
    with Prometheus(tools, directory, data=data) as running:
        yield running


def consumed(service: Service, begin: int, as_of: int, end: int) -> float:
    """What was truly consumed of a period's budget at 99.9 %."""
    total, bad = service.events(begin, as_of)
    return bad / total / 0.001 * service.age(begin, as_of) / (end - begin)


@pytest.mark.parametrize(
    ("name", "window", "text", "period"),
    [
        # The last minute of each month, and the first hour of the next.
        ("forward", "Month UTC", "2027-03-31 23:59", ("2027-03-01", "2027-04-01")),
        ("forward", f"Month {BERLIN}", "2027-03-31 23:59", ("2027-03-01", "2027-04-01")),
        ("forward", f"Month {BERLIN}", "2027-04-01 01:00", ("2027-04-01", "2027-05-01")),
        ("forward", "Month Asia/Kolkata", "2027-03-31 23:59", ("2027-03-01", "2027-04-01")),
        ("back", "Month UTC", "2027-10-31 23:59", ("2027-10-01", "2027-11-01")),
        ("back", f"Month {BERLIN}", "2027-10-31 23:59", ("2027-10-01", "2027-11-01")),
        ("back", "Month UTC", "2027-11-01 00:20", ("2027-11-01", "2027-12-01")),
        ("leap", "Month UTC", "2028-02-29 23:59", ("2028-02-01", "2028-03-01")),
        ("leap", f"Month {BERLIN}", "2028-02-29 23:59", ("2028-02-01", "2028-03-01")),
        ("leap", "Month Asia/Kolkata", "2028-03-01 06:00", ("2028-03-01", "2028-04-01")),
        # The day before, the day of, and the day after a change of clocks, and the leap day itself.
        ("forward", f"Week {BERLIN}", "2027-03-27 23:59", ("2027-03-22", "2027-03-29")),
        ("forward", f"Week {BERLIN}", "2027-03-28 23:59", ("2027-03-22", "2027-03-29")),
        ("forward", f"Week {BERLIN}", "2027-03-29 12:00", ("2027-03-29", "2027-04-05")),
        ("back", f"Week {BERLIN}", "2027-10-31 02:30", ("2027-10-25", "2027-11-01")),
        ("back", f"Week {BERLIN}", "2027-10-31 23:59", ("2027-10-25", "2027-11-01")),
        ("leap", "Week UTC", "2028-02-29 23:59", ("2028-02-28", "2028-03-06")),
        ("leap", "Month UTC", "2028-02-15 12:34", ("2028-02-01", "2028-03-01")),
    ],
)
def test_a_period_consumes_what_truly_happened_in_it(prometheus, months, *, name, window, text, period):
    zone = window.split()[1]
    as_of = local(text, zone)
    begin, end = (local(one, zone) for one in period)
    found = exact(prometheus, an_objective(window=window, indicator=indicators.bad(name)), as_of)
    total, bad = months[name].events(begin, as_of)
    assert found.total == pytest.approx(total, rel=0.002)
    assert found.bad == pytest.approx(bad, rel=0.002, abs=SEAM)
    truth = consumed(months[name], begin, as_of, end)
    assert found.consumed == pytest.approx(truth, rel=0.003 + SEAM / bad, abs=POINT)
    assert found.age_seconds == as_of - begin
    assert found.coverage == 1


def test_a_quarter_that_data_reaches_into_has_the_age_of_the_data(prometheus, months):
    """Data begin on 30 January, thirty days after the quarter."""
    as_of = local("2028-02-29 23:59")
    found = exact(prometheus, an_objective(window="Quarter UTC", indicator=indicators.bad("leap")), as_of)
    truth = consumed(months["leap"], local("2028-01-01"), as_of, local("2028-04-01"))
    assert found.consumed == pytest.approx(truth, rel=0.01)
    assert found.age_seconds == pytest.approx(as_of - local("2028-01-30"), abs=2 * STEP)
    assert found.coverage == pytest.approx(31 / 60, abs=0.01)


def test_a_whole_day_of_the_month_is_all_the_same_to_a_rolling_window(prometheus):
    """The same days, asked as a window of 29 days that happens to end with February."""
    as_of = local("2028-03-01")
    found = exact(prometheus, an_objective(window="29d", indicator=indicators.bad("leap")), as_of)
    month = exact(prometheus, an_objective(window="Month UTC", indicator=indicators.bad("leap")), as_of - 60)
    assert found.consumed == pytest.approx(month.consumed, rel=0.01)
    assert as_of - 29 * DAY == local("2028-02-01")
