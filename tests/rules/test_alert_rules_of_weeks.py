"""Alert rules that compare with past weeks and days, judged by promtool on three weeks of traffic.

One run for all stories. Counters are scraped once a minute; rules are evaluated every ten.
"""

from __future__ import annotations

import pytest

from tests import promtool
from tests.rules.alert_rule_stories import Manifest, Story, counter, firing

pytestmark = pytest.mark.bed

SCRAPE, STEP = 60, 600
DAY, WEEK = 24 * 60, 7 * 24 * 60
END = 3 * WEEK
"""From here on something is different, in minutes."""
LATER = 60
LOOK = END + 30


def pace(*phases: tuple[float, float | str]) -> str:
    return counter(*phases, scrape=SCRAPE)


def drop(name: str, metric: str, **changes: object) -> Manifest:
    given = {"total": {"metric": metric}, "byPercent": "50", "weeks": 3, "minimum": "0.5", **changes}
    return {"name": name, "rateDrop": given}


def level(*phases: tuple[float, float]) -> str:
    return " ".join(f"{value}x{round(minutes) - 1}" for minutes, value in phases)


STORIES = (
    Story(
        "fires when the rate is a little less than half of the usual",
        drop("DropAbove", "half_total"),
        {"half_total": pace((END, 60), (LATER, 29))},
        fires=(LOOK,),
        silent=(END - 20,),
    ),
    Story(
        "stays silent when the rate is a little more than half of the usual",
        drop("DropBelow", "more_total"),
        {"more_total": pace((END, 60), (LATER, 31))},
        silent=(END - 20, LOOK),
    ),
    Story(
        "fires when no event comes any more",
        drop("DropToZero", "zero_total"),
        {"zero_total": pace((END, 60), (LATER, 0))},
        fires=(LOOK,),
    ),
    Story(
        "does not take a service that is gone for one without traffic",
        drop("DropGone", "gone_total"),
        {"gone_total": pace((END, 60), (LATER, "gone"))},
        silent=(LOOK,),
    ),
    Story(
        "is not misled by one past week with an incident",
        drop("DropMedian", "median_total"),
        {"median_total": pace((END - WEEK - 120, 60), (240, 3), (WEEK - 120, 60), (LATER, 29))},
        fires=(LOOK,),
    ),
    Story(
        "is not misled by one past week with a rush",
        drop("DropRush", "rush_total"),
        {"rush_total": pace((END - WEEK - 120, 60), (240, 600), (WEEK - 120, 60), (LATER, 60))},
        silent=(LOOK,),
    ),
    Story(
        "leaves out weeks without data",
        drop("DropYoung", "young_total"),
        {"young_total": f"_x{END - WEEK - 240} " + pace((WEEK + 240, 60), (LATER, 29))},
        fires=(LOOK,),
    ),
    Story(
        "stays silent without any past week",
        drop("DropNew", "new_total"),
        {"new_total": f"_x{END - 240} " + pace((240, 60), (LATER, 1))},
        silent=(LOOK,),
    ),
    Story(
        "stays silent below the minimum of usual events",
        drop("DropSmall", "small_total"),
        {"small_total": pace((END, 29), (LATER, 1))},
        silent=(LOOK,),
    ),
    Story(
        "of a query fires like that of a counter",
        drop("DropQuery", "", total={"query": "sum(rate(query_total[$window])) # all"}),
        {"query_total": pace((END, 60), (LATER, 29))},
        fires=(LOOK,),
        silent=(END - 20,),
    ),
    Story(
        "looks at each group by itself",
        {**drop("DropGroup", "group_total"), "groupBy": ["region"]},
        {
            'group_total{region="eu"}': pace((END, 60), (LATER, 29)),
            'group_total{region="us"}': pace((END, 60), (LATER, 60)),
        },
        fires=(LOOK,),
    ),
    Story(
        "fires when a job has a little over 20 % more series than a day ago",
        {"name": "Growth", "cardinality": {"growthPercent": "20", "matching": '{job="grows"}'}},
        {'scrape_samples_post_metric_relabeling{job="grows"}': level((END, 1000), (LATER, 1201))},
        fires=(LOOK,),
        silent=(END - 20,),
    ),
    Story(
        "stays silent when a job has 20 % more series than a day ago",
        {"name": "LittleGrowth", "cardinality": {"growthPercent": "20", "matching": '{job="slow"}'}},
        {'scrape_samples_post_metric_relabeling{job="slow"}': level((END, 1000), (LATER, 1200))},
        silent=(LOOK,),
    ),
    Story(
        "stays silent when few series become many times as many",
        {"name": "SmallGrowth", "cardinality": {"growthPercent": "20", "matching": '{job="small"}'}},
        {'scrape_samples_post_metric_relabeling{job="small"}': level((END, 100), (LATER, 900))},
        silent=(LOOK,),
    ),
    Story(
        "foresees a level that will be too high in four days, after an hour",
        {
            "name": "FullInDays",
            "forecast": {"query": "days_used_bytes", "capacity": "days_size_bytes", "within": "4d"},
        },
        {
            # 60 % for long; then 0.6 points an hour, which are 57.6 in four days.
            "days_used_bytes": f"60x{END - DAY - 1} 60+0.01x{DAY + LATER}",
            "days_size_bytes": level((END + LATER, 100)),
        },
        fires=(LOOK,),
        silent=(END - DAY - 20,),
    ),
)
Seen = dict[tuple[str, float], list[promtool.Got]]


@pytest.fixture(scope="module")
def seen() -> Seen:
    return firing(STORIES, scrape=SCRAPE, step=STEP)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.rule["name"])
def test_an_alert_compares_with_the_past_as_its_story_says(story: Story, seen: Seen) -> None:
    name = story.rule["name"]
    assert {at: bool(seen[name, at]) for at in (*story.fires, *story.silent)} == {
        **dict.fromkeys(story.fires, True),
        **dict.fromkeys(story.silent, False),
    }, f"an alert {story.title}"


def test_only_the_group_that_dropped_is_told(seen: Seen) -> None:
    assert [got.labels["region"] for got in seen["DropGroup", LOOK]] == ["eu"]
