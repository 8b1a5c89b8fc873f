"""The rights in examples/install are enough for all of the operator's work, and hold no wildcard."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import (
    ALERT_POLICY,
    ALERTMANAGER_CONFIG,
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    LEASE,
    PROMETHEUS_RULE,
    SECRET,
    SLO,
    SYNTHETIC_CHECK,
    Resource,
)
from fireline.cli.main import main

pytestmark = pytest.mark.bed

INSTALL = Path(__file__).parents[2] / "examples" / "install"
CHECKS = {"image": "registry.example/fireline:1"}
EVENT = Resource("events.k8s.io", "v1", "events", "Event")


@pytest.fixture(scope="module")
def cluster(tools: Tools, bed_directory: Path) -> Iterator[Cluster]:
    """One of its own: an operator with cluster-wide rights would meet what other tests left behind."""
    with Cluster(tools, bed_directory / "rbac") as fresh:
        yield fresh


@contextlib.contextmanager
def running(
    cluster: Cluster, directory: Path, file: str, *, home: str, **settings: Any
) -> Iterator[Operator]:
    """The operator with the rights of the ServiceAccount ``home``/fireline, and nothing else."""
    cluster.kubectl("apply", "-f", str(INSTALL / file))
    user = cluster.authority.client(f"system:serviceaccount:{home}:fireline", group="system:authenticated")
    keep_to_its_own(cluster, cluster.client(user), home)
    operator = Operator(
        directory,
        kubeconfig=cluster.write_kubeconfig(f"{home}-{time.time_ns()}", user),
        settings={"lease": {**SHORT_LEASE, "namespace": home}, **settings},
    )
    try:
        operator.start()
        yield operator
    finally:
        operator.stop()


def keep_to_its_own(cluster: Cluster, operator: KubeClient, home: str) -> None:
    """The admission policies, in force: the operator may write its own objects only."""
    printed = CliRunner().invoke(main, ["rbac", "--policies", "--operator", f"{home}/fireline"])
    cluster.kubectl("apply", "-f", "-", stdin=printed.stdout)
    metadata = {"name": "foreign", "namespace": home}
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}

    def refused() -> bool:
        try:
            operator.create(foreign, params={"dryRun": "All"})
        except ApiError as error:
            return "fireline-operator-own-objects" in str(error)
        return False

    wait_for(refused, what="the operator is kept to its own objects")


def live_through_it_all(cluster: Cluster, operator: Operator, namespace: str) -> Manifest:
    """Create, change by hand, turn invalid, delete. Returns the conditions of the settled SLO."""
    client = cluster.client()
    client.namespace(namespace)
    client.apply(an_slo(namespace, "a"))

    def ready() -> Manifest | None:
        found = {one["type"]: one for one in client.get(SLO, "a", namespace)["status"]["conditions"]}
        return found if found["Valid"]["status"] == "True" else None

    conditions = wait_for(ready, what="a status")
    wait_for(lambda: client.find(PROMETHEUS_RULE, "fireline-windows-default", namespace), what="windows")
    client.delete(PROMETHEUS_RULE, "slo-a", namespace)
    wait_for(lambda: client.find(PROMETHEUS_RULE, "slo-a", namespace), what="the rule is back")
    wait_for(lambda: client.list(EVENT, namespace), what="an Event")
    client.delete(SLO, "a", namespace)

    def gone() -> bool:
        """No controllers here: what the garbage collector would delete is deleted by hand, also what the
        operator put back before it heard that the SLO is gone."""
        if client.find(PROMETHEUS_RULE, "slo-a", namespace) is not None:
            client.delete(PROMETHEUS_RULE, "slo-a", namespace)
        return client.find(PROMETHEUS_RULE, "fireline-windows-default", namespace) is None

    wait_for(gone, what="the shared windows are gone")
    assert not [line for line in operator.logs() if "right is missing" in line["event"]]
    return conditions


def a_check(name: str, namespace: str, **spec: Any) -> Manifest:
    """A SyntheticCheck."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name, "namespace": namespace, "annotations": {"fireline.dev/run-now": "first"}},
        "spec": {
            "schedule": {"every": "1h"},
            "steps": [{"name": "home", "http": {"url": "https://shop.example/"}}],
            **spec,
        },
    }


