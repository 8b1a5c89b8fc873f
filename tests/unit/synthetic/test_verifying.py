"""A Mitigation that is being verified gets runs of its check, each once, until one succeeds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.seen import World
from tests.unit.synthetic.checks import MIDNIGHT, a_check, a_job, a_pod, text
from tests.unit.synthetic.test_plan import SETTINGS, Outside

from fireline.api import labels
from fireline.api.plan import Change, Key, Manifest, SeenChild
from fireline.api.resources import CRON_JOB, JOB, MITIGATION, POD
from fireline.synthetic.plan import CheckPlanner
from fireline.synthetic.verifying import BETWEEN, TRIES

KEY = Key("SyntheticCheck", "shop", "health")
APPLIED = 3600.0
CRON = SeenChild(
    resource=CRON_JOB,
    namespace="shop",
    name="health",
    uid="cron",
    resource_version="1",
    digest="d",
    labels={labels.OWNER_KIND: "SyntheticCheck", labels.OWNER_NAME: "health"},
    annotations={},
)


def a_mitigation(*, phase: str = "Verifying", check: str = "health", id: str = "i-1") -> Manifest:  # noqa: A002
    """That was made an hour after midnight."""
    return {
        "metadata": {"namespace": "shop", "name": f"m-{id}", "uid": "m"},
        "spec": {"verify": {"check": "edited-since"}},
        "status": {
            "phase": phase,
            "appliedAt": text(MIDNIGHT + timedelta(seconds=APPLIED)),
            "intent": {"id": id, "spec": json.dumps({"verify": {"check": check}})},
        },
    }


class Story:
    """One check, and the Mitigations around it; what is created exists from then on."""

    def __init__(self, *mitigations: Manifest) -> None:
        self.check = a_check()
        self.world = World(objects=[(MITIGATION, one) for one in mitigations], rules=[CRON])
        self.planner = CheckPlanner(SETTINGS, Outside())
        self.made: list[str] = []
        self.wait: timedelta | None = None

    def at(self, seconds: float) -> list[Manifest]:
        """Plans so many seconds after the change; returns what was created."""
        now = MIDNIGHT + timedelta(seconds=APPLIED + seconds)
        plan = self.planner.plan(KEY, parent=self.check, seen=self.world, now=now, problem=None)
        assert plan is not None
        self.check = {**self.check, "status": plan.status}
        self.wait = plan.requeue_after
        self.made += [one["metadata"]["name"] for one in plan.creates]
        return list(plan.creates)

    def runs(self, name: str, seconds: float) -> None:
        """The Job is seen, and not over."""
        self.world.owned.append((JOB, self._job(name, seconds, over="")))

    def ends(self, name: str, seconds: float, outcome: str) -> None:
        """The Job is over."""
        self.world.owned[:] = [one for one in self.world.owned if one[1]["metadata"]["name"] != name]
        job = self._job(name, seconds, over="Complete")
        self.world.owned += [(JOB, job), (POD, a_pod(job, outcome))]

    def _job(self, name: str, seconds: float, *, over: str) -> Manifest:
        slot = MIDNIGHT + timedelta(seconds=APPLIED + seconds)
        return a_job(self.check, slot, manual=name, over=over)


def test_the_check_is_run_at_once_and_the_job_tells_what_for() -> None:
    story = Story(a_mitigation())
    (job,) = story.at(1)
    assert job["kind"] == "Job"
    assert job["metadata"]["annotations"][labels.RUN_NOW] == "mitigation-i-1-0"
    assert job["metadata"]["annotations"][labels.TRIGGER] == "Manual"
    assert job["metadata"]["ownerReferences"][0]["uid"] == "cron"


def test_planned_again_it_is_the_same_job_and_once_it_is_seen_there_is_none() -> None:
    story = Story(a_mitigation())
    (job,) = story.at(1)
    (again,) = story.at(2)
    assert again == job
    story.runs(job["metadata"]["name"], 1)
    assert story.at(3) == []
    assert story.at(31) == [], "the one before is not over"


def test_a_run_that_did_not_succeed_is_tried_again_after_a_while() -> None:
    story = Story(a_mitigation())
    (job,) = story.at(1)
    story.ends(job["metadata"]["name"], 1, "failure")
    assert story.at(6) == []
    assert story.wait is not None
    assert story.wait <= BETWEEN
    (other,) = story.at(31)
    assert other["metadata"]["name"] != job["metadata"]["name"]


def test_after_a_success_there_is_no_further_run() -> None:
    story = Story(a_mitigation())
    (job,) = story.at(1)
    story.ends(job["metadata"]["name"], 1, "success")
    assert [story.at(seconds) for seconds in (6, 31, 61, 3600)] == [[], [], [], []]


def test_there_is_an_end_to_it() -> None:
    story = Story(a_mitigation())
    assert story.at(BETWEEN.total_seconds() * TRIES) == []


def test_a_run_does_not_count_for_another_application() -> None:
    story = Story(a_mitigation())
    (job,) = story.at(1)
    story.ends(job["metadata"]["name"], 1, "success")
    story.at(6)
    story.world.objects[:] = [(MITIGATION, a_mitigation(id="i-2"))]
    assert len(story.at(7)) == 1


@pytest.mark.parametrize(
    "mitigation",
    [a_mitigation(phase="Active"), a_mitigation(check="other"), {"metadata": {"namespace": "shop"}}],
)
def test_others_are_none_of_its_business(mitigation: Manifest) -> None:
    assert Story(mitigation).at(1) == []


@pytest.mark.parametrize("spec", ["", "not JSON", "[]", '{"verify": 3}', '{"verify": {"check": 3}}'])
def test_an_intent_that_cannot_be_read_asks_for_nothing(spec: str) -> None:
    mitigation = a_mitigation()
    mitigation["status"]["intent"]["spec"] = spec
    assert Story(mitigation).at(1) == []


def test_a_check_without_its_cron_job_yet_waits_for_it() -> None:
    story = Story(a_mitigation())
    story.world.rules.clear()
    assert story.at(1) == []


def test_runs_that_verify_spend_no_budget() -> None:
    story = Story(a_mitigation())
    story.at(0)
    before: dict[str, Any] = dict(story.check["status"]["totals"])
    (name, *_) = story.made
    story.ends(name, 0, "failure")
    story.at(5)
    after = story.check["status"]["totals"]
    assert {**after, "manual": 0} == {**before, "manual": 0}
    assert after["manual"] == before["manual"] + 1


@pytest.mark.parametrize(("phase", "told"), [("Verifying", [KEY]), ("Active", [])])
def test_the_check_is_planned_when_a_mitigation_begins_to_wait_for_it(phase: str, told: list[Key]) -> None:
    change = Change(MITIGATION, "shop", "m", None, a_mitigation(phase=phase))
    assert list(CheckPlanner(SETTINGS, Outside()).dependents(change, World())) == told
