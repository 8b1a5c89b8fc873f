"""The manifests of examples/install: what the operator may do by itself, and what people may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fireline.mitigation.policies import policies
from fireline.mitigation.policies_operator import operator_policy

Manifest = dict[str, Any]
INSTALL = Path(__file__).parents[2] / "examples" / "install"
OPERATOR = ["rbac.yaml", "rbac-one-namespace.yaml", "rbac-optional.yaml"]
READS = {"get", "list", "watch"}
OUR_OUTPUT = {
    ("monitoring.coreos.com", "prometheusrules"),
    ("monitoring.coreos.com", "alertmanagerconfigs"),
    ("events.k8s.io", "events"),
    ("coordination.k8s.io", "leases"),
}
"""What the operator writes that is no workload: rules, routes, Events, Leases."""


def roles(file: str) -> list[Manifest]:
    """Roles and ClusterRoles of a file."""
    return [one for one in yaml.safe_load_all((INSTALL / file).read_text()) if one and "rules" in one]


def granted(file: str, *names: str) -> Iterator[tuple[str, str, str]]:
    """Every (group, resource, verb) of a file, of all its roles or of some."""
    for role in roles(file):
        if not names or role["metadata"]["name"] in names:
            for rule in role["rules"]:
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        yield from ((group, resource, verb) for verb in rule["verbs"])


def guarded() -> set[tuple[str, str]]:
    """Resources of which the operator may only write its own, by the admission policy."""
    policy, _ = operator_policy()
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    assert all(rule["operations"] == ["CREATE", "UPDATE", "DELETE"] for rule in rules)
    return {(rule["apiGroups"][0], resource) for rule in rules for resource in rule["resources"]}


@pytest.mark.parametrize("file", OPERATOR)
def test_the_operator_writes_no_workload_but_what_the_policy_keeps_to_its_own(file: str) -> None:
    written = {
        (group, resource)
        for group, resource, verb in granted(file)
        if verb not in READS and group != "fireline.dev" and resource != "secrets"
    }

    assert written <= OUR_OUTPUT | guarded()


def test_for_mitigations_it_writes_no_workload_at_all() -> None:
    """The role for checks is one of its own, and the only one that the policy must keep an eye on."""
    alone = {
        (group, resource) for group, resource, verb in granted("rbac.yaml", "fireline") if verb not in READS
    }
    own_namespace = {
        (group, resource)
        for group, resource, verb in granted("rbac.yaml", "fireline-leader")
        if verb not in READS
    }

    assert {one for one in alone if one[0] != "fireline.dev"} <= OUR_OUTPUT
    assert own_namespace == {("coordination.k8s.io", "leases")}


@pytest.mark.parametrize("file", [*OPERATOR, "rbac-users.yaml"])
@pytest.mark.parametrize("verb", ["impersonate", "escalate", "bind", "*"])
def test_no_manifest_grants_what_stands_above_all_rights(file: str, verb: str) -> None:
    """Impersonation of all ServiceAccounts would equal cluster-admin: fireline rbac grants it by name."""
    assert verb not in {found for _, _, found in granted(file)}


@pytest.mark.parametrize("file", OPERATOR)
def test_the_operator_approves_nothing_and_records(file: str) -> None:
    mitigations = {verb for _, resource, verb in granted(file) if resource == "mitigations"}

    assert "approve" not in mitigations
    assert mitigations in (READS | {"patch", "record"}, set())


@pytest.mark.parametrize("file", OPERATOR)
def test_of_the_objects_of_people_the_operator_changes_statuses_and_the_finalizer(file: str) -> None:
    written = {
        (resource, verb)
        for group, resource, verb in granted(file)
        if group == "fireline.dev" and verb not in READS
    }

    kinds = ("servicelevelobjectives", "alertpolicies", "syntheticchecks", "mitigations")
    assert written in (
        {(f"{kind}/status", "patch") for kind in kinds}
        | {("mitigations", "patch"), ("mitigations", "record")},
        set(),
    )


def test_it_may_look_at_the_policies_that_guard_approvals_and_at_no_others() -> None:
    rules = [
        rule
        for file in ("rbac.yaml", "rbac-optional.yaml")
        for role in roles(file)
        for rule in role["rules"]
        if "admissionregistration.k8s.io" in rule["apiGroups"]
    ]

    assert len(rules) == 2
    for rule in rules:
        assert rule["verbs"] == ["get"]
        assert set(rule["resourceNames"]) == {one["metadata"]["name"] for one in policies()}


def test_of_people_only_who_approves_may_approve_and_nobody_writes_a_status() -> None:
    found = list(granted("rbac-users.yaml"))

    assert {resource for _, resource, _ in found if "/" in resource} == set()
    assert "record" not in {verb for _, _, verb in found}
    assert "approve" not in {
        verb for _, _, verb in granted("rbac-users.yaml", "fireline-edit", "fireline-view")
    }
    assert "approve" in {verb for _, _, verb in granted("rbac-users.yaml", "fireline-approve")}


def test_to_approve_joins_no_role_of_kubernetes_by_itself() -> None:
    joins = {
        role["metadata"]["name"]: sorted(role["metadata"].get("labels", {}))
        for role in roles("rbac-users.yaml")
    }

    assert joins == {
        "fireline-view": [
            f"rbac.authorization.k8s.io/aggregate-to-{role}" for role in ("admin", "edit", "view")
        ],
        "fireline-edit": [f"rbac.authorization.k8s.io/aggregate-to-{role}" for role in ("admin", "edit")],
        "fireline-approve": [],
        "fireline-pause": [],
    }