def run_checks(cluster: Cluster, operator: Operator, namespace: str) -> None:
    """One check of each runner, run on demand, changed by hand, and gone."""
    client = cluster.client()
    client.apply(a_check("page", namespace))
    client.apply(a_check("pages", namespace, runner="Prober"))

    def manual(name: str) -> str:
        found = client.get(SYNTHETIC_CHECK, name, namespace)
        assert {one["type"]: one["status"] for one in found["status"]["conditions"]}["Ready"] == "True"
        return found["status"]["manual"]["job"]

    for name in ("page", "pages"):
        job = wait_for(lambda name=name: manual(name), what=f"{name} is run on demand")
        assert client.find(JOB, job, namespace) is not None
    wait_for(lambda: client.find(DEPLOYMENT, "fireline-prober", namespace), what="the prober")
    client.delete(CRON_JOB, "page", namespace)
    wait_for(lambda: client.find(CRON_JOB, "page", namespace), what="the CronJob is back")
    for name in ("page", "pages"):
        client.delete(SYNTHETIC_CHECK, name, namespace)
    wait_for(lambda: client.find(DEPLOYMENT, "fireline-prober", namespace) is None, what="no prober is left")
    assert not [line for line in operator.logs() if "right is missing" in line["event"]]
    # No controllers here: what the garbage collector would delete is deleted by hand.
    client.delete(CRON_JOB, "page", namespace)
    for name in ("page", "pages"):
        client.delete(PROMETHEUS_RULE, f"syntheticcheck-{name}", namespace)


def test_the_cluster_wide_rights_are_enough(cluster: Cluster, tmp_path: Path):
    with running(cluster, tmp_path, "rbac.yaml", home="fireline", checks=CHECKS) as operator:
        conditions = live_through_it_all(cluster, operator, "rights")
        run_checks(cluster, operator, "rights")
        assert cluster.client().get(LEASE, "fireline", "fireline")
        refused = [line for line in operator.logs() if line["level"] in {"warning", "error"}]
    assert refused == []
    assert conditions["Selected"]["reason"] == "NoPrometheusObject"


def test_rights_in_one_namespace_do_and_what_cannot_be_known_is_named(cluster: Cluster, tmp_path: Path):
    with running(
        cluster,
        tmp_path,
        "rbac-one-namespace.yaml",
        home="shop",
        watch_namespaces=["shop"],
        checks=CHECKS,
    ) as operator:
        conditions = live_through_it_all(cluster, operator, "shop")
        run_checks(cluster, operator, "shop")
    assert conditions["Selected"]["status"] == "Unknown"
    assert "list on prometheuses.monitoring.coreos.com is forbidden" in conditions["Selected"]["message"]
    assert conditions["Ready"]["status"] == "True"


MERGED = {"default": {"namespace": "monitoring", "name": "main", "merged_secret": "fireline-merged"}}
POLICIES = {
    "hook": {"webhook": {"urlSecret": {"name": "keys", "key": "url"}}},
    "teams": {"msteams": {"webhookURLSecret": {"name": "keys", "key": "url"}}},
    "merged": {"webhook": {"urlSecret": {"name": "keys", "key": "url"}}},
}
"""Policies of namespace shop by name; the last one is delivered as a Secret."""


def apply_policies(cluster: Cluster) -> None:
    """The policies, and the Secrets they need in both namespaces."""
    client = cluster.client()
    for namespace, secret in (("shop", "keys"), ("monitoring", "shop.keys")):
        client.namespace(namespace)
        client.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": secret, "namespace": namespace},
                "stringData": {"url": "https://hook.example/x"},
            }
        )
    for name, kind in POLICIES.items():
        client.apply(
            {
                "apiVersion": "fireline.dev/v1alpha1",
                "kind": "AlertPolicy",
                "metadata": {"name": name, "namespace": "shop"},
                "spec": {
                    "selector": {},
                    "severities": [{"name": "sev0", "page": True, "receivers": ["one"]}],
                    "receivers": [{"name": "one", **kind}],
                    **({"delivery": {"mode": "Secret"}} if name == "merged" else {}),
                },
            }
        )


