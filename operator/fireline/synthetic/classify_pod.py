"""What a pod says of its run: a result, a reason why there is none, or that it goes on. Pure reading.

Only the container ``check`` counts. Whatever a mesh injects beside it may run on or fail: once that
container has ended, the run is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fireline.synthetic import classify_words as words
from fireline.synthetic.classify_job import time_of
from fireline.synthetic.result import Outcome, Result, parse
from fireline.synthetic.text import readable

CONTAINER = "check"
"""Name of the container of ours; ``render`` gives it."""

_KUBELET_KEEPS = 4096
"""Bytes of a termination message; of a longer one the last so many."""
_GONE = timedelta(seconds=60)
"""How long after its grace period a pod that is being deleted may still be seen, before its node is lost."""
_STOPPED = timedelta(minutes=11)
"""How long a container may take to end once it was asked to: a cleanup may have ten minutes."""
_SLOW = timedelta(seconds=20)
"""How long a node may prepare a pod before that is told."""
_ON_ITS_WAY = frozenset({"ContainerCreating", "PodInitializing"})
_MESSAGE = 512
_INTERRUPTED = "Interrupted"
"""What a probe gives as reason when it was asked to end before its steps were done."""
_EXIT_OUTCOMES: Mapping[int, Outcome] = {0: "success", 1: "failure", 2: "error"}
_HINTS = {
    125: "the container runtime failed",
    126: "the command cannot be executed",
    127: "the command was not found",
    137: "it was killed: SIGKILL",
    139: "it crashed: SIGSEGV",
    143: "it was stopped: SIGTERM",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over: what it came to, and when the container ran."""

    result: Result
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run does not start: why (one word), what that means and what to do, since when."""

    reason: str
    message: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The container runs. ``stopping``: its pod has failed already, and it may yet say how far it came."""

    since: datetime | None = None
    stopping: bool = False


def read(pod: Mapping[str, Any], *, custom: bool, now: datetime) -> Ended | Waiting | Running | None:
    """What one pod says; None when it is on its way and there is nothing to tell yet."""
    status = pod.get("status", {})
    state = _state(status)
    ended = state.get("terminated")
    if ended is not None:
        return _ended(pod, ended, custom=custom)
    if status.get("phase") == "Failed" and "running" in state:
        return _stopping(status, state["running"], now)
    if status.get("phase") in {"Failed", "Succeeded"}:
        return Ended(_never_ran(pod, state), ended_at=_when(status))
    deleted = time_of(pod["metadata"].get("deletionTimestamp"))
    if deleted is not None:
        return Ended(_removed(status), ended_at=deleted) if now > deleted + _GONE else None
    if "running" in state:
        return Running(time_of(state["running"].get("startedAt")))
    return _waiting(pod, state, now)


def _stopping(status: Mapping[str, Any], running: Mapping[str, Any], now: datetime) -> Ended | Running:
    """The kubelet says that a pod has failed before it asks the container to end."""
    started, failed = time_of(running.get("startedAt")), _when(status)
    if failed is None or now <= failed + _STOPPED:
        return Running(started, stopping=True)
    return Ended(_by_pod(status) or infra("NoMessage"), started, failed)


def infra(reason: str, detail: str = "") -> Result:
    """The result of a run that measured nothing."""
    return Result(outcome="infra", reason=reason, message=words.told(reason, detail), attempts=0)


def never_started(given: Mapping[str, Any], waited: Waiting) -> Result:
    """The result of a pod or Job that met its deadline because of what it waited for."""
    seconds = given.get("spec", {}).get("activeDeadlineSeconds")
    start = f"did not start within {seconds}s: " if seconds else "did not start in time: "
    return Result(outcome="infra", reason=waited.reason, message=start + waited.message, attempts=0)


