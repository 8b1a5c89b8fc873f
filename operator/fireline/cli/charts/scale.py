"""Values and times → places on a picture, and round numbers for the ticks. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

_TIME_STEPS = (60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 604_800)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Linear:
    """Maps ``[low, high]`` to ``[at_low, at_high]``; what is outside goes to the edge."""

    low: float
    high: float
    at_low: float
    at_high: float

    def __call__(self, value: float) -> float:
        """Place of a value."""
        inside = min(max(value, self.low), self.high)
        return self.at_low + (inside - self.low) / (self.high - self.low) * (self.at_high - self.at_low)

    def ticks(self, most: int) -> list[float]:
        """At most about so many round values inside."""
        rough = (self.high - self.low) / max(most, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * size for size in (1, 2, 2.5, 5, 10) if power * size >= rough)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Log:
    """Maps ``[low, high]``, powers of ten, to ``[at_low, at_high]``; what is outside goes to the edge."""

    low: float
    high: float
    at_low: float
    at_high: float

    def __call__(self, value: float) -> float:
        """Place of a value; 0 is at the low edge."""
        exponent = math.log10(min(max(value, self.low), self.high))
        share = (exponent - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return self.at_low + share * (self.at_high - self.at_low)

    def ticks(self) -> list[float]:
        """The powers of ten."""
        return [10.0**n for n in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]


def time_ticks(start: int, end: int, most: int) -> list[int]:
    """Round times in UTC in ``[start, end]``, at most so many."""
    step = next((one for one in _TIME_STEPS if (end - start) / one <= most), None)
    if step is None:
        step = math.ceil((end - start) / most / _DAY) * _DAY
    return list(range(start + -start % step, end + 1, step))


def time_label(at: int, ticks: list[int]) -> str:
    """``Nov 3`` at midnight and where ticks are days, else ``08:00``."""
    moment = datetime.fromtimestamp(at, UTC)
    daily = len(ticks) > 1 and ticks[1] - ticks[0] >= _DAY
    if daily or at % _DAY == 0:
        return f"{moment:%b} {moment.day}"
    return f"{moment:%H:%M}"
