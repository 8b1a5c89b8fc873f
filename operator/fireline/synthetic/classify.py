"""A Job and its pods → the run they came to, or why it is not there yet. Pure.

The door of the ``classify_*`` modules, called for every Job of a check. A run that measured nothing is
``infra`` with one word and a sentence that says what to do; it is never a failure of what is checked.
What a pod wrote is looked at first, then how its container ended, then the pod, then the Job. Whatever
was found for a Job is final once the ledger has counted it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fireline.synthetic import classify_words as words
from fireline.synthetic.classify_job import Over, ending, live, over, slot_of, time_of, trigger_of, uid_of
from fireline.synthetic.classify_pod import CONTAINER, Ended, Running, Waiting, infra, never_started, read
from fireline.synthetic.result import Result
from fireline.synthetic.runs import Run, Trigger

__all__ = ["CONTAINER", "Running", "Waiting", "classify", "live", "over", "slot_of", "trigger_of", "uid_of"]

_POD_COMES = timedelta(seconds=10)
"""How long a Job may be without a pod before that is told."""
_POD_LAGS = timedelta(seconds=10)
"""Jobs and pods come by two watches: so long after a Job is over its pod may still be news."""
_POD_ENDS = timedelta(seconds=75)
"""A pod that ran may take so long to be seen as ended, or at all: a dead watch is noticed within 70 s."""
_SKEW = timedelta(seconds=60)
"""By so much a run's own times may differ from those of its container."""


def classify(
    job: Mapping[str, Any],
    pods: Iterable[Mapping[str, Any]],
    *,
    custom: bool,
    now: datetime,
    waited: Waiting | None = None,
    refusal: str = "",
) -> Run | Waiting | Running | None:
    """What a Job came to: a :class:`Run` when it is over (for the check, that is: the Job itself may go on
    for a while), :class:`Waiting` when something keeps it from starting, :class:`Running`, or None when it
    is on its way.

    ``pods`` are the Job's own. ``custom``: an image of the user's, whose exit code counts where it wrote no
    result. ``waited``: what was last told of this very Job, for when its pod is gone, and so that a text
    that changes with every try is not told again and again. ``refusal``: text of the Job's last event
    ``FailedCreate``, if it is known.
    """
    said = [(pod, read(pod, custom=custom, now=now)) for pod in sorted(pods, key=_age)]
    ended = [(pod, one) for pod, one in said if isinstance(one, Ended)]
    end = over(job)
    if ended:
        return _run(job, _with_reason(job, *_best(ended), waited), end, now)
    last = said[-1][1] if said else None
    stopped = _without_pod(job, end, waited)
    lag = _POD_ENDS if said or _had_a_pod(end) else _POD_LAGS
    stopping = isinstance(last, Running) and last.stopping
    if stopped is not None and not stopping and now >= (stopped.ended_at or now) + lag:
        return _run(job, stopped, end, now)
    if not said and stopped is None and not ending(job):
        last = _no_pod(job, now, refusal, waited)
    if last is None and all("deletionTimestamp" in pod["metadata"] for pod, _ in said):
        last = waited  # still the reason while the pod goes, and until the Job says that it is over
    if isinstance(last, Waiting) and waited is not None and waited.reason == last.reason:
        return replace(waited, since=last.since or waited.since)
    return last if isinstance(last, (Waiting, Running)) else None


def _had_a_pod(end: Over | None) -> bool:
    """Whether a Job cannot have ended so without a pod that ended."""
    return end is not None and (end.complete or end.reason == "BackoffLimitExceeded")


def _best(ended: Sequence[tuple[Mapping[str, Any], Ended]]) -> tuple[Mapping[str, Any], Ended]:
    """Of several pods the one that measured something, or else the newest."""
    measured = [(pod, one) for pod, one in ended if one.result.outcome != "infra"]
    return (measured or ended)[-1]


def _with_reason(
    job: Mapping[str, Any], pod: Mapping[str, Any], ended: Ended, waited: Waiting | None
) -> Ended:
    """A pod at its deadline no longer says what kept its container from starting: it was told before. And
    who deletes a Job deletes its pod."""
    result = ended.result
    if result.reason == "PodDeleted" and "deletionTimestamp" in job["metadata"]:
        said = result.message.replace(words.LOST["PodDeleted"], words.LOST["JobDeleted"])
        return replace(ended, result=replace(result, reason="JobDeleted", message=said))
    if result.reason != "NeverStarted" or waited is None:
        return ended
    return replace(ended, result=never_started(pod, waited))


def _run(job: Mapping[str, Any], ended: Ended, end: Over | None, now: datetime) -> Run:
    """Nothing ends in the future: a time that is ahead would keep every later run from looking late."""
    trigger = trigger_of(job)
    at = ended.ended_at or (end.since if end else None) or now
    result = _believed(ended.result, ended.started_at or at, at)
    return Run.of(
        result,
        id=uid_of(job),
        slot=slot_of(job) if trigger is Trigger.SCHEDULE else None,
        trigger=trigger,
        job=job["metadata"]["name"],
        started_at=ended.started_at,
        ended_at=min(now, max(at, ended.started_at or at, result.started_at or at)),
        busy_until=now if end is None else end.since,
    )


def _believed(result: Result, start: datetime, end: datetime) -> Result:
    """The result without a start that cannot be: an image of the user's may write any time."""
    told = result.started_at
    if told is None or start - _SKEW <= told <= end + _SKEW:
        return result
    return replace(result, started_at=None)


def _without_pod(job: Mapping[str, Any], end: Over | None, waited: Waiting | None) -> Ended | None:
    """What a Job that is over, or going, came to when no pod says how it went; None when it goes on."""
    if end is not None:
        return Ended(_reason_of(end, job, waited), ended_at=end.since)
    if "deletionTimestamp" in job["metadata"]:
        return Ended(infra("JobDeleted"), ended_at=time_of(job["metadata"]["deletionTimestamp"]))
    return None


def _reason_of(end: Over, job: Mapping[str, Any], waited: Waiting | None) -> Result:
    if end.reason == "DeadlineExceeded":
        return infra("NeverStarted", end.message) if waited is None else never_started(job, waited)
    if end.complete:
        return infra("PodLost")
    if end.reason == "BackoffLimitExceeded":
        return infra("PodDeleted", end.message)
    return infra("JobFailed", f"{end.reason}: {end.message}")


def _no_pod(job: Mapping[str, Any], now: datetime, refusal: str, waited: Waiting | None) -> Waiting | None:
    """After a restart it takes a while until events are read; what was told before is more than nothing."""
    since = time_of(job["metadata"].get("creationTimestamp"))
    if job.get("spec", {}).get("suspend"):
        return Waiting("JobSuspended", words.told("JobSuspended", ""), since)
    if refusal:
        reason = words.refusal(refusal)
        return Waiting(reason, words.told(reason, refusal), since)
    if waited is not None and waited.reason != "JobSuspended":
        return waited
    had = job.get("status", {}).get("active") or job.get("status", {}).get("failed")
    if since is not None and now > since + _POD_COMES and not had:
        return Waiting("NoPod", words.told("NoPod", ""), since)
    return None


def _age(pod: Mapping[str, Any]) -> tuple[str, str]:
    return pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"]
