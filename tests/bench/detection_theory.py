"""When a burn tier fires and resets, in a closed formula: what ``bench-detection`` compares with.

Traffic is steady and was free of errors; from time 0 to ``length`` a share ``s`` of the events is bad. A
tier compares a long window ``W`` and a short window ``w`` with the threshold ``T = factor x budget``.

While it lasts, the bad share of a window is ``s x min(t, W) / W``. The long window is the last to pass the
threshold: at ``t = W x T / s``, if the outage lasts so long. At ``u`` after its end the short window holds
``s x min(length, w - u) / w``, and is the first to fall to the threshold: at ``u = w x (1 - T / s)``.

Scrapes, evaluations and recorded stages come on top: the formula knows none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from fireline.slo.model import Tier


@dataclass(frozen=True)
class Times:
    """Minutes from the begin of an outage to the alert, and from its end until the alert is gone."""

    fires: float
    resets: float


def expected(tier: Tier, budget: float, *, share: float, length: float) -> Times | None:
    """What the formula says of an outage of ``length`` minutes; None: the tier never fires."""
    long, short = tier.long.seconds / 60, tier.short.seconds / 60
    threshold = float(tier.factor) * budget
    if share * min(length, long) / long <= threshold:
        return None
    return Times(fires=long * threshold / share, resets=short * (1 - threshold / share))
