"""While the operator is away nothing is lost: what was kept is read later, what was not is said to be lost.

Five real minutes, in a second cluster while the other tests run (absence.py).
"""

from __future__ import annotations

import pytest
from tests.e2e.absence import ASKED, CLEARED, KEPT, SECONDS, Absence, Told

from fireline.synthetic.classify_job import slot_of

pytestmark = pytest.mark.bed


@pytest.fixture(scope="module")
def told(absence: Absence) -> Told:
    """What came of it."""
    return absence.told()


def test_it_was_away_for_five_minutes(told: Told):
    assert (told.back - told.gone).total_seconds() >= SECONDS
    assert told.before[KEPT]["ledger"]["through"] < told.after[KEPT]["ledger"]["through"]


def test_every_run_of_five_minutes_is_counted_with_its_own_outcome(told: Told):
    status = told.after[KEPT]
    codes = {
        job["metadata"]["name"]: "success" if job["status"].get("succeeded") else "failure"
        for job in told.jobs
    }
    assert len(codes) >= SECONDS // 60
    counted = {run["job"]: run["outcome"] for run in status["history"] if run["job"] in codes}
    assert counted == codes
    assert set(counted.values()) == {"success", "failure"}
    totals = status["totals"]
    assert totals["expected"] == totals["success"] + totals["failure"] == len(status["history"])
    assert (totals["infra"], totals["error"], totals["skipped"]) == (0, 0, 0)
    assert [run["slot"] for run in status["history"]] == sorted(
        (run["slot"] for run in status["history"]), reverse=True
    )


def test_runs_whose_jobs_are_gone_are_counted_as_not_measured(told: Told):
    status = told.after[CLEARED]
    totals, kept = status["totals"], {slot_of(job) for job in told.left}
    assert 1 <= len(kept) <= 3
    assert totals["infra"] >= SECONDS // 60 - len(kept)
    assert totals["expected"] == totals["success"] + totals["failure"] + totals["infra"]
    assert totals["expected"] == told.after[KEPT]["totals"]["expected"]
    lost = [run for run in status["history"] if run["outcome"] == "infra"]
    assert sum(run.get("runs", 1) for run in lost) == totals["infra"]
    for run in lost:
        assert run["reason"] == "NotStarted"
        assert "look at the events of the CronJob" in run["message"]


def test_a_run_on_demand_that_ended_meanwhile_is_told(told: Told):
    assert told.before[ASKED]["manual"]["state"] == "Running"
    assert told.asked is not None
    assert told.asked["outcome"] == "success"
