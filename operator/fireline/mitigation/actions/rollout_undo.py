"""``rolloutUndo``: back to the last revision that worked. Sticky: nothing brings the bad one back by itself.

``kubectl rollout undo`` takes the second highest revision number, which after a restart is the same bad image
and after another undo the bad revision itself. Here the newest revision is chosen that runs another program
and is not known never to have been available. Only ``/spec/template`` is written; the template is not kept
in the status (it may be long, and have secrets in it) but found in the ReplicaSet again, by uid and hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fireline.api.labels import ROLLBACK
from fireline.api.mitigation import Spec
from fireline.api.plan import Call, Manifest
from fireline.mitigation.actions.fields import called, listed, mapping, ref_of
from fireline.mitigation.actions.looked_up import items, listing
from fireline.mitigation.actions.owners import deliverer
from fireline.mitigation.actions.revisions import (
    Revision,
    availability,
    current_of,
    gone_back_from,
    kept,
    revisions_of,
    same_program,
    source_of,
)
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, PathChange, Permission, Refusal, Reversibility
from fireline.mitigation.values import same

_TEMPLATE = "/spec/template"


class _RolloutUndo(SimpleAction):
    name = "rolloutUndo"
    targets = (("apps", "Deployment"),)

    def reversibility(self, spec: Spec) -> Reversibility:  # noqa: ARG002 - the same for every spec
        """Taking it back would roll the bad version out again."""
        return "Sticky"

    def reads(self, spec: Spec, target: Manifest, *, user: str) -> Sequence[Call]:  # noqa: ARG002 - has no fields
        """The revisions, and who else rolls the Deployment out."""
        namespace = target["metadata"].get("namespace", "")
        return (replica_sets(namespace, user), _rollouts(namespace, user), _canaries(namespace, user))

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - has no fields
        """The template of the revision that is gone back to."""
        refusal = next(_refusals(target), None) or _delivered(target, around)
        if refusal is not None:
            return refusal
        call = replica_sets(target["metadata"].get("namespace", ""), "")
        found = items(around, call, why="they are the revisions to go back to")
        if isinstance(found, Refusal):
            return found
        return _undo(target, revisions_of(target, found), around.before or around.now)

    def permissions(self, spec: Spec) -> Sequence[Permission]:
        """To patch the Deployment, to see its revisions, and to see who else rolls it out."""
        return (
            *super().permissions(spec),
            Permission("apps", "replicasets", ("list",)),
            Permission("argoproj.io", "rollouts", ("list",)),
            Permission("flagger.app", "canaries", ("list",)),
        )


def replica_sets(namespace: str, user: str) -> Call:
    """Lists the ReplicaSets, which are the revisions."""
    return listing("rolloutUndo:replicasets", "apps/v1", "ReplicaSet", namespace=namespace, user=user)


def _rollouts(namespace: str, user: str) -> Call:
    return listing("rolloutUndo:rollouts", "argoproj.io/v1alpha1", "Rollout", namespace=namespace, user=user)


def _canaries(namespace: str, user: str) -> Call:
    return listing("rolloutUndo:canaries", "flagger.app/v1beta1", "Canary", namespace=namespace, user=user)


def _refusals(target: Manifest) -> Iterator[Refusal]:
    """What the Deployment itself says against it, what matters most first."""
    name, spec, metadata = called(target), mapping(target, "spec"), target["metadata"]
    if mapping(metadata, "annotations").get(ROLLBACK) == "forbidden":
        words = f"{name} is annotated {ROLLBACK}: forbidden; going back may do harm, so roll forward instead"
        yield Refusal("RollbackForbidden", words)
    if (owner := deliverer(target)) is not None:
        yield _theirs(name, f"{owner} (see its {owner.evidence})")
    if spec.get("paused") is True:
        resume = f"kubectl -n {metadata.get('namespace', '')} rollout resume deployment/{metadata['name']}"
        yield Refusal("Paused", f"{name} is paused, so nothing would be rolled out; to resume it: {resume}")
    if spec.get("revisionHistoryLimit", 10) == 0:
        words = f"{name} has revisionHistoryLimit 0: Kubernetes keeps no revision to go back to; 10 is usual"
        yield Refusal("NoHistory", words)
    if mapping(target, "status").get("observedGeneration", 0) < metadata.get("generation", 0):
        words = f"the Deployment controller has not seen the latest change of {name} yet"
        yield Refusal("RolloutNotSeen", words)


def _delivered(target: Manifest, around: Around) -> Refusal | None:
    """Whether somebody else decides which revision runs."""
    name, namespace = called(target), target["metadata"].get("namespace", "")
    why = "what rolls a Deployment out must be known before it is gone back"
    for call, field, whose in (
        (_rollouts(namespace, ""), "workloadRef", "Argo Rollouts"),
        (_canaries(namespace, ""), "targetRef", "Flagger"),
    ):
        found = items(around, call, why=why)
        if isinstance(found, Refusal):
            return found
        for one in found:
            ref = mapping(one, "spec", field)
            if (ref.get("kind"), ref.get("name")) == ("Deployment", target["metadata"]["name"]):
                return _theirs(name, f"{called(one)} of {whose}")
    return None


def _theirs(name: str, owner: str) -> Refusal:
    words = f"{name} is rolled out by {owner}, which would undo the undo; abort it there"
    return Refusal("OwnedByDelivery", words)


def _undo(target: Manifest, revisions: Sequence[Revision], before: datetime) -> Change | Refusal:
    current = current_of(target, revisions)
    if current is None:
        words = f"no ReplicaSet of {called(target)} has its template: the controller has not made it yet"
        return Refusal("RolloutNotSeen", words)
    passed_over: list[str] = []
    for one in revisions:
        why = _against(one, current, revisions, target, before)
        if why is None:
            known = availability(one, revisions, target, before)
            return _back_to(one, current, target, known.why, passed_over)
        if one is not current:
            passed_over.append(f"revision {one.number} {why}")
    reasons = "; ".join(passed_over) or "there is no other revision"
    by_hand = f"kubectl -n {target['metadata'].get('namespace', '')} rollout history"
    words = f"{called(target)} has nothing to go back to: {reasons}. To choose yourself: {by_hand}"
    return Refusal("NothingToGoBackTo", f"{words} deployment/{target['metadata']['name']}")


def _against(
    one: Revision, current: Revision, revisions: Sequence[Revision], target: Manifest, before: datetime
) -> str | None:
    """Why this revision is not gone back to; None when it is."""
    if one is current or same_program(one.template, current.template):
        return "runs the same program"
    returned = gone_back_from(one, revisions)
    if returned is not None:
        return f"was gone back from before, to revision {returned.number}"
    found = availability(one, revisions, target, before)
    return found.why if found.yes is False else None


def _back_to(
    one: Revision, current: Revision, target: Manifest, why: str, passed_over: Sequence[str]
) -> Change:
    live = target["spec"]["template"]
    return Change(
        ref_of(target),
        (PathChange(_TEMPLATE, kept(live, source_of(current)), kept(one.template, source_of(one))),),
        summary=f"rolls {called(target)} back from revision {current.number} to {one}",
        notes=(
            f"revision {one.number} {why}",
            *(f"passed over: {reason}" for reason in passed_over),
            *differences(live, one.template),
            "replicas stay as they are; databases and messages are not gone back",
        ),
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """What a template changes: images in full, of all else only where. An environment may hold secrets."""
    said, elsewhere = [], set()
    for path, old, new in _changes(before, after, ()):
        if path[-1:] == ("image",):
            said.append(f"image of {path[-2]}: {old} → {new}")
        else:
            elsewhere.add(".".join(path[:4]))
    if elsewhere:
        said.append(f"also changes {listed(elsewhere)}")
    return tuple(said)


def _changes(old: Any, new: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Where two templates differ. Lists whose entries have names are compared by name."""
    old, new = _by_name(old), _by_name(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _changes(old.get(key), new.get(key), (*at, key))
    elif not same(old, new):
        yield at, old, new


def _by_name(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and "name" in one for one in value):
        return {one["name"]: one for one in value}
    return value


ROLLOUT_UNDO = _RolloutUndo()
