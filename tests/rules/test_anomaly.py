"""Anomaly rules in Prometheus' own engine, on series made by hand: what fires when, and what is not judged.

Every story is a series of one rule over 22 days, so that one run of promtool tells them all. Level 100 by day
and 40 at night, 75 in the mean, so that 7.5 is added to both sides of every ratio; what is special happens on
the last day, for which three past weeks are known.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fireline.alerting.rules.anomaly import AnomalyRule
from fireline.alerting.rules.anomaly_series import SPREAD
from fireline.api.plan import Manifest
from tests import promtool
from tests.bench import anomaly_proof
from tests.bench.anomaly_traffic import BATCH, DAY, SMALL, STEP, WEEK
from tests.bench.anomaly_twin import judge

pytestmark = pytest.mark.bed

DAYS, LAST = 22, 21 * DAY
THRESHOLDS = LAST - 3 * 3600 // STEP
"""By now they are known: two weeks, 1,600 points and a day after the begin."""
HOUR = 3600 // STEP
NOON = LAST + 12 * HOUR
TEN = LAST + 10 * HOUR
NIGHT = LAST + 2 * HOUR
EVENING = LAST + 20 * HOUR


def usual(point: int) -> float:
    """40 until 6:00 and from 22:00, 100 from 8:00 to 20:00, and straight lines between."""
    hour = point % DAY / HOUR
    return 40.0 + 30 * min(max(min(hour - 6, 22 - hour), 0.0), 2.0)


def times(factor: float, begin: int, minutes: int, point: int) -> float:
    """The usual level, multiplied for a while."""
    return usual(point) * (factor if begin <= point < begin + minutes // 5 else 1)


def poisoned(point: int) -> float:
    """Ten o'clock was an outage a week ago."""
    return 2.0 if TEN - WEEK <= point < TEN - WEEK + 2 * HOUR else usual(point)


def empty_nights(point: int) -> float:
    """Nothing at night, but on the last: 50 for twenty minutes."""
    if NIGHT <= point < NIGHT + 4:
        return 50.0
    return usual(point) if usual(point) > 40 else 0.0


def later(point: int) -> float:
    """The same, an hour later since the last day began: clocks were changed."""
    return usual(point - HOUR) if point >= LAST else usual(point)


