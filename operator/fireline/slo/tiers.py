"""Burn-rate tiers: which share of the budget, spent how fast, is worth waking whom.

The standard tiers are those of the SRE workbook, chapter 5 (2 % of the budget in 1 h, 5 % in 6 h,
10 % in 3 d) with the usual fourth between them (10 % in 1 d). The factor of a tier is
``budget share x SLO window / long window``: 14.4, 6, 3 and 1 for 30 days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Literal

from fireline.api.slo_alerting import BurnRate
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.slo.model import Tier
from fireline.slo.runs import Pace, least_window

_SUSTAINABLE = Decimal(1)
"""Burning at factor 1 spends exactly the budget: below it nothing is wrong, so no tier goes there."""
_REACHABLE_SHARE = Decimal("0.8")
"""A tier that could only fire above 80 % errors (or never) is lowered to fire there."""
_DIGITS = Decimal("0.001")
FASTEST = Duration.of(hours=1)
"""A page over at most this long is an outage (sev0), a slower one a major degradation (sev1)."""


@dataclass(frozen=True, slots=True)
class _Standard:
    name: str
    long: Duration
    short: Duration
    share: Decimal
    severity: Literal["critical", "warning"]
    sev: Literal["sev0", "sev1", "sev2"]
    page: bool


_STANDARD = (
    _Standard("PageFast", FASTEST, Duration.of(minutes=5), Decimal("0.02"), "critical", "sev0", True),
    _Standard(
        "PageSlow", Duration.of(hours=6), Duration.of(minutes=30), Decimal("0.05"), "critical", "sev1", True
    ),
    _Standard(
        "TicketFast", Duration.of(days=1), Duration.of(hours=2), Decimal("0.10"), "warning", "sev2", False
    ),
    _Standard(
        "TicketSlow", Duration.of(days=3), Duration.of(hours=6), Decimal("0.10"), "warning", "sev2", False
    ),
)
STANDARD_NAMES = tuple(standard.name for standard in _STANDARD)


def standard_tiers(window: Duration, budget: Decimal) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """The standard tiers for an SLO window and a budget ratio, with notes on what was changed.

    A tier whose long window exceeds the SLO window is left out. A factor below 1 is raised to 1, and
    one that a total outage (burn ``1 / budget``) would hardly or never reach is lowered; both are said.
    """
    tiers, notes = [], []
    for standard in _STANDARD:
        if standard.long > window:
            continue
        exact = _factor(standard.share, window, standard.long)
        factor, note = _fit(standard.name, exact, budget)
        notes += [note] if note else []
        tiers.append(
            Tier(
                name=standard.name,
                long=standard.long,
                short=standard.short,
                factor=factor,
                severity=standard.severity,
                sev=standard.sev,
                page=standard.page,
            )
        )
    return tuple(tiers), tuple(notes)


_RUNS = 3
"""A short window of fewer runs begins and ends with single ones."""


def for_runs(
    tiers: Iterable[Tier], pace: Pace, window: Duration, min_bad: int
) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """The same tiers for a check that runs so seldom, with notes on what was changed.

    Short windows hold at least three runs, long ones twice as many, and more than the ``min_bad`` that must
    be bad. Factors stay: how fast a burn must be to wake somebody does not depend on how often one looks.
    It only takes longer to be known. A long window ends at that of the SLO; a tier that has no room is left
    out.
    """
    shortest = least_window(pace, _RUNS)
    enough = max(least_window(pace, 2 * _RUNS), least_window(pace, min_bad + 1))
    interval = Duration.of(seconds=pace.interval)
    found, notes = [], []
    for tier in tiers:
        short, long = max(tier.short, shortest), min(max(tier.long, enough), window)
        if (short, long) == (tier.short, tier.long):
            found.append(tier)
        elif short >= long:
            notes.append(
                f"{tier.name}: left out, since {window} have no room for windows that hold enough runs of a "
                f"check every {interval}"
            )
        else:
            found.append(replace(tier, short=short, long=long))
            notes.append(
                f"{tier.name}: looks at {long} and {short} instead of {tier.long} and {tier.short}, so that "
                f"there are at least {_RUNS} runs of a check every {interval} in each"
            )
    return tuple(found), tuple(notes)


def own_tiers(given: Iterable[BurnRate], window: Duration) -> tuple[Tier, ...]:
    """The tiers a user wrote, as they are: ``checks`` refuses those that cannot fire."""
    return tuple(_own(one, window) for one in given)


def own_factor(given: BurnRate, window: Duration) -> Decimal:
    """The factor as written, or the one that spends ``consumed`` percent of the budget in the long window."""
    if given.factor is not None:
        return Decimal(given.factor)
    return _factor(Decimal(given.consumed or "0") / 100, window, Duration.parse(given.long))


def _own(given: BurnRate, window: Duration) -> Tier:
    long, page = Duration.parse(given.long), given.severity == "Page"
    return Tier(
        name=given.name,
        long=long,
        short=Duration.parse(given.short),
        factor=own_factor(given, window),
        severity="critical" if page else "warning",
        sev=("sev0" if long <= FASTEST else "sev1") if page else "sev2",
        page=page,
    )


def _factor(share: Decimal, window: Duration, long: Duration) -> Decimal:
    return (share * window.milliseconds / long.milliseconds).quantize(_DIGITS, ROUND_HALF_EVEN)


def most(budget: Decimal) -> Decimal:
    """The burn rate of a total outage."""
    return (1 / budget).quantize(_DIGITS)


def _fit(name: str, factor: Decimal, budget: Decimal) -> tuple[Decimal, str | None]:
    if factor < _SUSTAINABLE:
        return _SUSTAINABLE, (
            f"{name}: factor {number(factor)} raised to 1, since a burn below 1 never exhausts the budget"
        )
    if factor * budget > _REACHABLE_SHARE:
        reachable = (_REACHABLE_SHARE / budget).quantize(_DIGITS, ROUND_DOWN)
        lowered = max(reachable, _SUSTAINABLE)
        return lowered, (
            f"{name}: factor {number(factor)} lowered to {number(lowered)}, since with this objective even a "
            f"total outage burns only {number(most(budget))} times too fast"
        )
    return factor, None
