"""Incidents for ``make bench-anomaly``: what goes wrong when, and whether the rules told of it in time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fireline.alerting.rules import anomaly, anomaly_series
from tests.bench.anomaly_traffic import DAY, STEP, WEEK
from tests.bench.anomaly_twin import SIDES, Verdicts, points

_HOUR = 3600 // STEP
_AFTER = points(anomaly_series.FAST.window)
"""An alert this long after the end still tells of it: the mean it looks at still holds it."""
_ECHO = points(anomaly_series.FAST.window) + points(anomaly.KEEP)
"""And what fires so soon after the end is not a second episode."""


@dataclass(frozen=True)
class Injury:
    """A kind of incident: the traffic is multiplied by ``factor`` for ``minutes``.

    It begins between two hours of the day. ``recall``: the share that must be found.
    """

    name: str
    side: str
    factor: float
    minutes: int
    hours: tuple[float, float]
    recall: float

    @property
    def points(self) -> int:
        """Its length."""
        return self.minutes * 60 // STEP


INJURIES = (
    Injury("drop to 40 %, 30 min by day", "Down", 0.4, 30, (8, 20), 0.8),
    Injury("drop to 20 %, 1 h at night", "Down", 0.2, 60, (0, 4), 0.8),
    Injury("× 3, 20 min at any time", "Up", 3, 20, (0, 24), 0.8),
    Injury("sag to 70 %, 6 h at any time", "Down", 0.7, 360, (0, 24), 0.5),
)
"""What the rules promise to find."""


@dataclass(frozen=True)
class Incident:
    """One of them, at its point of the series."""

    injury: Injury
    begin: int

    @property
    def end(self) -> int:
        """The first point after it."""
        return self.begin + self.injury.points

    def holds(self, point: int) -> bool:
        """Whether it is going on."""
        return self.begin <= point < self.end


@dataclass(frozen=True)
class Found:
    """What became of an incident. ``delay``: minutes until the alert, None when there was none.

    ``quiet``: the rules said themselves, most of the time, that nothing could be seen then.
    """

    incident: Incident
    delay: float | None
    quiet: bool


def schedule(seed: int, first: int, last: int, *, every_days: float = 3.5) -> list[Incident]:
    """Incidents between two points, one every few days, each kind as often as the others."""
    random_ = random.Random(f"incidents {seed}")
    slots = int((last - first) / DAY / every_days)
    kinds = [INJURIES[(seed + slot) % len(INJURIES)] for slot in range(slots)]
    random_.shuffle(kinds)
    found = []
    for slot, injury in enumerate(kinds):
        day = first + int(slot * every_days) * DAY + random_.randrange(2) * DAY
        begin = day + int(random_.uniform(*injury.hours) * _HOUR)
        found.append(Incident(injury, begin))
    return found


def multiplied(incidents: Sequence[Incident], point: int) -> float:
    """What the incidents make of the traffic at a point."""
    factor = 1.0
    for incident in incidents:
        if incident.holds(point):
            factor *= incident.injury.factor
    return factor


def found(incident: Incident, verdicts: Verdicts) -> Found:
    """Whether it was told. An alert that fired before it began does not count."""
    firing = verdicts.firing[incident.injury.side]
    quiet = verdicts.quiet[incident.injury.side][incident.begin : incident.end]
    until = min(incident.end + _AFTER, len(firing))
    told = next((point for point in range(incident.begin, until) if firing[point]), None)
    seen = told is not None and not firing[incident.begin - 1]
    delay = (told - incident.begin) * STEP / 60 if seen and told is not None else None
    return Found(incident, delay, quiet=2 * sum(quiet) > len(quiet))


def episodes(verdicts: Verdicts, first: int) -> Iterator[tuple[str, int, int]]:
    """Side, begin and end (the first point after it) of all that fired after a point."""
    for side in SIDES:
        begin = None
        for point, fires in enumerate([*verdicts.firing[side][first:], False], start=first):
            if fires and begin is None:
                begin = point
            elif not fires and begin is not None:
                yield side, begin, point
                begin = None


def false_per_week(verdicts: Verdicts, first: int, incidents: Iterable[Incident] = ()) -> float:
    """Episodes, of both sides, that no incident explains."""
    excused = [(incident.begin, incident.end + _ECHO) for incident in incidents]
    false = [
        begin
        for _, begin, end in episodes(verdicts, first)
        if not any(begin < until and end > since for since, until in excused)
    ]
    return len(false) * WEEK / (len(verdicts.noisy) - first)
