"""The revisions of a Deployment: its ReplicaSets, and which of them can be gone back to.

Read by ``rollout_undo`` and by :mod:`fireline.mitigation.rollout`. What Kubernetes keeps of a revision is its
ReplicaSet: template, number, present pods. That it was available once is written nowhere, so
:func:`availability` says what can be told for sure, and says when nothing can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import entries, mapping
from fireline.mitigation.model import ABSENT, Kept, Value
from fireline.mitigation.values import Resolve, digest, same

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
TEMPLATE_HASH = "pod-template-hash"
"""Label the controller adds to the template of a ReplicaSet."""
_STARTING = timedelta(seconds=1)
"""No pod is scheduled, started and ready in less."""
_ONLY_A_RESTART = re.compile(
    r"(^|/)(restarted-?at|last-?restart(ed)?|redeploy(ed)?-?at|rollme)$|^checksum/|^cattle\.io/timestamp$"
    r"|^reloader\.stakater\.com/",
    re.IGNORECASE,
)
"""Template annotations that are there to replace the pods and say nothing about what they run: those of
``kubectl rollout restart`` and of its relatives, and checksums of configuration."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One ReplicaSet of a Deployment. ``template`` is as it was in the Deployment."""

    number: int
    name: str
    uid: str
    created: datetime
    template: Mapping[str, Any] = field(repr=False)
    """Not to be printed: the environment of a container may have secrets in it."""
    wanted: int
    """Pods it is meant to have now."""
    available: int
    """Pods that are available now."""
    earlier: tuple[int, ...] = ()
    """Numbers it had before: it was gone back to."""

    def __str__(self) -> str:
        return f"revision {self.number} (ReplicaSet {self.name})"


def revisions_of(deployment: Manifest, replica_sets: Iterable[Manifest]) -> tuple[Revision, ...]:
    """The revisions of this very Deployment (by its uid), the newest first."""
    uid = deployment["metadata"].get("uid")
    found = [_revision(one) for one in replica_sets if _owner_of(one) == uid and _number(one) is not None]
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))


def current_of(deployment: Manifest, revisions: Sequence[Revision]) -> Revision | None:
    """The revision that is rolled out; None while the controller has not made it."""
    template = _plain(deployment["spec"]["template"])
    return next((one for one in revisions if same(_plain(one.template), template)), None)


