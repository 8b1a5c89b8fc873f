"""Alert rules that are not SLOs fire when they should and are silent when they should: so says promtool.

All stories of an hour in one promtool run, those of weeks in another (test_alert_rules_of_weeks.py).
"""

from __future__ import annotations

import pytest

from tests import promtool
from tests.rules.alert_rule_stories import CONTEXT, Story, counter, firing, gauge, rendered

pytestmark = pytest.mark.bed


def bucket(bound: str, name: str, **labels: str) -> str:
    inside = ",".join(f'{key}="{value}"' for key, value in {**labels, "le": bound}.items())
    return f"{name}_bucket{{{inside}}}"


def native(fast: int, slow: int, *, minutes: int, start: int = 0) -> str:
    """A native histogram whose scrapes see so many events between 0.5 s and 1 s, and between 1 s and 2 s."""
    first = f"{{{{schema:0 sum:1 count:{start} buckets:[{start} 0]}}}}"
    more = f"{{{{schema:0 sum:1 count:{fast + slow} buckets:[{fast} {slow}]}}}}"
    return f"{first}+{more}x{2 * minutes - 1}"


THRESHOLDS = (
    Story(
        "fires just above the limit for as long as asked, and resolves at the limit",
        {"name": "JustAbove", "threshold": {"query": "above_depth", "above": "10"}, "for": "2m"},
        {"above_depth": gauge((5, 10), (10, 10.01), (15, 10))},
        fires=(7.5, 14.5),
        silent=(4, 6.5, 15, 20),
    ),
    Story(
        "fires just below the limit",
        {"name": "JustBelow", "threshold": {"query": "below_depth", "below": "10"}},
        {"below_depth": gauge((5, 10), (5, 9.99), (5, 10))},
        fires=(5, 9.5),
        silent=(4.5, 10),
    ),
    Story(
        "that resolves lower goes on until it is there, and does not begin there",
        {"name": "Hysteresis", "threshold": {"query": "hysteresis_depth", "above": "10", "resolve": "8"}},
        {"hysteresis_depth": gauge((5, 9), (5, 11), (5, 9), (5, 8), (5, 9))},
        fires=(5, 9.5, 10, 14.5),
        silent=(4.5, 15, 19.5, 24),
    ),
    Story(
        "that resolves lower waits with all its value above the upper limit",
        {
            "name": "HysteresisWaits",
            "threshold": {"query": "waits_depth", "above": "10", "resolve": "8"},
            "for": "3m",
        },
        {"waits_depth": gauge((5, 9), (2, 11), (5, 9), (4, 11), (5, 9))},
        fires=(15.5, 16, 20),
        silent=(7, 9, 11, 14),
    ),
    Story(
        "of groups resolves each at its own time",
        {
            "name": "HysteresisGroups",
            "threshold": {"query": "groups_depth", "below": "10", "resolve": "12"},
            "groupBy": ["queue"],
        },
        {
            'groups_depth{queue="a",pod="1"}': gauge((5, 9), (10, 11)),
            'groups_depth{queue="b",pod="1"}': gauge((15, 11)),
        },
        fires=(4, 14),
    ),
    Story(
        "keeps firing for as long as asked",
        {
            "name": "KeepsFiring",
            "threshold": {"query": "keeps_depth", "above": "10"},
            "keepFiringFor": "5m",
        },
        {"keeps_depth": gauge((5, 11), (20, 1))},
        fires=(4, 5.5, 9),
        silent=(11,),
    ),
    Story(
        "does not take NaN for a value",
        {"name": "NaNAbove", "threshold": {"query": "nan_depth", "above": "10"}},
        {"nan_depth": gauge((5, "NaN"), (5, 11), (5, "NaN"))},
        fires=(5, 9.5),
        silent=(4, 10, 14),
    ),
    Story(
        "with a lower limit does not take NaN for a value",
        {"name": "NaNBelow", "threshold": {"query": "nan_below_depth", "below": "10"}},
        {"nan_below_depth": gauge((10, "NaN"))},
        silent=(5,),
    ),
    Story(
        "does not take missing data for a value",
        {"name": "MissingBelow", "threshold": {"query": "sum(missing_depth)", "below": "10"}},
        {"missing_depth": gauge((5, 5), (10, "gone"))},
        fires=(4,),
        silent=(5.5, 12),
    ),
    Story(
        "sees the worst of several series though another is NaN",
        {"name": "Worst", "threshold": {"query": "worst_depth", "above": "10"}},
        {'worst_depth{pod="1"}': gauge((10, 11)), 'worst_depth{pod="2"}': gauge((10, "NaN"))},
        fires=(5,),
    ),
    Story(
        "of an expression fires while it yields something",
        {"name": "Expression", "expression": {"query": "sum(expression_depth) > 10 # or so"}},
        {"expression_depth": gauge((5, 10), (5, 11), (5, 10))},
        fires=(6,),
        silent=(4, 10.5),
    ),
)


