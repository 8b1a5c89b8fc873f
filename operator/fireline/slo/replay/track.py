"""A recorded series: one value, or none, at every evaluation of its rule. Used by all of ``replay``.

A rule that yields nothing writes a stale marker, so an instant selector sees the value of the latest
evaluation or nothing. A range selector sees the values there are, without the left end of its range
(as Prometheus 3 does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

Value = float | None


@dataclass(frozen=True, slots=True)
class Track:
    """Values at ``start``, ``start + step``, … in seconds since the epoch; None where nothing was recorded.

    ``start`` is a multiple of ``step``, as all times here: groups are taken to be evaluated at whole
    multiples of their interval.
    """

    start: int
    step: int
    values: list[Value] = field(repr=False)

    @property
    def end(self) -> int:
        """Time of the last evaluation."""
        return self.start + (len(self.values) - 1) * self.step

    def at(self, time: int) -> Value:
        """What an instant selector finds: the value of the latest evaluation."""
        index = (time - self.start) // self.step
        return self.values[index] if 0 <= index < len(self.values) else None

    def samples(self) -> Iterator[tuple[int, float]]:
        """(time, value) where there is a value."""
        for index, value in enumerate(self.values):
            if value is not None:
                yield self.start + index * self.step, value

    def map(self, change: Callable[[float], Value]) -> Track:
        """A track of changed values; None stays None."""
        return Track(
            self.start, self.step, [None if value is None else change(value) for value in self.values]
        )

    def join(self, other: Track, change: Callable[[float, float], Value]) -> Track:
        """Values made of two tracks on the same grid, where both have one."""
        assert (self.start, self.step) == (other.start, other.step)  # noqa: S101 - our own mistake
        return Track(
            self.start,
            self.step,
            [
                None if one is None or two is None else change(one, two)
                for one, two in zip(self.values, other.values, strict=True)
            ],
        )


def summed(tracks: list[Track]) -> Track:
    """``sum without (groups)``: the sum of what is there; None where no track has a value."""
    if len(tracks) == 1:
        return tracks[0]
    first = tracks[0]
    values: list[Value] = []
    for row in zip(*(track.values for track in tracks), strict=True):
        there = [value for value in row if value is not None]
        values.append(sum(there) if there else None)
    return Track(first.start, first.step, values)


class Sums:
    """Sums and counts over any range of a track, by running totals."""

    def __init__(self, track: Track) -> None:
        self._start, self._step, self._last = track.start, track.step, len(track.values)
        self._sums = [0.0, *accumulate(0.0 if value is None else value for value in track.values)]
        self._counts = [0, *accumulate(0 if value is None else 1 for value in track.values)]

    def _until(self, time: int) -> int:
        """How many evaluations there were up to a time, the time included."""
        return min(max((time - self._start) // self._step + 1, 0), self._last)

    def sum(self, after: int, until: int) -> Value:
        """``sum_over_time`` over ``(after, until]``; None without any value in it."""
        low, high = self._until(after), self._until(until)
        return self._sums[high] - self._sums[low] if self._counts[high] > self._counts[low] else None

    def count(self, after: int, until: int) -> int:
        """``count_over_time`` over ``(after, until]``; 0 where Prometheus would say nothing."""
        return self._counts[self._until(until)] - self._counts[self._until(after)]


def times(start: int, end: int, step: int) -> range:
    """The multiples of ``step`` in ``[start, end]``."""
    return range(start + -start % step, end + 1, step)


def sampled(start: int, end: int, step: int, value: Callable[[int], Value]) -> Track:
    """A track of what a rule yields at each of its evaluations in ``[start, end]``."""
    grid = times(start, end, step)
    return Track(grid.start, step, [value(time) for time in grid])
