"""The past ``bench-rules`` measures on, as one OpenMetrics file: everything that any rule reads.

Recorded series are written instead of evaluated: what reading them costs depends on how many samples
there are, not on what they say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from fireline.slo import names
from tests.bench import plain_layout, rule_data
from tests.bench.rule_data import Counter, Size

_DAY, _HOUR = 86_400.0, 3600.0
_FINE, _SLICE = int(names.RAW_INTERVAL.seconds), int(names.SLICE.seconds)
_SLACK = 900.0
"""Seconds that every part begins earlier than needed."""


def write_history(file: Path, fleet: list[Counter], own: list[Counter], end: float) -> int:
    """Writes a file that ends at ``end`` (Unix time); returns the number of samples."""
    written = 0
    with file.open("w") as out:
        for lines in _parts(fleet, own, end):
            block = list(lines)
            out.writelines(block)
            written += len(block)
        out.write("# EOF\n")
    return written


def _parts(fleet: list[Counter], own: list[Counter], end: float) -> Iterator[Iterable[str]]:
    # The plain layout reads three days of raw series; Fireline an hour.
    for counters, seconds in ((fleet, 3 * _DAY), (own, _HOUR)):
        times = _times(end, seconds, rule_data.RAW_STEP)
        for counter in counters:
            yield (f"{counter.labels} {counter.at(at)} {at}\n" for at in times)
    for size in rule_data.SIZES:
        yield from _recorded(size, end)


def _recorded(size: Size, end: float) -> Iterator[Iterable[str]]:
    """What windows, guards and the plain layout read of the SLOs of one size."""
    total, bad, first = names.TOTAL, names.BAD, names.RAW_WINDOWS[0]
    # The windows read six hours of 5m rates. The guards of young SLOs look at them for three days, but
    # only every five minutes.
    fine = _times(end, 6 * _HOUR, _FINE)
    rates = [*range(_times(end, 3 * _DAY, _SLICE)[0], fine[0], _SLICE), *fine]
    slices, days = _times(end, 30 * _DAY, _SLICE), _times(end, 30 * _DAY, int(_DAY))
    ends = [
        (lambda one: names.series(names.rate(total, first), one), _samples(rates, 500.0)),
        (lambda one: names.series(names.rate(bad, first), one), _samples(rates, 0.25)),
        (lambda one: names.series(names.slice5m(total), one), _samples(slices, 500.0)),
        (lambda one: names.series(names.slice5m(bad), one), _samples(slices, 0.25)),
        # Read once a day back, by the alert on objectives that cannot tell anything.
        (lambda one: names.series(names.CONSUMED, one), _samples(days, 0.5)),
    ]
    if size in rule_data.COMPARED:
        ends.append((plain_layout.series, _samples(_times(end, 30 * _DAY, _FINE), 0.0005)))
    for name, samples in ends:
        for objective in size.objectives:
            series = name(objective)
            yield (series + sample for sample in samples)


def _samples(times: Iterable[int], mean: float) -> list[str]:
    """Value and time of each line; the same for all SLOs, since nobody compares them."""
    return [f" {mean * _wave(at):.9g} {at}\n" for at in times]


def _times(end: float, seconds: float, step: int) -> range:
    last = int(end) // step * step
    return range(last - int(seconds + _SLACK) // step * step, last + 1, step)


def _wave(at: float) -> float:
    """Day and night, and enough noise that no two floats are alike."""
    return 1 + 0.4 * math.sin(at / 13_751) + 0.05 * math.sin(at * 1.7)
