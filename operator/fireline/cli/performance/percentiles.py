"""Percentiles as the table names them: ``p95`` is 95 percent of the requests."""

from __future__ import annotations

import re
from decimal import Decimal

from fireline.promql.expr import number

_PERCENTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,4})?)\Z")


def percent(percentile: str) -> Decimal:
    """``p99.9`` → 99.9. Raises ValueError when it is no percentile between 0 and 100."""
    match = _PERCENTILE.match(percentile)
    if match is None or not Decimal(match[1]):
        raise ValueError(f"{percentile!r} is no percentile; write it like p50, p95 or p99.9")
    return Decimal(match[1])


def is_percentile(text: str) -> bool:
    """Whether the text names a percentile."""
    try:
        percent(text)
    except ValueError:
        return False
    return True


def canonical(percentile: str) -> str:
    """One spelling for ``p99`` and ``p99.0``. Raises ValueError as :func:`percent` does."""
    return f"p{number(percent(percentile))}"
