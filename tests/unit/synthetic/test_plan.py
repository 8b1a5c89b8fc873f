"""The planner of a check: what it writes, what it counts, what it says."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.seen import World
from tests.unit.synthetic.checks import MIDNIGHT, UID, a_check, a_job, a_pod

from fireline.api import labels
from fireline.api.conditions import found
from fireline.api.plan import KEEP_ALL, Access, Key, Manifest, Plan, Problem, SeenChild
from fireline.api.resources import ALERT_POLICY, CRON_JOB, JOB, POD
from fireline.settings import Settings
from fireline.synthetic.plan import CheckPlanner
from fireline.synthetic.runs import Run

KEY = Key("SyntheticCheck", "shop", "health")
SETTINGS = Settings(checks={"image": "registry.example/fireline:1"})


@dataclass
class Outside:
    """What is not in Kubernetes."""

    from_prober: list[Run] = field(default_factory=list)
    scraped: bool = False
    refused: dict[str, str] = field(default_factory=dict)

    def runs(self, key: Key, uid: str) -> Iterable[Run]:
        assert (key, uid) == (KEY, UID)
        return self.from_prober

    def known_until(self, key: Key, uid: str) -> datetime | None:
        assert (key, uid) == (KEY, UID)
        return None

    def since(self, key: Key, uid: str, created: datetime) -> datetime | None:
        assert (key, uid, created) == (KEY, UID, MIDNIGHT)
        return None

    def waiting(self, key: Key) -> None:
        assert key == KEY

    def refusal(self, key: Key, job: str) -> str:
        assert key == KEY
        return self.refused.get(job, "")

    def zeros_seen(self, key: Key, uid: str) -> bool:
        assert (key, uid) == (KEY, UID)
        return self.scraped


@dataclass
class Story:
    """One check over time: what is planned is written back, as the engine does."""

    check: Manifest
    world: World = field(default_factory=World)
    outside: Outside = field(default_factory=Outside)
    settings: Settings = SETTINGS
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.planner = CheckPlanner(self.settings, self.outside)

    def at(self, seconds: float, *, problem: Problem | None = None) -> Manifest:
        """Plans so many seconds after midnight, and takes over the status."""
        now = MIDNIGHT + timedelta(seconds=seconds)
        key = Key("SyntheticCheck", "shop", self.check["metadata"]["name"])
        plan = self.planner.plan(key, parent=self.check, seen=self.world, now=now, problem=problem)
        assert plan is not None
        assert plan.status is not None
        self.plan = plan
        self.check = {**self.check, "status": plan.status}
        return plan.status

    def ran(self, seconds: float, outcome: str = "success", **said: Any) -> None:
        """The run of a slot is over."""
        job = a_job(self.check, MIDNIGHT + timedelta(seconds=seconds), over="Complete")
        self.world.owned += [(JOB, job), (POD, a_pod(job, outcome, **said))]

    def suspend(self, suspend: bool) -> None:
        """Edit spec.suspend."""
        metadata = {**self.check["metadata"], "generation": self.check["metadata"]["generation"] + 1}
        self.check = {**self.check, "metadata": metadata, "spec": {**self.check["spec"], "suspend": suspend}}

    def condition(self, type_: str) -> tuple[str, str]:
        """Status and reason of a condition."""
        one = found(self.check["status"], type_)
        assert one is not None
        return one["status"], one["reason"]

    @property
    def totals(self) -> dict[str, int]:
        """Counts that are not 0."""
        return {name: count for name, count in self.check["status"]["totals"].items() if count}


def a_story(**spec: Any) -> Story:
    story = Story(a_check(**spec))
    story.at(1)
    return story


def test_a_new_check_gets_a_cron_job_and_its_alerts() -> None:
    story = a_story()

    assert isinstance(story.plan.children, tuple)
    assert [one["kind"] for one in story.plan.children] == ["CronJob", "PrometheusRule"]
    assert story.condition("Ready") == ("True", "Ready")
    assert story.condition("Healthy") == ("Unknown", "Pending")
    assert story.condition("Fresh") == ("Unknown", "Pending")
    assert story.totals == {}
    assert "value" not in story.check["status"]["availability"]
    assert "coverage" not in story.check["status"]


def test_nothing_new_means_the_same_status() -> None:
    story = a_story()
    story.ran(60)
    first = copy.deepcopy(story.at(64))

    assert story.at(65) == first
    assert story.at(100) == first
    assert story.plan.events == ()


def test_a_run_is_counted_once_and_told() -> None:
    story = a_story()
    story.ran(60)
    status = story.at(63)

    assert story.totals == {"success": 1, "expected": 1}
    assert story.condition("Healthy") == ("True", "Succeeded")
    assert story.condition("Fresh") == ("True", "Fresh")
    assert status["availability"] == {"window": "30d", "value": "100"}
    assert status["lastRun"]["job"] == story.world.owned[0][1]["metadata"]["name"]


def test_a_failure_names_the_step_and_leaves_the_object_ready() -> None:
    story = a_story()
    story.ran(60, "failure", step="home", reason="StatusMismatch", message="home: expected 200, found 503")
    story.at(63)

    assert story.condition("Healthy") == ("False", "StatusMismatch")
    assert story.condition("Ready") == ("True", "Ready")
    assert [event.reason for event in story.plan.events] == ["StatusMismatch"]
    assert story.check["status"]["consecutiveFailures"] == 1


def test_a_run_that_measured_nothing_makes_health_unknown_and_spends_nothing() -> None:
    story = a_story()
    story.ran(60)
    story.ran(120, "infra", written="")
    story.at(124)

    assert story.totals == {"success": 1, "infra": 1, "expected": 2}
    assert story.condition("Healthy")[0] == "Unknown"
    assert story.check["status"]["availability"]["value"] == "100"
    assert story.check["status"]["coverage"] == "50"


def test_runs_that_never_came_are_late_and_then_counted_as_not_measured() -> None:
    story = a_story()
    story.ran(60)
    story.at(63)
    story.at(180 + 80)

    assert story.condition("Fresh") == ("False", "Late")
    assert story.totals == {"success": 1, "infra": 2, "expected": 3}
    assert story.condition("Healthy") == ("Unknown", "NotStarted")


def test_a_check_that_is_no_longer_suspended_is_not_late_at_once() -> None:
    story = a_story()
    story.ran(60)
    story.at(63)
    story.suspend(True)
    story.at(70)
    story.suspend(False)
    story.at(3600 + 50)

    assert story.condition("Fresh") == ("True", "Fresh")
    assert story.totals["skipped"] == 58, "that of 01:00 may still get a run"


def test_an_invalid_spec_keeps_the_last_good_objects_and_goes_on_counting() -> None:
    story = a_story()
    story.ran(60)
    story.at(63)
    story.check["metadata"]["generation"] = 2
    story.check["spec"]["steps"] = [{"name": "home", "http": {"url": "${base}/health"}}]
    story.ran(120, "failure", step="home", reason="StatusMismatch")
    story.at(123)

    assert story.plan.children is KEEP_ALL
    assert story.condition("Valid") == ("False", "UnknownVariable")
    assert story.condition("Stalled") == ("True", "UnknownVariable")
    assert story.totals == {"success": 1, "failure": 1, "expected": 2}


def test_how_the_last_good_runs_go_is_told_while_the_spec_is_wrong() -> None:
    story = a_story()
    story.world.rules = [the_cron_job()]
    story.ran(60)
    story.at(63)
    assert story.condition("Healthy") == ("True", "Succeeded")
    story.check["metadata"]["generation"] = 2
    story.check["spec"]["steps"] = [{"name": "home", "http": {"url": "${base}/health"}}]
    story.ran(120, "failure", step="home", reason="StatusMismatch", message="found 503")
    story.at(123)

    assert story.condition("Valid") == ("False", "UnknownVariable")
    assert story.condition("Healthy") == ("False", "StatusMismatch")
    assert story.plan.events[0].message.startswith("spec.steps[0].http.url")
    story.ran(180)
    story.at(183)
    assert story.condition("Healthy") == ("True", "Succeeded")
    assert story.condition("Fresh") == ("True", "Fresh")
    story.at(600)
    assert story.condition("Fresh") == ("False", "Late")
    assert story.condition("Healthy") == ("Unknown", "NotStarted")


def test_runs_of_a_check_of_the_same_name_before_it_are_not_its_own() -> None:
    story = a_story()
    story.ran(60)
    before = {**story.check, "metadata": {**story.check["metadata"], "uid": "of-the-one-before"}}
    for job in (a_job(before, MIDNIGHT + timedelta(seconds=120)), a_job(before, MIDNIGHT, manual="now-1")):
        story.world.owned += [(JOB, job), (POD, a_pod(job, "failure"))]
    story.at(123)

    assert story.totals == {"success": 1, "expected": 1}
    assert story.condition("Healthy") == ("True", "Succeeded")


def test_a_check_that_never_was_valid_counts_nothing() -> None:
    story = Story(a_check(steps=[{"name": "home", "http": {"url": "${base}/"}}]))
    status = story.at(1)

    assert "totals" not in status
    assert "counted" not in status


def test_without_an_image_only_the_operator_is_to_blame() -> None:
    story = Story(a_check(), settings=Settings())
    story.at(1)

    assert story.condition("Valid") == ("False", "NoImage")
    assert "FIRELINE_CHECKS__IMAGE" in found(story.check["status"], "Valid")["message"]


@pytest.mark.parametrize(("below", "met"), [("90", None), ("10", True)])
def test_nobody_knows_that_a_target_is_met_where_few_runs_measured_anything(below, met) -> None:
    story = a_story(availability={"target": "99"}, alert={"coverageBelow": below})
    story.ran(60)
    status = story.at(400)

    assert status["coverage"] == "20"
    assert status["availability"]["value"] == "100"
    assert status["availability"].get("met") is met


def test_suspending_is_no_alarm() -> None:
    story = a_story(suspend=True)
    story.at(600)

    assert story.condition("Scheduled") == ("False", "Suspended")
    assert story.condition("Fresh") == ("Unknown", "Suspended")
    assert story.condition("Ready") == ("True", "Ready")
    assert "infra" not in story.totals
    assert story.plan.events == ()
    assert story.plan.children[0]["spec"]["suspend"] is True


@pytest.mark.parametrize("resource", [JOB, POD], ids=lambda one: one.kind)
def test_what_may_not_be_seen_is_not_counted_as_missing(resource: Any) -> None:
    story = a_story()
    story.world.unreadable[resource] = Access("Forbidden", "The operator lacks a right: list on pods")
    story.at(3600)

    assert story.totals == {}
    assert story.condition("Fresh") == ("False", "NeverRan")


def test_a_run_on_demand_starts_one_job_and_counts_for_nothing() -> None:
    story = a_story()
    story.world.rules.append(the_cron_job())
    story.check["metadata"]["annotations"] = {labels.RUN_NOW: "please"}
    status = story.at(5)

    (job,) = story.plan.creates
    assert job["metadata"]["ownerReferences"][0]["uid"] == "cron-job-uid"
    assert job["metadata"]["annotations"][labels.TRIGGER] == "Manual"
    assert status["manual"] == {
        "nonce": "please",
        "job": job["metadata"]["name"],
        "state": "Running",
        "since": "2026-11-22T00:00:05Z",
    }

    story.at(6)
    assert story.plan.creates == ()

    made = a_job(story.check, MIDNIGHT + timedelta(seconds=5), manual=job["metadata"]["name"])
    story.world.owned += [(JOB, made), (POD, a_pod(made, "failure", step="home"))]
    status = story.at(9)
    assert status["manual"]["state"] == "Done"
    assert status["lastRun"]["trigger"] == "Manual"
    assert story.totals == {"manual": 1}
    assert story.condition("Healthy") == ("Unknown", "Pending")


def test_a_run_on_demand_that_gets_no_pod_is_looked_at_again() -> None:
    """Nothing happens that would tell: no slot is due, and no pod comes."""
    story = a_story(schedule={"cron": "0 0 29 2 *"})
    made = a_job(story.check, MIDNIGHT + timedelta(seconds=5), manual="health-now")
    story.world.owned.append((JOB, made))
    story.at(6)
    assert story.plan.requeue_after is not None
    assert story.plan.requeue_after <= timedelta(seconds=10)
    assert story.at(20)["waiting"]["reason"] == "NoPod"


def test_a_job_whose_pod_is_refused_is_told_with_the_words_of_the_api_server() -> None:
    story = a_story()
    job = a_job(story.check, MIDNIGHT + timedelta(seconds=60))
    story.world.owned.append((JOB, job))
    story.outside.refused[job["metadata"]["uid"]] = "forbidden: exceeded quota: compute, requested: pods=1"
    assert "waiting" not in story.at(62)  # its pod may just be on its way
    waiting = story.at(66)["waiting"]
    assert waiting["reason"] == "QuotaExceeded"
    assert waiting["message"].endswith("(forbidden: exceeded quota: compute, requested: pods=1)")


def test_a_run_on_demand_whose_job_is_taken_away_is_told_once() -> None:
    story = a_story()
    story.world.rules.append(the_cron_job())
    story.check["metadata"]["annotations"] = {labels.RUN_NOW: "please"}
    story.at(5)
    assert story.at(34)["manual"]["state"] == "Running"  # it may just not be seen yet
    status = story.at(36)
    assert status["manual"]["state"] == "Done"
    assert (status["lastRun"]["outcome"], status["lastRun"]["reason"]) == ("infra", "JobDeleted")
    assert status["lastRun"]["job"] == status["manual"]["job"]
    story.at(40)
    assert story.totals == {"manual": 1}


def test_a_run_on_demand_is_not_given_up_while_jobs_cannot_be_seen() -> None:
    story = a_story()
    story.world.rules.append(the_cron_job())
    story.check["metadata"]["annotations"] = {labels.RUN_NOW: "please"}
    story.at(5)
    story.world.unreadable[JOB] = Access("Forbidden", "jobs may not be listed")
    assert story.at(600)["manual"]["state"] == "Running"


def test_the_same_annotation_names_the_same_job_after_a_crash() -> None:
    made = []
    for _ in range(2):
        story = a_story(annotations={labels.RUN_NOW: "n"})
        story.world.rules.append(the_cron_job())
        story.at(5)
        made.append(story.plan.creates[0]["metadata"]["name"])

    assert made[0] == made[1]


def test_counts_are_exported_only_once_their_zeros_were_read() -> None:
    story = a_story()
    story.ran(60)
    assert story.at(63)["counted"] is False

    story.outside.scraped = True
    assert story.at(64)["counted"] is True

    story.outside.scraped = False
    assert story.at(65)["counted"] is True, "once is for ever, also for the next leader"


def test_alerts_carry_the_policy_that_selects_the_check() -> None:
    story = Story(a_check())
    story.check["metadata"]["labels"] = {"team": "shop"}
    policy = {
        "metadata": {
            "name": "oncall",
            "namespace": "shop",
            "uid": "p",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {"selector": {"matchLabels": {"team": "shop"}}},
    }
    story.world.objects.append((ALERT_POLICY, policy))
    story.at(1)

    rules = story.plan.children[1]["spec"]["groups"][0]["rules"]
    assert {rule["labels"]["alert_policy"] for rule in rules} == {"shop/oncall"}


def test_the_prober_runs_it_without_a_cron_job() -> None:
    story = a_story(runner="Prober", schedule={"every": "10s"}, timeout="5s")

    assert [one["kind"] for one in story.plan.children] == ["PrometheusRule"]
    assert story.condition("Ready") == ("True", "Ready")


def test_a_refused_cron_job_is_told_and_counted_as_not_measured() -> None:
    story = a_story()
    story.at(2, problem=Problem("Forbidden", "create on cronjobs.batch is forbidden"))
    assert story.condition("Ready") == ("False", "Forbidden")
    assert story.condition("Scheduled") == ("False", "Forbidden")

    story.at(400)
    assert story.totals["infra"] > 0


@given(
    outcomes=st.lists(st.sampled_from(["success", "failure", "error", "infra"]), min_size=1, max_size=12),
    looks=st.lists(st.integers(60, 900), max_size=8),
)
def test_however_often_it_looks_the_counts_are_the_same(outcomes: list[str], looks: list[int]) -> None:
    """Every run is over four seconds after its slot; looking in between must not matter."""
    busy, lazy = a_story(), a_story()
    end = 60 * len(outcomes) + 5
    for look in sorted(look for look in looks if look < end):
        busy.world.owned = runs_by(busy, outcomes, look)
        busy.at(look)
    for story in (busy, lazy):
        story.world.owned = runs_by(story, outcomes, end)
        story.at(end)

    assert busy.totals == lazy.totals
    assert lazy.totals["expected"] == len(outcomes)
    assert sum(lazy.totals.get(one, 0) for one in ("success", "failure", "error", "infra")) == len(outcomes)
    counts = ("history", "consecutiveFailures", "days", "hours", "durations", "ledger")
    assert {name: busy.check["status"].get(name) for name in counts} == {
        name: lazy.check["status"].get(name) for name in counts
    }


def runs_by(story: Story, outcomes: list[str], seconds: int) -> list[tuple[Any, Manifest]]:
    """Jobs and pods that are there by then."""
    found: list[tuple[Any, Manifest]] = []
    for number, outcome in enumerate(outcomes, start=1):
        over = 60 * number + 4
        if 60 * number > seconds:
            continue
        job = a_job(
            story.check, MIDNIGHT + timedelta(minutes=number), over="Complete" if over <= seconds else ""
        )
        found.append((JOB, job))
        if over <= seconds:
            found.append((POD, a_pod(job, outcome)))
    return found


def the_cron_job() -> SeenChild:
    """The CronJob as the cache keeps it."""
    return SeenChild(
        resource=CRON_JOB,
        namespace="shop",
        name="health",
        uid="cron-job-uid",
        resource_version="1",
        digest="d",
        labels={labels.OWNER_KIND: "SyntheticCheck", labels.OWNER_NAME: "health", labels.OWNER_UID: UID},
        annotations={},
    )


def test_a_prober_that_is_not_allowed_is_said() -> None:
    settings = Settings(checks={"image": "registry.example/fireline:1", "probers": False})
    story = Story(a_check(runner="Prober", schedule={"every": "10s"}, timeout="5s"), settings=settings)
    story.at(1)

    assert story.condition("Valid") == ("False", "NoProber")


def test_the_problem_of_a_prober_is_told_by_its_checks() -> None:
    story = Story(a_check(runner="Prober", schedule={"every": "10s"}, timeout="5s", location="eu-1"))
    prober = Key("Prober", "shop", "eu-1")
    story.world.problems[prober] = Problem("Forbidden", "create on deployments.apps is forbidden")
    story.at(1)

    assert story.condition("Ready") == ("False", "Forbidden")