def share(name: str, percent: float, *, per_minute: float = 6000, minutes: int = 25) -> dict[str, str]:
    """A total and a bad counter in phases: quiet, with this share of bad events, and quiet again."""
    bad = per_minute * percent / 100
    return {
        f"{name}_total": counter((minutes, per_minute)),
        f"{name}_bad_total": counter((5, 0), (10, bad), (minutes - 15, 0)),
    }


def of(name: str, **changes: object) -> dict[str, object]:
    return {
        "bad": {"metric": f"{name}_bad_total"},
        "total": {"metric": f"{name}_total"},
        "above": "5",
        **changes,
    }


RATIOS = (
    Story(
        "fires just above the share of bad events, and resolves when the window has passed",
        {"name": "RatioAbove", "ratio": of("ratio_above"), "for": "2m"},
        share("ratio_above", 5.1),
        fires=(12.5, 14),
        silent=(5, 9, 16, 24),
    ),
    Story(
        "stays silent just below the share",
        {"name": "RatioBelow", "ratio": of("ratio_below")},
        share("ratio_below", 4.9),
        silent=(5, 8, 10, 12, 14, 16, 24),
    ),
    Story(
        "is not irritated by restarts of the counters below the share",
        {"name": "RatioResetBelow", "ratio": of("reset_below")},
        {
            "reset_below_total": counter((10, 6000), (15, "reset")),
            "reset_below_bad_total": counter((10, 290), (15, "reset")),
        },
        silent=tuple(range(2, 24)),
    ),
    Story(
        "goes on over restarts of the counters above the share",
        {"name": "RatioResetAbove", "ratio": of("reset_above")},
        {
            "reset_above_total": counter((10, 6000), (15, "reset")),
            "reset_above_bad_total": counter((10, 310), (15, "reset")),
        },
        fires=tuple(range(2, 24)),
    ),
    Story(
        "stays silent without any event, though bad ones seem to be counted",
        {"name": "RatioZero", "ratio": of("zero_traffic")},
        {"zero_traffic_total": counter((20, 0)), "zero_traffic_bad_total": counter((20, 10))},
        silent=(6, 15),
    ),
    Story(
        "stays silent while no error was ever counted",
        {"name": "RatioNoBad", "ratio": of("no_bad")},
        {"no_bad_total": counter((20, 100))},
        silent=(6, 15),
    ),
    Story(
        "stays silent when the total is gone",
        {"name": "RatioGone", "ratio": of("ratio_gone", window="2m")},
        {
            "ratio_gone_total": counter((10, 100), (15, "gone")),
            "ratio_gone_bad_total": counter((25, 100)),
        },
        fires=(8,),
        silent=(13, 20),
    ),
    Story(
        "of good events fires just above the share of others",
        {
            "name": "GoodAbove",
            "ratio": {
                "good": {"query": "sum(rate(good_above_ok_total[$window]))"},
                "total": {"metric": "good_above_total"},
                "above": "5",
            },
        },
        {"good_above_total": counter((10, 6000)), "good_above_ok_total": counter((10, 5694))},
        fires=(6, 9),
    ),
    Story(
        "of good events stays silent just below the share of others",
        {
            "name": "GoodBelow",
            "ratio": {
                "good": {"metric": "good_below_ok_total"},
                "total": {"metric": "good_below_total"},
                "above": "5",
            },
        },
        {"good_below_total": counter((10, 6000)), "good_below_ok_total": counter((10, 5706))},
        silent=(6, 9),
    ),
    Story(
        "takes events for bad when no good one was ever counted",
        {
            "name": "NoGood",
            "ratio": {
                "good": {"metric": "no_good_ok_total"},
                "total": {"metric": "no_good_total"},
                "above": "5",
            },
        },
        {"no_good_total": counter((10, 100))},
        fires=(6,),
    ),
    Story(
        "stays silent just below the minimum of events per second",
        {"name": "TooFew", "ratio": of("too_few"), "minTraffic": {"perSecond": "0.1"}},
        {"too_few_total": counter((20, 5.9)), "too_few_bad_total": counter((20, 5.9))},
        silent=(6, 15),
    ),
    Story(
        "fires just above the minimum of events per second",
        {"name": "Enough", "ratio": of("enough"), "minTraffic": {"perSecond": "0.1"}},
        {"enough_total": counter((20, 6.1)), "enough_bad_total": counter((20, 6.1))},
        fires=(6, 15),
    ),
    Story(
        "fires at exactly the minimum number of events",
        {"name": "EnoughEvents", "ratio": of("enough_events"), "minTraffic": {"events": "30"}},
        {"enough_events_total": counter((20, 6)), "enough_events_bad_total": counter((20, 6))},
        fires=(6, 15),
    ),
    Story(
        "stays silent one event below the minimum number",
        {"name": "TooFewEvents", "ratio": of("few_events"), "minTraffic": {"events": "30"}},
        {"few_events_total": counter((20, 5.8)), "few_events_bad_total": counter((20, 5.8))},
        silent=(6, 15),
    ),
    Story(
        "asks each group for its own traffic",
        {
            "name": "TrafficGroups",
            "ratio": of("traffic"),
            "groupBy": ["region"],
            "minTraffic": {"perSecond": "1"},
        },
        {
            'traffic_total{region="eu"}': counter((10, 100)),
            'traffic_bad_total{region="eu"}': counter((10, 100)),
            'traffic_total{region="us"}': counter((10, 10)),
            'traffic_bad_total{region="us"}': counter((10, 10)),
        },
        fires=(8,),
    ),
    Story(
        "with traffic of its own is silent while that is missing",
        {
            "name": "TrafficMissing",
            "threshold": {"query": "guarded_depth", "above": "1"},
            "minTraffic": {"metric": "guard_total", "perSecond": "1"},
        },
        {"guarded_depth": gauge((20, 5)), "guard_total": counter((10, 120), (10, "gone"))},
        fires=(6, 9),
        silent=(16,),
    ),
)


