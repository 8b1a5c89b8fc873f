"""When an error budget will be used up: "at the present burn", and "net of what rolls off". Pure.

``budget`` calls it for the status. Everything here is counted in shares of the whole budget (1 is all
of it) and in seconds; moments are Unix times, and ``NEVER`` is the infinite one.

A burn rate of 1 spends exactly the budget over the SLO window W, so a burn rate b spends b / W of it
per second, as long as traffic stays what it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.slo.ledger import Spent

NEVER = math.inf
NEVER_TEXT = "Never"
FAR_SECONDS = 10 * 365 * 86_400.0
"""What is further away than ten years is called never."""
_STEPS = (10, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400)
_ROUNDED_TO = 0.01
"""A moment is rounded to the longest of ``_STEPS`` within this share of the time left until then."""
_ROUNDING = 1e-9
_SAME = 0.015
"""A forecast within this share of the time left says nothing new."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How the ``consumed`` share of the budget was spent, stretch by stretch, as counted at ``at``."""

    at: float
    consumed: float
    spent: tuple[Spent, ...]


def at_current_burn(*, now: float, consumed: float, burn: float, window: float) -> float:
    """When the budget is gone if ``burn`` goes on and nothing comes back.

    1 - consumed is left and burn / W is spent per second: it lasts (1 - consumed) x W / burn.
    """
    if burn <= 0:
        return NEVER
    return _near(now, now + (1 - consumed) * window / burn)


def before_the_end(moment: float, end: float) -> float:
    """The same for a calendar period: its budget starts afresh at ``end``, so that later is never."""
    return moment if moment < end else NEVER


def net_of_roll_off(*, now: float, consumed: float, burn: float, window: float, profile: Profile) -> float:
    """When a rolling budget is gone, counting that old errors leave the window meanwhile.

    x seconds from now the window reaches back to now + x - W. Of what was spent in a stretch of time
    c, the part that lies after that is still in it; spending within a stretch is taken as even. So

        consumed(x) = sum over stretches of c x (part still inside) + burn x / W    for 0 <= x <= W

    which is piecewise linear: its slope changes only where a stretch begins or ends to leave. What is
    sought is the first x with consumed(x) = 1. Beyond x = W nothing is in the window but the new
    burn: consumed stays at ``burn``, so what has not run out by then never will.
    """
    changes = sorted(
        (x, change)
        for leaving in _leaving(now, consumed, window, profile)
        for x, change in ((leaving.begins, -leaving.rate), (leaving.ends, leaving.rate))
    )
    slope, value, before = burn / window, consumed, 0.0
    for x, change in [*changes, (window, 0.0)]:
        reached = value + slope * (x - before)
        if reached >= 1 - _ROUNDING and slope > 0:
            return _near(now, now + before + max(0.0, 1 - value) / slope)
        slope, value, before = slope + change, reached, x
    return NEVER


def told(moment: float, now: float, before: str | None) -> str:
    """The moment as status text: a time rounded to about 1 % of the time left until then, or ``Never``.

    What was told ``before`` stays while it is within 1.5 % of the time left, so that a steady burn,
    which always points at the same moment, writes no status.
    """
    if moment == NEVER:
        return NEVER_TEXT
    left = moment - now
    if before and before != NEVER_TEXT:
        earlier = parse_timestamp(before).timestamp()
        if abs(earlier - moment) <= _SAME * left:
            return before
    step = max((one for one in _STEPS if one <= _ROUNDED_TO * left), default=_STEPS[0])
    return timestamp(datetime.fromtimestamp(round(moment / step) * step, UTC))


@dataclass(frozen=True, slots=True)
class _Leaving:
    """Spent budget that leaves the window evenly, from ``begins`` to ``ends`` seconds from now."""

    begins: float
    ends: float
    rate: float


def _leaving(now: float, consumed: float, window: float, profile: Profile) -> Iterator[_Leaving]:
    """What of the profile is still in the window, so weighed that it adds up to ``consumed``.

    The profile may be older than ``consumed`` (recorded figures are read every 30 s, raw history is
    counted less often). What it does not know of was spent since; what it knows too much of, as by
    rounding, is taken off all of it alike.
    """
    bad = sum(max(0.0, one.bad) for one in profile.spent)
    known: list[tuple[float, float, float]] = []
    for one in profile.spent:
        begins, ends = one.start + window - now, one.end + window - now
        if ends > 0 and one.bad > 0:
            share = profile.consumed * one.bad / bad * min(1.0, ends / (ends - begins))
            # Counted a moment after ``consumed`` was read, a stretch may end a moment after now.
            known.append((min(max(0.0, begins), window - 1), min(ends, window), share))
    inside = sum(share for _, _, share in known)
    weight = min(1.0, consumed / inside) if inside > 0 else 1.0
    for begins, ends, share in known:
        yield _Leaving(begins, ends, share * weight / (ends - begins))
    since = min(profile.at, now - 1)
    if consumed > inside:
        begins = max(0.0, since + window - now)
        yield _Leaving(begins, window, (consumed - inside) / (window - begins))


def _near(now: float, moment: float) -> float:
    return moment if moment - now <= FAR_SECONDS else NEVER
