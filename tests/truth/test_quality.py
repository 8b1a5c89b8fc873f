"""Alert quality of a real Prometheus over a history of which every figure was counted by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.alerting.quality.measure import Quality, measure
from fireline.alerting.quality.model import DAY, WEEK, Policy, Stretch
from fireline.api.alert_policy import AlertPolicy
from fireline.api.belonging import Owner
from fireline.prometheus.replicas import Replicas
from fireline.refresh.lookback import look_back
from fireline.refresh.past import Memory
from fireline.refresh.quality import Member, QualityRefresher, silent
from fireline.refresh.quality_facts import of_policy, subjects
from fireline.settings import Source
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.builders import an_objective
from tests.truth import alert_history
from tests.truth.alert_history import END, at

pytestmark = pytest.mark.bed

MINUTE = 60
RULE = {"expression": {"query": "vector(1)"}}
POLICY = AlertPolicy.of(
    {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "selector": {},
            "severities": [
                {"name": "P1", "page": True, "receivers": ["chat"]},
                {"name": "high", "page": True, "receivers": ["chat"]},
                {"name": "sev2", "page": False, "receivers": ["chat"]},
            ],
            "receivers": [{"name": "chat", "slack": {"apiURLSecret": {"name": "slack", "key": "url"}}}],
            "hours": [{"name": "business", "timeZone": "Europe/Berlin", "from": "09:00", "to": "17:00"}],
            "quality": {"detectionWithin": {"sev0": "5m"}, "pagesPerWeek": 2},
            "rules": [
                {"name": "QueueFull", "severity": "sev1", "page": True, "pageReason": "Orders wait.", **RULE},
                {"name": "CertificateExpires", **RULE},
                {"name": "NeverSeen", **RULE},
            ],
        },
    }
)
OBJECTIVE = an_objective(policy=Owner("shop", "checkout"))


@pytest.fixture(scope="module")
def running(tools: Tools, bed_directory: Path) -> Iterator[Prometheus]:
    directory = bed_directory / "quality"
    data = alert_history.write(tools, directory)
    with Prometheus(
        tools, directory, data=data, scrape_interval="1d", flags=alert_history.FLAGS
    ) as prometheus:
        yield prometheus


@pytest.fixture(scope="module")
def source(running: Prometheus) -> Replicas:
    return Replicas.of(Source(urls=(running.url,)))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return of_policy(POLICY, [OBJECTIVE])


@pytest.fixture(scope="module")
def quality(source: Replicas, policy: Policy) -> dict[str, Quality]:
    """The last week, and the one before it."""
    week = Stretch(END - WEEK, END)
    memory = Memory(source, week.before.start)
    past = asyncio.run(memory.extend(subjects([OBJECTIVE], [POLICY]), END, periods=(week, week.before)))
    return {"now": measure(policy, past, week), "before": measure(policy, past, week.before)}


def test_every_alert_that_began_is_one_episode_whatever_replicas_and_instances_saw_it(quality):
    began = [(one.alert.label, one.start, one.end) for one in quality["now"].episodes]
    assert began == [
        ("checkout PageFast", at("10-21 07:30"), at("10-21 08:10")),
        ("checkout PageSlow", at("10-21 07:40"), at("10-21 13:00")),
        ("checkout TicketFast", at("10-21 08:00"), at("10-21 20:00")),
        ("checkout PageFast", at("10-22 15:30"), at("10-22 15:36")),
        ("checkout PageFast", at("10-25 00:10"), at("10-25 00:50")),
        ("checkout PageFast", at("10-26 07:30"), at("10-26 08:00")),
        ("QueueFull", at("10-27 09:00"), at("10-27 09:05")),
        ("QueueFull", at("10-27 09:12"), at("10-27 09:17")),
        ("QueueFull", at("10-27 09:24"), at("10-27 09:29")),
        ("QueueFull", at("10-27 09:36"), at("10-27 09:41")),
        ("checkout Budget50", at("10-27 20:00"), None),
    ]


def test_overlapping_tiers_of_one_slo_are_one_page(quality):
    found = quality["now"].pages
    assert [one.page.start for one in found[:4]] == [
        at("10-21 07:30"),
        at("10-22 15:30"),
        at("10-25 00:10"),
        at("10-26 07:30"),
    ]
    assert len(found) == 8
    assert found[0].page.lasted == (5 * 60 + 30) * MINUTE


def test_off_hours_follow_the_clock_on_the_wall(quality):
    assert [one.start for one in quality["now"].off_hours] == [
        at("10-22 15:30"),
        at("10-25 00:10"),
        at("10-26 07:30"),
    ]


def test_a_page_is_right_when_its_share_of_the_budget_was_spent(quality):
    verdicts = [one.right for one in quality["now"].pages]
    assert verdicts == [True, False, True, True, None, None, None, None]
    assert quality["now"].precision == 3 / 4
    assert [one.right for one in quality["before"].pages] == [False, True]
    assert (quality["now"].false_share, quality["before"].false_share) == (1 / 4, 1 / 2)


def test_a_loss_of_budget_that_nobody_was_told_of_is_missed(quality):
    seen = [one.page is not None for one in quality["now"].detections]
    assert seen == [True, True, True, False]
    assert quality["now"].recall == 3 / 4


def test_detection_is_timed_from_where_the_spending_began(quality):
    assert [one.seconds for one in quality["now"].detections] == [4 * MINUTE, 4 * MINUTE, 8 * MINUTE, None]
    (timing,) = quality["now"].timings
    assert (timing.sev, timing.median, timing.p90) == ("sev0", 4 * MINUTE, 8 * MINUTE)
    assert (timing.target, timing.within, timing.count) == (5 * MINUTE, 2, 3)


def test_what_flaps_and_what_comes_back_is_counted(quality):
    (flap,) = quality["now"].flapping
    assert (flap.alert.label, flap.most, flap.bursts, flap.pause) == ("QueueFull", 4, 1, 7 * MINUTE)
    assert [(one.alert.label, one.times) for one in quality["now"].repeated] == [
        ("QueueFull", 3),
        ("checkout PageFast", 3),
    ]


def test_time_to_resolve_is_the_mean_of_all_pages_that_ended(quality):
    lasted = [330, 6, 40, 30, 5, 5, 5, 5]
    assert quality["now"].resolve_seconds == sum(lasted) * MINUTE / len(lasted)


def test_what_never_fired_is_known_only_as_far_back_as_there_is_history(source, policy, quality):
    about = subjects([OBJECTIVE], [POLICY])
    fortnight = asyncio.run(look_back(source, about, END, 14 * DAY))
    found = silent(policy, quality["now"], fortnight)
    assert [one.alert.label for one in found.silent] == [
        "checkout NoData",
        "checkout TicketSlow",
        "checkout Exhausted",
        "checkout Ineffective",
        "NeverSeen",
    ]
    assert not found.unknown
    quarter = asyncio.run(look_back(source, about, END, 90 * DAY))
    unknown = silent(policy, quality["now"], quarter)
    assert not unknown.silent
    assert unknown.unknown == found.silent


def refresher(source: Replicas, clock: list[float], told: list[str], since: int | None = None):
    return QualityRefresher(
        {"default": source},
        members=lambda: [Member(POLICY, (OBJECTIVE,), since)],
        enqueue=lambda keys: told.extend(f"{key.namespace}/{key.name}" for key in keys),
        clock=lambda: clock[0],
    )


STATUS = {
    "period": "7d",
    "asOf": "2026-10-28T00:00:00Z",
    "coverage": "99",
    "episodes": 11,
    "pages": 8,
    "pagesPerWeek": "8",
    "offHoursPages": 3,
    "flapping": 1,
    "meanTimeToResolve": "53m",
    "precision": "75",
    "recall": "75",
    "falsePositives": {"share": "25", "before": "50"},
    "detection": [{"sev": "sev0", "median": "4m", "p90": "8m", "target": "5m", "met": False}],
}


def test_the_status_says_the_same_in_a_few_words(source):
    told: list[str] = []
    own = refresher(source, [END + 7], told)
    asyncio.run(own.refresh_once("default"))
    assert own.of("shop/checkout") == STATUS
    assert told == ["shop/checkout"]
    asyncio.run(own.refresh_once("default"))
    assert told == ["shop/checkout"]


def test_asking_only_for_what_is_new_finds_the_same(source):
    clock = [float(END - 3 * DAY + 1000)]
    own = refresher(source, clock, [])
    while clock[0] < END:
        asyncio.run(own.refresh_once("default"))
        clock[0] += 7 * 3600
    clock[0] = END + 7
    asyncio.run(own.refresh_once("default"))
    assert own.of("shop/checkout") == STATUS


def test_a_policy_that_is_two_days_old_is_known_for_two_days_only(source):
    own = refresher(source, [END + 7], [], since=END - 2 * DAY)
    asyncio.run(own.refresh_once("default"))
    found = own.of("shop/checkout")
    assert found["coverage"] == "28"
    assert "neverFired" not in found