def condition(cluster: Cluster, policy: str, type_: str) -> Manifest:
    """One condition of a policy, once the operator has looked. Raises LookupError before."""
    found = cluster.client().get(ALERT_POLICY, policy, "shop")["status"]["conditions"]
    (one,) = (one for one in found if one["type"] == type_)
    if one["reason"] == "Pending":
        raise LookupError(str(one))
    return dict(one)


def forget_policies(cluster: Cluster) -> None:
    """Nothing of the policies is left. No controllers here: their children are deleted by hand."""
    client = cluster.client()
    for name in POLICIES:
        client.delete(ALERT_POLICY, name, "shop")
        client.delete(ALERTMANAGER_CONFIG, f"alertpolicy-{name}", "shop")
    client.delete(SECRET, "fireline-merged", "monitoring")


def test_policies_without_the_optional_rights_say_what_is_not_known(cluster: Cluster, tmp_path: Path):
    client = cluster.client()
    with running(cluster, tmp_path, "rbac.yaml", home="fireline", alertmanagers=MERGED):
        apply_policies(cluster)
        secrets = {
            name: wait_for(
                lambda name=name: condition(cluster, name, "SecretsResolved"), what=f"the Secrets of {name}"
            )
            for name in POLICIES
        }
        assert {one["status"] for one in secrets.values()} == {"Unknown"}
        assert "the operator may not get Secret keys in namespace shop" in secrets["hook"]["message"]
        wait_for(lambda: client.find(ALERTMANAGER_CONFIG, "alertpolicy-hook", "shop"), what="routes of hook")
        teams = wait_for(
            lambda: client.find(ALERTMANAGER_CONFIG, "alertpolicy-teams", "shop"), what="routes of teams"
        )
        assert [one["name"] for one in teams["spec"]["receivers"]] == ["Nobody"]
        assert "left out until it can" in secrets["teams"]["message"]
        ready = wait_for(
            lambda: (found := condition(cluster, "merged", "Ready"))["status"] == "False" and found,
            what="the merged policy is not Ready",
        )
        assert ready["reason"] == "Forbidden"
        assert "on secrets is forbidden" in ready["message"]
        assert client.find(SECRET, "fireline-merged", "monitoring") is None
    forget_policies(cluster)


def test_policies_with_the_optional_rights_are_carried_out(cluster: Cluster, tmp_path: Path):
    client = cluster.client()
    for namespace in ("shop", "monitoring"):
        client.namespace(namespace)
    optional = str(INSTALL / "rbac-optional.yaml")
    cluster.kubectl("apply", "-f", optional)
    with running(cluster, tmp_path, "rbac.yaml", home="fireline", alertmanagers=MERGED) as operator:
        apply_policies(cluster)
        for name in POLICIES:
            wait_for(
                lambda name=name: condition(cluster, name, "SecretsResolved")["status"] == "True",
                what=f"the Secrets of {name} are resolved",
            )
            wait_for(
                lambda name=name: client.find(ALERTMANAGER_CONFIG, f"alertpolicy-{name}", "shop"),
                what=f"the object of {name}",
            )
        wait_for(lambda: client.find(SECRET, "fireline-merged", "monitoring"), what="the merged Secret")
        refused = [line for line in operator.logs() if line["level"] in {"warning", "error"}]
    assert refused == []
    cluster.kubectl("delete", "-f", optional)
    forget_policies(cluster)


def rights(file: Path) -> list[Manifest]:
    """The Roles and ClusterRoles of a file."""
    return [one for one in yaml.safe_load_all(file.read_text()) if one and "rules" in one]


@pytest.mark.parametrize("file", sorted(INSTALL.glob("rbac*.yaml")), ids=lambda file: file.name)
def test_no_right_is_a_wildcard_or_reaches_secrets_of_the_cluster(file: Path):
    roles = rights(file)
    assert roles
    for role in roles:
        words = {word for rule in role["rules"] for part in rule.values() for word in part}
        assert "*" not in words
        for rule in role["rules"]:
            if "pods" in rule["resources"]:
                assert set(rule["verbs"]) <= {"list", "watch"}
        if "secrets" in words:
            assert file.name == "rbac-optional.yaml"
            assert role["kind"] == "Role"
