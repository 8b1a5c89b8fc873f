"""A run on demand: annotation ``fireline.dev/run-now`` with a new value starts one Job, once. Pure.

The Job's name follows from the annotation's value, and the value is written to the status only after the
Job was made: a crash in between makes the same Job again, which the API server refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api import labels
from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Manifest, Problem, SeenChild
from fireline.settings import Settings
from fireline.synthetic.classify_pod import infra
from fireline.synthetic.model import Check
from fireline.synthetic.render import render_run_now, run_now_name
from fireline.synthetic.runs import Run, Trigger

_SOON = timedelta(seconds=1)
_SEEN_WITHIN = timedelta(seconds=30)
"""A Job that was made is seen by then."""
_NONCE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class RunNow:
    """The Job to make, if any, and ``status.manual``."""

    status: Manifest | None
    job: Manifest | None = None
    wait: timedelta | None = None


def run_now(
    check: Check,
    parent: Manifest,
    *,
    counts: Mapping[str, Any],
    cron_job: SeenChild | None,
    settings: Settings,
    problem: Problem | None,
    now: datetime,
) -> RunNow:
    """What the annotation asks for. ``counts``: the ledger's part of the status, with finished runs."""
    metadata = parent["metadata"]
    nonce = metadata.get("annotations", {}).get(labels.RUN_NOW, "")[:_NONCE_LENGTH]
    before: Manifest | None = parent.get("status", {}).get("manual")
    if not nonce or (before is not None and before["nonce"] == nonce):
        return RunNow(_followed(before, counts))
    name = run_now_name(check.name, metadata["uid"], nonce)
    if problem is not None:
        return RunNow({"nonce": nonce, "job": name, "state": "Refused", "message": problem.message})
    if cron_job is None and check.timing.cron is not None:
        return RunNow(_followed(before, counts), wait=_SOON)  # the Job is to belong to it
    job = render_run_now(
        check,
        settings.checks,
        uid=metadata["uid"],
        instance=settings.instance,
        cron_job_uid=cron_job.uid if cron_job is not None else None,
        nonce=nonce,
    )
    return RunNow({"nonce": nonce, "job": name, "state": "Running", "since": timestamp(now)}, job)


def vanished(before: Mapping[str, Any], jobs: Collection[str], now: datetime) -> Run | None:
    """The run on demand of a status whose Job somebody took away before it was over: nothing else will tell.

    ``jobs``: names of those that are seen. One that was just made may not be seen yet.
    """
    manual = before.get("manual", {})
    job, since = manual.get("job"), manual.get("since")
    if manual.get("state") != "Running" or not job or not since or job in jobs:
        return None
    if now < parse_timestamp(since) + _SEEN_WITHIN:
        return None
    return Run.of(infra("JobDeleted"), id=job, slot=None, trigger=Trigger.MANUAL, job=job, ended_at=now)


def _followed(before: Manifest | None, counts: Mapping[str, Any]) -> Manifest | None:
    """``Done`` once the run is in the history."""
    if before is None or before["state"] != "Running":
        return before
    runs = [counts.get("lastRun", {}), *counts.get("history", ())]
    done = any(run.get("job") == before.get("job") for run in runs)
    return before | {"state": "Done"} if done else before