def latencies(name: str, fast: float, middle: float, **labels: str) -> dict[str, str]:
    """A classic histogram, per minute: events up to 0.5 s, and between 0.5 s and 1 s."""
    return {
        bucket("0.25", name, **labels): counter((15, 0)),
        bucket("0.5", name, **labels): counter((15, fast)),
        bucket(labels.pop("one", "1"), name, **labels): counter((15, fast + middle)),
        bucket("+Inf", name, **labels): counter((15, fast + middle)),
    }


QUANTILES = (
    Story(
        "fires when a little more than 5 % of events are above the limit of the 95th percentile",
        {"name": "QuantileAbove", "quantile": {"histogram": "slow_seconds", "above": "500ms"}},
        latencies("slow_seconds", 940, 60),
        fires=(3, 12),
    ),
    Story(
        "stays silent when a little less than 5 % of events are above the limit",
        {"name": "QuantileBelow", "quantile": {"histogram": "quick_seconds", "above": "500ms"}},
        latencies("quick_seconds", 960, 40),
        silent=(3, 12),
    ),
    Story(
        "takes a bucket of 1 and one of 1.0 for the same, above the limit",
        {"name": "BothBoundsAbove", "quantile": {"histogram": "mixed_seconds", "above": "1s"}},
        {
            'mixed_seconds_bucket{pod="a",le="1"}': counter((15, 470)),
            'mixed_seconds_bucket{pod="a",le="2"}': counter((15, 500)),
            'mixed_seconds_bucket{pod="a",le="+Inf"}': counter((15, 500)),
            'mixed_seconds_bucket{pod="b",le="1.0"}': counter((15, 470)),
            'mixed_seconds_bucket{pod="b",le="2.0"}': counter((15, 500)),
            'mixed_seconds_bucket{pod="b",le="+Inf"}': counter((15, 500)),
        },
        fires=(3, 12),
    ),
    Story(
        "takes a bucket of 1 and one of 1.0 for the same, below the limit",
        {"name": "BothBoundsBelow", "quantile": {"histogram": "mix_seconds", "above": "1s"}},
        {
            'mix_seconds_bucket{pod="a",le="1"}': counter((15, 480)),
            'mix_seconds_bucket{pod="a",le="2"}': counter((15, 500)),
            'mix_seconds_bucket{pod="a",le="+Inf"}': counter((15, 500)),
            'mix_seconds_bucket{pod="b",le="1.0"}': counter((15, 480)),
            'mix_seconds_bucket{pod="b",le="2.0"}': counter((15, 500)),
            'mix_seconds_bucket{pod="b",le="+Inf"}': counter((15, 500)),
        },
        silent=(3, 12),
    ),
    Story(
        "on a native histogram fires just above the limit",
        {
            "name": "NativeAbove",
            "quantile": {"histogram": "native_slow_seconds", "type": "Native", "above": "1s"},
            "minTraffic": {"perSecond": "1"},
        },
        {"native_slow_seconds": native(940, 60, minutes=15)},
        fires=(6, 12),
    ),
    Story(
        "on a native histogram stays silent just below the limit",
        {
            "name": "NativeBelow",
            "quantile": {"histogram": "native_quick_seconds", "type": "Native", "above": "1s"},
        },
        {"native_quick_seconds": native(960, 40, minutes=15)},
        silent=(6, 12),
    ),
    Story(
        "on a native histogram stays silent below the minimum of events",
        {
            "name": "NativeTooFew",
            "quantile": {"histogram": "native_few_seconds", "type": "Native", "above": "1s"},
            "minTraffic": {"perSecond": "10"},
        },
        {"native_few_seconds": native(1, 1, minutes=15)},
        silent=(6, 12),
    ),
    Story(
        "on an idle histogram stays silent",
        {"name": "QuantileIdle", "quantile": {"histogram": "idle_seconds", "above": "500ms"}},
        latencies("idle_seconds", 0, 0),
        silent=(3, 12),
    ),
    Story(
        "on an idle native histogram stays silent",
        {
            "name": "NativeIdle",
            "quantile": {"histogram": "native_idle_seconds", "type": "Native", "above": "1ms"},
        },
        {"native_idle_seconds": native(0, 0, minutes=15, start=100)},
        silent=(6, 12),
    ),
)

