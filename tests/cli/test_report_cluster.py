"""``fireline report`` on what a real API server has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.cluster import Cluster

from fireline.cli.main import main

pytestmark = pytest.mark.bed

HERE, THERE = "report-here", "report-there"
FILE = Path(__file__).parent / "fixtures" / "report" / "policy.yaml"


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Cluster:
    """A policy with its SLO, and an SLO without a policy in another namespace."""
    client = cluster.client()
    policy, owned, alone = yaml.safe_load_all(FILE.read_text())
    for namespace, objects in ((HERE, (policy, owned)), (THERE, (alone,))):
        client.namespace(namespace)
        for one in objects:
            client.apply({**one, "metadata": {**one["metadata"], "namespace": namespace}})
    return cluster


def report(cluster: Cluster, url: str, *more: str) -> Result:
    given = ["report", "--kubeconfig", str(cluster.kubeconfig), "--prometheus", url, "-o", "json", *more]
    return CliRunner().invoke(main, given, catch_exceptions=False)


@pytest.mark.parametrize(
    ("flags", "told_of", "slos"),
    [
        (["-n", HERE], [f"{HERE}/checkout"], ["checkout"]),
        (["-n", THERE], [None], ["search"]),
        (["-A", "--slo", "search", "--slo", "checkout"], [f"{HERE}/checkout", None], ["checkout", "search"]),
    ],
)
def test_policies_and_slos_of_the_cluster_are_told_of(shop, app_prometheus, flags, told_of, slos):
    done = report(shop, app_prometheus.url, *flags)
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    mine = [one["policy"] for one in told["policies"] if one["policy"] in {None, f"{HERE}/checkout"}]
    assert mine == told_of
    here = [one["name"] for one in told["budgets"] if one["namespace"] in {HERE, THERE}]
    assert here == slos


def test_a_policy_that_was_just_created_is_unknown_and_not_perfect(shop, app_prometheus):
    done = report(shop, app_prometheus.url, "-n", HERE)
    (policy,) = json.loads(done.stdout)["policies"]
    assert policy["now"]["coverage"] < 0.01
    assert policy["now"]["precision"] is None
    assert policy["neverFired"]["alerts"] == []


def test_a_namespace_with_nothing_to_report_is_said(shop, app_prometheus):
    done = report(shop, app_prometheus.url, "-n", "report-nowhere")
    assert done.exit_code == 2
    assert "no valid AlertPolicy" in done.stderr
