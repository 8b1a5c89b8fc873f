"""The pods of checks before the real API server: it takes them where only restricted pods are allowed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError, KubeClient
from tests.golden.cronjob_files import CRON_JOBS

pytestmark = pytest.mark.bed
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
ENFORCED = {"pod-security.kubernetes.io/enforce": "restricted"}
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def strict(cluster: Cluster) -> KubeClient:
    client = cluster.client()
    client.namespace("strict", ENFORCED)
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "strict"},
    }
    client.apply(account)
    return client


def golden() -> list[Manifest]:
    return [yaml.safe_load(file.read_text()) for file in sorted(CRON_JOBS.glob("*.yaml"))]


def a_pod(cron_job: Manifest) -> Manifest:
    template = cron_job["spec"]["jobTemplate"]["spec"]["template"]
    metadata = {**template["metadata"], "name": cron_job["metadata"]["name"], "namespace": "strict"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@pytest.mark.parametrize("cron_job", golden(), ids=lambda one: one["metadata"]["name"])
def test_every_field_is_one_the_api_server_knows(strict: KubeClient, cron_job: Manifest) -> None:
    metadata = {**cron_job["metadata"], "namespace": "strict"}

    made = strict.create({**cron_job, "metadata": metadata}, params=DRY_RUN)

    assert made["spec"]["schedule"] == cron_job["spec"]["schedule"]


@pytest.mark.parametrize("cron_job", golden(), ids=lambda one: one["metadata"]["name"])
def test_the_pod_is_admitted_where_only_restricted_ones_are(strict: KubeClient, cron_job: Manifest) -> None:
    assert strict.create(a_pod(cron_job), params=DRY_RUN)["kind"] == "Pod"


def test_that_namespace_would_refuse_a_careless_pod(strict: KubeClient) -> None:
    pod = a_pod(golden()[0])
    del pod["spec"]["containers"][0]["securityContext"]

    with pytest.raises(ApiError, match="violates PodSecurity"):
        strict.create(pod, params=DRY_RUN)
