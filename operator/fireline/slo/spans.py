"""Expressions over a long window of recorded series: rates, burn, age and coverage.

Used by the shared windows, for all SLOs of a namespace, and by composites, for their members.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fireline.calendar.span import Span
from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.period import SLOWindow

BY = "by (namespace, slo, sli)"
ON = "on (namespace, slo, sli)"
_AGE_STEPS = 720
"""The age of an SLO is read at this many points of its window: hourly for 30 days."""
_YOUNG_STEPS = 24
"""For so many of these steps it is known better: to five minutes in the first day of 30."""
_DAY = names.SLOW_WINDOWS[0]
_DAY_SECONDS = _DAY.milliseconds // 1000
_DAY_AND_LATE = Duration(_DAY.milliseconds + names.SLICE.milliseconds)
"""A day may have ended up to Prometheus' lookback before the sample that tells the time knows of it."""
_PART = "__part__"
"""Tells two series of one SLO apart for a moment; no group can be named so."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Expressions over the series that ``of`` selects. ``at``: the Unix time whose periods are meant.

    ``maintenance``: some of the SLOs have maintenance, so excluded time is looked for.
    """

    of: Callable[[str], str]
    at: float
    maintenance: bool = False

    def mean_rate(self, kind: str, window: SLOWindow) -> str:
        """Mean rate over the window from 5-minute slices; of a calendar period, over the whole of it."""
        points = self._points(window)
        if window.calendar is None:
            return f"sum_over_time({self.of(names.slice5m(kind))}[{window}]) / {points}"
        return f"{self._of_period('sum', self.of(names.slice5m(kind)), window)} / {points}"

    def ratio(self, window: Duration | SLOWindow) -> str:
        """Share of bad events; absent without traffic, never NaN, and at most all of them."""
        bad = f"sum {BY} ({self.of(names.rate(names.BAD, window))})"
        total = f"sum {BY} ({self.of(names.rate(names.TOTAL, window))})"
        return f"clamp_max({bad} / ({total} > 0), 1)"

    def burn(self, window: Duration | SLOWindow) -> str:
        """The ratio in multiples of the error budget."""
        return f"{self.ratio(window)} / {ON} {self._budget}"

    @property
    def _budget(self) -> str:
        """The error budget of each SLO, which all have.

        ``max``, so that a series with further labels, from whatever a pod exposes or a federation brings,
        is no second one to match: that error would end the rule for every SLO of the namespace.
        """
        return f"max {BY} ({self.of(names.ERROR_BUDGET)})"

    def age_share(self, window: SLOWindow) -> str:
        """min(1, age / window), the age counted from the first recorded data; gaps do not reduce it.

        Maintenance is taken off both, and begins the age if it was before any data. The age of a calendar
        period begins with the period at the earliest.
        """
        length = self._length(window)
        seconds, born = f"{length.milliseconds // 1000}", self._born(length)
        if window.calendar is not None:
            born = f"clamp_min({born}, {self._span(window).start})"
        age = f"time() - {born}"
        if not self.maintenance:
            return f"clamp_max(({age}) / {seconds}, 1)"
        excluded = f"({self._excluded(window)} * 30 or {ON} 0 * {self._budget})"
        return f"clamp_max(({age} - {ON} {excluded}) / {ON} ({seconds} - {excluded}), 1)"

    def _born(self, length: Duration) -> str:
        """When the first data was recorded, as a Unix time in parentheses.

        It is looked up on a grid, up to one step late, which is taken off again: to an SLO of some minutes
        that would give the age of an hour. So a finer grid tells the first steps of a life.
        """
        step = Duration(length.milliseconds // _AGE_STEPS // 1000 * 1000)
        born = f"{self._first(length, step)} - {step.milliseconds // 1000}"
        if step <= names.SLICE:
            return f"({born})"
        lately = Duration(step.milliseconds * _YOUNG_STEPS)
        finer = Duration(max(names.SLICE.milliseconds, step.milliseconds // 12 // 1000 * 1000))
        return f"({born} < time() - {lately.milliseconds // 1000} or {self._first(lately, finer)})"

    def _first(self, length: Duration, step: Duration) -> str:
        """The first moment of a grid with data, as a Unix time.

        The rate over a day is there at every point of the grid, also for what is measured for minutes a day.
        """

        def earliest(metric: str) -> str:
            return f"min_over_time(timestamp({self.of(metric)})[{length}:{step}])"

        looked = [earliest(names.rate(names.TOTAL, _DAY))]
        if self.maintenance:
            looked.append(_part(earliest(names.MAINTENANCE_EXCLUDED), "maintenance"))
        return f"min {BY} ({' or '.join(looked)})"

    def coverage(self, window: SLOWindow) -> str:
        """Share of the window (of a calendar period: so far) that has slices; maintenance is no gap."""
        total = self.of(names.slice5m(names.TOTAL))
        if window.calendar is None:
            counted, points = f"count_over_time({total}[{window}])", f"{self._points(window)}"
        else:
            counted = self._of_period("count", total, window)
            slice_ = names.SLICE.milliseconds // 1000
            elapsed = f"(time() - {self._span(window).start})"
            points = f"(({elapsed} - {elapsed} % {slice_}) / {slice_})"
        seen = f"max {BY} ({counted})"
        if not self.maintenance:
            return f"clamp_max({seen} / {points}, 1)"
        excluded = f"({self._excluded(window)} / 10 or {ON} 0 * {self._budget})"
        return f"clamp_max({seen} / {ON} ({points} - {excluded}), 1)"

    def _excluded(self, window: SLOWindow) -> str:
        """Points of 30 s that maintenance took out of the window."""
        excluded = self.of(names.MAINTENANCE_EXCLUDED)
        if window.calendar is None:
            return f"max {BY} (count_over_time({excluded}[{window}]))"
        return f"max {BY} ({self._of_period('count', excluded, window)})"

    def _of_period(self, kind: str, points: str, window: SLOWindow) -> str:
        """Points since the start of the running period, summed or counted.

        A range cannot vary, so whole days from the start on are looked at one by one, those before it
        left out, and the running day by five minutes: two subqueries of hundreds of steps each, where one
        of points would hold thousands in memory for each SLO. Steps lie at midnight in UTC, hence the
        offset. Which day it is says the time of the evaluation, ``@ end()`` in each step, as the last
        sample of another rule tells it: up to some seconds early, when both parts still agree on the day
        before.
        """
        start = self._span(window).start
        shift = start % _DAY_SECONDS
        now = f"max(timestamp({self.of(names.OBJECTIVE)} @ end()))"
        today = f"scalar(floor(({now} - {shift}) / {_DAY_SECONDS}) * {_DAY_SECONDS})"
        offset = f" offset -{Duration.of(seconds=shift)}" if shift else ""
        whole = (
            f"{kind}_over_time({points}[{_DAY}]{offset}) "
            f"and on () (vector(time()) > {start - shift} <= {today})"
        )
        running = (
            f"{kind}_over_time({points}[{names.SLICE}]) "
            f"and on () (vector(time()) > {start} > {today} + {shift})"
        )
        days = f"sum_over_time(({whole})[{self._length(window)}:{_DAY}])"
        rest = f"sum_over_time(({running})[{_DAY_AND_LATE}:{names.SLICE}])"
        return f"sum without ({_PART}) ({_part(days, 'days')}\nor {_part(rest, 'today')})"

    def _span(self, window: SLOWindow) -> Span:
        return window.span(self.at)

    def _length(self, window: SLOWindow) -> Duration:
        return (
            window.rolling if window.rolling is not None else Duration.of(seconds=self._span(window).seconds)
        )

    def _points(self, window: SLOWindow) -> int:
        return self._length(window).milliseconds // names.SLICE.milliseconds


def _part(expr: str, name: str) -> str:
    """Series that may be joined to others of the same SLO by ``or``."""
    return f'label_replace({expr}, "{_PART}", "{name}", "", "")'
