"""How much of a window an SLO has lived through. Mirrors the age share of :mod:`fireline.slo.spans`."""

from __future__ import annotations

from bisect import bisect_right

from fireline.slo import names
from fireline.slo.period import SLOWindow
from fireline.slo.replay.record import SLICE_SECONDS, Recorded
from fireline.slo.replay.track import Sums, Track, Value, sampled, times

_STEPS = 720


class Age:
    """min(1, age / window), the age from the first slice as the rules look it up: on a coarse grid.

    Maintenance is taken off both. The age of a calendar period begins with it at the earliest.
    """

    def __init__(self, recorded: Recorded, window: SLOWindow) -> None:
        self._recorded = recorded
        self._window = window
        self._slices = list(recorded.slices(names.TOTAL).values())
        self._excluded = excluded(recorded)
        self._looked_up: dict[int, list[int]] = {}

    def share(self, time: int) -> Value:
        """The share at a time; None before the first slice."""
        span = self._window.span(time)
        step = span.seconds // _STEPS or 1
        seen = self._seen(step)
        index = bisect_right(seen, time - span.seconds)
        if index == len(seen) or seen[index] > time:
            return None
        born = seen[index] - seen[index] % SLICE_SECONDS - step
        age = time - (born if self._window.calendar is None else max(born, span.start))
        out = self._excluded.count(max(span.start, time - span.seconds), time) * self._recorded.step
        return min((age - out) / (span.seconds - out), 1.0) if out < span.seconds else None

    def _seen(self, step: int) -> list[int]:
        """Times of the grid at which there is a slice."""
        if step not in self._looked_up:
            first = self._slices[0].start if self._slices else self._recorded.end + 1
            grid = times(first, self._recorded.end, step)
            self._looked_up[step] = [
                at for at in grid if any(track.at(at) is not None for track in self._slices)
            ]
        return self._looked_up[step]


def excluded(recorded: Recorded) -> Sums:
    """The evaluations at which nothing was counted because of maintenance."""
    if not recorded.upkeep:
        return Sums(Track(recorded.start, recorded.step, []))
    return Sums(sampled(recorded.start, recorded.end, recorded.step, recorded.excluded))