def noisy(point: int) -> float:
    """Any moment of it says nothing: anything from 1 to 1,000, and three times that at the end."""
    level = 10 ** (3 * random.Random(point // 2).random())
    return level * 3 if point >= NOON else level


STORIES: dict[str, Callable[[int], float]] = {
    "calm": usual,
    "drop": partial(times, 0.4, NOON, 30),
    "thousand drops": lambda point: 1000 * times(0.4, NOON, 30, point),
    "spike": partial(times, 3.0, NOON, 20),
    "blip": partial(times, 1.8, NOON, 5),
    "sag": partial(times, 0.8, NOON, 300),
    "poisoned": poisoned,
    "empty nights": empty_nights,
    "later": later,
    "noisy": noisy,
}
LIVELY = {
    kind.name: kind.series("proof", 4, lambda point: 0.2 if THRESHOLDS <= point < THRESHOLDS + 12 else 1.0)[
        : DAYS * DAY
    ]
    for kind in (BATCH, SMALL)
}
"""And two with all the noise of the bench, about which its twin must agree."""
YOUNG = 12 * DAY
"""The story ``young`` is calm, and begins so late that only one week of it is known."""
Minutes = dict[tuple[str, str], list[int]]


class World:
    """What the rules said on the last day, asked once for all stories."""

    def __init__(self) -> None:
        rule = anomaly_proof.rule("Traffic", "x")
        points = range(LAST, DAYS * DAY)
        asked = [(point * STEP, 'ALERTS{alertstate="firing"}') for point in points]
        asked += [(point * STEP, "anomaly:not_judged") for point in points]
        asked += [((DAYS * DAY - 1) * STEP, f"anomaly:{name}") for name in ("deviation", "threshold")]
        asked += [((DAYS * DAY - 1) * STEP, SPREAD)]
        twins = {name: judge(levels, every=1) for name, levels in LIVELY.items()}
        proof = [
            question
            for name, twin in twins.items()
            for question in anomaly_proof.questions("Traffic", f',story="{name}"', twin)
        ]
        answers = promtool.evaluate(
            {"groups": [*anomaly_proof.groups([rule])["groups"], _guarded(rule)]},
            _series(),
            [*asked, *((question.at, question.expr) for question in proof)],
            step=STEP,
            scrape=STEP,
        )
        self.agreement = anomaly_proof.agreement(proof, answers[len(asked) :], twins.values())
        size = len(points)
        self.firing: Minutes = {}
        self.unjudged: Minutes = {}
        for point, found in zip(points, answers[:size], strict=True):
            for one in found:
                told = one.labels.get("direction", one.labels["alertname"])
                key = (one.labels["story"], f"{one.labels['alertname']} {told}")
                self.firing.setdefault(key, []).append(point)
        for point, found in zip(points, answers[size : 2 * size], strict=True):
            for one in found:
                reason = " ".join(
                    one.labels[label] for label in ("anomaly_reason", "anomaly_side") if label in one.labels
                )
                self.unjudged.setdefault((one.labels["story"], reason), []).append(point)
        self.last = {
            json.dumps(dict(one.labels), sort_keys=True): one.value
            for found in answers[2 * size : len(asked)]
            for one in found
        }

    def fired(self, story: str, direction: str) -> list[int]:
        """Points at which the rule fired."""
        return self.firing.get((story, f"Traffic {direction}"), [])


def _guarded(rule: AnomalyRule) -> Manifest:
    """The alerts of the same rule with a guard that never holds, which read the same series."""
    first, *_ = anomaly_proof.groups([replace(rule, guard="and on () (vector(0) > 1)")])["groups"]
    alerts = [one | {"alert": "Guarded"} for one in first["rules"] if one.get("alert") == rule.name]
    assert len(alerts) == 2
    return {**first, "name": "guarded", "rules": alerts}


def _series() -> dict[str, str]:
    found = {
        f'x{{story="{name}"}}': " ".join(repr(level(point)) for point in range(DAYS * DAY))
        for name, level in STORIES.items()
    }
    found |= {f'x{{story="{name}"}}': " ".join(map(repr, levels)) for name, levels in LIVELY.items()}
    young = " ".join(repr(usual(point)) for point in range(YOUNG, DAYS * DAY))
    return {**found, 'x{story="young"}': f"_x{YOUNG - 1} {young}"}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_a_series_that_does_what_it_always_did_is_not_told(world: World):
    assert world.fired("calm", "Up") == world.fired("calm", "Down") == []


def test_a_drop_is_told_after_two_means_that_hold_it_and_ten_minutes(world: World):
    # Means of 15 minutes: 80 at noon gives 107.5/87.5, less than 1.3; 60 at 12:05 is more. From there ten
    # minutes. The last mean that holds it is 80 at 12:35, when that of two hours is 85; 107.5/92.5 is more
    # than 1.1. Three more points the alert is kept.
    assert world.fired("drop", "Down") == list(range(NOON + 3, NOON + 11))
    assert world.fired("drop", "Up") == []


def test_a_spike_is_told_and_ends_with_it_although_the_slow_mean_remembers_it_for_hours(world: World):
    # 167 at noon is more than 1.3 times as much already. At 12:25 the mean is 167 a last time.
    assert world.fired("spike", "Up") == list(range(NOON + 2, NOON + 9))
    assert world.fired("spike", "Down") == []


def test_five_minutes_at_nearly_twice_the_usual_are_not_told(world: World):
    # Three means hold them, each 127.
    assert world.fired("blip", "Up") == world.fired("blip", "Down") == []


def test_a_sag_that_is_too_small_for_a_short_look_is_told_by_a_long_one(world: World):
    # Short means are 80, see above. Of two hours twelve points must be low: 107.5/(90+7.5) is more than 1.1;
    # then ten minutes. It was five hours long, the short mean is 93.3 a last time, and three points are kept.
    assert world.fired("sag", "Down") == list(range(NOON + 13, NOON + 65))


def test_a_series_a_thousand_times_as_large_gets_the_same_verdicts(world: World):
    assert world.fired("thousand drops", "Down") == world.fired("drop", "Down")
    for labels, value in world.last.items():
        if '"drop"' in labels:
            other = world.last[labels.replace('"drop"', '"thousand drops"')]
            assert other == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_an_outage_a_week_ago_does_not_make_the_usual_unusual(world: World):
    assert world.fired("poisoned", "Up") == world.fired("poisoned", "Down") == []


def test_the_change_of_the_clock_is_not_told(world: World):
    assert world.fired("later", "Up") == world.fired("later", "Down") == []


def test_events_where_there_never_are_any_are_told_and_their_absence_is_called_invisible(world: World):
    assert world.fired("empty nights", "Up")[0] == NIGHT + 2
    assert NIGHT in world.unjudged["empty nights", "Quiet Down"]
    assert NOON not in world.unjudged["empty nights", "Quiet Down"]


def test_a_series_that_strays_by_itself_is_not_judged_and_that_is_said(world: World):
    assert world.fired("noisy", "Up") == world.fired("noisy", "Down") == []
    assert NOON in world.unjudged["noisy", "Noise"]
    assert EVENING in world.firing["noisy", "AlertPolicyAnomalyNotJudged AlertPolicyAnomalyNotJudged"]


def test_a_series_with_one_past_week_is_not_judged_which_is_recorded_and_not_told_yet(world: World):
    assert NOON in world.unjudged["young", "History"]
    assert not any(story == "young" for story, _ in world.firing)


def test_what_is_judged_is_not_called_unjudged(world: World):
    assert not {reason for story, reason in world.unjudged if story in {"calm", "drop", "spike"}}


def test_a_guard_that_does_not_hold_keeps_the_alert_back(world: World):
    assert not any(alert.startswith("Guarded") for _, alert in world.firing)


def test_the_twin_of_the_bench_agrees_with_prometheus_to_the_digit(world: World):
    assert world.agreement.torn == 0
    assert world.agreement.off < 1e-9
    assert world.agreement.compared > 50_000
    assert world.agreement.fired > 0


def test_scaling_by_any_power_of_two_changes_no_verdict_of_the_twin():
    levels = BATCH.series("scaled", 4)
    verdicts = [judge([level * 2.0**power for level in levels]) for power in (0, -20, 7)]
    assert any(verdicts[0].firing["Up"] + verdicts[0].firing["Down"]) or not math.isnan(
        verdicts[0].threshold["Up", "Fast"][-1]
    )
    assert verdicts[0].firing == verdicts[1].firing == verdicts[2].firing
