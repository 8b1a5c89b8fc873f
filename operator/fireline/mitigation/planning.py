"""The very change that would be made now: looked up, computed, tried in a dry run, and hashed.

Used for a proposal, and again right before the write: what was approved is bytes, so the two must agree.
Everything is read with the rights of the ServiceAccount. Needs up to five rounds of reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fireline.api.labels import HOLD, MARKER
from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.model import Action, Change, Ref, Refusal, Reversibility
from fireline.mitigation.sight import Sight

TARGET = "target"
CHANGED = "changed"
DRY_RUN = "dry-run"


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done. ``live`` is the object that is changed, as it is; both are None for a webhook."""

    action: Action
    reversible: Reversibility
    change: Change | None
    live: Manifest | None
    hash: str
    summary: str
    diff: str = ""
    owner: str = ""
    notes: tuple[str, ...] = ()


def marker_of(uid: str) -> str:
    """Name of the annotation that one Mitigation leaves on what it changes."""
    return f"{MARKER}{uid[:8]}"


def lookup(sight: Sight, spec: Spec, name: str, ref: Ref) -> Call:
    """A read of one object, as the ServiceAccount."""
    user = sight.user(spec.service_account_name)
    return Call(name, "get", ref.api_version, ref.kind, ref.namespace, ref.name, user=user)


def target_of(spec: Spec, namespace: str) -> Ref | None:
    """The object the spec names; None for a webhook."""
    if spec.target is None:
        return None
    return Ref(spec.target.api_version, spec.target.kind, namespace, spec.target.name)


def unanswered(sight: Sight, calls: Sequence[Call]) -> tuple[Call, ...]:
    """Those of the calls that were not made yet in this reconcile."""
    return tuple(call for call in calls if sight.answer(call.name) is None)


def said(answer: Answer) -> str:
    """A refusal in words."""
    return answer.message or f"HTTP {answer.status}"


def refused(what: str, answer: Answer) -> Refusal:
    """Why a read or a dry run did not work."""
    if answer.status == 404:
        return Refusal("TargetMissing", f"{what} does not exist: {said(answer)}")
    if answer.status == 403:
        return Refusal("Forbidden", f"{what}: {said(answer)}; fireline rbac prints the Role that is needed")
    if answer.status in {400, 409, 422}:
        return Refusal("Rejected", f"{what} would be refused: {said(answer)}")
    return Refusal("NotAnswered", f"{what}: {said(answer)}")


def ref_of(manifest: Manifest) -> Ref:
    """What a manifest is."""
    metadata = manifest["metadata"]
    return Ref(
        manifest["apiVersion"],
        manifest["kind"],
        metadata.get("namespace", ""),
        metadata["name"],
        metadata.get("uid", ""),
    )


def held(live: Manifest) -> Refusal | None:
    """Whoever cares for an object may forbid all of us to touch it."""
    why = (live["metadata"].get("annotations") or {}).get(HOLD)
    if why is None:
        return None
    words = f"{live['kind']} {live['metadata']['name']} is annotated {HOLD}: {why}"
    return Refusal("OnHold", words)
