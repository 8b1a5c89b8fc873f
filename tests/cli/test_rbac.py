"""``fireline rbac``: the rights of a Mitigation, applied to a real API server, are enough and not more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient
from tests.unit.api.mitigation_cases import ABSENT, a_mitigation

from fireline.cli.main import main
from fireline.mitigation.permissions import Right
from fireline.mitigation.policies import policies
from fireline.mitigation.policies_operator import operator_policy

Manifest = dict[str, Any]
INSTALL = Path(__file__).parents[2] / "examples" / "install"
SCALE = a_mitigation(namespace="shop")
KEY = a_mitigation(
    {
        "spec.target": {"apiVersion": "v1", "kind": "ConfigMap", "name": "flags"},
        "spec.action": {"configMapKey": {"key": "captcha", "value": "on"}},
    },
    name="captcha",
    namespace="shop",
)


def rbac(*arguments: str, objects: list[Manifest] | None = None) -> Result:
    """The command, with objects on its standard input."""
    text = yaml.safe_dump_all(objects) if objects else None
    return CliRunner().invoke(main, ["rbac", *arguments], input=text, catch_exceptions=False)


def printed(result: Result) -> list[Manifest]:
    """The objects that were printed."""
    assert result.exit_code == 0, result.output
    return [one for one in yaml.safe_load_all(result.stdout) if one]


def rules(result: Result) -> list[Manifest]:
    """All rules of all Roles that were printed."""
    return [rule for one in printed(result) if one["kind"] == "Role" for rule in one["rules"]]


def test_the_account_may_read_and_patch_the_target_and_the_operator_may_act_as_it() -> None:
    found = rules(rbac("-", objects=[KEY]))

    assert found == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["flags"],
            "verbs": ["get", "patch"],
        },
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts"],
            "resourceNames": ["checkout-mitigator"],
            "verbs": ["impersonate"],
        },
    ]


def test_what_two_mitigations_share_is_printed_once() -> None:
    objects = printed(rbac("-", objects=[KEY, SCALE]))
    names = [(one["kind"], one["metadata"]["name"]) for one in objects]

    assert len(names) == len(set(names)) == 7
    assert ("Role", "mitigation-captcha") in names
    assert ("Role", "mitigation-more-replicas") in names


def test_the_operator_is_the_one_that_is_named() -> None:
    objects = printed(rbac("-", "--operator", "platform/slo-operator", objects=[KEY]))

    subjects = [one["subjects"][0] for one in objects if one["kind"] == "RoleBinding"]
    assert {"kind": "ServiceAccount", "namespace": "platform", "name": "slo-operator"} in subjects
    assert "fireline/fireline" not in json.dumps(objects)


def test_an_object_without_a_namespace_is_where_the_command_line_says() -> None:
    nowhere = {**KEY, "metadata": {"name": "captcha"}}

    assert {one["metadata"]["namespace"] for one in printed(rbac("-", "-n", "blue", objects=[nowhere]))} == {
        "blue"
    }


def test_for_people_it_is_one_line_for_each_right() -> None:
    assert rbac("-", "-o", "text", objects=[KEY]).stdout.splitlines() == [
        "ServiceAccount shop/checkout-mitigator, by Role shop/mitigation-captcha:",
        "  get, patch: configmaps flags",
        "ServiceAccount fireline/fireline, by Role shop/fireline-acts-as-checkout-mitigator:",
        "  impersonate: serviceaccounts checkout-mitigator",
    ]


def test_json_is_one_list_for_kubectl() -> None:
    listed = json.loads(rbac("-", "-o", "json", objects=[KEY]).stdout)

    assert (listed["apiVersion"], listed["kind"]) == ("v1", "List")
    assert listed["items"] == printed(rbac("-", objects=[KEY]))


def test_the_policies_in_the_examples_are_those_of_the_code() -> None:
    assert (INSTALL / "mitigation-policies.yaml").read_text() == rbac("--policies").stdout


def test_the_policies_as_yaml_are_to_the_letter_what_is_compared_later() -> None:
    assert printed(rbac("--policies")) == [*policies(), *operator_policy()]


def test_the_policy_about_the_operators_own_objects_is_about_the_operator_that_is_named() -> None:
    (policy,) = (
        one
        for one in printed(rbac("--policies", "--operator", "shop/fireline"))
        if one["metadata"]["name"] == "fireline-operator-own-objects" and "validations" in one["spec"]
    )

    assert [one["expression"] for one in policy["spec"]["matchConditions"]] == [
        "request.userInfo.username == 'system:serviceaccount:shop:fireline'"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--policies", "checkout"),
        ("--operator", "fireline", "-"),
        ("--operator", "a/b/c", "-"),
        ("--operator", "/b", "-"),
        ("nowhere.yaml",),
    ],
)
def test_wrong_usage_ends_with_2_and_prints_nothing(arguments: tuple[str, ...]) -> None:
    result = rbac(*arguments, objects=[KEY])

    assert (result.exit_code, result.stdout) == (2, "")


def test_a_file_without_any_mitigation_is_wrong_usage() -> None:
    result = rbac("-", objects=[{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds no Mitigation" in result.stderr


def test_a_wrong_mitigation_is_told_and_none_is_printed() -> None:
    result = rbac("-", objects=[KEY, a_mitigation({"spec.serviceAccountName": ABSENT})])

    assert (result.exit_code, result.stdout) == (1, "")
    assert "spec.serviceAccountName: is missing" in result.stderr


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> KubeClient:
    """As admin, with a namespace for these tests."""
    made = cluster.client()
    made.namespace("rbac-cli")
    return made


def allowed(client: KubeClient, user: str, right: Right, namespace: str) -> bool:
    """What the API server's authorizer says about a user."""
    attributes = {
        "namespace": namespace,
        "verb": right.verb,
        "group": right.group,
        "resource": right.resource,
        "name": right.name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": user, "resourceAttributes": attributes},
    }
    return bool(client.create(review)["status"]["allowed"])