def _state(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """State of our container. One whose end the kubelet missed waits, with that end as its last state."""
    for one in status.get("containerStatuses") or ():
        if one["name"] == CONTAINER:
            state = dict(one.get("state") or {})
            last = (one.get("lastState") or {}).get("terminated")
            return state | {"terminated": last} if last and "terminated" not in state else state
    return {}


def _ended(pod: Mapping[str, Any], ended: Mapping[str, Any], *, custom: bool) -> Ended:
    status = pod["status"]
    message = ended.get("message", "")
    found = parse(message)
    if isinstance(found, str):
        found = _taken_away(pod, ended) or (
            _by_exit_code(ended, message, found) if custom else _no_result(ended, message, found)
        )
    elif found.reason == _INTERRUPTED:
        found = _who(found, _taken_away(pod, ended))
    started = time_of(ended.get("startedAt"))
    finished = time_of(ended.get("finishedAt")) or _when(status)
    if started is None and found.reason == "DeadlineExceeded":
        found = infra("NeverStarted")
    return Ended(found, started, finished)


def _who(found: Result, why: Result | None) -> Result:
    """A probe that was told to stop knows how far it came, and the pod who told it."""
    if why is None:
        return found
    said = readable(f"{found.message}: {why.message}", limit=_MESSAGE)
    return replace(found, reason=why.reason, message=said)


def _taken_away(pod: Mapping[str, Any], ended: Mapping[str, Any]) -> Result | None:
    """Whether the container did not end by itself: then neither its exit code nor its silence means much."""
    status, reason = pod["status"], ended.get("reason", "")
    if reason == "OOMKilled":
        return infra("OOMKilled", f"exit code {ended.get('exitCode')}")
    if reason in {"StartError", "ContainerCannotRun"}:
        return infra("StartError", ended.get("message", ""))
    if reason == "ContainerStatusUnknown":
        return _by_pod(status) or infra("NodeLost", ended.get("message", ""))
    return _by_pod(status) or (infra("PodDeleted") if _deleted_before(pod, ended) else None)


def _deleted_before(pod: Mapping[str, Any], ended: Mapping[str, Any]) -> bool:
    """Whether the deletion was asked for while the container still ran; finished pods are deleted too."""
    metadata = pod["metadata"]
    gone, finished = time_of(metadata.get("deletionTimestamp")), time_of(ended.get("finishedAt"))
    if gone is None or finished is None:
        return gone is not None
    return gone - timedelta(seconds=metadata.get("deletionGracePeriodSeconds", 0)) <= finished


def _by_pod(status: Mapping[str, Any]) -> Result | None:
    reason = words.pod_reason(status.get("reason", ""))
    if reason is not None:
        return infra(reason, _own_words(status))
    disrupted = _disrupted(status)
    return infra(disrupted, _own_words(status)) if disrupted else None


def _disrupted(status: Mapping[str, Any]) -> str | None:
    condition = _condition(status, "DisruptionTarget")
    if condition.get("status") != "True":
        return None
    return words.disruption(condition.get("reason", ""))


def _own_words(status: Mapping[str, Any]) -> str:
    """What Kubernetes says of the pod's end, with its own word for it."""
    condition = _condition(status, "DisruptionTarget")
    said = status.get("message") or condition.get("message", "")
    return ": ".join(part for part in (status.get("reason") or condition.get("reason", ""), said) if part)


def _by_exit_code(ended: Mapping[str, Any], message: str, why: str) -> Result:
    """A custom image without a result of its own: its exit code is one. Other text is told as it is."""
    code = int(ended.get("exitCode", 0))
    outcome = _EXIT_OUTCOMES.get(code)
    text = message.strip()
    said = f"its message is no result: {why}" if text.startswith("{") else text
    if outcome is None:
        hint = _HINTS.get(code, "")
        return infra("ExitCode", "; ".join(part for part in (f"exit code {code}", hint, said) if part))
    reason = "" if outcome == "success" else "ExitCode"
    told = f"exit code {code}" + (f": {said}" if said else "")
    return Result(outcome=outcome, reason=reason, message=readable(told, limit=_MESSAGE))


def _no_result(ended: Mapping[str, Any], message: str, why: str) -> Result:
    code = ended.get("exitCode")
    hint = _HINTS.get(code, "") if isinstance(code, int) else ""
    exit_code = f"exit code {code}" + (f", {hint}" if hint else "")
    if not message.strip():
        return infra("NoMessage", exit_code)
    size = len(message.encode(errors="replace"))
    if size >= _KUBELET_KEEPS:
        return infra("OversizedMessage", exit_code)
    return infra("MalformedMessage", f"{why}; {exit_code}")


def _never_ran(pod: Mapping[str, Any], state: Mapping[str, Any]) -> Result:
    """The pod ended and the container never began. Its deadline counts from when a node has taken it: what
    kept the container from starting is why."""
    status = pod["status"]
    found = _by_pod(status)
    if found is not None and found.reason == "DeadlineExceeded":
        stuck = _stuck(pod, state)
        return never_started(pod, stuck) if stuck else infra("NeverStarted")
    if found is not None:
        return found
    for one in _init(status):
        ended = one.get("state", {}).get("terminated")
        if ended and ended.get("exitCode"):
            return infra("InitContainerFailed", f"{one['name']}: exit code {ended['exitCode']}")
    return infra("NoMessage", status.get("message", ""))


def _removed(status: Mapping[str, Any]) -> Result:
    """The pod should be gone, and nobody says how the container ended."""
    return infra(_disrupted(status) or "NodeLost", _own_words(status))


def _waiting(pod: Mapping[str, Any], state: Mapping[str, Any], now: datetime) -> Waiting | None:
    status, since = pod.get("status", {}), time_of(pod["metadata"].get("creationTimestamp"))
    placed = _condition(status, "PodScheduled")
    if placed.get("status") == "False":
        reason, detail = placed.get("reason") or "Unschedulable", placed.get("message", "")
        return Waiting(reason, words.told(reason, detail), since)
    stuck = _stuck(pod, state)
    if stuck is None and since is not None and now > since + _SLOW:
        return Waiting("Creating", words.told("Creating", ""), since)
    return stuck


def _stuck(pod: Mapping[str, Any], state: Mapping[str, Any]) -> Waiting | None:
    """What a container that does not start waits for, if the node says so."""
    since = time_of(pod["metadata"].get("creationTimestamp"))
    found = state.get("waiting", {})
    if found.get("reason", "PodInitializing") not in _ON_ITS_WAY:
        detail = found.get("message", "")
        reason = words.waiting_reason(found["reason"], detail)
        return Waiting(reason, words.told(reason, f"{found['reason']}: {detail}" if detail else ""), since)
    for one in _init(pod.get("status", {})):
        other = one.get("state", {}).get("waiting", {})
        if other.get("reason", "PodInitializing") not in _ON_ITS_WAY:
            detail = ": ".join(part for part in (one["name"], other["reason"], other.get("message")) if part)
            return Waiting("InitContainer", words.told("InitContainer", detail), since)
    return None


def _init(status: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return status.get("initContainerStatuses") or ()


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((one for one in status.get("conditions") or () if one["type"] == kind), {})


def _when(status: Mapping[str, Any]) -> datetime | None:
    """When a pod without an end of its container ended, as near as it tells."""
    for kind in ("DisruptionTarget", "Ready", "PodScheduled"):
        time = time_of(_condition(status, kind).get("lastTransitionTime"))
        if time is not None:
            return time
    return time_of(status.get("startTime"))