MISSING = (
    Story(
        "fires after five minutes without the series, and resolves when it is back",
        {"name": "Gone", "absent": {"series": 'gone_up{namespace="other",sev="sev0"}'}},
        {'gone_up{namespace="other",sev="sev0"}': gauge((5, 1), (10, "gone"), (5, 1))},
        fires=(10.5, 14),
        silent=(4, 9.5, 15.5),
    ),
    Story(
        "fires for a series that never was",
        {"name": "Never", "absent": {"series": "never_up"}, "for": "1m"},
        {},
        fires=(1.5, 20),
        silent=(0.5,),
    ),
    Story(
        "misses one group, and forgets it in the end",
        {
            "name": "GoneGroup",
            "absent": {"series": "group_up", "remember": "10m"},
            "groupBy": ["zone"],
            "for": "2m",
        },
        {
            'group_up{zone="a",pod="1"}': gauge((30, 1)),
            'group_up{zone="b",pod="2"}': gauge((5, 1), (25, "gone")),
        },
        fires=(7.5, 14),
        silent=(4, 6.5, 16),
    ),
    Story(
        "fires when the last time is too long ago, and resolves with the next",
        {"name": "Stale", "freshness": {"query": "stale_success_seconds", "olderThan": "10m"}},
        {"stale_success_seconds": gauge((15, 0), (5, 15 * 60))},
        fires=(10.5, 14.5),
        silent=(9, 10, 15.5),
    ),
    Story(
        "does not take a missing time for one long ago",
        {"name": "NoTime", "freshness": {"query": "none_success_seconds", "olderThan": "1m"}},
        {"none_success_seconds": gauge((2, 0), (10, "gone"))},
        fires=(1.5,),
        silent=(4, 10),
    ),
    Story(
        "fires when a series has no sample for too long, and resolves when it is back",
        {"name": "Quiet", "freshness": {"series": "quiet_beat", "olderThan": "10m"}},
        {"quiet_beat": gauge((5, 1), (20, "gone"), (5, 1))},
        fires=(15.5, 24),
        silent=(4, 14, 25.5),
    ),
)

