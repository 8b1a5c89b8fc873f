"""Runs that verify a mitigation: ``verify.check`` of a Mitigation names a check, which is run at once. Pure.

The Mitigation's own planner touches no check. While a Mitigation is Verifying, its check is run on demand,
as by the annotation ``fireline.dev/run-now`` but without touching the check either: the name of the Job
follows from the application and the number of the try, so that a crash makes no second one. A run that did
not succeed is tried again, since what was changed may take a while to show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Change, Key, Manifest, Seen, SeenChild
from fireline.api.resources import JOB, MITIGATION, SYNTHETIC_CHECK
from fireline.settings import Settings
from fireline.synthetic.model import Check
from fireline.synthetic.render import render_run_now, run_now_name

BETWEEN = timedelta(seconds=30)
"""Between two tries."""
TRIES = 20
"""More of the same tell nothing new."""


@dataclass(frozen=True, slots=True)
class Application:
    """A change that a check is to verify: its identity, and when it was made."""

    id: str
    applied: datetime


def verified_by(mitigation: Mapping[str, Any]) -> tuple[str, Application] | None:
    """The check that verifies a Mitigation just now, and what it verifies; None when there is none."""
    status = mitigation.get("status") or {}
    applied, intent = status.get("appliedAt"), status.get("intent") or {}
    if status.get("phase") != "Verifying" or not applied or not intent.get("id"):
        return None
    try:
        check = (json.loads(intent["spec"]).get("verify") or {}).get("check")
    except (KeyError, ValueError, AttributeError):
        return None
    return (check, Application(intent["id"], parse_timestamp(applied))) if isinstance(check, str) else None


def checks_to_run(change: Change) -> Iterator[Key]:
    """Checks that must be planned again because a Mitigation has changed."""
    if change.resource == MITIGATION and isinstance(change.new, dict):
        found = verified_by(change.new)
        if found is not None:
            yield Key(SYNTHETIC_CHECK.kind, change.namespace, found[0])


def runs_to_verify(
    key: Key,
    check: Check,
    *,
    uid: str,
    counts: Mapping[str, Any],
    cron_job: SeenChild | None,
    seen: Seen,
    settings: Settings,
    now: datetime,
) -> tuple[tuple[Manifest, ...], timedelta | None]:
    """The Jobs to make for Mitigations that wait for this check, and when to look again.

    ``counts``: the ledger's part of the status, with finished runs.
    """
    if cron_job is None and check.timing.cron is not None:
        return (), None  # the Job is to belong to it, and its appearance tells
    jobs: list[Manifest] = []
    waits: list[timedelta] = []
    under_way = {job["metadata"]["name"] for job in seen.offspring(JOB, key)}
    outcomes = {run.get("job"): run.get("outcome") for run in _runs(counts)}
    for application in _applications(key, seen):
        names = [run_now_name(check.name, uid, _nonce(application, at)) for at in range(TRIES)]
        at = int((now - application.applied) / BETWEEN)
        waiting = any(name in under_way and name not in outcomes for name in names)
        if at >= TRIES or any(outcomes.get(name) == "success" for name in names):
            continue
        waits.append(application.applied + (at + 1) * BETWEEN - now)
        if at >= 0 and not waiting and names[at] not in outcomes and names[at] not in under_way:
            jobs.append(
                render_run_now(
                    check,
                    settings.checks,
                    uid=uid,
                    instance=settings.instance,
                    cron_job_uid=cron_job.uid if cron_job is not None else None,
                    nonce=_nonce(application, at),
                )
            )
    return tuple(jobs), min(waits, default=None)


def jobs_of(check: Mapping[str, Any], application: Application) -> frozenset[str]:
    """Names of the Jobs by which a check (its manifest) verifies a change, whether they were made or not."""
    about = check["metadata"]
    return frozenset(
        run_now_name(about["name"], about["uid"], _nonce(application, at)) for at in range(TRIES)
    )


def _applications(key: Key, seen: Seen) -> Iterator[Application]:
    for one in seen.all(MITIGATION, key.namespace):
        found = verified_by(one)
        if found is not None and found[0] == key.name:
            yield found[1]


def _nonce(application: Application, at: int) -> str:
    return f"mitigation-{application.id}-{at}"


def _runs(counts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (run for run in (counts.get("lastRun"), *(counts.get("history") or ())) if run)
