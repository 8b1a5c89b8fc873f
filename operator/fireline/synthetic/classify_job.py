"""Facts of a Job of a check: which slot it is for, who started it, whether it is over. Pure reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api import labels
from fireline.synthetic.ledger import Live
from fireline.synthetic.runs import Trigger, moment
from fireline.synthetic.schedule import at

SLOT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
"""Put on by the CronJob controller, RFC 3339 in the CronJob's time zone. Since Kubernetes 1.28."""
_INSTANTIATE = "cronjob.kubernetes.io/instantiate"
"""Put on by ``kubectl create job --from=cronjob/…``."""
_MINUTES = re.compile(r".*-(\d{7,9})")
"""Name of a scheduled Job: that of the CronJob and the slot in minutes since the epoch."""
_ENDING = frozenset({"FailureTarget", "SuccessCriteriaMet"})
_PATIENCE = timedelta(minutes=10)
"""How long after its own deadline a Job may take to be over, before it counts as lost."""

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Over:
    """How a Job ended: ``complete`` or not, and the controller's reason."""

    complete: bool
    reason: str
    message: str
    since: datetime | None


def uid_of(job: Manifest) -> str:
    """Identity of the run."""
    return str(job["metadata"]["uid"])


def trigger_of(job: Manifest) -> Trigger:
    """A Job is scheduled when the CronJob controller made it; all others were made by people."""
    annotations = job["metadata"].get("annotations", {})
    by_hand = labels.TRIGGER in annotations or _INSTANTIATE in annotations
    return Trigger.MANUAL if by_hand or slot_of(job) is None else Trigger.SCHEDULE


def slot_of(job: Manifest) -> datetime | None:
    """The slot a Job was made for; None for one that was not scheduled."""
    metadata = job["metadata"]
    text = metadata.get("annotations", {}).get(SLOT)
    if text:
        try:
            return moment(text)
        except ValueError:
            return None
    made_by = {owner["kind"] for owner in metadata.get("ownerReferences", ()) if owner.get("controller")}
    minutes = _MINUTES.fullmatch(metadata["name"]) if "CronJob" in made_by else None
    return at(60 * int(minutes[1])) if minutes else None


def over(job: Manifest) -> Over | None:
    """How it ended; None while it goes on. A Job that only waits for its pods to go is not over."""
    for one in job.get("status", {}).get("conditions", ()):
        if one["type"] in {"Complete", "Failed"} and one["status"] == "True":
            since = time_of(one.get("lastTransitionTime"))
            done = time_of(job["status"].get("completionTime")) or since
            return Over(one["type"] == "Complete", one.get("reason", ""), one.get("message", ""), done)
    return None


def ending(job: Manifest) -> bool:
    """Whether the Job is about to be over, and its pods are being removed. Since Kubernetes 1.31."""
    conditions = job.get("status", {}).get("conditions", ())
    return any(one["type"] in _ENDING and one["status"] == "True" for one in conditions)


def live(job: Manifest) -> Live | None:
    """A scheduled Job that is not over, for the ledger; None for one by hand."""
    slot = slot_of(job)
    if slot is None or trigger_of(job) is Trigger.MANUAL:
        return None
    metadata, seconds = job["metadata"], job.get("spec", {}).get("activeDeadlineSeconds")
    start = time_of(job.get("status", {}).get("startTime")) or time_of(metadata.get("creationTimestamp"))
    ends = start + timedelta(seconds=seconds) + _PATIENCE if start and seconds else None
    return Live(id=uid_of(job), slot=slot, job=metadata["name"], gives_up_at=ends)


def time_of(text: str | None) -> datetime | None:
    """A time of the API server; None when it is absent or stands for none (a container that never ran)."""
    if not text:
        return None
    time = moment(text)
    return time if time.year > 1970 else None
