"""The rights in examples/install are enough for all of the operator's work, and hold no wildcard."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed.cluster import Cluster
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import LEASE, PROMETHEUS_RULE, SLO, Resource

pytestmark = pytest.mark.bed

INSTALL = Path(__file__).parents[2] / "examples" / "install"
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
    # No controllers here: what the garbage collector would delete is deleted by hand.
    client.delete(SLO, "a", namespace)
    client.delete(PROMETHEUS_RULE, "slo-a", namespace)
    wait_for(
        lambda: client.find(PROMETHEUS_RULE, "fireline-windows-default", namespace) is None,
        what="the shared windows are gone",
    )
    assert not [line for line in operator.logs() if "right is missing" in line["event"]]
    return conditions


def test_the_cluster_wide_rights_are_enough(cluster: Cluster, tmp_path: Path):
    with running(cluster, tmp_path, "rbac.yaml", home="fireline") as operator:
        conditions = live_through_it_all(cluster, operator, "rights")
        assert cluster.client().get(LEASE, "fireline", "fireline")
        refused = [line for line in operator.logs() if line["level"] in {"warning", "error"}]
    assert refused == []
    assert conditions["Selected"]["reason"] == "NoPrometheusObject"


def test_rights_in_one_namespace_do_and_what_cannot_be_known_is_named(cluster: Cluster, tmp_path: Path):
    with running(
        cluster, tmp_path, "rbac-one-namespace.yaml", home="shop", watch_namespaces=["shop"]
    ) as operator:
        conditions = live_through_it_all(cluster, operator, "shop")
    assert conditions["Selected"]["status"] == "Unknown"
    assert "list on prometheuses.monitoring.coreos.com is forbidden" in conditions["Selected"]["message"]
    assert conditions["Ready"]["status"] == "True"


@pytest.mark.parametrize("file", sorted(INSTALL.glob("*.yaml")), ids=lambda file: file.name)
def test_no_right_is_a_wildcard_or_reaches_secrets(file: Path):
    objects = [one for one in yaml.safe_load_all(file.read_text()) if one]
    rules = [rule for one in objects for rule in one.get("rules", ())]
    assert rules
    words = {word for rule in rules for part in rule.values() for word in part}
    assert not words & {"*", "secrets", "configmaps", "pods"}
