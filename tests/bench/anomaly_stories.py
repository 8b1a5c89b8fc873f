"""Things that are no incidents, or are one just once: what the rules make of them. Web traffic."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import astuple, dataclass

from tests.bench.anomaly_grid import FIRST, WEEKS, everywhere
from tests.bench.anomaly_incidents import episodes
from tests.bench.anomaly_traffic import DAY, STEP, WEB, WEEK
from tests.bench.anomaly_twin import judge

SEEDS = 3
_HOUR = 3600 // STEP
_DAY = FIRST + WEEK + 2 * DAY
"""A Wednesday."""
_TEN = _DAY + 10 * _HOUR


@dataclass(frozen=True)
class Story:
    """``change``: factor on the traffic by point. The event is from ``begin`` to ``end``; ``limit``: false
    episodes per week after it that are allowed, None where the table only shows what is known to happen."""

    name: str
    change: Callable[[int], float]
    begin: int
    end: int
    limit: float | None = 0.99


def _clock(point: int) -> float:
    """People get up an hour earlier, by the rules' clock, from a Sunday on."""
    since = FIRST + WEEK - DAY + 2 * _HOUR
    return WEB.expected(point + _HOUR) / WEB.expected(point) if point >= since else 1.0


def _outage(*weeks: int) -> Callable[[int], float]:
    begins = [_TEN + week * WEEK for week in weeks]
    return lambda point: 0.05 if any(begin <= point < begin + 2 * _HOUR for begin in begins) else 1.0


STORIES = (
    Story("grows 10 % a week", lambda point: 1.08 ** (point / WEEK), FIRST, FIRST),
    Story("clocks change by an hour", _clock, FIRST, FIRST),
    Story("outage a week ago, same hour", _outage(0), _TEN, _TEN + 2 * _HOUR),
    Story("release doubles the traffic", lambda point: 2.0 if point >= _TEN else 1.0, _TEN, _TEN + DAY),
    Story(
        "holiday: half a day's traffic", lambda p: 0.5 if _DAY <= p < _DAY + DAY else 1.0, _DAY, _DAY + DAY
    ),
    Story("outages two weeks running, same hour", _outage(0, 1), _TEN, _TEN + WEEK + 2 * _HOUR, None),
)


@dataclass(frozen=True)
class Told:
    """Episodes that began during the event, the hours they lasted, and false ones per week after it."""

    during: float
    hours: float
    after: float


def tell(number: int, seed: int) -> Told:
    """One story with one seed."""
    story = STORIES[number]
    verdicts = judge(WEB.series(f"story {seed}", WEEKS, story.change))
    over = story.end + _HOUR
    found = list(episodes(verdicts, FIRST))
    during = [
        (begin, end) for _, begin, end in found if story.begin <= begin < over and story.end > story.begin
    ]
    after = [begin for _, begin, _ in found if begin >= over]
    hours = sum(end - begin for begin, end in during) / _HOUR
    return Told(len(during), hours, len(after) * WEEK / (WEEKS * WEEK - over))


def measure() -> list[tuple[Story, Told]]:
    """Every story, the mean over its seeds."""
    jobs = [(number, seed) for number in range(len(STORIES)) for seed in range(SEEDS)]
    told = everywhere("Telling stories that are no incidents", 30, tell, jobs)
    means = []
    for number, story in enumerate(STORIES):
        each = told[number * SEEDS : (number + 1) * SEEDS]
        mean = Told(*(statistics.fmean(values) for values in zip(*map(astuple, each), strict=True)))
        means.append((story, mean))
    return means