@pytest.mark.bed
def test_applied_the_rights_of_a_mitigation_of_the_cluster_are_enough_and_not_more(
    cluster: Cluster, client: KubeClient
) -> None:
    client.apply({**KEY, "metadata": {"name": "captcha", "namespace": "rbac-cli"}})
    arguments = ("captcha", "-n", "rbac-cli", "--kubeconfig", str(cluster.kubeconfig))
    cluster.kubectl("apply", "-f", "-", stdin=rbac(*arguments).stdout)

    account = "system:serviceaccount:rbac-cli:checkout-mitigator"
    operator = "system:serviceaccount:fireline:fireline"
    flags, act = Right("patch", "", "configmaps", "flags"), ("impersonate", "", "serviceaccounts")
    assert allowed(client, account, flags, "rbac-cli")
    assert not allowed(client, account, Right("patch", "", "configmaps", "others"), "rbac-cli")
    assert not allowed(client, account, Right("delete", "", "configmaps", "flags"), "rbac-cli")
    assert not allowed(client, account, flags, "default")
    assert not allowed(client, operator, flags, "rbac-cli")
    assert allowed(client, operator, Right(*act, "checkout-mitigator"), "rbac-cli")
    assert not allowed(client, operator, Right(*act, "default"), "rbac-cli")
    assert not allowed(client, operator, Right(*act, "checkout-mitigator"), "default")
    assert not allowed(client, account, Right(*act, "checkout-mitigator"), "rbac-cli")


@pytest.mark.bed
def test_the_api_server_takes_what_is_printed_for_every_example(cluster: Cluster, client: KubeClient) -> None:
    examples = f"{INSTALL.parent / 'mitigation'}/"
    listed = rbac(examples)
    objects = printed(listed)
    for namespace in {one["metadata"]["namespace"] for one in objects}:
        client.namespace(namespace)

    taken = cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=listed.stdout)

    assert len(taken.splitlines()) == len(objects)
    written = [rule for one in objects if one["kind"] == "Role" for rule in one["rules"]]
    assert all(rule.get("resourceNames") for rule in written if set(rule["verbs"]) - {"list"})


@pytest.mark.bed
def test_a_mitigation_that_is_not_there_ends_with_2(cluster: Cluster, client: KubeClient) -> None:
    assert client is not None
    result = rbac("nobody", "-n", "rbac-cli", "--kubeconfig", str(cluster.kubeconfig))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "nobody" in result.stderr
