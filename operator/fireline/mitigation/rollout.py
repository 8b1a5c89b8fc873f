"""``trigger.rolloutFailed``: whether the rollout of a Deployment comes to an end. Pure.

Called by :mod:`fireline.refresh.mitigations` for each Mitigation with this trigger, with what it read as the
Mitigation's ServiceAccount. True is Kubernetes' own verdict (``Progressing=False``), or that no further pod
of the new revision has become available for ``within``. False is a rollout that came to its end. In between,
nobody can tell, which is Unknown: so a rollout back that has only begun does not count as one that helped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.actions.fields import called, entries, mapping
from fireline.mitigation.actions.looked_up import listing
from fireline.mitigation.actions.revisions import Revision, current_of, revisions_of
from fireline.mitigation.model import Signal
from fireline.promql.durations import Duration

_DONE = "NewReplicaSetAvailable"
_TIMED_OUT = "ProgressDeadlineExceeded"
_DEPLOYMENT = "rollout:deployment"
_REPLICA_SETS = "rollout:replicasets"


@dataclass(frozen=True, slots=True)
class _Rollout:
    """One rollout as it is seen now. ``verdict``: the condition Progressing, if it is about this rollout."""

    deployment: Manifest
    revision: Revision | None
    verdict: Mapping[str, Any] | None
    begun: datetime | None
    """When its ReplicaSet was made; None when that is older than the rollout, or not known."""

    @property
    def wanted(self) -> int:
        return int(mapping(self.deployment, "spec").get("replicas", 1))

    @property
    def available(self) -> int:
        """Available pods of the new revision."""
        if self.revision is not None:
            return self.revision.available
        status = mapping(self.deployment, "status")
        return min(int(status.get("availableReplicas", 0)), int(status.get("updatedReplicas", 0)))


def rollout_calls(namespace: str, name: str, *, user: str) -> tuple[Call, Call]:
    """What must be read to judge the rollout of a Deployment, with the rights of a ServiceAccount."""
    deployment = Call(_DEPLOYMENT, "get", "apps/v1", "Deployment", namespace, name, user=user)
    return deployment, listing(_REPLICA_SETS, "apps/v1", "ReplicaSet", namespace=namespace, user=user)


def rollout_answered(
    answers: Mapping[str, Answer], *, within: Duration, now: datetime, earlier: Signal | None = None
) -> Signal:
    """:func:`rollout_signal` of what :func:`rollout_calls` came to, by name.

    What may not be read, or did not answer, is Unknown. The ReplicaSets are only needed while the numbers of
    the Deployment do not tell that all is well; then they tell which rollout Kubernetes' verdict is about.
    """
    for name, what in ((_DEPLOYMENT, "the Deployment"), (_REPLICA_SETS, "the list of ReplicaSets")):
        answer = answers.get(name)
        if answer is None:
            return _cannot_tell(f"{what} was not read yet", now, earlier)
        if not answer.ok:
            words = f"{what} cannot be read: {answer.message or f'HTTP {answer.status}'}"
            return _cannot_tell(words, now, earlier)
        if name == _DEPLOYMENT and _all_replaced(answer.body):
            return rollout_signal(answer.body, (), within=within, now=now, earlier=earlier)
    replica_sets = (answers[_REPLICA_SETS].body or {}).get("items") or ()
    return rollout_signal(answers[_DEPLOYMENT].body, replica_sets, within=within, now=now, earlier=earlier)


def rollout_signal(
    deployment: Manifest | None,
    replica_sets: Sequence[Manifest],
    *,
    within: Duration,
    now: datetime,
    earlier: Signal | None = None,
) -> Signal:
    """The verdict about a Deployment and the ReplicaSets of its namespace.

    ``since`` of a True signal is since when it gets no further; ``details`` has ``begun`` (when the rollout
    began, if that can be told), ``replicaSet``, ``revision``, ``available`` (the most pods of it that were
    available at a time) and ``furthest`` (since when). ``earlier`` is the signal of the look before: with it,
    pods that become ready and crash again do not count as progress, as they do for Kubernetes.
    """
    if deployment is None:
        return _cannot_tell("the Deployment does not exist", now, earlier)
    seen = _seen(deployment, replica_sets)
    unknown = next(_unknown(seen), None)
    if unknown is not None:
        return _cannot_tell(unknown, now, earlier)
    details = _details(seen, earlier, now)
    value = f"{seen.available}/{seen.wanted}"
    if _at_its_end(seen):
        words = f"the rollout of {_named(seen)} has come to its end"
        return Signal("False", words, now, value=value, details=details)
    state, since, words = _judged(seen, parse_timestamp(details["furthest"]), within, now)
    return Signal(state, words, now, value=value, since=since, details=details)


def _seen(deployment: Manifest, replica_sets: Sequence[Manifest]) -> _Rollout:
    revisions = revisions_of(deployment, replica_sets)
    current = current_of(deployment, revisions)
    # A revision that was gone back to keeps the ReplicaSet it had, so that tells nothing about this rollout.
    begun = current.created if current is not None and not current.earlier else None
    return _Rollout(deployment, current, _verdict(deployment, current, revisions), begun)


def _unknown(seen: _Rollout) -> Iterator[str]:
    """Why nobody can tell, whatever the numbers are."""
    name, spec, metadata = (
        called(seen.deployment),
        mapping(seen.deployment, "spec"),
        seen.deployment["metadata"],
    )
    if mapping(seen.deployment, "status").get("observedGeneration", 0) < metadata.get("generation", 0):
        yield f"the Deployment controller has not seen the latest change of {name} yet"
    if spec.get("paused") is True:
        yield f"the rollout of {name} is paused, by a person or a tool"


def _verdict(
    deployment: Manifest, current: Revision | None, revisions: Sequence[Revision]
) -> Mapping[str, Any] | None:
    for condition in entries(deployment, "status", "conditions"):
        if condition.get("type") != "Progressing":
            continue
        # The controller leaves the last verdict there when it goes back to a ReplicaSet that exists, until
        # that one gets further; only the message says which one it is about.
        others = [one.name for one in revisions if one is not current]
        about_another = any(f'"{name}"' in condition.get("message", "") for name in others)
        return None if current is not None and about_another else condition
    return None


def _at_its_end(seen: _Rollout) -> bool:
    if seen.verdict is not None and seen.verdict.get("reason") == _DONE:
        return True  # pods that fail later are no failed rollout
    return _all_replaced(seen.deployment)


def _all_replaced(deployment: Manifest) -> bool:
    """Whether all pods are of the new revision, and available: for Kubernetes that is the end."""
    status, wanted = mapping(deployment, "status"), mapping(deployment, "spec").get("replicas", 1)
    counts = [status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas")]
    return bool(counts == [wanted] * 3)


def _cannot_tell(words: str, now: datetime, earlier: Signal | None) -> Signal:
    """Unknown; the figures of the rollout stay for the next look."""
    return Signal("Unknown", words, now, details=earlier.details if earlier is not None else {})


def _details(seen: _Rollout, earlier: Signal | None, now: datetime) -> dict[str, str]:
    """The figures of this rollout, carried on from look to look."""
    known = {
        "replicaSet": seen.revision.name if seen.revision else "",
        "revision": str(seen.revision.number) if seen.revision else "",
        "begun": timestamp(seen.begun) if seen.begun else "",
    }
    before = earlier.details if earlier is not None else {}
    same = before.get("replicaSet") == known["replicaSet"] and before.get("revision") == known["revision"]
    most, furthest = seen.available, _furthest(seen, now)
    if same and "furthest" in before:
        further = seen.available > int(before["available"])
        most = seen.available if further else int(before["available"])
        furthest = now if further else parse_timestamp(before["furthest"])
    found = known | {"available": str(most), "furthest": timestamp(furthest)}
    return {name: value for name, value in found.items() if value}


def _furthest(seen: _Rollout, now: datetime) -> datetime:
    """When it got further last, as Kubernetes tells it; at a first look that is all there is."""
    if seen.verdict is not None:
        told = seen.verdict.get("lastUpdateTime") or seen.verdict.get("lastTransitionTime")
        updated = parse_timestamp(told) if told else now
        if seen.verdict.get("reason") == _TIMED_OUT:
            # The verdict was written one deadline after the last progress.
            deadline = mapping(seen.deployment, "spec").get("progressDeadlineSeconds", 600)
            return updated - timedelta(seconds=deadline)
        return updated
    return seen.begun if seen.begun is not None and seen.available == 0 else now


def _judged(
    seen: _Rollout, furthest: datetime, within: Duration, now: datetime
) -> tuple[Literal["True", "Unknown"], datetime | None, str]:
    """Of a rollout that is not over: state, since when, and words."""
    pods = f"{seen.available} of {seen.wanted} pods of {_named(seen)} are available"
    if seen.verdict is not None and seen.verdict.get("status") == "False":
        said = f"{seen.verdict.get('reason')}: {seen.verdict.get('message')}"
        return "True", furthest, f"the rollout failed: {pods}; Kubernetes says {said}{_refused(seen)}"
    # A pod only counts as available after so many seconds, which is no failure.
    patience = timedelta(seconds=within.seconds + mapping(seen.deployment, "spec").get("minReadySeconds", 0))
    if now - furthest >= patience:
        words = f"the rollout gets no further: {pods}, and no further one since {timestamp(furthest)}"
        return "True", furthest, f"{words} (for longer than {within}){_refused(seen)}"
    return "Unknown", None, f"the rollout is under way: {pods}, the last since {timestamp(furthest)}"


def _refused(seen: _Rollout) -> str:
    """Why there are no pods at all, such as a quota; empty when that is not it."""
    for condition in entries(seen.deployment, "status", "conditions"):
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return f"; pods cannot be made: {condition.get('message')}"
    return ""


def _named(seen: _Rollout) -> str:
    return f"{called(seen.deployment)}" + (f", {seen.revision}" if seen.revision is not None else "")
