"""The indicators of the truth tests: each way of counting, over a scenario's series."""

from __future__ import annotations

from fireline.slo.model import Indicator
from tests.truth.scenarios import LATENCY, REQUESTS


def bad(service: str) -> Indicator:
    """Bad requests among all."""
    return Indicator(
        total=f'sum(rate({REQUESTS}{{service="{service}"}}[$window]))',
        part=f'sum(rate({REQUESTS}{{service="{service}",code="500"}}[$window]))',
        counts="Bad",
        presence=f'group({REQUESTS}{{service="{service}"}})',
    )


def good(service: str) -> Indicator:
    """Good requests among all."""
    return Indicator(
        total=f'sum(rate({REQUESTS}{{service="{service}"}}[$window]))',
        part=f'sum(rate({REQUESTS}{{service="{service}",code="200"}}[$window]))',
        counts="Good",
        presence=f'group({REQUESTS}{{service="{service}"}})',
    )


def below(service: str, bound: str = "0.3") -> Indicator:
    """Requests faster than a bucket bound, of a classic histogram."""
    return Indicator(
        total=f'sum(rate({LATENCY}_count{{service="{service}"}}[$window]))',
        part=f'sum(rate({LATENCY}_bucket{{service="{service}",le="{bound}"}}[$window]))',
        counts="Below",
        presence=f'group({LATENCY}_count{{service="{service}"}})',
    )
