"""Does Git own the target, and would it change it back? Asked before every change.

:func:`preflight` is the door for the planner: a refusal with the change to make in Git, or what people should
know, and the one more field that makes Flux leave the object alone. It goes by what the object itself says
(``actions.owners``) and by who set the very fields (``actions.managed_fields``).

Facts: Argo CD with self-heal changes a field back within seconds, without it at the next sync. Flux does so
at its next interval; an object annotated ``kustomize.toolkit.fluxcd.io/reconcile: disabled`` in the cluster
is left alone until the annotation is gone. Fields that are not in Git are left alone by both. Helm by itself
changes nothing back until the next upgrade.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, mapping, shown
from fireline.mitigation.actions.managed_fields import all_managers, managers_of
from fireline.mitigation.actions.owners import Owner, owners
from fireline.mitigation.model import ABSENT, Kept, PathChange, Refusal, Value
from fireline.mitigation.pointer import get, join, parse

Policy = Literal["Refuse", "ProceedIfUnowned", "PauseObject", "Proceed"]
FLUX_PAUSE = "kustomize.toolkit.fluxcd.io/reconcile"
"""Annotation by which Flux leaves one object alone."""
PAUSE_PATH = join("metadata", "annotations", FLUX_PAUSE)
_FLUX_SSA = "kustomize.toolkit.fluxcd.io/ssa"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_IN_GIT = frozenset({"Argo CD", "Flux", "Flux Helm", "Helm"})


@dataclass(frozen=True, slots=True)
class Cleared:
    """The change may go on. ``owner``: who keeps the target in Git, in words, or empty.

    ``pause``: fields that are changed together with it, and taken back together with it.
    """

    owner: str = ""
    notes: tuple[str, ...] = ()
    pause: tuple[PathChange, ...] = ()


def preflight(target: Manifest, paths: Sequence[PathChange], policy: Policy) -> Refusal | Cleared:
    """Whether these fields of a target may be changed under ``spec.gitOps``."""
    found = owners(target)
    if policy == "Refuse":
        return _refused(target, found[0], paths) if found else Cleared()
    if policy == "PauseObject":
        return _paused(target, found, paths)
    return _proceeding(target, found, paths, stop=policy == "ProceedIfUnowned")


def _refused(target: Manifest, owner: Owner, paths: Sequence[PathChange]) -> Refusal:
    words = f"{called(target)} is owned by {owner} ({owner.evidence}), and gitOps is Refuse"
    return Refusal(_reason(owner), f"{words}. {_instead(target, owner, paths)}")


def _proceeding(
    target: Manifest, found: Sequence[Owner], paths: Sequence[PathChange], *, stop: bool
) -> Refusal | Cleared:
    notes = []
    for owner in found:
        fields = _set_by(target, owner, paths)
        if not fields:
            notes.append(f"{owner} owns {called(target)}, but not the fields that are changed")
            continue
        words = f"{owner} ({owner.evidence}) sets {_named(fields)} of {called(target)}"
        if _leaves_alone(target, owner):
            notes.append(f"{words}, {_when(target, owner)}")
        elif stop:
            advice = _instead(target, owner, fields)
            ways = "or set gitOps: Proceed, which goes on once and lets go when it is changed back"
            return Refusal(_reason(owner), f"{words}, and would change it back. {advice}; {ways}")
        else:
            notes.append(f"{words}, {_when(target, owner)}; we change it once, and then let go")
            notes.append(_instead(target, owner, fields))
    return Cleared(_kept_by(found), tuple(notes))


def _paused(target: Manifest, found: Sequence[Owner], paths: Sequence[PathChange]) -> Refusal | Cleared:
    for owner in found:
        if owner.tool not in {"Flux", "Helm"} and _set_by(target, owner, paths):
            words = f"{owner} ({owner.evidence}) cannot be told to leave {called(target)} alone"
            advice = f"{_instead(target, owner, paths)}; or set gitOps: Proceed"
            return Refusal("CannotPause", f"{words}. {advice}")
    flux = next((owner for owner in found if owner.tool == "Flux"), None)
    if flux is None:
        return _proceeding(target, found, paths, stop=False)
    now = get(target, PAUSE_PATH)
    if now == "disabled":
        return Cleared(_kept_by(found), (f"{flux} is told already to leave {called(target)} alone",))
    note = f"{flux} is told to leave {called(target)} alone meanwhile: what changes in Git waits until then"
    return Cleared(_kept_by(found), (note,), (PathChange(PAUSE_PATH, now, "disabled"),))


def _set_by(target: Manifest, owner: Owner, paths: Sequence[PathChange]) -> tuple[PathChange, ...]:
    """Those of the fields that an owner sets. All of them, when there is no telling."""
    applied = _last_applied(target) if owner.tool == "Argo CD" else None
    if applied is None and not owner.managers & all_managers(target):
        return tuple(paths)
    return tuple(
        one
        for one in paths
        if owner.managers & {manager.name for manager in managers_of(target, one.path)}
        or get(applied, one.path) is not ABSENT
    )


def _last_applied(target: Manifest) -> Any:
    """What Argo CD applied, unless it applies on the server's side, where managedFields say so."""
    text = mapping(target, "metadata", "annotations").get(_LAST_APPLIED)
    try:
        return json.loads(str(text)) if text else None
    except ValueError:
        return None


def _leaves_alone(target: Manifest, owner: Owner) -> bool:
    """Whether an owner would not change anything back by itself."""
    if owner.tool == "Helm":
        return True
    marks = mapping(target, "metadata", "annotations")
    return owner.tool == "Flux" and (
        marks.get(FLUX_PAUSE) == "disabled" or marks.get(_FLUX_SSA) in {"Ignore", "IfNotPresent"}
    )


def _when(target: Manifest, owner: Owner) -> str:
    if owner.tool == "Flux" and _leaves_alone(target, owner):
        return "but is told by an annotation to leave it as it is"
    return {
        "Argo CD": "and changes it back: with self-heal within seconds, otherwise at the next sync",
        "Flux": "and changes it back within its interval, at the latest",
        "Flux Helm": "and changes it back at the next upgrade, or sooner with drift detection",
        "Helm": "which sets it again at the next upgrade",
    }.get(owner.tool, "and sets it again whenever it looks")


def _instead(target: Manifest, owner: Owner, paths: Sequence[PathChange]) -> str:
    """The change to make where it would last."""
    if owner.tool in {"Argo Rollouts", "Flagger"}:
        return f"Abort, pause or promote with {owner.tool} instead"
    if owner.tool == "a controller":
        return f"Change {owner.name} instead"
    what = "the values of the release" if owner.tool in {"Helm", "Flux Helm"} else "Git"
    changes = ", ".join(
        f"{_dotted(one.path)} from {_said(one, one.before)} to {_said(one, one.after)}" for one in paths[:5]
    )
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return f"To make it last, change in {what}, for {called(target)}: {changes}{more}"


def _reason(owner: Owner) -> str:
    return "OwnedByGit" if owner.tool in _IN_GIT else "OwnedByController"


def _kept_by(found: Sequence[Owner]) -> str:
    return ", ".join(str(owner) for owner in found if owner.tool in _IN_GIT)


def _named(paths: Sequence[PathChange]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(_dotted(one.path) for one in paths[:3]) + more


def _dotted(path: str) -> str:
    return ".".join(parse(path))


def _said(one: PathChange, value: Value | Kept) -> str:
    return f"a value kept in {value.source}" if isinstance(value, Kept) else shown(value, one.path)
