"""The quality of a policy as it stands in its status: few keys, rounded text, nothing that is not known."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from fireline.alerting.quality.dead import Silence
from fireline.alerting.quality.measure import Quality
from fireline.api.conditions import timestamp
from fireline.promql.durations import Duration

_MINUTE = 60
_EPSILON = 1e-9
"""What sums of doubles may lack to a whole percent."""


def quality_status(quality: Quality, before: Quality | None, silence: Silence | None) -> dict[str, Any]:
    """``status.quality``. ``before``: the period before, for the trend; ``silence``: of what never fired.

    Counts are integers; shares are percent as text. What is not known is left out, and ``coverage`` says
    how much of the period is. ``falsePositives.before`` is there only when the period before could be judged.
    """
    found: dict[str, Any] = {
        "period": str(Duration.of(seconds=quality.period.seconds)),
        "asOf": timestamp(datetime.fromtimestamp(quality.period.end, UTC)),
        # Whole percent: that of a young policy grows all the time, and would be written as often.
        "coverage": str(math.floor(100 * quality.coverage + _EPSILON)),
    }
    if quality.coverage == 0:
        return found
    found |= {
        "episodes": len(quality.episodes),
        "pages": len(quality.pages),
        "pagesPerWeek": rounded(quality.pages_per_week),
        "offHoursPages": len(quality.off_hours),
        "flapping": len(quality.flapping),
        "meanTimeToResolve": length(quality.resolve_seconds),
        "precision": percent(quality.precision),
        "recall": percent(quality.recall),
        "falsePositives": _false(quality, before),
        "detection": _detection(quality),
        "neverFired": None if silence is None or silence.unknown else len(silence.silent),
    }
    return {key: value for key, value in found.items() if value not in (None, {}, [])}


def _false(quality: Quality, before: Quality | None) -> dict[str, Any]:
    shares = {"share": quality.false_share, "before": before.false_share if before else None}
    return {key: percent(value) for key, value in shares.items() if value is not None}


def _detection(quality: Quality) -> list[dict[str, Any]]:
    """By severity: median and p90, and where there is a target, it and whether nine in ten met it."""
    return [
        {"sev": one.sev, "median": length(one.median), "p90": length(one.p90)}
        | ({} if one.target is None else {"target": length(one.target), "met": one.p90 <= one.target})
        for one in quality.timings
    ]


def percent(share: float | None) -> str | None:
    """A share as percent, at most one decimal."""
    return None if share is None else rounded(100 * share)


def rounded(value: float | None) -> str | None:
    """At most one decimal."""
    return None if value is None else f"{value:.1f}".removesuffix(".0")


def length(seconds: float | None) -> str | None:
    """A length of time as Prometheus writes it; to the minute from ten minutes on."""
    if seconds is None:
        return None
    whole = round(seconds)
    if whole >= 10 * _MINUTE:
        whole -= whole % _MINUTE
    return str(Duration.of(seconds=whole))
