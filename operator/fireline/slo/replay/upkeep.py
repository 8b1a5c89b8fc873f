"""Maintenance as the rules see it at each evaluation. Mirrors :mod:`fireline.slo.upkeep`."""

from __future__ import annotations

from bisect import bisect_right

from fireline.slo import upkeep
from fireline.slo.model import Objective
from fireline.slo.replay.counts import Rates
from fireline.slo.replay.track import Track, Value


class Upkeep:
    """The maintenance of an SLO between two times; empty without any."""

    def __init__(self, objective: Objective, start: int, end: int) -> None:
        self._remembered = upkeep.remembered(objective)
        self.settling = upkeep.settling(objective)
        """Seconds after a maintenance until missing data is missed."""
        schedule = objective.maintenance
        spans = schedule.spans(start - self._remembered, end) if schedule else ()
        self._in_slices = objective.timeslice is not None
        self._starts = [span.start for span in spans]
        self._ends = [span.end for span in spans]

    def __bool__(self) -> bool:
        return bool(self._starts)

    @property
    def longest_absence(self) -> int:
        """Seconds for which nothing is counted in the longest one."""
        longest = max((end - start for start, end in zip(self._starts, self._ends, strict=True)), default=0)
        return longest + (self.settling if longest and self._in_slices else 0)

    def end(self, time: int) -> Value:
        """``slo:maintenance:end``: when the running or last maintenance ends, known for a while."""
        index = bisect_right(self._starts, time) - 1
        if index < 0 or time >= self._ends[index] + self._remembered:
            return None
        return float(self._ends[index])

    def lately(self, time: int, seconds: int) -> bool:
        """Whether the last ``seconds`` still touch a maintenance (0: whether it is going on)."""
        end = self.end(time)
        return end is not None and end + seconds > time

    def without(self, rates: Rates, seconds: int) -> Rates:
        """Rates over ``seconds``, absent until they are clean of any maintenance."""
        if not self:
            return rates
        return {group: self._masked(track, seconds) for group, track in rates.items()}

    def replaced(self, rates: Rates, others: Rates, seconds: int) -> Rates:
        """Rates over ``seconds``, taken from ``others`` while they touch a maintenance."""
        if not self:
            return rates
        return {group: self._either(track, others.get(group), seconds) for group, track in rates.items()}

    def _masked(self, track: Track, seconds: int) -> Track:
        return self._either(track, None, seconds)

    def _either(self, track: Track, other: Track | None, seconds: int) -> Track:
        values = list(track.values)
        for index, _ in enumerate(values):
            time = track.start + index * track.step
            if self.lately(time, seconds):
                values[index] = other.at(time) if other is not None else None
        return Track(track.start, track.step, values)
