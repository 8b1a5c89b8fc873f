"""When users began to feel it: since when every five minutes burned more budget than there is."""

from __future__ import annotations

import math
from collections.abc import Iterable

LIMIT = 1.0
"""The burn rate that spends exactly the budget over the SLO window."""
_GAP = 2.5
"""Steps without a point after which nobody knows what was between."""


def impact_start(points: Iterable[tuple[float, float]], *, detected: float, step: float) -> float | None:
    """Unix time of the first five-minute window that burned faster than 1, of all those without a pause up to
    detection: late by less than ``step``. None when that is not known: nothing burned at detection, the
    series has a gap, or it burned already at the first point that was looked at.

    ``points`` are (Unix time, burn rate over five minutes), ``step`` their distance in seconds.
    """
    known = sorted((at, value) for at, value in points if at <= detected and math.isfinite(value))
    if not known or known[-1][0] < detected - _GAP * step:
        return None
    start: float | None = None
    for at, value in reversed(known):
        if start is not None and start - at > _GAP * step:
            return None
        if value <= LIMIT:
            return start
        start = at
    return None
