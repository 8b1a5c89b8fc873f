"""CronJobs: suspended, with a word on what happens when they go on."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.objects import a_change, a_refusal, an_object, planned

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, PathChange

ACTION: Manifest = {"suspendCronJob": {}}


def cron_job(status: Manifest | None = None, **spec: Any) -> Manifest:
    return an_object("batch/v1", "CronJob", spec={"schedule": "*/10 * * * *", **spec}, status=status or {})


@pytest.mark.parametrize(
    ("spec", "before"), [({}, ABSENT), ({"suspend": False}, False)], ids=["absent", "false"]
)
def test_a_cron_job_is_suspended(spec: Manifest, before: object):
    change = a_change(planned(ACTION, cron_job(**spec)))
    assert change.paths == (PathChange("/spec/suspend", before, True),)
    assert change.summary == "suspends CronJob checkout"


def test_one_that_is_suspended_needs_nothing():
    a_refusal(planned(ACTION, cron_job(suspend=True)), "NotNeeded")


def test_a_missed_run_starts_however_late_without_a_deadline():
    (note,) = a_change(planned(ACTION, cron_job())).notes
    assert "however late" in note


def test_a_missed_run_starts_within_the_deadline():
    (note,) = a_change(planned(ACTION, cron_job(startingDeadlineSeconds=300))).notes
    assert "missed in the 300 s before" in note


def test_jobs_that_run_go_on_and_people_are_told():
    notes = a_change(planned(ACTION, cron_job(status={"active": [{"name": "a"}, {"name": "b"}]}))).notes
    assert notes[0].startswith("2 of its Jobs run now, and go on")
