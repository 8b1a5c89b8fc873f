"""Calendar periods, summed by rules: not a slice too many or too few, at any time of any zone.

Every slice has a value of its own, so that a sum tells which slices it is of. They are recorded 137
seconds after each five minutes, as a group is whose phase Prometheus has chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from fireline.promql.expr import selector
from fireline.slo import names
from fireline.slo.period import Calendar, SLOWindow
from fireline.slo.spans import Spans
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools

pytestmark = pytest.mark.bed

DAY = 86_400
END = 1_781_827_200
"""19 June 2026: a quarter and a half after clocks went forward."""
SLICES = range(END - 130 * DAY + 137, END + 1, 300)
EDGES = (-1, 0, 5, 60, 299, 300, 301, 3600, 7201)
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe")
CALENDARS: tuple[Calendar, ...] = ("Week", "Month", "Quarter")
LABELS = {"namespace": "shop", "slo": "checkout", "sli": "v1-0"}
TOTAL = names.slice5m(names.TOTAL)


def value(number: int) -> int:
    """What a slice counts: a prime number of different values, so that no two days have the same sum."""
    return number % 977 + 1


SUMS = [0, *accumulate(value(number) for number in range(len(SLICES)))]


@pytest.fixture(scope="module")
def recorded(tools: Tools, bed_directory: Path) -> Iterator[Prometheus]:
    """Slices, and the objective, which tells the rules what time it is."""
    directory = bed_directory / "periods"
    directory.mkdir()
    file = directory / "slices.om"
    slices = (f"{selector(TOTAL, LABELS)} {value(n)} {at}\n" for n, at in enumerate(SLICES))
    clock = (f"{selector(names.OBJECTIVE, LABELS)} 0.999 {at}\n" for at in range(SLICES.start, END + 1, 120))
    with file.open("w") as out:
        out.write(f"# TYPE {TOTAL} gauge\n")
        out.writelines(slices)
        out.write(f"# TYPE {names.OBJECTIVE} gauge\n")
        out.writelines(clock)
        out.write("# EOF\n")
    backfill(tools, file, directory / "data")
    with Prometheus(tools, directory, data=directory / "data") as running:
        yield running


def counted(start: int, end: int) -> int:
    """The sum of the slices in ``(start, end]``."""
    low, high = (len(range(SLICES.start, edge + 1, 300)) for edge in (start, end))
    return SUMS[high] - SUMS[low]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_period_is_the_sum_of_its_slices_at_any_time(recorded, calendar, zone):
    """Up to the last five minutes that are over. Its edges, those of its days, and times in between."""
    window = SLOWindow(calendar=calendar, zone=zone)
    start = window.span(END - 10 * DAY).start
    times = [start + days * DAY + edge for days in (0, 1, 5) for edge in EDGES]
    for at in (*times, *range(END - 9 * DAY, END, 2 * DAY + 7919)):
        spans = Spans(lambda metric: selector(metric, {"namespace": "shop"}), at=at)
        points = spans.mean_rate(names.TOTAL, window).rpartition(" / ")[0]
        assert recorded.value(points, at=at) == (counted(window.span(at).start, at // 300 * 300) or None), (
            f"{at - start} s after the start"
        )
