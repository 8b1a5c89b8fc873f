"""Expressions over a long window of recorded series: rates, burn, age and coverage.

Used by the shared windows, for all SLOs of a namespace, and by composites, for their members.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.period import SLOWindow, Span

BY = "by (namespace, slo, sli)"
ON = "on (namespace, slo, sli)"
_AGE_STEPS = 720
"""The age of an SLO is read at this many points of its window: hourly for 30 days."""
_STEPS = (Duration.of(hours=1), Duration.of(minutes=30), Duration.of(minutes=15), names.SLICE)
"""What a calendar period is summed in."""
_LATE = Duration.of(minutes=5)
"""An hour may have ended up to Prometheus' lookback before the sample that tells the time knows of it."""
_DAY = names.SLOW_WINDOWS[0]
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

        It is looked up on a grid, up to one step late: the step is added back. The rate over a day is
        there at every point of the grid, also for what is measured for minutes a day. Maintenance is
        taken off both, and begins the age if it was before any data. The age of a calendar period begins
        with the period at the earliest.
        """
        length = self._length(window)
        step = Duration(length.milliseconds // _AGE_STEPS // 1000 * 1000)

        def earliest(metric: str) -> str:
            return f"min_over_time(timestamp({self.of(metric)})[{length}:{step}])"

        looked = [earliest(names.rate(names.TOTAL, _DAY))]
        if self.maintenance:
            looked.append(_part(earliest(names.MAINTENANCE_EXCLUDED), "maintenance"))
        first = f"min {BY} ({' or '.join(looked)})"
        seconds = f"{length.milliseconds // 1000}"
        late = step.milliseconds // 1000
        if window.calendar is None:
            age = f"time() - {first} + {late}"
        else:
            age = f"time() - clamp_min({first} - {late}, {self._span(window).start})"
        if not self.maintenance:
            return f"clamp_max(({age}) / {seconds}, 1)"
        excluded = f"({self._excluded(window)} * 30 or {ON} 0 * {self._budget})"
        return f"clamp_max(({age} - {ON} {excluded}) / {ON} ({seconds} - {excluded}), 1)"

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
        return f"max {BY} ({self._of_period('count', excluded, window, every=names.RAW_INTERVAL)})"

    def _of_period(self, kind: str, points: str, window: SLOWindow, *, every: Duration = names.SLICE) -> str:
        """Points (slices) since the start of the running period, summed or counted.

        A range cannot vary, so whole hours are looked at one by one, those before the start left out,
        and the running hour point by point. Which hour that is says the time of the evaluation, ``@ end()``
        in each of them, as the last sample of another rule tells it: up to some seconds early, when both
        parts still agree on the hour before. Two subqueries of hundreds of steps; one of points would
        hold thousands of points in memory.
        """
        start, step = self._span(window).start, self._step(window)
        seconds = step.milliseconds // 1000
        now = f"max(timestamp({self.of(names.OBJECTIVE)} @ end()))"
        hour = f"scalar(floor({now} / {seconds}) * {seconds})"
        whole = f"{kind}_over_time({points}[{step}]) and on () (vector(time()) > {start} <= {hour})"
        running = f"{points} and on () (vector(time()) > {hour})"
        hours = f"sum_over_time(({whole})[{self._length(window)}:{step}])"
        reach = Duration(step.milliseconds + _LATE.milliseconds)
        rest = f"{kind}_over_time(({running})[{reach}:{every}])"
        return f"sum without ({_PART}) ({_part(hours, 'whole')}\nor {_part(rest, 'running')})"

    def _step(self, window: SLOWindow) -> Duration:
        """Whole hours, unless the time zone's midnight is at half or quarter past one."""
        start = self._span(window).start
        # Offsets with seconds ended in 1972, but rules are hashed as of 1970.
        fitting = (step for step in _STEPS if start % (step.milliseconds // 1000) == 0)
        return next(fitting, names.SLICE)

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
