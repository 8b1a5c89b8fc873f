"""Builders for SyntheticChecks and for the Jobs and pods of their runs, as the caches hold them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.api import labels
from fireline.api.plan import Manifest
from fireline.api.resources import CRON_JOB
from fireline.synthetic.runs import moment

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
UID = "0a1b2c3d-0000-4000-8000-000000000001"
STEP: Manifest = {"name": "home", "http": {"url": "https://shop.example/health"}}


def text(time: datetime) -> str:
    """A time as the API server writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def a_check(name: str = "health", *, annotations: dict[str, str] | None = None, **spec: Any) -> Manifest:
    """A check that runs every minute since midnight, as the API server would return it."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": UID,
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": text(MIDNIGHT),
            "annotations": annotations or {},
        },
        "spec": {"schedule": {"every": "1m"}, "steps": [STEP], **spec},
    }


def job_labels(check: Manifest) -> dict[str, str]:
    """What the template of the CronJob puts on its Jobs and their pods."""
    return {
        labels.OWNER_KIND: "SyntheticCheck",
        labels.OWNER_NAME: check["metadata"]["name"],
        labels.OWNER_UID: check["metadata"]["uid"],
    }


def a_job(check: Manifest, slot: datetime, *, manual: str = "", over: str = "") -> Manifest:
    """The Job of a slot. ``over``: the type of its last condition, Complete or Failed."""
    name = check["metadata"]["name"]
    annotations = {"batch.kubernetes.io/cronjob-scheduled-timestamp": text(slot)}
    if manual:
        annotations = {labels.TRIGGER: "Manual", labels.RUN_NOW: manual}
    done = slot + timedelta(seconds=4)
    return {
        "metadata": {
            "name": manual or f"{name}-{int(slot.timestamp()) // 60}",
            "namespace": "shop",
            "uid": f"uid-of-{manual or int(slot.timestamp())}",
            "creationTimestamp": text(slot),
            "labels": job_labels(check),
            "annotations": annotations,
            "ownerReferences": [{"kind": CRON_JOB.kind, "name": name, "uid": "cron", "controller": True}],
        },
        "spec": {"activeDeadlineSeconds": 105},
        "status": {
            "startTime": text(slot),
            "conditions": [{"type": over, "status": "True", "lastTransitionTime": text(done)}]
            if over
            else [],
        },
    }


def a_pod(job: Manifest, outcome: str = "success", *, written: str | None = None, **said: Any) -> Manifest:
    """The pod of a Job, ended with a message (by default a good one with this outcome)."""
    started = moment(job["metadata"]["creationTimestamp"]) + timedelta(seconds=1)
    told = {"v": 1, "outcome": outcome, "startedAt": text(started), "durationMs": 120, **said}
    ended = {
        "exitCode": {"success": 0, "failure": 1, "error": 2}.get(outcome, 3),
        "reason": "Completed" if outcome == "success" else "Error",
        "message": json.dumps(told) if written is None else written,
        "startedAt": text(started),
        "finishedAt": text(started + timedelta(seconds=1)),
    }
    metadata = job["metadata"]
    return {
        "metadata": {
            "name": f"{metadata['name']}-x7k2p",
            "namespace": "shop",
            "uid": f"pod-{metadata['uid']}",
            "creationTimestamp": metadata["creationTimestamp"],
            "labels": {**metadata["labels"], "batch.kubernetes.io/controller-uid": metadata["uid"]},
        },
        "spec": {"nodeName": "node-1"},
        "status": {
            "phase": "Succeeded" if outcome == "success" else "Failed",
            "containerStatuses": [{"name": "check", "state": {"terminated": ended}}],
        },
    }
