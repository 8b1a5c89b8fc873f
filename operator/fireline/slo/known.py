"""What is known of one SLO: recorded series and exact counts become one :class:`Observation`. Pure.

:mod:`fireline.refresh` keeps both and asks here; the planner sees the result only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from fireline.slo import names
from fireline.slo.budget import BURN_WINDOW, COUNTED, counted_seconds, weighting
from fireline.slo.exact import Stretch
from fireline.slo.forecast import Profile
from fireline.slo.ledger import Exact
from fireline.slo.model import Objective
from fireline.slo.observation import Observation, SeenEvents
from fireline.slo.readings import Reading
from fireline.slo.rounding import bucket, burn_rate, events, percent

RECORDED_COVERAGE = 0.95
"""From here on the recorded history is the source of the budget; below, exact queries are."""
_STANDARD = frozenset(
    str(window) for window in (*names.RAW_WINDOWS, *names.FAST_WINDOWS, *names.SLOW_WINDOWS)
)
_FORECAST_NEWS = 0.01
"""A burn of the last hour that moved by this share moves the forecast."""


def observation(
    objective: Objective, reading: Reading | None, exact: Exact | None, *, uncountable: bool = False
) -> Observation:
    """What is known of one SLO, with the budget from the better of its two sources.

    Recorded history cannot see what was before it began, so exact figures win until it covers 95 %
    of the window. ``uncountable``: Prometheus refuses the exact queries, recorded figures must do. A
    composite has no events of its own to count: it is recorded from the start.
    """
    seen = _recorded(objective, reading)
    if exact is not None:
        seen = replace(seen, raw_present=exact.present, profile=_profile(exact))
    covered = reading is not None and (reading.coverage or 0) >= RECORDED_COVERAGE
    must = objective.counted is None or (uncountable and reading is not None and reading.consumed is not None)
    if reading is not None and (covered or must):
        return replace(
            seen,
            source="Recorded",
            window=reading.window,
            consumed=reading.consumed,
            coverage=reading.coverage,
            events=_recorded_events(objective, reading, covered=covered),
        )
    if exact is None:
        return replace(seen, source="Pending" if reading else None)
    return replace(
        seen,
        source="Exact",
        at=datetime.fromtimestamp(exact.as_of, UTC),
        window=exact.sli,
        consumed=exact.consumed,
        coverage=exact.coverage,
        events=_exact_events(objective, exact),
        remarks=tuple(_remarks(exact)),
    )


def shown(seen: Observation) -> tuple[object, ...]:
    """What the status would show of an observation: two that are equal need no write.

    Without times, and without the place in the queue, which moves with every other SLO's turn.
    """
    figures = (
        _text(seen.current, 3),
        _text(seen.window, 3),
        _text(seen.consumed, 1),
        _text(seen.coverage, 1),
        tuple((window, burn_rate(value)) for window, value in sorted(seen.burn.items())),
        # The forecast follows from what is consumed and from this:
        bucket(seen.burn.get(BURN_WINDOW, 0.0), _FORECAST_NEWS),
        seen.profile is None,
        seen.events and (events(seen.events.bad), events(seen.events.total)),
        seen.groups
        and (seen.groups.number, tuple((one.labels, _text(one.consumed, 1)) for one in seen.groups.worst)),
        seen.audit and (seen.audit.agrees, _text(seen.audit.consumed, 1), _text(seen.audit.drift, 1)),
    )
    rest = replace(
        seen,
        at=None,
        queue=None,
        current=None,
        window=None,
        consumed=None,
        coverage=None,
        burn={},
        profile=None,
        events=None,
        groups=None,
        audit=None,
    )
    return rest, seen.at is None, *figures


def _profile(exact: Exact) -> Profile | None:
    """None where nothing was counted that could leave the window."""
    return None if exact.consumed is None else Profile(exact.as_of, exact.consumed, exact.spent)


def _exact_events(objective: Objective, exact: Exact) -> SeenEvents | None:
    if weighting(objective) not in COUNTED or exact.consumed is None:
        return None
    age = exact.age_seconds / counted_seconds(objective, datetime.fromtimestamp(exact.as_of, UTC))
    unit = _unit(objective)
    return _events(objective, exact.bad / unit, exact.total / unit, exact.consumed, age)


def _recorded_events(objective: Objective, reading: Reading, *, covered: bool) -> SeenEvents | None:
    """From the mean rate over the window (of a calendar period: the whole of it)."""
    if reading.rate is None or reading.window is None or reading.consumed is None:
        return None
    if weighting(objective) not in COUNTED:
        return None
    at = reading.at.timestamp()
    span = objective.window.span(at)
    total = reading.rate * span.seconds / _unit(objective)
    over = at - span.start - objective.maintenance.seconds(span.start, at)
    age = over / counted_seconds(objective, reading.at) if covered else None
    return _events(objective, total * (1 - reading.window), total, reading.consumed, age)


def _unit(objective: Objective) -> float:
    """What is counted for one event: 1, or the seconds of a slice, whose verdict stands for all of it."""
    return 1.0 if objective.timeslice is None else objective.timeslice.length.seconds


def _events(objective: Objective, bad: float, total: float, consumed: float, age: float | None) -> SeenEvents:
    """``allowed``: the bad events that are the whole budget if the window fills up at the rate seen.

    consumed = bad / allowed, so allowed = bad / consumed; and without any bad event the budget's share
    of the events that a full window will have, total / age (``age`` as a share of the window).
    """
    if bad > 0 and consumed > 0:
        return SeenEvents(bad, total, bad / consumed)
    return SeenEvents(bad, total, total / age * float(objective.budget_ratio) if age else None)


def _remarks(exact: Exact) -> Iterator[str]:
    """In whole hours: finer text would be a new status every few minutes."""
    if exact.excess:
        yield (
            "the exact figures are cut: more events match the indicator's part (bad or good) than its "
            "total; the part must select among the events of the total"
        )
    if exact.heavy:
        yield f"{_hours(exact.heavy)} of raw history is too heavy for Prometheus to count and is left out"
    if exact.unknown:
        yield (
            f"{_hours(exact.unknown)} had traffic without the series that tells good from bad and is left out"
        )


def _hours(stretches: Iterable[Stretch]) -> str:
    return f"{math.ceil(sum(stretch.seconds for stretch in stretches) / 3600)} h"


def _text(ratio: float | None, digits: int) -> str | None:
    return None if ratio is None else percent(ratio, digits)


def _recorded(objective: Objective, reading: Reading | None) -> Observation:
    if reading is None:
        return Observation()
    other = min(reading.hashes - {objective.spec_hash}, default=None)
    return Observation(
        at=reading.at,
        loaded_hash=objective.spec_hash if objective.spec_hash in reading.hashes else other,
        windows_loaded=reading.windows_loaded,
        total_present=reading.total_present,
        bad_present=reading.bad_present,
        missing=reading.missing,
        current=reading.current,
        burn=_own_burn(objective, reading.burn),
        alerts=reading.alerts,
        groups=reading.groups if objective.group_by else None,
    )


def _own_burn(objective: Objective, burn: Mapping[str, float]) -> Mapping[str, float]:
    """Without the windows that only another SLO of the namespace has tiers for."""
    if burn.keys() <= _STANDARD:
        return burn
    own = {str(window) for tier in objective.tiers for window in (tier.long, tier.short)}
    return {window: value for window, value in burn.items() if window in _STANDARD or window in own}
