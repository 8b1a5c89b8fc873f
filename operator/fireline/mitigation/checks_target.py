"""What is wrong with the target of a Mitigation. Part of ``checks``.

Which kinds an action changes is said by the action itself (``fireline.mitigation.actions``), which kinds no
action may change by ``actions.refused``.
"""

from __future__ import annotations

from collections.abc import Iterator

from fireline.api.issues import INVALID_SPEC, Issue
from fireline.api.mitigation import Spec
from fireline.mitigation.actions.refused import refuse_kind, refuse_path
from fireline.mitigation.actions.table import action_of

Found = Iterator[Issue]


def target_may_be_changed(spec: Spec) -> Found:
    """No Secrets, no rights, nothing that stands above what its author may do."""
    if spec.target is None:
        return
    refusal = refuse_kind(spec.target.api_version, spec.target.kind)
    if refusal is not None:
        yield Issue(refusal.reason, ("spec", "target", "kind"), refusal.message)


def fields_may_be_changed(spec: Spec) -> Found:
    """The fields that action ``patch`` names; what a merge patch comes to is looked at when it is planned."""
    for number, change in enumerate((spec.action.patch.ops if spec.action.patch else None) or ()):
        refusal = refuse_path(change.path)
        if refusal is not None:
            at = ("spec", "action", "patch", "ops", number, "path")
            yield Issue(refusal.reason, at, refusal.message)


def target_fits_action(spec: Spec) -> Found:
    """The kind is one that the action knows how to change and to take back."""
    action = action_of(spec)
    if spec.target is None or not action.targets:
        return
    if refuse_kind(spec.target.api_version, spec.target.kind) is not None:  # told already
        return
    group, _, _ = spec.target.api_version.rpartition("/")
    if (group, spec.target.kind) in action.targets:
        return
    known = " or ".join(f"{kind} ({of})" if of else kind for of, kind in action.targets)
    words = f"found {spec.target.kind} of {spec.target.api_version}; {spec.action.name} changes a {known}"
    yield Issue("WrongTarget", ("spec", "target", "kind"), words)


def pause_has_an_object(spec: Spec) -> Found:
    """PauseObject tells Flux about an object, and takes that back together with the change."""
    if spec.git_ops != "PauseObject":
        return
    if spec.target is None:
        words = "PauseObject needs an object that is paused, and a webhook has no target; leave it out"
        yield Issue(INVALID_SPEC, ("spec", "gitOps"), words)
    elif action_of(spec).reversibility(spec) != "Reversible":
        words = (
            f"{spec.action.name} is never taken back, so Flux would leave the object alone until a person "
            "removes the annotation kustomize.toolkit.fluxcd.io/reconcile"
        )
        yield Issue("StaysPaused", ("spec", "gitOps"), words, note=True)
