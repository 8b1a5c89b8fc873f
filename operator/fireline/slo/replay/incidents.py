"""Alerts against incidents people know of: precision, recall, and how long each took. Pure.

By events, not by minutes: an alert period is right when it overlaps an incident (prolonged by a grace
at its end), an incident is detected when some alert period overlaps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fireline.slo.replay.states import Period


@dataclass(frozen=True, slots=True)
class Incident:
    """Something users suffered from, in seconds since the epoch; of one ``service``, or of all."""

    name: str
    start: int
    end: int
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """One incident as one alert saw it.

    ``delay``: seconds from the incident's start to the alert, 0 when it fired already; None: missed.
    ``reset``: seconds from the incident's end to the end of the last alert, negative when that was
    earlier; None when missed or still firing.
    """

    incident: Incident
    delay: int | None
    reset: int | None
    periods: tuple[Period, ...] = ()
    """The alert periods that belong to it."""


@dataclass(frozen=True, slots=True)
class Score:
    """``right`` of ``fired`` alert periods were right, ``detected`` of ``happened`` incidents were seen."""

    right: int
    fired: int
    detected: int
    happened: int
    detections: tuple[Detection, ...]

    @property
    def precision(self) -> float | None:
        """Share of the alert periods that were right; None when there was none."""
        return self.right / self.fired if self.fired else None

    @property
    def recall(self) -> float | None:
        """Share of the incidents that were detected; None when there was none."""
        return self.detected / self.happened if self.happened else None


def score(periods: Iterable[Period], incidents: Sequence[Incident], *, grace: int) -> Score:
    """Periods of one alert, or of several merged, against incidents; ``grace`` in seconds."""
    fired = list(periods)
    detections = tuple(_detection(fired, incident, grace) for incident in incidents)
    return Score(
        right=sum(any(_overlaps(period, incident, grace) for incident in incidents) for period in fired),
        fired=len(fired),
        detected=sum(one.delay is not None for one in detections),
        happened=len(incidents),
        detections=detections,
    )


def merged(periods: Iterable[Period]) -> list[Period]:
    """Several alerts seen as one: periods that overlap or touch become one."""
    found: list[Period] = []
    for period in sorted(periods, key=lambda one: one.start):
        last = found[-1] if found else None
        if last is None or (last.end is not None and period.start > last.end):
            found.append(period)
        elif last.end is not None:
            end = None if period.end is None else max(last.end, period.end)
            found[-1] = Period(last.start, end)
    return found


def _overlaps(period: Period, incident: Incident, grace: int) -> bool:
    return period.start < incident.end + grace and (period.end is None or period.end > incident.start)


def _detection(periods: Iterable[Period], incident: Incident, grace: int) -> Detection:
    seen = [period for period in periods if _overlaps(period, incident, grace)]
    if not seen:
        return Detection(incident, None, None)
    last = max(seen, key=lambda period: period.start)
    return Detection(
        incident,
        delay=max(0, min(period.start for period in seen) - incident.start),
        reset=None if last.end is None else last.end - incident.end,
        periods=tuple(seen),
    )
