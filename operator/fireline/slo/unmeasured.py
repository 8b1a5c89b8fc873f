"""What a SyntheticCheck that does not measure means to an SLO on it: Unknown. Pure.

Runs that measured nothing are no events, so no budget burns. But then a check whose pods never start would
leave an SLO in perfect health; so its condition DataPresent says that nobody knows. Used by ``plan``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from fireline.api.conditions import found, parse_timestamp
from fireline.api.plan import Manifest
from fireline.promql.expr import number

_MEASURED = ("success", "failure", "error")
_BY_HOURS = 3600
"""Up to this interval coverage is that of the last hours, beyond that of the last days."""


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why what a check says cannot be relied on now: reason and words for a condition."""

    reason: Literal["CheckSuspended", "CheckNotMeasured"]
    message: str


def unmeasured(name: str, manifest: Manifest | None) -> Unmeasured | None:
    """Whether a check measures what it should, from its status; None when it does, or is not there.

    The words hold no figures: they would be another status after every run.
    """
    if manifest is None:
        return None
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    if spec.get("suspend"):
        return Unmeasured(
            "CheckSuspended", f"SyntheticCheck {name} is suspended: nothing is counted until it runs again"
        )
    fresh = found(status, "Fresh")
    if fresh is None or fresh["status"] != "True":
        why = f"Fresh is {fresh['status']} ({fresh['reason']})" if fresh else "nobody has looked at it yet"
        return Unmeasured("CheckNotMeasured", f"SyntheticCheck {name} does not measure: {why}; {_look(name)}")
    least = Decimal(str((spec.get("alert") or {}).get("coverageBelow") or "90"))
    if (share := lately(status)) is not None and 100 * share < least:
        words = (
            f"less than {number(least)} % of the latest runs of SyntheticCheck {name} measured anything; the "
            f"others spend no budget, and nobody knows what they would have found; {_look(name)}"
        )
        return Unmeasured("CheckNotMeasured", words)
    return None


def lately(status: Mapping[str, Any]) -> Decimal | None:
    """Which share of the expected runs measured something: of the running hour and the one before.

    Of a check that runs less often than every hour: of the running UTC day and the one before. By the slots
    that are counted, not by the clock: a check that is late says so itself. None when nothing was expected.
    """
    interval = (status.get("schedule") or {}).get("intervalSeconds") or 0
    if interval <= _BY_HOURS:
        counts = _latest(status.get("hours") or (), "hour", timedelta(hours=1))
    else:
        counts = _latest(status.get("days") or (), "day", timedelta(days=1))
    expected = sum(one.get("expected", 0) for one in counts)
    measured = sum(one.get(name, 0) for one in counts for name in _MEASURED)
    return Decimal(measured) / Decimal(expected) if expected else None


def _latest(periods: Any, key: str, length: timedelta) -> list[Mapping[str, Any]]:
    """The newest period with counts, and the one right before it."""
    times = [(_start(one[key]), one) for one in periods]
    newest = max((time for time, _ in times), default=None)
    return [] if newest is None else [one for time, one in times if time >= newest - length]


def _start(text: str) -> datetime:
    return parse_timestamp(text if "T" in text else f"{text}T00:00:00Z")


def _look(name: str) -> str:
    return f"see kubectl describe syntheticcheck {name}"
