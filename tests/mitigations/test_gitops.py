"""Targets that Flux or Argo CD own: asked before, paused or left alone, and never fought over."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.cluster.ward import Ward, a_spec, text
from tests.mitigations.scene import Aid

from fireline.api.resources import DEPLOYMENT
from fireline.mitigation.gitops import FLUX_PAUSE

pytestmark = pytest.mark.bed
FLUX = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
SCALED = {"patch": {"type": "Merge", "merge": '{"spec": {"replicas": 6}}'}}


class Flux:
    """What Git says about one Deployment, as Flux writes it: by server-side apply, with force."""

    def __init__(self, ward: Ward, name: str) -> None:
        self._ward, self._name = ward, name

    def reconcile(self) -> Manifest:
        """Make it so, unless it was told to leave the object alone."""
        live = self.live(missing={})
        if live and live["metadata"].get("annotations", {}).get(FLUX_PAUSE) == "disabled":
            return live
        wanted = a_deployment(self._name, self._ward.namespace)
        return self._ward.admin.apply(wanted, manager="kustomize-controller")

    def live(self, *, missing: Any = None) -> Manifest:
        """The Deployment as it is."""
        found = self._ward.admin.find(DEPLOYMENT, self._name, self._ward.namespace)
        return missing if found is None else found


def a_deployment(name: str, namespace: str) -> Manifest:
    """Three replicas, with the labels Flux puts on what it owns."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": FLUX},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "shop:2"}]},
            },
        },
    }


def a_mitigation(aid: Aid, ward: Ward, flux: Flux, name: str, **spec: Any) -> None:
    """One that scales the Deployment that Flux owns."""
    live = flux.reconcile()
    wanted = a_spec(SCALED, live)
    ward.grant(wanted, name)
    target = {key: live[key] for key in ("apiVersion", "kind")} | {"name": name}
    aid.apply(name, target=target, action=SCALED, serviceAccountName=wanted.service_account_name, **spec)


def test_what_git_sets_is_not_even_proposed_and_the_change_to_git_is_told(aid: Aid, ward: Ward):
    flux = Flux(ward, "owned")
    a_mitigation(aid, ward, flux, "owned")
    before = text(flux.live())
    aid.annotate("owned", propose="1")

    def told() -> Manifest | None:
        status = aid.status("owned")
        return status if status.get("reason") == "OwnedByGit" else None

    status = wait_for(told, what="it says who owns the object")
    assert "Flux (flux-system/shop)" in status["message"]
    assert "change in Git, for Deployment owned: spec.replicas from 3 to 6" in status["message"]
    assert "plan" not in status
    assert text(flux.live()) == before


def test_flux_is_paused_together_with_the_change_and_goes_on_after_it(aid: Aid, ward: Ward):
    flux = Flux(ward, "paused")
    a_mitigation(aid, ward, flux, "paused", gitOps="PauseObject")
    before = text(flux.live())
    proposed = aid.propose("paused")
    assert proposed["plan"]["owner"] == "Flux (flux-system/shop)"
    aid.approve("paused")
    aid.phase("paused", "Active")
    live = flux.reconcile()
    assert live["spec"]["replicas"] == 6
    assert live["metadata"]["annotations"][FLUX_PAUSE] == "disabled"
    aid.annotate("paused", revert="1")
    aid.phase("paused", "Reverted")
    assert text(flux.live()) == before
    flux.reconcile()
    assert text(flux.live()) == before


def test_what_flux_changes_back_is_let_go_after_exactly_one_write(aid: Aid, ward: Ward):
    flux = Flux(ward, "contested")
    a_mitigation(aid, ward, flux, "contested", gitOps="Proceed")
    proposed = aid.propose("contested")
    assert any("we change it once, and then let go" in note for note in proposed["plan"]["notes"])
    generation = flux.live()["metadata"]["generation"]
    aid.approve("contested")
    aid.phase("contested", "Active")
    assert flux.live()["metadata"]["generation"] == generation + 1
    flux.reconcile()
    status = aid.phase("contested", "Contested")
    assert "kustomize-controller" in status["message"]
    assert status["needsHuman"]["reason"] == "Contested"
    assert flux.live()["metadata"]["generation"] == generation + 2
    assert flux.live()["spec"]["replicas"] == 3
