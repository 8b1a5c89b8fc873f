"""How much of a window an SLO has lived through. Mirrors the age share of :mod:`fireline.slo.spans`."""

from __future__ import annotations

from bisect import bisect_right

from fireline.slo import names
from fireline.slo.period import SLOWindow
from fireline.slo.replay.record import SLICE_SECONDS, SLOW_SECONDS, Recorded
from fireline.slo.replay.track import Sums, Track, Value, sampled, times

_STEPS, _YOUNG_STEPS = 720, 24


class Age:
    """min(1, age / window), the age from the first data as the rules look it up: on a coarse grid.

    Maintenance is taken off both, and begins the age if it was before any data. The age of a calendar
    period begins with it at the earliest.
    """

    def __init__(self, recorded: Recorded, window: SLOWindow) -> None:
        self._recorded = recorded
        self._window = window
        self._days = list(recorded.rates(names.TOTAL, names.SLOW_WINDOWS[0]).values())
        self._excluded = excluded(recorded)
        self._looked_up: dict[int, tuple[list[int], list[int]]] = {}

    def share(self, time: int) -> Value:
        """The share at a time; None before the first data."""
        span = self._window.span(time)
        born = self._born(time, span.seconds)
        if born is None:
            return None
        age = time - (born if self._window.calendar is None else max(born, span.start))
        out = self._excluded.count(max(span.start, time - span.seconds), time) * self._recorded.step
        return min((age - out) / (span.seconds - out), 1.0) if out < span.seconds else None

    def _born(self, time: int, length: int) -> int | None:
        """When the first data was recorded; the first steps of a life are known better."""
        step = length // _STEPS or 1
        first, lately = self._first(time, length, step), step * _YOUNG_STEPS
        if step > SLICE_SECONDS and (first is None or first - step >= time - lately):
            return self._first(time, lately, max(SLICE_SECONDS, step // 12))
        return None if first is None else first - step

    def _first(self, time: int, length: int, step: int) -> int | None:
        """The first moment of a grid with data, or with maintenance."""
        seen, out_of_service = self._seen(step)
        first = _first(seen, time - length, time)
        began = _first(out_of_service, time - length, time)
        known = [
            at for at in (None if first is None else first - first % SLOW_SECONDS, began) if at is not None
        ]
        return min(known, default=None)

    def _seen(self, step: int) -> tuple[list[int], list[int]]:
        """Times of the grid at which there is a rate over a day, and at which there is maintenance."""
        if step not in self._looked_up:
            grid = times(self._recorded.start, self._recorded.end, step)
            seen = [at for at in grid if any(track.at(at) is not None for track in self._days)]
            out = [at for at in grid if self._recorded.upkeep and self._recorded.excluded(at) is not None]
            self._looked_up[step] = seen, out
        return self._looked_up[step]


def _first(times: list[int], after: int, until: int) -> int | None:
    """The first of the times in ``(after, until]``."""
    index = bisect_right(times, after)
    return times[index] if index < len(times) and times[index] <= until else None


def excluded(recorded: Recorded) -> Sums:
    """The evaluations at which nothing was counted because of maintenance."""
    if not recorded.upkeep:
        return Sums(Track(recorded.start, recorded.step, []))
    return Sums(sampled(recorded.start, recorded.end, recorded.step, recorded.excluded))