LEVELS = (
    Story(
        "fires above so many series of a job",
        {"name": "JobSeries", "cardinality": {"above": "100", "matching": '{job="big"}'}},
        {
            'scrape_samples_post_metric_relabeling{job="big",instance="a"}': gauge((5, 50), (5, 51)),
            'scrape_samples_post_metric_relabeling{job="big",instance="b"}': gauge((10, 50)),
        },
        fires=(5.5,),
        silent=(4,),
    ),
    Story(
        "fires above so many series of a metric",
        {"name": "MetricSeries", "cardinality": {"by": "Metric", "above": "2", "matching": '{job="many"}'}},
        {
            'many_series{job="many",id="1"}': gauge((20, 1)),
            'many_series{job="many",id="2"}': gauge((20, 1)),
            'many_series{job="many",id="3"}': gauge((5, "gone"), (5, 1), (10, "gone")),
            'other_series{job="many",id="1"}': gauge((20, 1)),
        },
        fires=(6, 9),
        silent=(4, 11),
    ),
    Story(
        "foresees a full disk, once half of its history is known and the gate is passed",
        {
            "name": "Full",
            "forecast": {
                "query": "disk_used",
                "capacity": "disk_size",
                "within": "30m",
                "history": "20m",
                "gate": "60",
            },
            "for": "1m",
        },
        {"disk_used": "40+1x59", "disk_size": gauge((40, 100))},
        fires=(12, 25),
        silent=(5, 9),
    ),
    Story(
        "foresees that a level falls below its limit",
        {
            "name": "RunsOut",
            "forecast": {
                "query": "free_bytes",
                "below": "0",
                "within": "30m",
                "history": "20m",
                "gate": "60",
            },
            "for": "1m",
        },
        {"free_bytes": "100-1x59"},
        fires=(21.5, 28),
        silent=(5, 18),
    ),
    Story(
        "foresees nothing where nothing changes",
        {
            "name": "Steady",
            "forecast": {
                "query": "steady_bytes",
                "above": "100",
                "within": "30m",
                "history": "20m",
                "gate": "10",
            },
            "for": "1m",
        },
        {"steady_bytes": gauge((40, 99))},
        silent=(5, 20, 35),
    ),
    Story(
        "fires when a backlog takes a little longer than promised",
        {
            "name": "QueueLate",
            "queueSLA": {"backlog": "late_depth", "drainRate": {"metric": "late_total"}, "within": "10m"},
        },
        {"late_depth": gauge((10, 599), (10, 601), (5, 599)), "late_total": counter((25, 60))},
        fires=(10, 19),
        silent=(6, 9, 21),
    ),
    Story(
        "fires when nobody works off a backlog",
        {
            "name": "QueueStuck",
            "queueSLA": {"backlog": "stuck_depth", "drainRate": {"metric": "stuck_total"}, "within": "10m"},
        },
        {"stuck_depth": gauge((15, 1)), "stuck_total": counter((15, 0))},
        fires=(6, 14),
    ),
    Story(
        "stays silent over an empty queue",
        {
            "name": "QueueEmpty",
            "queueSLA": {"backlog": "empty_depth", "drainRate": {"metric": "empty_total"}, "within": "10m"},
        },
        {"empty_depth": gauge((15, 0)), "empty_total": counter((15, 0))},
        silent=(6, 14),
    ),
    Story(
        "stays silent when it is unknown how fast a queue is worked off",
        {
            "name": "QueueUnknown",
            "queueSLA": {
                "backlog": "unknown_depth",
                "drainRate": {"metric": "unknown_total"},
                "within": "10m",
            },
        },
        {"unknown_depth": gauge((15, 1000))},
        silent=(6, 14),
    ),
)
STORIES = (*THRESHOLDS, *RATIOS, *QUANTILES, *MISSING, *LEVELS)
Seen = dict[tuple[str, float], list[promtool.Got]]


