"""The storm breaker: when much burns at once there is one cause, and many small changes hide it. Pure.

:mod:`fireline.refresh.mitigations` feeds it; while it says yes, or does not know, mitigations of mode Auto
only propose. Few SLOs make no storm: two of four that page are an ordinary incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_SLOS = 4
"""With fewer SLOs that have data nothing is judged."""
LEAST_PAGING = 3
"""Fewer SLOs that page are no storm, whatever share of all they are."""
_LEAST_SHARE = 0.5
"""Of the SLOs there are; when fewer have data, the others may burn as well."""


@dataclass(frozen=True, slots=True)
class Burning:
    """One Prometheus. ``wanted``: SLOs there are, ``known``: those with data, ``paging``: those that page.

    ``error``: why nobody knows.
    """

    source: str
    wanted: int = 0
    known: int = 0
    paging: int = 0
    error: str = ""


def storm(sources: Iterable[Burning], *, percent: float) -> tuple[bool | None, str]:
    """Whether more than ``percent`` of all SLOs with data page, in words; None when that is not known."""
    asked = [one for one in sources if one.wanted]
    silent = next((one for one in asked if one.error), None)
    # What pages has data, though it was counted last when it had none: that is asked less often.
    known, paging = sum(max(one.known, one.paging) for one in asked), sum(one.paging for one in asked)
    wanted = sum(one.wanted for one in asked)
    if known >= LEAST_SLOS and paging >= LEAST_PAGING and 100 * paging > percent * known:
        share = 100 * paging / known
        return True, f"{paging} of {known} SLOs page ({share:.0f} %), and more than {percent:g} % is a storm"
    if wanted < LEAST_SLOS:
        return False, f"{wanted} SLOs are too few to tell a storm from an incident"
    if silent is not None:
        return None, f"source {silent.source}: {silent.error}"
    if known < _LEAST_SHARE * wanted:
        return None, f"only {known} of {wanted} SLOs have data"
    return False, f"{paging} of {known} SLOs page"
