"""Burn-rate tiers: which share of the budget, spent how fast, is worth waking whom.

The standard tiers are those of the SRE workbook, chapter 5 (2 % of the budget in 1 h, 5 % in 6 h,
10 % in 3 d) with the usual fourth between them (10 % in 1 d). The factor of a tier is
``budget share x SLO window / long window``: 14.4, 6, 3 and 1 for 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Literal

from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.slo.model import Tier

_SUSTAINABLE = Decimal(1)
"""Burning at factor 1 spends exactly the budget: below it nothing is wrong, so no tier goes there."""
_REACHABLE_SHARE = Decimal("0.8")
"""A tier that could only fire above 80 % errors (or never) is lowered to fire there."""


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
    _Standard(
        "PageFast", Duration.of(hours=1), Duration.of(minutes=5), Decimal("0.02"), "critical", "sev0", True
    ),
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


def standard_tiers(window: Duration, budget: Decimal) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """The standard tiers for an SLO window and a budget ratio, with notes on what was changed.

    A tier whose long window exceeds the SLO window is left out. A factor below 1 is raised to 1, and
    one that a total outage (burn ``1 / budget``) would hardly or never reach is lowered; both are said.
    """
    tiers, notes = [], []
    for standard in _STANDARD:
        if standard.long > window:
            continue
        exact = standard.share * window.milliseconds / standard.long.milliseconds
        factor, note = _fit(standard.name, exact.quantize(Decimal("0.001"), ROUND_HALF_EVEN), budget)
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


def _fit(name: str, factor: Decimal, budget: Decimal) -> tuple[Decimal, str | None]:
    if factor < _SUSTAINABLE:
        return _SUSTAINABLE, (
            f"{name}: factor {number(factor)} raised to 1, since a burn below 1 never exhausts the budget"
        )
    if factor * budget > _REACHABLE_SHARE:
        reachable = (_REACHABLE_SHARE / budget).quantize(Decimal("0.001"), ROUND_DOWN)
        lowered = max(reachable, _SUSTAINABLE)
        return lowered, (
            f"{name}: factor {number(factor)} lowered to {number(lowered)}, since with this objective even a "
            f"total outage burns only {number((1 / budget).quantize(Decimal('0.001')))} times too fast"
        )
    return factor, None
