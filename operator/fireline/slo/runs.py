"""What an SLO on a SyntheticCheck must know of that check. Pure.

Runs are few: a check every half hour has 48 events a day where a service has millions. So the windows of
burn-rate alerts hold at least three runs (``tiers.for_runs``), and what an objective can tell with so few
events is said. What a check that measures nothing means to its SLO is in ``unmeasured``.

How often a check runs is known to the room of checks, which this one does not import: ``fireline.app`` and
the CLI bring the function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import Any, Protocol

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.slo.model import Tier
from fireline.slo.period import SLOWindow

FEW_FAILURES = 10
"""An objective that lets fewer runs fail than this in its window judges by single runs."""
_WEEKS = 52
_DAY = 86_400
_MONDAY = 1_767_571_200
"""Monday, 5 January 2026: from here on runs are counted for an average."""
_STEPS = (5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 14_400, 43_200)
"""Seconds of intervals that a check can have and that people name."""


class Timing(Protocol):
    """A schedule, as the room of checks computes it."""

    def __hash__(self) -> int:
        """Schedules are remembered."""

    @property
    def interval(self) -> int:
        """Seconds between two runs; of a cron expression the shortest gap."""

    def count(self, after: float, until: float) -> int:
        """How many runs are due in ``(after, until]``, in seconds since the epoch."""


TimingOf = Callable[[Manifest], Timing | None]
"""The schedule of a SyntheticCheck; None when it cannot be carried out."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two runs (the shortest gap), and how many there are on an average day."""

    interval: int
    daily: float

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(timing: Timing) -> Pace:
        """Counted over a year of weeks."""
        days = 7 * _WEEKS
        return Pace(timing.interval, timing.count(_MONDAY, _MONDAY + days * _DAY) / days)

    def runs(self, seconds: float) -> float:
        """How many runs there are in so many seconds, on average."""
        return self.daily * seconds / _DAY


@dataclass(frozen=True, slots=True)
class OfCheck:
    """The check behind an SLO, as far as its rules depend on it; ``there``: there is one of this name."""

    name: str
    there: bool
    pace: Pace | None = None
    suspended: bool = False

    @classmethod
    def seen(cls, name: str, manifest: Manifest | None, timing_of: TimingOf) -> OfCheck:
        """As the cluster, or a file, holds it."""
        if manifest is None:
            return cls(name, there=False)
        timing = timing_of(manifest)
        spec = manifest.get("spec") or {}
        return cls(
            name, there=True, pace=Pace.of(timing) if timing else None, suspended=bool(spec.get("suspend"))
        )


def check_of(slo: Manifest) -> str | None:
    """Name of the check an SLO is about; None for all other SLOs, and for what has no such shape."""
    found_at: Any = slo
    for part in ("spec", "indicator", "synthetic", "check"):
        found_at = found_at.get(part) if isinstance(found_at, dict) else None
    return found_at if isinstance(found_at, str) else None


def notes(check: OfCheck, percent: Decimal, window: SLOWindow, slice_: Duration | None) -> Iterator[str]:
    """What the author of the SLO should know of its check."""
    name = f"SyntheticCheck {check.name}"
    if not check.there:
        yield f"{name} does not exist in this namespace: nothing is counted until it does"
    if check.suspended:
        yield f"{name} is suspended: nothing is counted meanwhile"
    if check.pace is None:
        return
    interval = Duration.of(seconds=check.pace.interval)
    if slice_ is not None:
        if slice_ < interval:
            yield (
                f"most slices of {slice_} hold no run of a check every {interval}, and count as good; write "
                f"slices of at least {interval}, or leave timeslice out"
            )
    elif (few := _few_failures(check.pace, percent, window)) is not None:
        yield few


def _few_failures(pace: Pace, percent: Decimal, window: SLOWindow) -> str | None:
    seconds = window.nominal.seconds
    runs, budget = pace.runs(seconds), float(100 - percent) / 100
    if runs * budget >= FEW_FAILURES:
        return None
    advice = [
        *([f"an objective of {objective} % or less"] if (objective := _objective(percent, runs)) else []),
        *([f"a run every {every}"] if (every := _every(pace, seconds, budget)) else []),
        "a longer window",
    ]
    return (
        f"a check every {Duration.of(seconds=pace.interval)} makes {runs:.0f} runs in {window}, of which "
        f"{number(percent)} % lets {runs * budget:.1f} fail: with fewer than {FEW_FAILURES} single runs "
        f"decide; {', or '.join(advice)} would allow {FEW_FAILURES}"
    )


def _objective(percent: Decimal, runs: float) -> str | None:
    """The highest objective that lets ten of the runs fail, with the digits of the one there is."""
    exact = Decimal(100) * (1 - Decimal(FEW_FAILURES) / Decimal(runs)) if runs > FEW_FAILURES else Decimal(0)
    exponent = percent.normalize().as_tuple().exponent
    digits = Decimal(1).scaleb(min(0, exponent if isinstance(exponent, int) else 0))
    rounded = exact.quantize(digits, ROUND_DOWN)
    return number(rounded) if rounded > 0 else None


def _every(pace: Pace, seconds: float, budget: float) -> str | None:
    """The longest common interval at which ten runs may fail, at the hours of the schedule there is."""
    share = pace.daily * pace.interval / _DAY
    longest = share * seconds * budget / FEW_FAILURES
    fitting = [step for step in _STEPS if step <= longest]
    return str(Duration.of(seconds=fitting[-1])) if fitting else None


def least_window(pace: Pace, runs: int) -> Duration:
    """The shortest window in steps of five minutes that holds so many intervals."""
    step = Duration.of(minutes=5).milliseconds
    return Duration(-(-pace.interval * 1000 * runs // step) * step)


def too_short(tiers: tuple[Tier, ...], pace: Pace, min_bad: int) -> Iterator[str]:
    """What is wrong with burn-rate alerts of one's own on a check that runs so seldom."""
    interval = Duration.of(seconds=pace.interval)
    for tier in tiers:
        if tier.long < (enough := least_window(pace, min_bad)):
            yield (
                f"{tier.name}: {tier.long} hold fewer than the {min_bad} runs of a check every {interval} "
                f"that must be bad, so that it hardly ever fires; long should be at least {enough}"
            )
        elif tier.short < (enough := least_window(pace, 3)):
            yield (
                f"{tier.name}: {tier.short} hold fewer than three runs of a check every {interval}, so that "
                f"it begins and ends with single runs; short should be at least {enough}"
            )
