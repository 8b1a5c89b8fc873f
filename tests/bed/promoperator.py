"""prometheus-operator as a plain process, and the objects a cluster's owner would have made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
import yaml

from tests.bed.cluster import Cluster
from tests.bed.kubeclient import KubeClient
from tests.bed.ports import free_port
from tests.bed.process import Server

NAMESPACE = "monitoring"
NAME = "main"
RULE_LABELS = {"prometheus": "main"}
"""A PrometheusRule without these labels is not selected: the classic support question."""


class PrometheusOperator(Server):
    """Validates and selects rules and Alertmanager configurations, as in any cluster."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.address = f"127.0.0.1:{free_port()}"
        super().__init__(
            "prometheus-operator",
            [
                cluster.tools.path("prometheus-operator"),
                f"-apiserver={cluster.url}",
                *_credentials(cluster),
                f"-web.listen-address={self.address}",
                "-kubelet-endpoints=false",
            ],
            log=directory / "prometheus-operator.log",
            ready=lambda: requests.get(f"http://{self.address}/healthz", timeout=10).ok,
        )


def _credentials(cluster: Cluster) -> list[str]:
    """Flags that log in; none for a proxy that does so itself."""
    if not cluster.url.startswith("https:"):
        return []
    pair = cluster.admin
    return [f"-ca-file={cluster.ca_file}", f"-cert-file={pair.cert}", f"-key-file={pair.key}"]


def create_monitoring(client: KubeClient, alertmanager_config: dict[str, Any]) -> None:
    """Namespace ``monitoring`` with a Prometheus and an Alertmanager, both ``main``.

    Rules are taken from every namespace, but only those that carry RULE_LABELS.
    """
    client.namespace(NAMESPACE)
    client.apply(_prometheus())
    client.apply(_base_secret(alertmanager_config))
    client.apply(_alertmanager())


def _prometheus() -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "ruleSelector": {"matchLabels": RULE_LABELS},
            "ruleNamespaceSelector": {},
            # Some selector must be there, or the operator leaves the whole configuration alone.
            "serviceMonitorSelector": {"matchLabels": RULE_LABELS},
            "serviceMonitorNamespaceSelector": {},
        },
    }


def _alertmanager() -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Alertmanager",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "configSecret": f"alertmanager-{NAME}-base",
            "alertmanagerConfigSelector": {},
            "alertmanagerConfigNamespaceSelector": {},
        },
    }


def _base_secret(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"alertmanager-{NAME}-base", "namespace": NAMESPACE},
        "stringData": {"alertmanager.yaml": yaml.safe_dump(config)},
    }
