"""A Mitigation touches nothing that its ServiceAccount, and so its author, could not, and no refused kind.

On a real API server, with what ``fireline rbac`` prints and nothing else; the calls are the operator's own,
by impersonation.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.bed.kubeclient import CONFIG_MAP
from tests.bed.waiting import wait_for
from tests.cluster.guarded import Guarded, Place
from tests.unit.api.mitigation_cases import a_mitigation

from fireline.api.conditions import Condition
from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.actions.refused import refuse_object
from fireline.mitigation.checks import read
from fireline.mitigation.model import Permission
from fireline.mitigation.permissions import Asker, permitted, review_calls, user_of
from fireline.settings import MitigationSettings

pytestmark = pytest.mark.bed
FLAGS = Permission("", "configmaps", ("get", "patch"), ("flags",))
_RBAC = "rbac.authorization.k8s.io/v1"
_OURS = "fireline.dev/v1alpha1"

REFUSED: tuple[tuple[str, str], ...] = (
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "Namespace"),
    ("v1", "Node"),
    ("v1", "ResourceQuota"),
    (_RBAC, "Role"),
    (_RBAC, "RoleBinding"),
    (_RBAC, "ClusterRole"),
    (_RBAC, "ClusterRoleBinding"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("certificates.k8s.io/v1", "CertificateSigningRequest"),
    ("coordination.k8s.io/v1", "Lease"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    (_OURS, "ServiceLevelObjective"),
    (_OURS, "AlertPolicy"),
    (_OURS, "SyntheticCheck"),
    (_OURS, "Mitigation"),
)
"""Kinds that no Mitigation may change."""
_CLUSTER_WIDE = {
    "Namespace",
    "Node",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "CertificateSigningRequest",
}


def patch(
    api: str, kind: str, name: str, *, namespace: str, user: str, path: str = "/metadata/labels"
) -> Call:
    """A change of some object, as a Mitigation would make it."""
    body = [{"op": "add", "path": path, "value": {"touched": "yes"}}]
    place = "" if kind in _CLUSTER_WIDE else namespace
    return Call(f"{kind}/{name}", "patch", api, kind, place, name, body=body, user=user)


def change(name: str, to: str, place: Place, user: str) -> Call:
    """A change of a ConfigMap."""
    body = [{"op": "replace", "path": "/data/count", "value": to}]
    return Call("change", "patch", "v1", "ConfigMap", place.name, name, body=body, user=user)


def made(place: Place, call: Call) -> Answer:
    """What came of it."""
    return place.guarded.answers([call])[call.name]


@pytest.fixture
def granted(place: Place) -> Place:
    """With a ConfigMap, and the rights on it that ``fireline rbac`` prints."""
    place.config_map("flags")
    place.config_map("others")
    place.grant("a", [FLAGS])
    return place


def mitigator(place: Place) -> str:
    """The user that is impersonated."""
    return user_of(place.name, "mitigator")


def test_what_rbac_prints_is_enough_to_change_the_target(granted: Place) -> None:
    assert made(granted, change("flags", "1", granted, mitigator(granted))).ok
    assert granted.admin.get(CONFIG_MAP, "flags", granted.name)["data"] == {"count": "1"}


def test_and_for_no_other_object_of_the_same_kind(granted: Place) -> None:
    assert made(granted, change("others", "1", granted, mitigator(granted))).status == 403


def test_the_operator_has_no_way_to_the_target_but_as_the_account(granted: Place) -> None:
    answer = made(granted, change("flags", "1", granted, ""))

    assert answer.status == 403
    assert granted.admin.get(CONFIG_MAP, "flags", granted.name)["data"] == {"count": "0"}


def test_the_operator_acts_as_no_account_that_was_not_granted(guarded: Guarded, granted: Place) -> None:
    other = guarded.place()
    for user in (
        user_of(granted.name, "default"),
        user_of(granted.name, "another"),
        user_of(other.name, "mitigator"),
        "system:admin",
        "alice@example.com",
        "system:node:a",
        user_of("kube-system", "generic-garbage-collector"),
    ):
        answer = made(granted, change("flags", "1", granted, user))
        assert answer.status == 403, user
        assert "cannot impersonate" in answer.message


def test_the_account_has_no_rights_in_another_namespace(guarded: Guarded, granted: Place) -> None:
    other = guarded.place()
    other.config_map("flags")

    assert made(other, change("flags", "1", other, mitigator(granted))).status == 403


@pytest.mark.parametrize(("api", "kind"), REFUSED, ids=lambda one: one.rpartition("/")[2])
def test_a_refused_kind_is_refused_by_the_operator_and_by_the_api_server(
    granted: Place, api: str, kind: str
) -> None:
    target = {"apiVersion": api, "kind": kind, "name": "flags"}
    patched = {"patch": {"ops": [{"op": "add", "path": "/spec/a", "value": "b"}]}}
    wanted = a_mitigation({"spec.target": target, "spec.action": patched})
    live: Manifest = {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "flags", "namespace": granted.name},
    }

    accepted, issues = read(wanted, settings=MitigationSettings())
    refusal = refuse_object(live)
    answer = made(granted, patch(api, kind, "flags", namespace=granted.name, user=mitigator(granted)))

    assert accepted is None
    assert ("RefusedKind", "spec.target.kind") in [(issue.reason, issue.path) for issue in issues]
    assert refusal is not None
    assert refusal.lasting
    assert answer.status == 403, answer


REFUSED_PATHS = (
    "/status/replicas",
    "/metadata/ownerReferences",
    "/metadata/finalizers",
    "/metadata/namespace",
    "/metadata/name",
    "/metadata/labels",
    "/metadata/annotations/fireline.dev~1approve",
    "/metadata/annotations/mitigations.fireline.dev~1hold",
    "/metadata/labels/app.kubernetes.io~1managed-by",
    "/apiVersion",
    "/kind",
    "/spec",
)


@pytest.mark.parametrize("path", REFUSED_PATHS)
def test_a_refused_field_is_refused_before_anything_is_asked(path: str) -> None:
    ops = [{"op": "add", "path": path, "value": "b"}]

    accepted, issues = read(
        a_mitigation({"spec.action": {"patch": {"ops": ops}}}), settings=MitigationSettings()
    )

    assert accepted is None
    assert ("RefusedPath", "spec.action.patch.ops[0].path") in [(one.reason, one.path) for one in issues]


def test_the_status_of_a_target_is_not_changed_even_with_the_right_to_the_target(place: Place) -> None:
    """A patch of an object never reaches its status; that takes a path of its own, which no Call has."""
    place.grant("a", [Permission("apps", "deployments", ("get", "patch"), ("a",))])
    template: Manifest = {
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "a", "image": "registry.example/a:1"}]},
    }
    place.admin.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "a", "namespace": place.name},
            "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template},
        }
    )
    body = [{"op": "add", "path": "/status/replicas", "value": 7}]
    call = Call("status", "patch", "apps/v1", "Deployment", place.name, "a", body=body, user=mitigator(place))

    answer = made(place, call)

    assert not answer.ok or "replicas" not in answer.body["status"]


def preflight(place: Place, *permissions: Permission) -> Condition:
    """The condition Permitted, from the API server's own answers."""
    asker = Asker(place.name, "a", "mitigator")
    return permitted(asker, permissions, place.guarded.answers(review_calls(asker, permissions)).get)


