"""What is broken in the shop, and how PUT /faults changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.bed.shopapi.faults import EndpointFault, endpoint_faults

_ALLOWED = (
    "errors (0 to 1), latency_ms (0 or more), down (true or false), endpoints (faults by endpoint), "
    'such as {"errors": 0.2}'
)


@dataclass(frozen=True, slots=True)
class Faults:
    """Share of the pages that fail, latency added to them, everything down, or single endpoints broken."""

    errors: float = 0.0
    latency_ms: float = 0.0
    down: bool = False
    endpoints: Mapping[str, EndpointFault] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """As JSON, in the shape in which it is asked for."""
        endpoints = {name: fault.shown() for name, fault in self.endpoints.items()}
        return {
            "errors": self.errors,
            "latency_ms": self.latency_ms,
            "down": self.down,
            "endpoints": endpoints,
        }


def changed(faults: Faults, wanted: object) -> Faults:
    """``faults`` with the fields in ``wanted`` replaced. Raises ValueError naming what is wrong."""
    if not isinstance(wanted, dict) or not wanted.keys() <= faults.shown().keys():
        raise ValueError(f"found {wanted!r}; allowed: {_ALLOWED}")
    found = replace(faults, **wanted)
    numbers = all(isinstance(value, int | float) for value in (found.errors, found.latency_ms))
    if not (numbers and 0 <= found.errors <= 1 and found.latency_ms >= 0 and isinstance(found.down, bool)):
        raise ValueError(f"found {wanted!r}; allowed: {_ALLOWED}")
    return replace(found, endpoints=endpoint_faults(wanted["endpoints"])) if "endpoints" in wanted else found
