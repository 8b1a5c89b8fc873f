"""What people usually write, for comparison: a fixed 30 % off the median of the same hour of three weeks."""

from __future__ import annotations

from itertools import accumulate
from statistics import median

from fireline.alerting.rules.anomaly_series import FAST
from tests.bench.anomaly_traffic import Levels
from tests.bench.anomaly_twin import HOUR, SEASON, SIDES, Alert, Verdicts, points

_FACTOR = float(FAST.least)


def judge(levels: Levels) -> Verdicts:
    """Firing only; the same means, waiting and holding as the rules have."""
    verdicts, alerts = Verdicts(), {side: Alert() for side in SIDES}
    sums = [0.0, *accumulate(levels)]
    size = points(FAST.window)
    for at in range(len(levels)):
        centres = [at - week * SEASON for week in (1, 2, 3)]
        past = [(sums[c + HOUR // 2] - sums[c - HOUR // 2]) / HOUR for c in centres if c >= HOUR]
        usual = median(past) if past else None
        value = (sums[at + 1] - sums[max(0, at + 1 - size)]) / size
        beyond = {
            "Up": usual is not None and value > usual * _FACTOR,
            "Down": usual is not None and value < usual / _FACTOR,
        }
        for side in SIDES:
            verdicts.firing[side].append(alerts[side].step(beyond[side]))
            verdicts.quiet[side].append(False)
        verdicts.noisy.append(False)
    return verdicts
