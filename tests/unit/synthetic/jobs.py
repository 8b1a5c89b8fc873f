"""Jobs and pods as Kubernetes 1.34 writes them, for the tests of what runs came to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

SLOT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NOW = SLOT + timedelta(seconds=8)


def after(seconds):
    """A time of the API server, so many seconds after the slot."""
    return (SLOT + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_message(outcome="success", **more):
    """What a probe writes."""
    said = {
        "v": 1,
        "outcome": outcome,
        "attempts": 1,
        "durationMs": 840,
        "startedAt": "2026-11-22T10:00:02.250Z",
    }
    return json.dumps(said | more)


def a_job(*, ended=None, reason="", message="", at=6, manual=False, **metadata):
    """A Job of the slot; ``ended``: Complete or Failed."""
    annotations = {"batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-22T10:00:00Z"}
    if manual:
        annotations = {"fireline.dev/trigger": "Manual", "cronjob.kubernetes.io/instantiate": "manual"}
    status = {"startTime": after(0)}
    if ended:
        condition = {"type": ended, "status": "True", "reason": reason, "message": message}
        status["conditions"] = [condition | {"lastTransitionTime": after(at)}]
        if ended == "Complete":
            status["completionTime"] = after(at)
    return {
        "metadata": {
            "name": "login-29922360",
            "uid": "job-uid",
            "creationTimestamp": after(0),
            "annotations": annotations,
            "ownerReferences": [{"kind": "CronJob", "name": "login", "controller": True}],
            **metadata,
        },
        "spec": {"activeDeadlineSeconds": 115},
        "status": status,
    }


def a_pod(*containers, phase="Running", reason="", message="", conditions=(), init=(), **metadata):
    """The Job's pod with these container statuses."""
    status = {"phase": phase, "conditions": [*conditions], "startTime": after(1)}
    if containers:
        status["containerStatuses"] = list(containers)
    if init:
        status["initContainerStatuses"] = list(init)
    if reason:
        status["reason"] = reason
    if message:
        status["message"] = message
    about = {"name": "login-29922360-abcde", "creationTimestamp": after(0), **metadata}
    return {"metadata": about, "status": status}


def ended(message="", *, code=0, reason=None, name="check", at=(2, 4)):
    """A container that is over."""
    found = {
        "exitCode": code,
        "reason": reason or ("Completed" if code == 0 else "Error"),
        "startedAt": after(at[0]) if at else None,
        "finishedAt": after(at[1]) if at else None,
    }
    return {"name": name, "state": {"terminated": found | ({"message": message} if message else {})}}


def waits(reason, message="", *, name="check"):
    """A container that has not begun."""
    return {"name": name, "state": {"waiting": {"reason": reason, "message": message}}}


def runs(*, name="check"):
    """A container at work."""
    return {"name": name, "state": {"running": {"startedAt": after(2)}}}


def is_disrupted(reason, message):
    """The condition of a pod that somebody removes."""
    return {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": after(5),
    }


def is_unschedulable(message):
    """The condition of a pod that no node takes."""
    return {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastTransitionTime": after(0),
    }
