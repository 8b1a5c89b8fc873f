"""Whether Git owns the very fields that are to be changed, and what is done about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.mitigation.objects import a_refusal, an_object

from fireline.api.plan import Manifest
from fireline.mitigation.gitops import FLUX_PAUSE, PAUSE_PATH, Cleared, Policy, preflight
from fireline.mitigation.model import ABSENT, PathChange

ARGO = {"argocd.argoproj.io/tracking-id": "shop-prod:apps/Deployment:shop/checkout"}
FLUX = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
FLUX_HELM = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "shop"}
HELM = {"app.kubernetes.io/managed-by": "Helm"}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
REPLICAS = PathChange("/spec/replicas", 3, 6)
PAUSED = PathChange("/spec/paused", ABSENT, True)
SETS_REPLICAS = {"f:spec": {"f:replicas": {}}}
EVERY: tuple[Policy, ...] = ("Refuse", "ProceedIfUnowned", "PauseObject", "Proceed")


def deployment(*, sets: tuple[str, ...] = (), controller: bool = False, **metadata: Any) -> Manifest:
    """A Deployment whose replicas were set by these clients, and anything else by kubectl."""
    entries = [{"manager": name, "fieldsV1": SETS_REPLICAS} for name in sets]
    entries.append({"manager": "kubectl-client-side-apply", "fieldsV1": {"f:spec": {"f:paused": {}}}})
    owner = {"apiVersion": "example.com/v1", "kind": "Shop", "name": "shop", "controller": True}
    metadata |= {"ownerReferences": [owner]} if controller else {}
    return an_object(
        "apps/v1", "Deployment", spec={"replicas": 3}, metadata={"managedFields": entries, **metadata}
    )


def cleared(found: object) -> Cleared:
    assert isinstance(found, Cleared), found
    return found


@pytest.mark.parametrize("policy", EVERY)
def test_what_nobody_owns_may_be_changed(policy: Policy):
    assert preflight(deployment(), [REPLICAS], policy) == Cleared()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (deployment(annotations=ARGO), "OwnedByGit"),
        (deployment(labels=FLUX), "OwnedByGit"),
        (deployment(labels=FLUX_HELM), "OwnedByGit"),
        (deployment(labels=HELM), "OwnedByGit"),
        (deployment(controller=True), "OwnedByController"),
    ],
    ids=["argo", "flux", "flux helm", "helm", "controller"],
)
def test_refuse_refuses_whatever_is_owned(target: Manifest, reason: str):
    assert "gitOps is Refuse" in a_refusal(preflight(target, [PAUSED], "Refuse"), reason).message


@pytest.mark.parametrize(
    "target",
    [
        deployment(annotations=ARGO, sets=("argocd-controller",)),
        deployment(labels=FLUX, sets=("kustomize-controller",)),
        deployment(labels=FLUX_HELM, sets=("helm-controller",)),
        deployment(labels=FLUX_HELM, sets=("helm",)),
    ],
    ids=["argo", "flux", "flux helm", "flux helm, client side"],
)
def test_fields_that_git_sets_are_left_alone_and_those_it_does_not_set_are_not(target: Manifest):
    refusal = a_refusal(preflight(target, [PAUSED, REPLICAS], "ProceedIfUnowned"), "OwnedByGit")
    assert "sets spec.replicas of Deployment checkout, and would change it back" in refusal.message
    assert not refusal.lasting
    found = cleared(preflight(target, [PAUSED], "ProceedIfUnowned"))
    assert found.owner
    assert "but not the fields that are changed" in found.notes[0]


def test_the_refusal_says_what_to_change_in_git():
    target = deployment(annotations=ARGO, sets=("argocd-controller",))
    refusal = a_refusal(preflight(target, [REPLICAS], "ProceedIfUnowned"), "OwnedByGit")
    assert "change in Git, for Deployment checkout: spec.replicas from 3 to 6" in refusal.message
    assert "or set gitOps: Proceed" in refusal.message


def test_what_argo_cd_applied_from_the_client_side_is_in_git():
    annotations = ARGO | {LAST_APPLIED: json.dumps({"spec": {"replicas": 3}})}
    target = deployment(annotations=annotations)
    a_refusal(preflight(target, [REPLICAS], "ProceedIfUnowned"), "OwnedByGit")
    cleared(preflight(target, [PAUSED], "ProceedIfUnowned"))


@pytest.mark.parametrize("fields", [ABSENT, [], [{"manager": "custom", "fieldsV1": {}}]], ids=repr)
def test_when_there_is_no_telling_who_set_a_field_it_counts_as_gits(fields: Any):
    target = deployment(labels=FLUX)
    target["metadata"].pop("managedFields")
    if fields is not ABSENT:
        target["metadata"]["managedFields"] = fields
    a_refusal(preflight(target, [PAUSED], "ProceedIfUnowned"), "OwnedByGit")


def test_helm_by_itself_changes_nothing_back():
    found = cleared(preflight(deployment(labels=HELM, sets=("helm",)), [REPLICAS], "ProceedIfUnowned"))
    assert "which sets it again at the next upgrade" in found.notes[0]
    assert found.owner == "Helm"


@pytest.mark.parametrize(
    "annotations",
    [{FLUX_PAUSE: "disabled"}, {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}],
    ids=["paused", "not overwritten"],
)
def test_flux_that_was_told_to_leave_it_alone_does(annotations: dict[str, str]):
    target = deployment(labels=FLUX, annotations=annotations, sets=("kustomize-controller",))
    found = cleared(preflight(target, [REPLICAS], "ProceedIfUnowned"))
    assert "told by an annotation to leave it as it is" in found.notes[0]


def test_a_controllers_own_object_is_refused_with_whom_to_change():
    refusal = a_refusal(
        preflight(deployment(controller=True), [PAUSED], "ProceedIfUnowned"), "OwnedByController"
    )
    assert "Change Shop shop instead" in refusal.message


def test_proceed_goes_on_once_and_says_who_will_change_it_back_and_what_would_last():
    target = deployment(annotations=ARGO, sets=("argocd-controller",))
    found = cleared(preflight(target, [REPLICAS], "Proceed"))
    assert found.owner == "Argo CD (shop-prod)"
    assert "with self-heal within seconds" in found.notes[0]
    assert "change in Git" in found.notes[1]
    assert found.pause == ()


def test_pausing_an_object_is_one_more_change_that_is_taken_back():
    target = deployment(labels=FLUX, sets=("kustomize-controller",))
    found = cleared(preflight(target, [REPLICAS], "PauseObject"))
    assert found.pause == (PathChange(PAUSE_PATH, ABSENT, "disabled"),)
    assert "Flux (flux-system/shop) is told to leave Deployment checkout alone" in found.notes[0]


def test_what_the_annotation_said_before_is_put_back():
    target = deployment(labels=FLUX, annotations={FLUX_PAUSE: "enabled"})
    assert cleared(preflight(target, [REPLICAS], "PauseObject")).pause == (
        PathChange(PAUSE_PATH, "enabled", "disabled"),
    )


def test_an_object_that_is_paused_already_stays_paused():
    target = deployment(labels=FLUX, annotations={FLUX_PAUSE: "disabled"}, sets=("kustomize-controller",))
    assert cleared(preflight(target, [REPLICAS], "PauseObject")).pause == ()


@pytest.mark.parametrize(
    "target",
    [
        deployment(annotations=ARGO, sets=("argocd-controller",)),
        deployment(labels=FLUX_HELM, sets=("helm-controller",)),
        deployment(controller=True),
        deployment(labels=FLUX, annotations=ARGO, sets=("argocd-controller", "kustomize-controller")),
    ],
    ids=["argo", "flux helm", "controller", "argo and flux"],
)
def test_who_cannot_be_paused_is_not(target: Manifest):
    a_refusal(preflight(target, [REPLICAS], "PauseObject"), "CannotPause")


def test_pausing_what_helm_alone_owns_needs_no_pause():
    assert cleared(preflight(deployment(labels=HELM), [REPLICAS], "PauseObject")).pause == ()