@pytest.fixture(scope="module")
def seen() -> Seen:
    return firing(STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.rule["name"])
def test_an_alert_fires_and_is_silent_as_its_story_says(story: Story, seen: Seen) -> None:
    name = story.rule["name"]
    assert {at: bool(seen[name, at]) for at in (*story.fires, *story.silent)} == {
        **dict.fromkeys(story.fires, True),
        **dict.fromkeys(story.silent, False),
    }, f"an alert {story.title}"


def test_every_story_is_told_of_one_rule() -> None:
    assert len({story.rule["name"] for story in STORIES}) == len(STORIES)


def _groups(seen: Seen, name: str, at: float, label: str) -> set[str]:
    return {got.labels[label] for got in seen[name, at]}


def test_groups_have_alerts_of_their_own(seen: Seen) -> None:
    assert _groups(seen, "HysteresisGroups", 4, "queue") == {"a"}
    assert _groups(seen, "HysteresisGroups", 14, "queue") == {"a"}
    assert _groups(seen, "TrafficGroups", 8, "region") == {"eu"}
    assert _groups(seen, "GoneGroup", 14, "zone") == {"b"}
    assert _groups(seen, "MetricSeries", 9, "metric") == {"many_series"}
    assert _groups(seen, "JobSeries", 5.5, "job") == {"big"}


def test_no_label_of_a_series_reaches_an_alert(seen: Seen) -> None:
    """Those of another tenant least of all."""
    (gone,) = seen["Gone", 14]
    assert gone.labels == {
        "__name__": "ALERTS",
        "alertname": "Gone",
        "alertstate": "firing",
        "namespace": "shop",
        "severity": "warning",
        "sev": "sev2",
        "alert_policy": "shop/checkout",
        "rule_type": "absent",
    }
    grouped = {key for got in seen["GoneGroup", 14] for key in got.labels}
    assert grouped == {*gone.labels, "zone"}


def test_prometheus_finds_nothing_to_complain_of() -> None:
    assert promtool.check(rendered((story.rule for story in STORIES), CONTEXT)) == ""
