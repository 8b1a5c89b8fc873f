"""The rates an SLO records itself, over windows of at most an hour. Mirrors :mod:`fireline.slo.recording`.

Counters are read over each window; gauges are looked at every step and summed; with Timeslices the
verdict on the last slice of time holds until the next.
"""

from __future__ import annotations

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Indicator, Objective, Timeslice
from fireline.slo.replay.counts import MOMENT, Answered, Counts, Rates, counts, near_windows
from fireline.slo.replay.track import Sums, Track, Value, sampled
from fireline.slo.replay.upkeep import Upkeep

_HELD_SECONDS = 60
"""A judged slice is held until the next one, which may come late by less than this."""


def mean(source: Rates, window: Duration, *, every: int, step: int, end: int) -> Rates:
    """Sums over a window of a series recorded every ``step`` seconds, divided by the expected points."""
    seconds = window.milliseconds // 1000
    return {
        group: _mean(track, seconds, points=seconds // step, every=every, end=end)
        for group, track in source.items()
    }


def _mean(source: Track, seconds: int, *, points: int, every: int, end: int) -> Track:
    """``sum_over_time(source[seconds]) / points`` at every evaluation up to ``end``."""
    sums = Sums(source)

    def value(time: int) -> Value:
        total = sums.sum(time - seconds, time)
        return None if total is None else total / points

    return sampled(source.start, end, every, value)


class Near:
    """Recorded rates over windows of at most an hour, and what they are made of."""

    def __init__(
        self, objective: Objective, answered: Answered, upkeep: Upkeep, *, step: int, end: int
    ) -> None:
        self._objective = objective
        self._upkeep = upkeep
        self._step = step
        self._end = end
        self.points: Counts | None = None
        """With a gauge: what each look found."""
        self.verdicts: Counts | None = None
        """With Timeslices: what each slice was, as it ended."""
        self.rates: dict[Duration, Counts] = self._computed(answered)

    def _computed(self, answered: Answered) -> dict[Duration, Counts]:
        objective, indicator = self._objective, self._objective.indicator
        if indicator is None:
            return {}
        if indicator.points:
            looked = counts(indicator, answered, MOMENT)
            self.points = self._clean(looked, names.SLICE)
        if objective.timeslice is not None:
            return self._of_slices(indicator, objective.timeslice, answered)
        if self.points is not None:
            return {window: self._means(self.points, window) for window in near_windows(objective)}
        return self._of_counters(indicator, answered)

    def _of_counters(self, indicator: Indicator, answered: Answered) -> dict[Duration, Counts]:
        raw = {window: counts(indicator, answered, window) for window in near_windows(self._objective)}
        if not self._upkeep:
            return raw
        clean = self._clean(raw[names.SLICE], names.SLICE)
        return {
            window: clean if window == names.SLICE else self._after_upkeep(one, clean, window)
            for window, one in raw.items()
        }

    def _clean(self, found: Counts, window: Duration) -> Counts:
        seconds = window.milliseconds // 1000
        return Counts(self._upkeep.without(found.total, seconds), self._upkeep.without(found.bad, seconds))

    def _after_upkeep(self, raw: Counts, fives: Counts, window: Duration) -> Counts:
        seconds, recorded = window.milliseconds // 1000, self._means(fives, window)
        return Counts(
            self._upkeep.replaced(raw.total, recorded.total, seconds),
            self._upkeep.replaced(raw.bad, recorded.bad, seconds),
        )

    def _of_slices(
        self, indicator: Indicator, timeslice: Timeslice, answered: Answered
    ) -> dict[Duration, Counts]:
        length = timeslice.length.milliseconds // 1000
        counted = (
            counts(indicator, answered, timeslice.length)
            if self.points is None
            else self._means(self.points, timeslice.length, every=length)
        )
        above = float(timeslice.bad_above)
        bad = {
            group: bad.join(counted.total[group], lambda some, all_: float(some > above * all_))
            for group, bad in counted.bad.items()
            if group in counted.total
        }
        good = {group: track.map(lambda _: 1.0) for group, track in counted.total.items()}
        self.verdicts = self._clean(Counts(good, bad), timeslice.length)
        held = Counts(self._held(self.verdicts.total, length), self._held(self.verdicts.bad, length))
        return {
            window: held if window <= names.SLICE else self._means(held, window)
            for window in near_windows(self._objective)
        }

    def _held(self, verdicts: Rates, length: int) -> Rates:
        """``last_over_time`` over a little more than a slice."""

        def hold(track: Track) -> Track:
            def last(time: int) -> Value:
                value = track.at(time)
                return track.at(time - length) if value is None and time % length < _HELD_SECONDS else value

            return sampled(track.start, self._end, self._step, last)

        held = {group: hold(track) for group, track in verdicts.items()}
        return self._upkeep.without(held, 0)

    def _means(self, source: Counts, window: Duration, *, every: int | None = None) -> Counts:
        return Counts(self._mean(source.total, window, every), self._mean(source.bad, window, every))

    def _mean(self, source: Rates, window: Duration, every: int | None) -> Rates:
        return mean(source, window, every=every or self._step, step=self._step, end=self._end)
