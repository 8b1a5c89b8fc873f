"""Counts looks: how many in a row said True, and for how long it is known to be False. Pure.

The rules, which :mod:`fireline.refresh.mitigations` follows with one :class:`Count` per question:

- True counts one tick and ends what was healthy. False ends the ticks.
- Unknown counts nothing and ends nothing: both counters are frozen. The time before and after a look that
  was Unknown is no healthy time, since nobody knows how it was.
- After :data:`FORGOTTEN` seconds of nothing but Unknown, or of no look at all, both counters start again:
  what was known so long ago says nothing of now.
- Between two looks further apart than :data:`GAP` seconds only that much counts as healthy.
- Seconds are those of a clock that never jumps; wall-clock times are only shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fireline.mitigation.model import NOT_LOOKED, Signal
from fireline.mitigation.verdicts import State, Verdict, unknown

FORGOTTEN = 300.0
"""As long as Prometheus itself goes on showing a value that is not renewed."""
GAP = 30.0
"""Twice the longest regular pause between two looks."""
_STILL = timedelta(seconds=2)
"""A shown time is left alone while it is right by so much."""


@dataclass(frozen=True, slots=True)
class Count:
    """``looked``: when the last look was, ``known``: when the last one was that was not Unknown; both in
    seconds of the steady clock. ``healthy``: seconds known to be False since it was last True.
    """

    state: State
    looked: float
    known: float | None = None
    ticks: int = 0
    healthy: float = 0.0
    false_since: datetime | None = None
    """Moved forward by all that does not count, so that now minus it is ``healthy``."""


def count(before: Count | None, state: State, *, steady: float, wall: datetime, most: int) -> Count:
    """One more look. ``most``: ticks beyond which nobody counts."""
    if before is not None and before.known is not None and steady - before.known > FORGOTTEN:
        before = None
    if state == "Unknown":
        return _frozen(before, steady, wall)
    if state == "True":
        ticks = min(most, (before.ticks if before else 0) + 1)
        return Count("True", steady, known=steady, ticks=ticks)
    healthy, shown = before.healthy if before else 0.0, None
    if before is not None and before.state == "False":
        healthy += min(GAP, max(0.0, steady - before.looked))
        shown = before.false_since
    since = _shown(shown, wall - timedelta(seconds=healthy))
    return Count("False", steady, known=steady, healthy=healthy, false_since=since)


def signal(verdict: Verdict, counted: Count, *, at: datetime) -> Signal:
    """What the planner reads. ``at``: when it was looked at."""
    since = verdict.since
    return Signal(
        state=verdict.state,
        message=verdict.message,
        at=at,
        value=verdict.value,
        since=datetime.fromtimestamp(since, at.tzinfo) if since is not None else None,
        ticks=counted.ticks,
        false_since=counted.false_since,
        details={**verdict.details, "reason": verdict.reason},
    )


def unseen(message: str, *, at: datetime, reason: str = NOT_LOOKED) -> Signal:
    """What is not looked at is not known, and nothing is counted."""
    verdict = unknown(reason, message)
    return signal(verdict, Count("Unknown", 0.0), at=at)


def _frozen(before: Count | None, steady: float, wall: datetime) -> Count:
    if before is None:
        return Count("Unknown", steady)
    # A healthy stretch is shown as if it had just been, however long ago it was.
    shown = wall - timedelta(seconds=before.healthy) if before.false_since is not None else None
    return Count(
        "Unknown",
        steady,
        known=before.known,
        ticks=before.ticks,
        healthy=before.healthy,
        false_since=shown,
    )


def _shown(before: datetime | None, now: datetime) -> datetime:
    """The same time as before as long as it is the same but for rounding."""
    return before if before is not None and abs(now - before) <= _STILL else now
