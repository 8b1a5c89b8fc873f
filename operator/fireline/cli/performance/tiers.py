"""Which alerts an exceeded limit causes: burn-rate tiers that fit percentiles. Pure.

With a percentile as objective, burning at factor f over a window means nothing but: f x (100 - N)
percent of the requests in it took longer than the limit. So factor 1 is exactly "the percentile is
above its limit", and the factors are worth the same whatever the SLO window is. They are the usual
14.4, 6, 3 and 1 of the SRE workbook (chapter 5), lowered where the budget is so large that not even a
service that is always slow would reach them: at p50 everything slow is a burn of 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from fireline.cli.performance.percentiles import percent
from fireline.cli.performance.schema import Notify
from fireline.promql.durations import Duration
from fireline.promql.expr import number

REACHABLE_SHARE = Decimal("0.8")
"""No tier waits for more than 80 % of the requests to be slow."""
_PAGES_FROM = Decimal(90)
"""Below p90 a limit speaks of the usual case: worth a ticket, never a night."""


@dataclass(frozen=True, slots=True)
class _Tier:
    name: str
    severity: Notify
    long: str
    short: str
    factor: Decimal


_TIERS = (
    _Tier("PageFast", "Page", "1h", "5m", Decimal("14.4")),
    _Tier("PageSlow", "Page", "6h", "30m", Decimal(6)),
    _Tier("TicketFast", "Ticket", "1d", "2h", Decimal(3)),
    _Tier("TicketSlow", "Ticket", "3d", "6h", Decimal(1)),
)


def default_notify(percentile: str, percentiles: list[str]) -> Notify:
    """The highest percentile of an endpoint pages when it is p90 or more; all others are tickets.

    One slow endpoint then is one page and not three.
    """
    highest = percentile == max(percentiles, key=percent)
    return "Page" if highest and percent(percentile) >= _PAGES_FROM else "Ticket"


def burn_rates(notify: Notify, *, objective: Decimal, window: Duration) -> list[dict[str, Any]]:
    """``spec.alerting.burnRates`` for an objective in percent and a rolling SLO window.

    Factors times the budget never exceed 80 %; a tier whose long window exceeds the SLO window is left
    out. Raises ValueError for Nobody, who has no tiers.
    """
    if notify == "Nobody":
        raise ValueError("Nobody has no tiers")
    budget = (100 - objective) / 100
    return [
        {
            "name": tier.name,
            "severity": tier.severity,
            "long": tier.long,
            "short": tier.short,
            "factor": number(_reachable(tier.factor, budget)),
        }
        for tier in _TIERS
        if (tier.severity == "Ticket" or notify == "Page") and Duration.parse(tier.long) <= window
    ]


def _reachable(factor: Decimal, budget: Decimal) -> Decimal:
    """At least 1: below, nothing is wrong. Four decimals are what the schema takes."""
    most = (REACHABLE_SHARE / budget).quantize(Decimal("0.0001"), ROUND_DOWN)
    return max(Decimal(1), min(factor, most))
