"""The objects ``fireline rbac`` prints: who gets which rights, and that nobody gets more."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.test_permissions import PERMISSIONS, UNDO

from fireline.api.plan import Manifest
from fireline.mitigation.model import Permission
from fireline.mitigation.permissions import rights_of
from fireline.mitigation.rbac import Account, rights

OPERATOR = Account("fireline", "fireline")
ACCOUNT = Account("shop", "checkout-mitigator")


def printed(permissions: Any = UNDO, *, mitigation: str = "checkout-undo") -> tuple[Manifest, ...]:
    """All objects of one Mitigation."""
    return rights(mitigation, ACCOUNT, permissions, operator=OPERATOR)


def own_rules(permissions: Any) -> list[Manifest]:
    """The rules of the ServiceAccount."""
    roles = [one for one in printed(permissions) if one["kind"] == "Role"]
    return [rule for role in roles[:-1] for rule in role["rules"]]


def test_an_action_that_needs_no_right_gets_none() -> None:
    assert [one["metadata"]["name"] for one in printed(())] == [
        "checkout-mitigator",
        "fireline-acts-as-checkout-mitigator",
        "fireline-acts-as-checkout-mitigator",
    ]


def test_the_account_gets_the_rights_and_the_operator_gets_the_account() -> None:
    account, role, binding, acting, acts = printed()

    assert account["metadata"] == {"name": "checkout-mitigator", "namespace": "shop"}
    assert role["rules"] == [
        {
            "apiGroups": ["apps"],
            "resources": ["deployments"],
            "resourceNames": ["checkout"],
            "verbs": ["get", "patch"],
        },
        {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["list"]},
    ]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "checkout-mitigator", "namespace": "shop"}
    ]
    assert acting["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts"],
            "resourceNames": ["checkout-mitigator"],
            "verbs": ["impersonate"],
        }
    ]
    assert acts["subjects"] == [{"kind": "ServiceAccount", "name": "fireline", "namespace": "fireline"}]


def test_every_object_is_in_the_namespace_of_the_mitigation_and_none_is_of_the_cluster() -> None:
    objects = printed()

    assert {one["metadata"]["namespace"] for one in objects} == {"shop"}
    assert {one["kind"] for one in objects} == {"ServiceAccount", "Role", "RoleBinding"}


def test_each_binding_names_the_role_before_it() -> None:
    _, role, binding, acting, acts = printed()

    assert [binding["roleRef"]["name"], acts["roleRef"]["name"]] == [
        role["metadata"]["name"],
        acting["metadata"]["name"],
    ]
    assert role["metadata"]["name"] != acting["metadata"]["name"]


def test_two_mitigations_of_one_account_have_roles_of_their_own_and_share_the_operators() -> None:
    one, other = printed(), printed(mitigation="checkout-scale")

    assert one[3:] == other[3:]
    assert one[1]["metadata"]["name"] != other[1]["metadata"]["name"]


@given(PERMISSIONS)
def test_the_role_grants_exactly_what_was_asked_for(permissions: list[Permission]) -> None:
    granted = {
        (verb, rule["apiGroups"][0], rule["resources"][0], name)
        for rule in own_rules(permissions)
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }

    assert granted == {(one.verb, one.group, one.resource, one.name) for one in rights_of(permissions)}


@given(PERMISSIONS, st.sampled_from(["a", "checkout.mitigator"]))
def test_the_operator_may_never_act_as_more_than_this_one_account(
    permissions: list[Permission], name: str
) -> None:
    objects = rights("any", Account("shop", name), permissions, operator=OPERATOR)
    roles = [one for one in objects if one["kind"] == "Role"]
    acting = [rule for role in roles for rule in role["rules"] if "impersonate" in rule["verbs"]]

    assert [rule["resourceNames"] for rule in acting] == [[name]]