def same_program(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two templates are the same but for annotations that only replace the pods."""
    return same(_without_restarts(one), _without_restarts(other))


def gone_back_from(revision: Revision, revisions: Sequence[Revision]) -> Revision | None:
    """To which other revision somebody went back, past this program; None when nobody did.

    Whoever undoes an undo would bring back what was bad, be it from before or after a restart. A program that
    was rolled out anew after that is trusted again.
    """
    for to in revisions:
        left = [one for one in revisions if any(number < one.number < to.number for number in to.earlier)]
        bad = [one.template for one in left if not same_program(one.template, to.template)]
        if revision.number < to.number and any(same_program(revision.template, one) for one in bad):
            return to
    return None


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a revision was available before the incident: ``yes`` None when nobody can tell any more."""

    yes: bool | None
    why: str


def availability(
    revision: Revision, revisions: Sequence[Revision], deployment: Manifest, before: datetime
) -> Availability:
    """What can be told for sure, from what Kubernetes keeps.

    Yes: it has available pods now, and nothing older has any, so that its rollout had come to an end.
    No: it was made after the incident began; something older still has pods, so that its rollout never came
    to an end; or the Deployment was unavailable, or on to the next revision, before a pod of it can have been
    available. Anything else is not known: a ReplicaSet that was scaled down keeps no trace of its pods.
    """
    if revision.created > before:  # both in whole seconds, so the very second tells nothing
        return Availability(False, "was made after the incident began")
    older = [one for one in revisions if one.number < revision.number and one.wanted > 0]
    if older:
        return Availability(False, f"never replaced revision {older[-1].number}, which still has pods")
    if revision.wanted > 0 and revision.available > 0:
        return Availability(True, f"has {revision.available} of {revision.wanted} pods available now")
    ready = max(timedelta(seconds=mapping(deployment, "spec").get("minReadySeconds", 0)), _STARTING)
    down = _down_since(deployment)
    if down is not None and down - revision.created < ready:
        return Availability(False, "did not make the Deployment available")
    followed = _followed(revision, revisions)
    if followed is not None and followed - revision.created < ready:
        return Availability(False, "was replaced before any pod of it could be available")
    now = "no pod available" if revision.wanted > 0 else "no pods"
    return Availability(None, f"has {now} now, and nothing tells any more whether it had before")


def kept(template: Mapping[str, Any], source: str) -> Kept:
    """A template as a change keeps it: its hash, and where it is. Never the template itself."""
    return Kept(digest(template), source)


def source_of(revision: Revision) -> str:
    """Where a template is: the ReplicaSet with its uid, which does not change when its revision does."""
    return f"ReplicaSet {revision.name} with uid {revision.uid}"


def template_finder(deployment: Manifest, replica_sets: Iterable[Manifest]) -> Resolve:
    """Finds the templates of an intent again: in the recorded ReplicaSets, and in the Deployment as it is.

    Never chooses anew: a template with another hash, or in another ReplicaSet, is not found (ABSENT).
    """
    live = deployment["spec"]["template"]
    found = {source_of(one): one.template for one in revisions_of(deployment, replica_sets)}

    def find(wanted: Kept) -> Value:
        if digest(live) == wanted.hash:
            return live
        return found.get(wanted.source, ABSENT)

    return find


def _revision(replica_set: Manifest) -> Revision:
    metadata = replica_set["metadata"]
    return Revision(
        number=_number(replica_set) or 0,
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        created=parse_timestamp(metadata["creationTimestamp"]),
        template=_without_hash(mapping(replica_set, "spec", "template")),
        wanted=int(mapping(replica_set, "spec").get("replicas", 1)),
        available=int(mapping(replica_set, "status").get("availableReplicas", 0)),
        earlier=_earlier(metadata),
    )


def _number(replica_set: Manifest) -> int | None:
    text = mapping(replica_set, "metadata", "annotations").get(REVISION, "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _earlier(metadata: Mapping[str, Any]) -> tuple[int, ...]:
    text = (metadata.get("annotations") or {}).get(REVISION_HISTORY, "")
    return tuple(int(part) for part in text.split(",") if re.fullmatch(r"[0-9]{1,18}", part.strip()))


def _owner_of(replica_set: Manifest) -> str | None:
    refs = entries(replica_set, "metadata", "ownerReferences")
    return next((ref.get("uid") for ref in refs if ref.get("controller")), None)


def _without_hash(template: Mapping[str, Any]) -> Manifest:
    metadata = dict(template.get("metadata") or {})
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != TEMPLATE_HASH}
    metadata.pop("labels", None)
    return {**template, "metadata": metadata | ({"labels": labels} if labels else {})}


def _plain(template: Mapping[str, Any]) -> Manifest:
    """A template to compare: without the label of the controller, and without what is only null or empty."""
    bare = _without_hash(template)
    return bare | {"metadata": {name: value for name, value in bare["metadata"].items() if value}}


def _without_restarts(template: Mapping[str, Any]) -> Manifest:
    plain = _plain(template)
    annotations = plain["metadata"].pop("annotations", {})
    left = {name: value for name, value in annotations.items() if not _ONLY_A_RESTART.search(name)}
    return plain | {"metadata": plain["metadata"] | ({"annotations": left} if left else {})}


def _down_since(deployment: Manifest) -> datetime | None:
    for condition in entries(deployment, "status", "conditions"):
        if condition.get("type") == "Available" and condition.get("status") == "False":
            return parse_timestamp(condition["lastTransitionTime"])
    return None


def _followed(revision: Revision, revisions: Iterable[Revision]) -> datetime | None:
    """When the next revision was made; None when it is not known to have been left then."""
    if revision.earlier:
        return None
    return min((one.created for one in revisions if one.created > revision.created), default=None)
