"""Bad events from what an indicator counts, and slices of time that are bad as a whole.

The same forms for rules, where ``total`` is a recorded series, and for exact figures, where it is an
expression over raw series.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, number
from fireline.slo.indicators import LOOK_SECONDS
from fireline.slo.model import Indicator, Timeslice, over


def bad_rate(counts: Literal["Bad", "Good", "Below"], total: str, part: str, groups: Sequence[str]) -> str:
    """Bad events per second: 0 when there is traffic and no bad series.

    Good counts below a service that never answered well are absent, which makes all of it bad. Events
    below a latency bound have no such fallback: a missing bucket while there is traffic leaves ``bad``
    absent, which shows as missing data instead of as a perfect or a lost budget. NaN and Inf never pass.
    """
    on = f"on ({', '.join(groups)})"
    match counts:
        case "Bad":
            return f"{part} >= 0 < Inf or {on} 0 * {total}"
        case "Good":
            return f"clamp_min({total} - {on} ({part} >= 0 < Inf or {on} 0 * {total}), 0)"
        case "Below":
            return f"clamp_min({total} - {on} ({part}), 0) < Inf or {on} {total} == 0"


def judged(total: str, bad: str, bad_above: Decimal, groups: Sequence[str]) -> str:
    """1 for a slice of time that is bad as a whole, 0 for one that is good or idle."""
    return f"({bad}) > bool on ({', '.join(groups)}) {number(bad_above)} * ({total})"


def sliced(rules: Indicator, timeslice: Timeslice, groups: Sequence[str]) -> Indicator:
    """Slices of time as events, for exact figures: they end at multiples of their length since the epoch."""
    length = timeslice.length
    step = f"[{length}:{Duration.of(seconds=LOOK_SECONDS)}]"

    def one(rate: str) -> str:
        return f"(sum_over_time(({rate}){step}))" if rules.points else f"({over(rate, length)} >= 0 < Inf)"

    def each(slice_: str) -> str:
        seconds = length.milliseconds // 1000
        return f"sum_over_time(({slice_})[{WINDOW}:{length}]) * {seconds} / $seconds"

    total = one(rules.total)
    bad = bad_rate(rules.counts, total, one(rules.part), groups)
    return Indicator(
        total=each(f"{total} * 0 + 1"),
        part=each(judged(total, bad, timeslice.bad_above, groups)),
        counts="Bad",
        presence=rules.presence,
        joined=False,
    )
