"""Runs that do not end in time: those that never start, one that never ends, those whose end is not seen.

It takes more than a minute until that is sure, so they begin with the session (early.py) and come last.
"""

from __future__ import annotations

import pytest
from tests.e2e.hindered import CASES, Case, Hindered

pytestmark = pytest.mark.bed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_keeps_a_run_from_starting_is_told_while_it_waits(hindered: Hindered, case: Case):
    waiting = hindered.waiting()[case.name]
    for words in case.words:
        assert words in waiting["message"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_at_the_deadline_it_is_the_reason_of_the_run(hindered: Hindered, case: Case):
    run = hindered.results()[case.name]
    assert (run["outcome"], run["reason"]) == ("infra", case.reason), run
    assert run["message"].startswith(f"did not start within {case.within}s: ")
    for words in case.words:
        assert words in run["message"]
    assert "startedAt" not in run


def test_a_run_that_is_at_work_at_its_deadline_has_measured_nothing(hindered: Hindered):
    run = hindered.endless()
    assert (run["outcome"], run["reason"]) == ("infra", "DeadlineExceeded")
    assert "still running at its deadline and was stopped without a result" in run["message"]
    assert "startedAt" in run


def test_a_run_whose_job_was_taken_away_is_told_and_never_goes_on_for_ever(hindered: Hindered):
    run = hindered.taken_away()
    assert (run["outcome"], run["reason"], run["trigger"]) == ("infra", "JobDeleted", "Manual")
    assert "somebody deleted the Job before it was done" in run["message"]


def test_a_run_whose_pod_was_deleted_by_force_is_told(hindered: Hindered):
    run = hindered.forced()
    assert (run["outcome"], run["reason"]) == ("infra", "PodDeleted")
    assert "somebody deleted the pod before it was done" in run["message"]
