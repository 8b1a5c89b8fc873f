"""Writes the Jobs and pods of checks' runs to the API server, as a cluster's controllers and kubelets do.

For tests of counting: a cluster without nodes has nobody else who writes them, and what the operator sees
is the same objects. With pods on real nodes see tests/bed/podbed.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.api import labels
from fireline.api.plan import Manifest
from fireline.api.resources import CRON_JOB, JOB, POD, Resource
from tests.bed.kubeclient import ApiError, KubeClient

_SERVICE_ACCOUNT = Resource("", "v1", "serviceaccounts", "ServiceAccount")
_CODES = {"success": 0, "failure": 1, "error": 2}
SLOT = "batch.kubernetes.io/cronjob-scheduled-timestamp"


def text(time: datetime) -> str:
    """A time as the API server writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Written:
    """A run that was begun: names of its objects, and what it counts as."""

    job: str
    pod: str
    uid: str
    slot: datetime


class CheckRuns:
    """Runs of the checks of one namespace. Safe to use from several threads."""

    def __init__(self, client: KubeClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._cron_jobs: dict[str, Manifest] = {}
        self._lock = threading.Lock()
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": namespace},
        }
        if client.find(_SERVICE_ACCOUNT, "default", namespace) is None:
            client.create(account)

    def begin(self, check: str, slot: datetime) -> Written:
        """Make the Job of a slot, and its pod, which is on its way."""
        cron_job = self._cron_job(check)
        template = cron_job["spec"]["jobTemplate"]
        name = f"{check}-{int(slot.timestamp())}"
        job = self._client.create(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {
                    "name": name,
                    "namespace": self._namespace,
                    "labels": template["metadata"]["labels"],
                    "annotations": {**template["metadata"].get("annotations", {}), SLOT: text(slot)},
                    "ownerReferences": [_owner("batch/v1", CRON_JOB, cron_job)],
                },
                "spec": template["spec"],
            }
        )
        return self.follow(job, slot)

    def follow(self, job: Manifest, slot: datetime) -> Written:
        """Make the pod of a Job that is there."""
        name, uid = job["metadata"]["name"], job["metadata"]["uid"]
        return Written(name, self._pod_of(job, f"{name}-p"), uid, slot)

    def _pod_of(self, job: Manifest, name: str) -> str:
        uid = job["metadata"]["uid"]
        pod_labels = {**job["metadata"]["labels"], "batch.kubernetes.io/controller-uid": uid}
        self._client.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "namespace": self._namespace,
                    "labels": pod_labels,
                    "ownerReferences": [_owner("batch/v1", JOB, job)],
                },
                "spec": job["spec"]["template"]["spec"],
            }
        )
        return name

    def double(self, run: Written, outcome: str) -> None:
        """A second pod of the same Job says the same: a node came back, or the Job controller was quick."""
        job = self._client.get(JOB, run.job, self._namespace)
        other = self._pod_of(job, f"{run.pod}2")
        self._end_pod(other, run.slot, _CODES.get(outcome, 3), json.dumps(_said(run, outcome)))

    def end(self, run: Written, outcome: str = "success", *, written: str | None = None, **said: Any) -> None:
        """The container has ended with a message, and a moment later the Job."""
        code = _CODES.get(outcome, 3)
        self.end_pod(run, code, json.dumps(_said(run, outcome) | said) if written is None else written)
        self.end_job(run, complete=code == 0)

    def end_pod(self, run: Written, code: int, message: str, *, reason: str = "") -> None:
        """The container ``check`` has ended."""
        self._end_pod(run.pod, run.slot, code, message, reason=reason)

    def _end_pod(self, pod: str, slot: datetime, code: int, message: str, *, reason: str = "") -> None:
        ended = {
            "exitCode": code,
            "reason": reason or ("Completed" if code == 0 else "Error"),
            "message": message,
            "startedAt": text(slot + timedelta(seconds=1)),
            "finishedAt": text(max(slot + timedelta(seconds=2), datetime.now(UTC))),
        }
        status = {
            "phase": "Succeeded" if code == 0 else "Failed",
            "containerStatuses": [
                {
                    "name": "check",
                    "image": "fireline",
                    "imageID": "",
                    "ready": False,
                    "restartCount": 0,
                    "state": {"terminated": ended},
                }
            ],
        }
        self._patch(POD, pod, status)

    def end_job(self, run: Written, *, complete: bool) -> None:
        """The Job is over."""
        done = text(max(run.slot + timedelta(seconds=4), datetime.now(UTC)))
        kinds = ("SuccessCriteriaMet", "Complete") if complete else ("FailureTarget", "Failed")
        conditions = [
            {
                "type": kind,
                "status": "True",
                "lastProbeTime": done,
                "lastTransitionTime": done,
                "reason": "CompletionsReached" if complete else "BackoffLimitExceeded",
                "message": "",
            }
            for kind in kinds
        ]
        counted = {"succeeded": 1, "completionTime": done} if complete else {"failed": 1}
        self._patch(JOB, run.job, {"startTime": text(run.slot), "conditions": conditions, **counted})

    def clear(self, run: Written) -> None:
        """What the CronJob's history limits do, and the garbage collector after them."""
        for resource, name in ((JOB, run.job), (POD, run.pod)):
            try:
                self._client.delete(resource, name, self._namespace)
            except ApiError as error:
                if error.code != 404:
                    raise

    def _patch(self, resource: Resource, name: str, status: Manifest) -> None:
        self._client.patch(resource, name, self._namespace, {"status": status}, subresource="status")

    def _cron_job(self, check: str) -> Manifest:
        with self._lock:
            if check not in self._cron_jobs:
                self._cron_jobs[check] = self._client.get(CRON_JOB, check, self._namespace)
            return self._cron_jobs[check]


def _said(run: Written, outcome: str) -> dict[str, Any]:
    return {"v": 1, "outcome": outcome, "startedAt": text(run.slot), "durationMs": 250}


def _owner(api_version: str, resource: Resource, owner: Manifest) -> Manifest:
    return {
        "apiVersion": api_version,
        "kind": resource.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": False,
    }


def run_now(client: KubeClient, check: str, namespace: str, nonce: str, resource: Resource) -> None:
    """Ask for a run on demand."""
    client.patch(resource, check, namespace, {"metadata": {"annotations": {labels.RUN_NOW: nonce}}})
