"""How much the shares of two groups of events may really differ. Pure arithmetic.

A canary sees few events, so the difference that was seen says little without its uncertainty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of one side. They need not be whole: ``increase`` extrapolates."""

    bad: float
    total: float

    @property
    def share(self) -> float:
        """Bad events out of all, 0 to 1; ``total`` must not be 0."""
        return self.bad / self.total


def one_sided(confidence: float) -> float:
    """The standard score that a share of ``confidence`` (0.5 to 1) of a normal distribution is below."""
    return NormalDist().inv_cdf(confidence)


def wilson(counts: Counts, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927, JASA 22:209).

    Unlike the textbook interval it is neither empty at 0 bad events nor negative.
    """
    share, n = counts.share, counts.total
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def difference(canary: Counts, baseline: Counts, z: float) -> tuple[float, float]:
    """Where the true difference of shares, canary minus baseline, lies.

    Newcombe's hybrid score interval (Statistics in Medicine 17:873, 1998, method 10). With a one-sided
    standard score each end holds with that confidence for itself.
    """
    seen = canary.share - baseline.share
    low_1, high_1 = wilson(canary, z)
    low_2, high_2 = wilson(baseline, z)
    below = math.hypot(canary.share - low_1, high_2 - baseline.share)
    above = math.hypot(high_1 - canary.share, baseline.share - low_2)
    return seen - below, seen + above
