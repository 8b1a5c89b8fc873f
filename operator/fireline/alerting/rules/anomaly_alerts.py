"""The alerts of an anomaly rule: one for each side, and one that says that a series cannot be judged.

Part of :mod:`fireline.alerting.rules.anomaly`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from fireline.alerting.rules.anomaly_series import (
    DEVIATION,
    FAST,
    LEVEL,
    NAME,
    NOT_JUDGED,
    QUERY,
    REASON,
    SEASON,
    SIDE,
    SPEED,
    STILL,
    THRESHOLD,
    WEEKS,
    Recorded,
    log,
)
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration

NOT_JUDGED_ALERT = "AlertPolicyAnomalyNotJudged"
"""Says once a day or later that a rule tells nothing, so that silence is not taken for peace."""
_PATIENCE = Duration.of(days=1)
Side = Literal["Up", "Down"]
_SUMMARIES: Mapping[Side, str] = {
    "Up": "is {{ $value | humanizePercentage }} of the highest this hour usually has",
    "Down": "is {{ $value | humanizePercentage }} of the lowest this hour usually has",
}


def alerts(
    of: Recorded,
    *,
    sides: Iterable[Side],
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    hint: Mapping[str, str],
    guard: str,
    wait: Duration,
    keep: Duration,
) -> list[Manifest]:
    """The alerting rules, evaluated after everything they read."""
    told = [
        {
            "alert": of.name,
            "expr": _outside(of, side, guard),
            "for": str(wait),
            "keep_firing_for": str(keep),
            "labels": {**labels, "direction": side},
            "annotations": {
                "summary": f"{of.name}: it {_SUMMARIES[side]}",
                "description": (
                    f"Compared with the same hour of the past {WEEKS} weeks, and further off than this "
                    "series usually strays. Unusual is not the same as wrong."
                ),
                **annotations,
            },
        }
        for side in sides
    ]
    return [*told, _hint(of, labels, hint)]


def _outside(of: Recorded, side: Side, guard: str) -> str:
    """The value by the border of what is usual, while it is further beyond it than usual."""
    beyond = of.series(DEVIATION, **{SIDE: side})
    limit = of.kept(THRESHOLD, **{SIDE: side})
    noisy = of.series(NOT_JUDGED, **{REASON: "Noise"})
    still = f"{of.series(DEVIATION, **{SPEED: FAST.name, SIDE: side})} > {log(STILL)}"
    furthest = (
        f"max without ({NAME}, {QUERY}, {SPEED}, {SIDE}) (\n{beyond}\n> {limit}\n"
        f"and ignoring ({SPEED}) {still}\n"
        f"unless ignoring ({SPEED}, {SIDE}, {REASON}) {noisy}\n)"
    )
    ratio = f"exp({'-' if side == 'Down' else ''}{furthest})"
    return f"{ratio}\n{guard}" if guard else ratio


def _hint(of: Recorded, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Manifest:
    """A new rule needs its three weeks, and is not told on for them."""
    noise = of.series(NOT_JUDGED, **{REASON: "Noise"})
    history = of.series(NOT_JUDGED, **{REASON: "History"})
    old = f"{of.series(LEVEL)} offset {Duration((WEEKS + 1) * SEASON.milliseconds)}"
    return {
        "alert": NOT_JUDGED_ALERT,
        "expr": f"{noise}\nor\n({history} and ignoring ({REASON}) {old})",
        "for": str(_PATIENCE),
        "labels": {**labels, NAME: of.name},
        "annotations": {
            "summary": f"{of.name} cannot be judged ({{{{ $labels.{REASON} }}}}): it will tell nothing",
            "description": (
                "Noise: the series strays so far by itself that not even a drop to 40 % or three times the "
                "usual would stand out. History: fewer than two past weeks of it are known."
            ),
            **annotations,
        },
    }
