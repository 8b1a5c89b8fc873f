"""An anomaly rule as rule groups: what is recorded, what is compared, and when nothing is said.

A series is compared with the same hour of the past three weeks, and the difference with how far this very
series usually strays. docs/explanation/anomalies.md tells the idea and its limits, ``make bench-anomaly``
the figures. Called by the renderer of a policy's rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from fireline.alerting.rules.anomaly_alerts import alerts
from fireline.alerting.rules.anomaly_series import CALIBRATED, INTERVAL, Recorded, calibration, judgement
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration

Direction = Literal["Up", "Down", "Both"]
WAIT, KEEP = Duration.of(minutes=10), Duration.of(minutes=15)
"""Until it fires, and on after it is over: three points each."""
_SIDES: Mapping[Direction, tuple[Literal["Up", "Down"], ...]] = {
    "Up": ("Up",),
    "Down": ("Down",),
    "Both": ("Up", "Down"),
}


@dataclass(frozen=True, slots=True)
class AnomalyRule:
    """What the renderer knows of one anomaly rule.

    ``query``: PromQL without placeholders; every series it yields is judged by itself, in its own unit.
    ``noise_floor``: in that unit, what a value may be without meaning anything; 0 leaves it to the series.
    ``own``: the labels that tell this policy's series from others', ``namespace`` and ``alert_policy``.
    ``labels``, ``annotations``: those of the alert. ``hint``: annotations of the alert that says that a
    series is not judged. Summaries are written where none is given. ``guard``: PromQL that the alert also
    asks for, such as ``and on () (…)``.
    """

    name: str
    query: str
    own: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    hint: Mapping[str, str] = field(default_factory=dict)
    direction: Direction = "Both"
    noise_floor: Decimal = Decimal(0)
    guard: str = ""
    wait: Duration = WAIT
    keep: Duration = KEEP


def anomaly_rules(rule: AnomalyRule, group: str) -> list[Manifest]:
    """The two rule groups of one anomaly rule; ``group`` begins their names.

    The first is evaluated every 5 minutes, in order; the second every hour, since what it reads is a week
    long and hardly changes.
    """
    recorded = Recorded(rule.name, rule.query, rule.own, rule.noise_floor)
    return [
        {
            "name": f"{group}:{rule.name}",
            "interval": str(INTERVAL),
            "rules": [
                *judgement(recorded),
                *alerts(
                    recorded,
                    sides=_SIDES[rule.direction],
                    labels=rule.labels,
                    annotations=rule.annotations,
                    hint=rule.hint,
                    guard=rule.guard,
                    wait=rule.wait,
                    keep=rule.keep,
                ),
            ],
        },
        {
            "name": f"{group}:{rule.name}:calibration",
            "interval": str(CALIBRATED),
            "rules": calibration(recorded),
        },
    ]