def test_the_preflight_names_what_is_missing_step_by_step_until_all_is_there(place: Place) -> None:
    denied = preflight(place, FLAGS)
    place.grant("another", [])
    missing = preflight(place, FLAGS)
    place.grant("a", [FLAGS])
    found = wait_for(
        lambda: (now := preflight(place, FLAGS)).status == "True" and now, what="the rights are known"
    )

    assert (denied.status, denied.reason) == ("False", "ImpersonationDenied")
    assert f"may not act as ServiceAccount {place.name}/mitigator" in denied.message
    assert (missing.status, missing.reason) == ("False", "RightsMissing")
    assert 'get configmaps "flags" and patch configmaps "flags"' in missing.message
    assert f"fireline rbac a -n {place.name} | kubectl apply -f -" in missing.message
    assert found.reason == "Permitted"


def test_a_preflight_says_no_more_than_the_api_server_then_does(granted: Place) -> None:
    rights: tuple[tuple[Any, bool], ...] = (
        (Permission("", "configmaps", ("patch",), ("flags",)), True),
        (Permission("", "configmaps", ("patch",), ("others",)), False),
        (Permission("", "configmaps", ("list",)), False),
        (Permission("", "secrets", ("get",), ("flags",)), False),
    )
    for permission, expected in rights:
        assert (preflight(granted, permission).status == "True") is expected, permission


def can_i(place: Place, *question: str) -> bool:
    """What kubectl says, as docs/explanation/mitigation-security.md tells administrators to ask."""
    return place.guarded.cluster.kubectl("auth", "can-i", *question, check=False).strip().endswith("yes")


def test_what_administrators_are_told_to_check_tells_right_from_wrong(granted: Place) -> None:
    operator = ("--as", "system:serviceaccount:fireline:fireline")
    granted.is_a("on-call@example.com", "fireline-approve")
    granted.is_a("developer@example.com", "edit")
    here = ("-n", granted.name, "--as")

    assert not can_i(granted, "impersonate", "serviceaccounts", *operator, "-A")
    assert can_i(granted, "impersonate", "serviceaccounts/mitigator", *operator, "-n", granted.name)
    status = ("patch", "mitigations", "--subresource=status")
    assert not can_i(granted, *status, *here, "developer@example.com")
    assert can_i(granted, *status, "-n", granted.name, *operator)
    approve = ("approve", "mitigations.fireline.dev")
    assert can_i(granted, *approve, *here, "on-call@example.com")
    assert not can_i(granted, *approve, *here, "developer@example.com")
    listed = ("get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "-o", "name")
    assert granted.guarded.cluster.kubectl(*listed).count("/fireline-") == 8
