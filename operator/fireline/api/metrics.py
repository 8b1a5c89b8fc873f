"""What Prometheus answers, as plain data shared by the clients and the pure rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of an instant vector. ``at`` is in seconds since the epoch."""

    labels: Mapping[str, str]
    value: float
    at: float
