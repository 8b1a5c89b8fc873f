"""Who else rules an object: GitOps tools, Helm, delivery controllers, a controller of its own.

Read from marks that these tools leave, and from ``managedFields``, which say which client set which field
(never which user). Used by ``fireline.mitigation.gitops``, and by actions that yield to a delivery
controller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import entries, group_of, mapping
from fireline.mitigation.actions.managed_fields import all_managers

Tool = Literal["Argo CD", "Flux", "Flux Helm", "Helm", "Argo Rollouts", "Flagger", "a controller"]

MANAGERS: Mapping[Tool, frozenset[str]] = {
    "Argo CD": frozenset({"argocd-controller", "argocd-application-controller"}),
    "Flux": frozenset({"kustomize-controller"}),
    "Flux Helm": frozenset({"helm-controller", "helm"}),
    "Helm": frozenset({"helm"}),
    "Argo Rollouts": frozenset({"rollouts-controller", "argo-rollouts"}),
    "Flagger": frozenset({"flagger"}),
}
"""Field managers each tool writes as, unless its owner chose another name."""
_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_INSTANCE_LABELS = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
_ROLLOUT_MARKS = ("rollouts.argoproj.io/", "rollout.argoproj.io/", "argo-rollouts.argoproj.io/")

_DELIVERERS: tuple[tuple[Tool, str, str], ...] = (
    ("Argo Rollouts", "argoproj.io", "Rollout"),
    ("Flagger", "flagger.app", "Canary"),
)


@dataclass(frozen=True, slots=True)
class Owner:
    """One tool that rules an object. ``name``: its own object, such as an Argo CD Application.

    ``evidence`` is where that can be seen. ``managers`` are the field managers it writes as.
    """

    tool: Tool
    name: str
    evidence: str
    managers: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.tool} ({self.name})" if self.name else self.tool


def owners(target: Manifest) -> tuple[Owner, ...]:
    """Everyone who rules an object, who would undo a change soonest first."""
    return tuple(_owners(target))


def deliverer(target: Manifest) -> Owner | None:
    """Argo Rollouts or Flagger, when one of them steers an object."""
    return next((one for one in owners(target) if one.tool in {"Argo Rollouts", "Flagger"}), None)


def _owners(target: Manifest) -> Iterator[Owner]:
    yield from _delivery(target)
    argo, flux = _argo_cd(target), tuple(_flux(target))
    if argo is not None:
        yield argo
    yield from flux
    # Both render charts, and their own marks say more than the chart's.
    if argo is None and not flux:
        yield from _helm(target)
    yield from _controller(target)


def _argo_cd(target: Manifest) -> Owner | None:
    tracking = _annotations(target).get(_TRACKING_ID)
    if tracking:
        return _owner("Argo CD", str(tracking).partition(":")[0], f"annotation {_TRACKING_ID}")
    # The label app.kubernetes.io/instance alone says nothing: Helm and many charts set it too.
    managers = MANAGERS["Argo CD"] & all_managers(target)
    if not managers:
        return None
    found = ((label, _labels(target).get(label)) for label in _INSTANCE_LABELS)
    label, name = next(((label, name) for label, name in found if name), ("", ""))
    seen = f"field manager {min(managers)}" + (f" and label {label}" if label else "")
    return _owner("Argo CD", str(name), seen)


def _flux(target: Manifest) -> Iterator[Owner]:
    labels = _labels(target)
    marks: tuple[tuple[Tool, str], ...] = (
        ("Flux", "kustomize.toolkit.fluxcd.io"),
        ("Flux Helm", "helm.toolkit.fluxcd.io"),
    )
    for tool, group in marks:
        name = labels.get(f"{group}/name")
        if name:
            namespace = labels.get(f"{group}/namespace")
            yield _owner(tool, f"{namespace}/{name}" if namespace else str(name), f"label {group}/name")


def _helm(target: Manifest) -> Iterator[Owner]:
    release = _annotations(target).get("meta.helm.sh/release-name")
    if release:
        yield _owner("Helm", str(release), "annotation meta.helm.sh/release-name")
    elif _labels(target).get("app.kubernetes.io/managed-by") == "Helm":
        yield _owner("Helm", "", "label app.kubernetes.io/managed-by")


def _delivery(target: Manifest) -> Iterator[Owner]:
    for tool, group, kind in _DELIVERERS:
        owner = next(
            (
                one
                for one in entries(target, "metadata", "ownerReferences")
                if one.get("kind") == kind and group_of(str(one.get("apiVersion"))) == group
            ),
            None,
        )
        managers = MANAGERS[tool] & all_managers(target)
        if owner is not None:
            yield _owner(tool, str(owner.get("name")), f"owner reference to {kind} {owner.get('name')}")
        elif managers:
            yield _owner(tool, "", f"field manager {min(managers)}")
        elif tool == "Argo Rollouts" and (mark := _rollout_mark(target)):
            yield _owner(tool, "", mark)


def _rollout_mark(target: Manifest) -> str:
    every = (("annotation", _annotations(target)), ("label", _labels(target)))
    return next(
        (
            f"{what} {name}"
            for what, found in every
            for name in sorted(found)
            if name.startswith(_ROLLOUT_MARKS)
        ),
        "",
    )


def _controller(target: Manifest) -> Iterator[Owner]:
    for one in entries(target, "metadata", "ownerReferences"):
        steers = one.get("kind") in {"Rollout", "Canary"}
        if one.get("controller") is True and not steers:
            name = f"{one.get('kind')} {one.get('name')}"
            yield Owner("a controller", name, f"owner reference to {name}")


def _owner(tool: Tool, name: str, evidence: str) -> Owner:
    return Owner(tool, name, evidence, MANAGERS[tool])


def _annotations(target: Manifest) -> Mapping[str, object]:
    return mapping(target, "metadata", "annotations")


def _labels(target: Manifest) -> Mapping[str, object]:
    return mapping(target, "metadata", "labels")
