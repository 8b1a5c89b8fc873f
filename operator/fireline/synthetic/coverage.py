"""Shares of counted runs as people read them: coverage, and availability over days against a target.

Used by ``fireline.synthetic.ledger`` for the status and by reports. Shares are computed from whole
numbers and rounded down, so that nothing looks met that is not, and 100 means all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fireline.synthetic.runs import Outcome

MEASURED = tuple(str(outcome) for outcome in Outcome if outcome.measured)
Counts = Mapping[str, int]


def percent(part: int, whole: int) -> str | None:
    """``part`` of ``whole`` as percent, rounded down to thousandths; None when there is no whole."""
    if whole <= 0:
        return None
    thousandths = part * 100_000 // whole
    return f"{thousandths // 1000}.{thousandths % 1000:03}".rstrip("0").rstrip(".")


def measured(counts: Counts) -> int:
    """Runs that asked the target and know what came of it."""
    return sum(counts.get(outcome, 0) for outcome in MEASURED)


def coverage(counts: Counts) -> str | None:
    """Which share of the expected runs measured something; None when none was expected."""
    return percent(measured(counts), counts.get("expected", 0))


def availability(
    counts: Counts, *, window_days: int, target: str | None, coverage_below: str = "0"
) -> dict[str, Any]:
    """``status.availability``: successes among measured runs; no ``value`` and ``met`` when unknown.

    Below ``coverage_below`` percent of coverage nobody knows that a target is met; that it is not met is
    known when it would not be even if all runs that are missing had succeeded.
    """
    good, whole = counts.get(Outcome.SUCCESS, 0), measured(counts)
    told: dict[str, Any] = {"window": f"{window_days}d"}
    if target is not None:
        told["target"] = target
    value = percent(good, whole)
    if value is not None:
        told["value"] = value
        if target is not None:
            told |= _met(good, whole, counts.get("expected", 0), Decimal(target), Decimal(coverage_below))
    return told


def _met(good: int, whole: int, expected: int, target: Decimal, coverage_below: Decimal) -> dict[str, bool]:
    if 100 * whole >= coverage_below * expected:
        return {"met": 100 * good >= target * whole}
    missed = 100 * (expected - whole + good) < target * expected
    return {"met": False} if missed else {}


def first_day(now: datetime, window_days: int) -> str:
    """The first UTC day of a window of so many, today included."""
    return (now.astimezone(UTC).date() - timedelta(days=window_days - 1)).isoformat()


def over(days: Mapping[str, Counts], since: str) -> dict[str, int]:
    """The sum of all days from one on."""
    total: dict[str, int] = {}
    for day, counts in days.items():
        if day >= since:
            for name, number in counts.items():
                total[name] = total.get(name, 0) + number
    return total
