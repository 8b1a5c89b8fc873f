"""What the library's own rules say about a history: the episodes of every alert.

Expressions are those Fireline writes, evaluated by a real Prometheus over the whole time; states follow in
:mod:`tests.library.states`. Anomaly rules record series of their own for weeks: theirs are worked out by the
twin of ``make bench-anomaly`` from the recorded level; tests/rules/test_anomaly.py holds it to the rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fireline.alerting.rules.anomaly_series import INTERVAL, LEVEL
from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.moments import own_alerts
from fireline.api.alert_policy import AlertPolicy
from fireline.api.alert_rule import AlertRule
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import nested
from tests.bed.prometheus import Prometheus
from tests.bench.anomaly_twin import SIDES, judge
from tests.library.signals import START, STEP
from tests.library.states import Held, episodes, firing
from tests.rules.alert_library import groups_of, rules

_POINTS = 10_000
"""Prometheus refuses more than 11,000 of a series at a time."""
_TRENDS = 5 * STEP
"""Between two looks at what reads hours; others are looked at with every scrape."""


@dataclass(frozen=True)
class Episode:
    """One stretch of firing of one alert, in scrapes."""

    alert: str
    labels: str
    first: int
    last: int


@dataclass(frozen=True)
class History:
    """Prometheus with a history; ``judged``: the scrapes from which and before which alerts count."""

    prometheus: Prometheus
    judged: tuple[int, int]

    def episodes(self) -> Iterator[Episode]:
        """Of every rule of the library, in the order of the rules."""
        for policy, rule in rules().values():
            yield from self.of_anomaly(policy, rule) if rule.anomaly is not None else self.of(policy, rule)

    def of(self, policy: AlertPolicy, rule: AlertRule) -> Iterator[Episode]:
        """Of a rule that looks at the present or at a trend."""
        [group] = groups_of(policy, [rule])
        [alert] = group["rules"]
        step = _TRENDS if group["name"].endswith(":trends") else STEP
        outside = self._yields(alert["expr"], step)
        within = self._yields(_once_it_fires(policy, rule, alert), step) if _resolves(rule) else {}
        size = self._size(step)
        for labels, found in outside.items():
            other = within.get(labels)
            fires = list(
                firing(
                    [at in found for at in range(size)],
                    _held(alert),
                    step,
                    None if other is None else [at in other for at in range(size)],
                )
            )
            for first, last in episodes(fires):
                yield self._episode(rule.name, labels, first, last, step)

    def of_anomaly(self, policy: AlertPolicy, rule: AlertRule) -> Iterator[Episode]:
        """Of a rule that compares with past weeks, on each side."""
        assert rule.anomaly is not None
        recorded = [one for group in groups_of(policy, [rule]) for one in group["rules"]]
        level = next(one["expr"] for one in recorded if one.get("record") == LEVEL)
        step = INTERVAL.milliseconds // 1000
        start = START + step  # the first rate needs two scrapes
        levels = _without_gaps(self._values(level, start, START + STEP * self.judged[1], step))
        verdicts = judge(levels, noise_floor=float(Decimal(rule.anomaly.noise_floor or "0")))
        alert = next(one for one in recorded if one.get("alert") == rule.name)
        skipped = (self.judged[0] * STEP - step) // step
        for side in SIDES if rule.anomaly.direction == "Both" else (rule.anomaly.direction,):
            outside = verdicts.outside[side][skipped:]
            for first, last in episodes(list(firing(outside, _held(alert), step))):
                yield self._episode(rule.name, side, first, last, step)

    def _episode(self, alert: str, labels: str, first: int, last: int, step: int) -> Episode:
        begin = self.judged[0]
        return Episode(alert, labels, begin + first * step // STEP, begin + last * step // STEP)

    def _size(self, step: int) -> int:
        return (self.judged[1] - self.judged[0]) * STEP // step

    def _yields(self, expression: str, step: int) -> dict[str, set[int]]:
        """The evaluations at which the expression yields something, by labels."""
        start = START + self.judged[0] * STEP
        end = start + (self._size(step) - 1) * step
        found: dict[str, set[int]] = {}
        for series in self._range(expression, start, end, step):
            times = {(round(at) - start) // step for at, _ in series["values"]}
            found.setdefault(_labels(series["metric"]), set()).update(times)
        return found

    def _values(self, expression: str, start: int, end: int, step: int) -> list[float]:
        """The values of the one series an expression yields; NaN where there is none."""
        values = [math.nan] * ((end - start) // step)
        for series in self._range(expression, start, end - step, step):
            for at, value in series["values"]:
                values[(round(at) - start) // step] = float(value)
        return values

    def _range(self, expression: str, start: int, end: int, step: int) -> Iterator[dict[str, Any]]:
        for begin in range(start, end + 1, _POINTS * step):
            last = min(end, begin + (_POINTS - 1) * step)
            answer = self.prometheus.api(
                "query_range", query=expression, start=str(begin), end=str(last), step=f"{step}s"
            )
            yield from answer["result"]


def _resolves(rule: AlertRule) -> bool:
    return rule.threshold is not None and rule.threshold.resolve is not None


def _once_it_fires(policy: AlertPolicy, rule: AlertRule, alert: Manifest) -> str:
    """The expression as it is while its own alert fires: a history has no such alert."""
    assert rule.threshold is not None
    own = own_alerts(rule, RuleContext(namespace=policy.metadata.namespace, policy=policy.metadata.name))
    assert own in alert["expr"]
    return str(alert["expr"]).replace(own, nested(rule.threshold.query))


def _without_gaps(levels: list[float]) -> list[float]:
    """The twin knows no gaps: what was there last stands for what is missing."""
    found, last = [], next(level for level in levels if not math.isnan(level))
    for level in levels:
        last = last if math.isnan(level) else level
        found.append(last)
    return found


def _held(alert: Manifest) -> Held:
    return Held(wait=_seconds(alert.get("for")), keep=_seconds(alert.get("keep_firing_for")))


def _labels(metric: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(metric.items()))


def _seconds(duration: str | None) -> float:
    return Duration.parse(duration).seconds if duration else 0
