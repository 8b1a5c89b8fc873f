"""What a person must put right (a type, a right, a name) is told in the status, and noticed once it is.

The operator looks again only once a minute, so both slow cases are prepared first and share the wait.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import yaml
from tests.bed.cluster import Cluster
from tests.bed.crds import OWN_CRDS, install_crds
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo
from tests.faults.policies import a_policy

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, PROMETHEUS_RULE, SLO

pytestmark = pytest.mark.bed

RBAC = "rbac.authorization.k8s.io"
WITHIN_A_MINUTE = 90.0
"""Deadline for what happens within 60 s on a computer that has other things to do."""


class Told(NamedTuple):
    """A rig whose trouble is over, and what the status of an SLO and of a policy said while it lasted."""

    rig: Rig
    during: Manifest
    of_policy: Manifest


class Scenes(NamedTuple):
    """Both slow cases."""

    type_missing: Told
    right_missing: Told


@pytest.fixture(scope="module")
def scenes(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    """A cluster that first lacks prometheus-operator's types, then a user who lacks a right."""
    directory = tmp_path_factory.mktemp("refused")
    with Cluster(tools, directory / "cluster", crds=False) as cluster, contextlib.ExitStack() as stack:
        only_ours(cluster)
        first = stack.enter_context(contextlib.closing(Rig(cluster, directory, toy=False)))
        first.operator.start()
        first.client.apply(an_slo(first.namespace, "a"))
        first.client.apply(a_policy(first, "shop"))
        missing = Told(first, refused(first, "MissingCRD"), policy_refused(first, "MissingCRD"))
        install_crds(first.client, tools.crd_directory())

        second = stack.enter_context(contextlib.closing(Rig(cluster, directory, toy=False)))
        grant(second, ["get", "list", "watch", "patch"])
        user = cluster.write_kubeconfig("limited", cluster.authority.client("limited"))
        second.operator = second.make_operator("limited", kubeconfig=user)
        second.operator.start()
        second.client.apply(an_slo(second.namespace, "a"))
        second.client.apply(a_policy(second, "shop"))
        forbidden = Told(second, refused(second, "Forbidden"), policy_refused(second, "Forbidden"))
        grant(second, ["*"])
        yield Scenes(missing, forbidden)


def only_ours(cluster: Cluster) -> None:
    """Install Fireline's CRDs and no other."""
    client = cluster.client()
    for file in OWN_CRDS.glob("*.yaml"):
        client.apply(yaml.safe_load(file.read_text()))
    wait_for(lambda: client.list(SLO) == [], what="our CRD is served")


def grant(rig: Rig, verbs: list[str]) -> None:
    """Give the user ``limited`` all the operator needs, and these verbs on rules and routes."""
    monitoring = "monitoring.coreos.com"
    rules = [
        {"apiGroups": ["fireline.dev"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
        {"apiGroups": [monitoring], "resources": ["prometheuses"], "verbs": ["get", "list", "watch"]},
        {
            "apiGroups": [monitoring],
            "resources": ["prometheusrules", "alertmanagerconfigs"],
            "verbs": verbs,
        },
    ]
    metadata = {"name": "limited", "namespace": rig.namespace}
    rig.client.apply({"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    rig.client.apply(
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "limited"},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "limited"}],
        }
    )


def refused(rig: Rig, reason: str) -> Manifest:
    """Wait until Ready is False for this reason; the condition."""
    wait_for(lambda: rig.ready("a")["reason"] == reason, what=f"Ready says {reason}")
    return rig.ready("a")


def policy_refused(rig: Rig, reason: str) -> Manifest:
    """Wait until Ready of the policy is False for this reason; the condition."""
    wait_for(lambda: policy_ready(rig)["reason"] == reason, what=f"Ready of the policy says {reason}")
    return policy_ready(rig)


def policy_ready(rig: Rig) -> Manifest:
    """The Ready condition of the policy; LookupError while there is none."""
    policy = rig.client.get(ALERT_POLICY, "shop", rig.namespace)
    found: list[Manifest] = [one for one in policy["status"]["conditions"] if one["type"] == "Ready"]
    return found[0]


def carried_out(rig: Rig) -> None:
    """Wait until the SLO and the policy are Ready and have all their objects."""
    wait_for(
        lambda: rig.ready("a")["status"] == "True", what="a is Ready", seconds=WITHIN_A_MINUTE, every=0.5
    )
    wait_for(
        lambda: rig.find_rule("slo-a") and rig.find_rule("fireline-windows-default"),
        what="both rule objects",
    )
    wait_for(
        lambda: policy_ready(rig)["status"] == "True", what="the policy is Ready", seconds=WITHIN_A_MINUTE
    )
    assert rig.client.get(ALERTMANAGER_CONFIG, "alertpolicy-shop", rig.namespace)


def test_a_missing_type_is_named_with_the_way_to_get_it(scenes: Scenes):
    told = scenes.type_missing.during
    assert told["status"] == "False"
    assert "prometheusrules.monitoring.coreos.com" in told["message"]
    assert "install prometheus-operator" in told["message"]


def test_a_missing_type_of_routes_is_named_with_the_way_to_get_it(scenes: Scenes):
    told = scenes.type_missing.of_policy
    assert told["status"] == "False"
    assert "alertmanagerconfigs.monitoring.coreos.com" in told["message"]
    assert "install prometheus-operator" in told["message"]


def test_a_missing_right_to_routes_is_named_by_verb_and_resource(scenes: Scenes):
    told = scenes.right_missing.of_policy
    assert told["status"] == "False"
    assert told["message"].startswith(
        "The operator lacks a right: create on alertmanagerconfigs.monitoring.coreos.com is forbidden"
    )


def test_a_missing_right_is_named_by_verb_and_resource(scenes: Scenes):
    told = scenes.right_missing.during
    assert told["status"] == "False"
    assert told["message"].startswith(
        "The operator lacks a right: create on prometheusrules.monitoring.coreos.com is forbidden"
    )


def test_a_type_that_was_installed_is_noticed(scenes: Scenes):
    carried_out(scenes.type_missing.rig)


def test_a_right_that_was_granted_is_noticed(scenes: Scenes):
    carried_out(scenes.right_missing.rig)


@pytest.mark.parametrize("taken", ["slo-a", "fireline-windows-default"])
def test_a_foreign_object_under_our_name_is_not_written(breakable: Cluster, tmp_path, taken: str):
    with contextlib.closing(Rig(breakable, tmp_path, toy=False)) as rig:
        theirs = rig.client.create(
            {
                "apiVersion": PROMETHEUS_RULE.api_version,
                "kind": PROMETHEUS_RULE.kind,
                "metadata": {"name": taken, "namespace": rig.namespace, "labels": {"team": "theirs"}},
                "spec": {"groups": [{"name": "theirs", "rules": [{"record": "x:y", "expr": "1"}]}]},
            }
        )
        rig.operator.start()
        rig.client.apply(an_slo(rig.namespace, "a"))
        told = refused(rig, "NameConflict")
        assert f"PrometheusRule {rig.namespace}/{taken} exists" in told["message"]
        rig.await_idle()
        assert rig.rule(taken) == theirs
        assert f"apply prometheusrules/{taken}" not in rig.writes()
