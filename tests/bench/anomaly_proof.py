"""Holds the twin to the real thing: the rendered rules in Prometheus' own engine (``promtool test rules``).

promtool evaluates every group at the same step, so here calibration runs every five minutes, in both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fireline.alerting.rules.anomaly import AnomalyRule, anomaly_rules
from fireline.api.plan import Manifest
from tests import promtool
from tests.bench.anomaly_traffic import DAY, STEP, Levels
from tests.bench.anomaly_twin import SIDES, WHICH, Verdicts, judge

OWN = {"namespace": "shop", "alert_policy": "shop/checkout"}


@dataclass(frozen=True)
class Agreement:
    """``compared``: points both have a figure or a verdict for. ``off``: the largest relative difference of
    the sums of a day's figures. ``torn``: days on which they do not fire, or call it quiet, equally often."""

    compared: int
    off: float
    torn: int
    fired: int


def rule(name: str, query: str, noise_floor: float = 0.0) -> AnomalyRule:
    """A rule as a policy has it."""
    return AnomalyRule(name, query, OWN, labels={"severity": "info"}, noise_floor=Decimal(repr(noise_floor)))


def groups(rules: Sequence[AnomalyRule]) -> Manifest:
    """A rule file."""
    return {"groups": [group for one in rules for group in anomaly_rules(one, "alertpolicy-checkout")]}


@dataclass(frozen=True)
class Question:
    """What Prometheus is asked at a time (in seconds), and what the twin says.

    ``figure``: a sum of figures, which may differ by how floats are added; otherwise a number of verdicts.
    ``points``: how many it is about.
    """

    at: int
    expr: str
    expected: float
    figure: bool
    points: int


def compare(series: Mapping[str, tuple[Levels, float]]) -> Agreement:
    """Series by name of their rule, each with its noise floor: every figure and verdict of every day."""
    twins = {name: judge(levels, noise_floor=floor, every=1) for name, (levels, floor) in series.items()}
    asked = [question for name, twin in twins.items() for question in questions(name, "", twin)]
    answers = promtool.evaluate(
        groups([rule(name, f"x_{name}", floor) for name, (_, floor) in series.items()]),
        {f"x_{name}": " ".join(map(repr, levels)) for name, (levels, _) in series.items()},
        [(question.at, question.expr) for question in asked],
        step=STEP,
        scrape=STEP,
    )
    return agreement(asked, answers, twins.values())


def agreement(
    asked: Sequence[Question], answers: Sequence[Sequence[promtool.Got]], twins: Iterable[Verdicts]
) -> Agreement:
    """How well Prometheus' answers bear the twins out."""
    off, torn = 0.0, 0
    for question, answer in zip(asked, answers, strict=True):
        value = answer[0].value if answer else 0.0
        if question.figure:
            off = max(off, abs(value - question.expected) / max(abs(question.expected), 1e-3))
        else:
            torn += value != question.expected
    return Agreement(
        sum(question.points for question in asked),
        off,
        torn,
        sum(sum(twin.firing[side]) for twin in twins for side in SIDES),
    )


def questions(name: str, where: str, twin: Verdicts) -> Iterator[Question]:
    """Everything the twin says of a rule, day by day. ``where``: further matchers, each after a comma."""
    # The last day is left out: a threshold counts from the point after it was recorded.
    for day in range(len(twin.noisy) // DAY - 1):
        today, shifted = slice(day * DAY, (day + 1) * DAY), slice(day * DAY + 1, (day + 1) * DAY + 1)
        for side, speed in WHICH:
            which = f'anomaly="{name}",anomaly_side="{side}",anomaly_speed="{speed}"{where}'
            for metric, values in (
                ("deviation", twin.deviation[side, speed][today]),
                ("threshold", twin.threshold[side, speed][shifted]),
            ):
                yield _sum(day, f"anomaly:{metric}{{{which}}}", values)
        for side in SIDES:
            firing = f'ALERTS{{alertname="{name}",direction="{side}",alertstate="firing"{where}}}'
            quiet = (
                f'anomaly:not_judged{{anomaly="{name}",anomaly_reason="Quiet",anomaly_side="{side}"{where}}}'
            )
            yield _count(day, firing, twin.firing[side][today])
            yield _count(day, quiet, twin.quiet[side][today])
        noisy = f'anomaly:not_judged{{anomaly="{name}",anomaly_reason="Noise"{where}}}'
        yield _count(day, noisy, twin.noisy[today])


def _sum(day: int, series: str, values: Sequence[float]) -> Question:
    known = [value for value in values if not math.isnan(value)]
    return Question(_end(day), f"sum_over_time({series}[1d])", math.fsum(known), True, len(known))


def _count(day: int, series: str, values: Sequence[bool]) -> Question:
    return Question(_end(day), f"count_over_time({series}[1d])", sum(values), False, len(values))


def _end(day: int) -> int:
    """The last point of a day."""
    return (day + 1) * DAY * STEP - STEP
