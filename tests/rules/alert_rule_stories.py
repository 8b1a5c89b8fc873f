"""What happens to series, minute by minute, and what an alert rule makes of it; judged by promtool.

Series are scraped and rules evaluated every 30 seconds unless a story says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.render import rule_groups
from fireline.api.alert_rule import AlertRule
from tests import promtool

SCRAPE = 30
CONTEXT = RuleContext("shop", "checkout")
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """``title`` finishes the sentence "an alert …". Minutes at which the rule must fire, and must not."""

    title: str
    rule: Manifest
    series: Mapping[str, str]
    fires: Sequence[float] = ()
    silent: Sequence[float] = ()


def gauge(*phases: tuple[float, float | str]) -> str:
    """Values that stay for so many minutes each; ``gone`` is a series that ended."""
    return " ".join(_phase(minutes, value) for minutes, value in phases)


def _phase(minutes: float, value: float | str, scrape: int = SCRAPE) -> str:
    more = round(minutes * 60 / scrape) - 1
    if value == "NaN":  # promtool repeats numbers only
        return " ".join(["NaN"] * (more + 1))
    return f"stale _x{more}" if value == "gone" else f"{value}x{more}"


def counter(*phases: tuple[float, float | str], scrape: int = SCRAPE) -> str:
    """A counter by (minutes, events per minute). ``reset``: from 0 at the same pace; ``gone``: ends."""
    total, pace, found = 0.0, 0.0, []
    for minutes, what in phases:
        steps = round(minutes * 60 / scrape)
        if what == "gone":
            found.append(f"stale _x{steps - 1}")
            continue
        if what == "reset":
            total = 0.0
        else:
            pace = float(what)
        each = pace * scrape / 60
        found.append(f"{total + each:g}+{each:g}x{steps - 1}")
        total += each * steps
    return " ".join(found)


def rendered(rules: Iterable[Manifest], context: RuleContext = CONTEXT) -> Manifest:
    """A rule file of some rules."""
    return {"groups": rule_groups([AlertRule.model_validate(rule) for rule in rules], context)}


def firing(
    stories: Sequence[Story], *, scrape: int = SCRAPE, step: int = 30
) -> dict[tuple[str, float], list[promtool.Got]]:
    """The firing alerts by (name of the rule, minute asked for), all stories in one promtool run."""
    times = sorted({minute for story in stories for minute in (*story.fires, *story.silent)})
    series: dict[str, str] = {}
    for story in stories:
        assert not series.keys() & story.series.keys(), f"{story.title}: series of another story"
        series |= story.series
    rules = rendered(story.rule for story in stories)
    queries = [(round(minute * 60), 'ALERTS{alertstate="firing"}') for minute in times]
    answers = promtool.evaluate(rules, series, queries, step=step, scrape=scrape)
    return {
        (story.rule["name"], minute): [got for got in answer if got.labels["alertname"] == story.rule["name"]]
        for minute, answer in zip(times, answers, strict=True)
        for story in stories
    }
