"""The alerts of the installation itself: nobody leads, which needs no operator to be told; a long pause."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests import promtool

from fireline.mitigation.names import ALERT_PAUSED, PAUSED
from fireline.synthetic.names import ALERT_OPERATOR_GONE

pytestmark = pytest.mark.bed

FILE = Path(__file__).parents[2] / "examples" / "install" / "operator-rules.yaml"
RULES = yaml.safe_load(FILE.read_text())["spec"]
A, B = 'fireline_leader{pod="a"}', 'fireline_leader{pod="b"}'


def minutes(*phases: tuple[float, str]) -> str:
    """A gauge that is scraped twice a minute; ``gone`` marks its end as Prometheus does."""
    found = []
    for length, value in phases:
        scrapes = round(2 * length)
        found += ["stale", *["_"] * (scrapes - 1)] if value == "gone" else [value] * scrapes
    return " ".join(found)


def firing(series: dict[str, str], *at: float, alert: str = ALERT_OPERATOR_GONE) -> list[float]:
    """At which of some minutes this alert fires, and no other one."""
    queries = [(round(60 * minute), 'ALERTS{alertstate="firing"}') for minute in at]
    answers = promtool.evaluate(RULES, series, queries)
    assert {got.labels["alertname"] for answer in answers for got in answer} <= {alert}
    return [minute for minute, answer in zip(at, answers, strict=True) if answer]


def test_prometheus_accepts_the_rules_without_a_remark():
    assert promtool.check(RULES) == ""


def test_nobody_is_told_while_one_of_two_leads():
    series = {A: minutes((30, "1")), B: minutes((30, "0"))}
    assert firing(series, 5, 10, 29) == []


def test_an_operator_that_is_gone_is_told_after_three_minutes_until_it_is_back():
    series = {A: minutes((10, "1"), (20, "gone"), (10, "1"))}
    assert firing(series, 9, 12, 12.5, 13.5, 20, 29.5, 30.5, 39) == [13.5, 20, 29.5]


def test_a_standby_that_never_takes_over_is_no_leader():
    series = {A: minutes((10, "1"), (20, "gone")), B: minutes((30, "0"))}
    assert firing(series, 9, 12, 14, 29) == [14, 29]


def test_a_change_of_leader_and_a_rollout_are_no_alarm():
    series = {
        A: minutes((10, "1"), (20, "gone")),
        B: minutes((10.5, "0"), (5, "1"), (2, "gone"), (12.5, "1")),
    }
    assert firing(series, *[5 + n / 2 for n in range(49)]) == []


def test_an_operator_that_was_never_scraped_is_told():
    assert firing({"up": minutes((10, "1"))}, 2, 4, 9) == [4, 9]


def test_a_pause_that_seems_to_be_forgotten_is_told_after_four_hours_until_it_ends():
    series = {A: minutes((400, "1")), PAUSED: minutes((10, "0"), (300, "1"), (90, "0"))}
    assert firing(series, 60, 245, 255, 300, 312, alert=ALERT_PAUSED) == [255, 300]


def test_a_pause_of_an_hour_is_nobodys_business():
    series = {A: minutes((400, "1")), PAUSED: minutes((10, "0"), (60, "1"), (330, "0"))}
    assert firing(series, 60, 100, 255, 399, alert=ALERT_PAUSED) == []
