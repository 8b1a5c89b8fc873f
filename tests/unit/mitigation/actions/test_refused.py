"""What no Mitigation may change, whatever its ServiceAccount may."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.objects import a_refusal, an_object
from tests.unit.mitigation.workloads import a_workload

from fireline.api.labels import HOLD, MANAGED_BY, MANAGER, MARKER, OWNER_KIND, OWNER_NAME, ROLLBACK
from fireline.mitigation.actions.refused import (
    REFUSED_KINDS,
    refuse_kind,
    refuse_object,
    refuse_path,
    refuse_rights,
)
from fireline.mitigation.actions.table import ACTIONS


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Secret"),
        ("v1", "ServiceAccount"),
        ("v1", "Namespace"),
        ("v1", "Node"),
        ("v1", "PersistentVolume"),
        ("v1", "ResourceQuota"),
        ("v1", "Endpoints"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("apiregistration.k8s.io/v1", "APIService"),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
        ("certificates.k8s.io/v1", "CertificateSigningRequest"),
        ("coordination.k8s.io/v1", "Lease"),
        ("fireline.dev/v1alpha1", "Mitigation"),
        ("fireline.dev/v1alpha1", "ServiceLevelObjective"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("argoproj.io/v1alpha1", "Application"),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("kyverno.io/v1", "ClusterPolicy"),
        ("policies.kyverno.io/v1", "NamespacedValidatingPolicy"),
        ("acme.cert-manager.io/v1", "Challenge"),
        ("generators.external-secrets.io/v1alpha1", "Password"),
        ("secrets.hashicorp.com/v1beta1", "VaultStaticSecret"),
        ("policy.linkerd.io/v1alpha1", "AuthorizationPolicy"),
        ("constraints.gatekeeper.sh/v1beta1", "K8sRequiredLabels"),
        ("events.k8s.io/v1", "Event"),
        ("monitoring.coreos.com/v1", "PrometheusRule"),
        ("v1", "PersistentVolumeClaim"),
        ("apps/v1", "ControllerRevision"),
    ],
    ids=lambda one: str(one).rpartition("/")[2],
)
def test_kinds_that_rights_or_guards_hang_on_are_refused(api_version: str, kind: str):
    refusal = a_refusal(refuse_kind(api_version, kind), "RefusedKind")
    assert refusal.lasting
    assert refusal.message.startswith(f"no mitigation changes a {kind}")


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("v1", "ConfigMap"),
        ("v1", "Service"),
        ("v1", "Pod"),
        ("batch/v1", "CronJob"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("keda.sh/v1alpha1", "ScaledObject"),
        ("networking.k8s.io/v1", "Ingress"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("example.com/v1", "Secret"),
        ("myfluxcd.io/v1", "Thing"),
    ],
    ids=str,
)
def test_kinds_that_serve_people_are_not(api_version: str, kind: str):
    assert refuse_kind(api_version, kind) is None


def test_no_action_is_for_a_refused_kind():
    for action in ACTIONS.values():
        for target in action.targets:
            assert not [one for one in REFUSED_KINDS if target in one], (action.name, target)


def test_an_object_without_namespace_is_the_clusters():
    target = an_object("example.com/v1", "Thing", metadata={"namespace": ""})
    assert "belongs to the cluster" in a_refusal(refuse_object(target), "RefusedKind").message


@pytest.mark.parametrize("name", ["kube-root-ca.crt", "aws-auth", "fireline-pause"])
def test_config_maps_that_rights_hang_on_are_refused(name: str):
    target = an_object("v1", "ConfigMap", metadata={"name": name})
    assert "ConfigMap" in a_refusal(refuse_object(target), "RefusedObject").message


def test_what_fireline_makes_itself_is_refused_with_what_it_is_made_from():
    labels = {MANAGED_BY: MANAGER, OWNER_KIND: "SyntheticCheck", OWNER_NAME: "checkout"}
    target = an_object("batch/v1", "CronJob", metadata={"labels": labels})
    assert (
        "made by Fireline from SyntheticCheck checkout"
        in a_refusal(refuse_object(target), "RefusedObject").message
    )


def test_everything_else_may_be_changed():
    assert refuse_object(an_object("v1", "ConfigMap")) is None
    assert refuse_object(a_workload(labels={MANAGED_BY: "Helm"})) is None


@pytest.mark.parametrize(
    "path",
    [
        "/status",
        "/status/replicas",
        "/kind",
        "/apiVersion",
        "/immutable",
        "/spec",
        "/data",
        "/rules/0",
        "/metadata",
        "/metadata/name",
        "/metadata/namespace",
        "/metadata/uid",
        "/metadata/resourceVersion",
        "/metadata/generation",
        "/metadata/ownerReferences",
        "/metadata/ownerReferences/0/name",
        "/metadata/finalizers",
        "/metadata/managedFields",
        "/metadata/deletionTimestamp",
        "/metadata/annotations",
        "/metadata/labels",
        "/metadata/labels/a/b",
        f"/metadata/annotations/{HOLD.replace('/', '~1')}",
        f"/metadata/annotations/{ROLLBACK.replace('/', '~1')}",
        f"/metadata/annotations/{MARKER.replace('/', '~1')}7f2d6a1c",
        "/metadata/annotations/fireline.dev~1approve",
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
        "/metadata/annotations/kustomize.toolkit.fluxcd.io~1reconcile",
        "/metadata/annotations/argocd.argoproj.io~1tracking-id",
        "/metadata/annotations/nginx.ingress.kubernetes.io~1server-snippet",
        "/metadata/labels/app.kubernetes.io~1managed-by",
    ],
)
def test_fields_outside_of_what_people_set_are_refused(path: str):
    refusal = a_refusal(refuse_path(path), "RefusedPath")
    assert refusal.lasting
    assert refusal.message.startswith(f"no mitigation changes {path}: ")


@pytest.mark.parametrize(
    "path",
    [
        "/spec/replicas",
        "/spec/template/spec/containers/0/image",
        "/data/payment.cooldown",
        "/binaryData/logo",
        "/metadata/annotations/example.com~1tier",
        "/metadata/annotations/nginx.ingress.kubernetes.io~1limit-rps",
        "/metadata/labels/traffic",
        "/spec/status",
    ],
)
def test_fields_that_people_set_are_not(path: str):
    assert refuse_path(path) is None


def test_rights_are_compared_by_the_names_of_entries_not_by_their_places():
    before, after = a_workload(), a_workload()
    first = {"name": "a", "securityContext": {"runAsUser": 1}}
    second = {"name": "b", "securityContext": {"runAsUser": 2}}
    before["spec"]["template"]["spec"]["containers"] = [first, second]
    after["spec"]["template"]["spec"]["containers"] = [second, first]
    assert refuse_rights(before, after) is None
    after["spec"]["template"]["spec"]["containers"] = [first | {"name": "b"}, second | {"name": "a"}]
    assert "securityContext" in a_refusal(refuse_rights(before, after), "ChangesRights").message


def test_another_image_is_no_change_of_rights():
    before, after = a_workload(), a_workload()
    after["spec"]["template"]["spec"]["containers"][0]["image"] = "shop:1"
    assert refuse_rights(before, after) is None
