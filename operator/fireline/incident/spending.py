"""What an incident cost, as the consumed budget moved between two moments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from fireline.api.plan import Manifest


def percent(ratio: float) -> str:
    """A share of the budget as percent, to one digit."""
    return f"{100 * ratio:.1f}"


def with_spent(budget: Mapping[str, str]) -> Manifest:
    """The figures with what was spent: the end less the earliest beginning that is known.

    A rolling window also lets go of old errors. What would be negative is not known: it was more.
    """
    begin, end = budget.get("atImpact", budget.get("atDetection")), budget.get("atResolution")
    found = {name: value for name, value in budget.items() if name != "spent"}
    if begin is None or end is None or Decimal(end) < Decimal(begin):
        return found
    return {**found, "spent": str(Decimal(end) - Decimal(begin))}
